// SPDX-License-Identifier: Apache-2.0
// Uniswap v2: factory, router, pairs and shares of them.
import { load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { MAX, ZERO } from '../lib/math.mjs';
import { approve, deployToken, mint, token } from './tokens.mjs';
import { randomNumbers } from './random.mjs';
import { DEADLINE } from './uniswap.mjs';

const FACTORY = ['function getPair(address,address) view returns (address)', 'function createPair(address,address) returns (address)',
  'function setFeeTo(address)', 'function feeTo() view returns (address)'];
const ROUTER = ['function addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256) returns (uint256,uint256,uint256)',
  'function removeLiquidity(address,address,uint256,uint256,uint256,address,uint256) returns (uint256 amount0,uint256 amount1)',
  'function swapExactTokensForTokens(uint256,uint256,address[],address,uint256) returns (uint256[])'];
const PAIR = ['function balanceOf(address) view returns (uint256)', 'function approve(address,uint256)', 'function sync()',
  'function skim(address)', 'function transfer(address,uint256)'];
const TRANSFER = ['function transfer(address,uint256)'];
export const OWNERS = ['lp', 'maker', 'trader', 'lender'];

const factory = (w) => w.at('v2.factory', FACTORY);
const router = (w) => w.at('v2.router', ROUTER);
const pair = (w, name) => w.at(`v2.pair.${name}`, PAIR);

export async function deployV2(w) {
  const { node, accounts: { admin } } = w;
  const f = await node.deploy(load('@uniswap/v2-core/build/UniswapV2Factory.json'), [admin], admin);
  const r = await node.deploy(load('@uniswap/v2-periphery/build/UniswapV2Router02.json'), [f.address, w.addresses['tokens.WETH']], admin);
  Object.assign(w.addresses, { 'v2.factory': f.address, 'v2.router': r.address });
}

/** Creates the pair of two token symbols and registers it under name. */
export async function createPair(w, name, symA, symB) {
  const address = (s) => w.addresses[`tokens.${s}`];
  const [sym0, sym1] = BigInt(address(symA)) < BigInt(address(symB)) ? [symA, symB] : [symB, symA];
  await factory(w).send(w.accounts.admin, 'createPair', [address(sym0), address(sym1)]);
  w.addresses[`v2.pair.${name}`] = await factory(w).call('getPair', [address(sym0), address(sym1)]);
  w.pairs[name] = { sym0, sym1 };
  return w.pairs[name];
}

/** Adds both tokens, creating them, and lets the router take the shares back one day. */
export async function addShare(w, who, name, amount0, amount1) {
  const { sym0, sym1 } = w.pairs[name], r = router(w), address = (s) => w.addresses[`tokens.${s}`];
  for (const [s, amount] of [[sym0, amount0], [sym1, amount1]]) {
    await mint(w, s, who, amount);
    await approve(w, s, who, r.address);
  }
  await r.send(who, 'addLiquidity', [address(sym0), address(sym1), amount0, amount1, 0, 0, who, DEADLINE]);
  await pair(w, name).send(who, 'approve', [r.address, MAX]);
}

// --- for tests: a random pair and what becomes of it ------------------------------------------------------------------
export async function randomPair(w, seed) {
  const random = randomNumbers(seed), names = [1, 2].map((i) => `T${w.tokenCount + i}`);
  w.tokenCount += 2;
  for (const n of names) await deployToken(w, n, [0, 2, 6, 8, 18, 24][random.below(6)]);
  const name = names.join('-'), { sym0, sym1 } = await createPair(w, name, ...names);
  const size = [random.logUniform(1e9, 1e24), random.logUniform(1e9, 1e24)];
  for (const [i, owner] of OWNERS.entries()) {
    const share = i === 0 ? 1_000_000n : random.logUniform(1, 1_000_000);
    await addShare(w, w.accounts[owner], name, size[0] * share / 1_000_000n + 2000n, size[1] * share / 1_000_000n + 2000n);
  }
  w.randoms[name] = random;
  return { pair: w.addresses[`v2.pair.${name}`], name, token0: w.addresses[`tokens.${sym0}`], token1: w.addresses[`tokens.${sym1}`],
    decimals0: w.decimals[sym0], decimals1: w.decimals[sym1] };
}

/** One random event in the life of a pair, then every owner's quote. */
export async function randomPairStep(w, name) {
  const random = w.randoms[name], { sym0, sym1 } = w.pairs[name], p = pair(w, name), { admin, oracle, trader } = w.accounts;
  const address = (s) => w.addresses[`tokens.${s}`], [symIn, symOut] = random.below(2) ? [sym0, sym1] : [sym1, sym0];
  const held = await token(w, symIn).call('balanceOf', [p.address]);
  const some = held * random.logUniform(1, 300_000) / 1_000_000n + 1000n;
  const kind = random.below(10);
  if (kind < 6) {
    await mint(w, symIn, trader, some);
    await approve(w, symIn, trader, w.addresses['v2.router']);
    await router(w).send(trader, 'swapExactTokensForTokens', [some, 0, [address(symIn), address(symOut)], trader, DEADLINE]);
  } else if (kind === 6) { // a gift the reserves do not know of
    await mint(w, symIn, trader, some);
    await w.node.at(TRANSFER, address(symIn)).send(trader, 'transfer', [p.address, some]);
  } else if (kind === 7) await factory(w).send(admin, 'setFeeTo', [random.below(2) ? oracle : ZERO]);
  else if (kind === 8) await (random.below(2) ? p.send(trader, 'sync', []) : p.send(trader, 'skim', [trader]));
  else {
    const [h0, h1] = await Promise.all([sym0, sym1].map((s) => token(w, s).call('balanceOf', [p.address])));
    const parts = BigInt(1 + random.below(300));
    await addShare(w, w.accounts[OWNERS[random.below(4)]], name, h0 * parts / 1000n + 1000n, h1 * parts / 1000n + 1000n);
  }
  return shareQuotes(w, name);
}

/** What the router would pay each owner for all of its shares at the head block, by eth_call. */
export async function shareQuotes(w, name) {
  const { sym0, sym1 } = w.pairs[name], head = await w.node.head(), at = { block: '0x' + head.number.toString(16) };
  const owners = OWNERS.map((o) => w.accounts[o]), p = pair(w, name), address = (s) => w.addresses[`tokens.${s}`];
  const shares = await callAll(w.node, owners.map((o) => [p, 'balanceOf', [o], at]));
  const paid = await callAll(w.node, owners.map((o, i) => [router(w), 'removeLiquidity',
    [address(sym0), address(sym1), shares[i], 0, 0, o, DEADLINE], { ...at, from: o }]));
  return { block_hash: head.hash, positions: owners.map((owner, i) => ({ owner, shares: String(shares[i]),
    amount0: String(paid[i].amount0), amount1: String(paid[i].amount1) })) };
}
