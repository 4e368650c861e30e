// SPDX-License-Identifier: Apache-2.0
// Uniswap v4: PoolManager, Permit2, PositionManager, StateView, the core's own test routers, pools and positions.
import { AbiCoder, keccak256, toQuantity } from 'ethers';
import { load, permit2Runtime } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { MAX128, ZERO, amountsOf, isqrt, roundTick, sqrtAtTick, tickOf, units } from '../lib/math.mjs';
import { MULTICALL3, approve, deployToken, mint, token } from './tokens.mjs';
import { DEADLINE } from './uniswap.mjs';
import { randomLimit, randomNumbers, randomRange, widestOf } from './random.mjs';
import { PRICES } from './feeds.mjs';

const CORE = '@uniswap/v4-core/out/', PERIPHERY = '@uniswap/v4-periphery/foundry-out/';
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';
const KEY = '(address currency0,address currency1,uint24 fee,int24 tickSpacing,address hooks)';
const MANAGER = [`function initialize(${KEY} key,uint160 sqrtPriceX96) returns (int24)`];
const POSITIONS = ['function modifyLiquidities(bytes,uint256) payable', 'function nextTokenId() view returns (uint256)',
  'function setApprovalForAll(address,bool)', 'function ownerOf(uint256) view returns (address)',
  'function getPositionLiquidity(uint256) view returns (uint128)', 'function transferFrom(address,address,uint256)'];
const VIEW = ['function getSlot0(bytes32) view returns (uint160 sqrtPriceX96,int24 tick,uint24,uint24)'];
const PERMIT = ['function approve(address,address,uint160,uint48)'];
const SWAPPER = [`function swap(${KEY} key,(bool zeroForOne,int256 amountSpecified,uint160 sqrtPriceLimitX96) params,`
  + '(bool takeClaims,bool settleUsingBurn) settings,bytes hookData) payable returns (int256)'];
const DONOR = [`function donate(${KEY} key,uint256,uint256,bytes) payable returns (int256)`];
const MULTI = ['function aggregate3((address target,bool allowFailure,bytes callData)[]) payable returns ((bool success,bytes returnData)[])',
  'function getEthBalance(address) view returns (uint256)'];
// Source: v4-periphery Actions.sol
const DECREASE = '01', MINT = '02', BURN = '03', SETTLE_PAIR = '0d', TAKE_PAIR = '11', SWEEP = '14';

const coder = AbiCoder.defaultAbiCoder();
const positions = (w) => w.at('v4.position_manager', POSITIONS);
const currency = (w, sym) => (sym === 'ETH' ? ZERO : w.addresses[`tokens.${sym}`]);
const decimalsOf = (w, sym) => (sym === 'ETH' ? 18 : w.decimals[sym]);
const tupleOf = (pool) => [pool.currency0, pool.currency1, pool.fee, pool.spacing, pool.hooks];
export const poolId = (pool) => keccak256(coder.encode([`tuple${KEY}`], [tupleOf(pool)]));

export async function deployV4(w) {
  const { node, accounts: { admin } } = w, weth = w.addresses['tokens.WETH'];
  await node.rpc('anvil_setCode', [PERMIT2, permit2Runtime()]);
  const from = (folder, name) => load(`${folder}${name}.sol/${name}.json`);
  const manager = await node.deploy(from(CORE, 'PoolManager'), [admin], admin);
  const label = '0x455448'.padEnd(66, '0'); // bytes32 "ETH"
  const descriptor = await node.deploy(from(PERIPHERY, 'PositionDescriptor'), [manager.address, weth, label], admin);
  const proxy = await node.deploy(from(PERIPHERY, 'TransparentUpgradeableProxy'), [descriptor.address, admin, '0x'], admin);
  const posm = await node.deploy(from(PERIPHERY, 'PositionManager'), [manager.address, PERMIT2, 300_000, proxy.address, weth], admin);
  const view = await node.deploy(from(PERIPHERY, 'StateView'), [manager.address], admin);
  const swapper = await node.deploy(from(CORE, 'PoolSwapTest'), [manager.address], admin);
  const donor = await node.deploy(from(CORE, 'PoolDonateTest'), [manager.address], admin);
  Object.assign(w.addresses, { permit2: PERMIT2, 'v4.pool_manager': manager.address, 'v4.position_manager': posm.address,
    'v4.state_view': view.address, 'v4.swap_test': swapper.address, 'v4.donate_test': donor.address });
}

/** Creates and initialises a pool of two symbols ("ETH" is the native currency) and registers it under name. */
export async function createPoolV4(w, name, symA, symB, fee, spacing, sqrtP, hooks = ZERO) {
  const [sym0, sym1] = BigInt(currency(w, symA)) < BigInt(currency(w, symB)) ? [symA, symB] : [symB, symA];
  const pool = { sym0, sym1, currency0: currency(w, sym0), currency1: currency(w, sym1), fee, spacing, hooks };
  pool.id = poolId(pool);
  await w.at('v4.pool_manager', MANAGER).send(w.accounts.admin, 'initialize', [tupleOf(pool), sqrtP]);
  w.pools4[name] = pool;
  return pool;
}
/** Makes a currency and lets Permit2 and the test routers take it. */
async function supply(w, who, sym, amount) {
  if (sym === 'ETH') return w.node.rpc('anvil_addBalance', [who, toQuantity(amount)]);
  await mint(w, sym, who, amount);
  for (const spender of [PERMIT2, w.addresses['v4.swap_test'], w.addresses['v4.donate_test']]) await approve(w, sym, who, spender);
  await w.at('permit2', PERMIT).send(who, 'approve', [currency(w, sym), w.addresses['v4.position_manager'], (1n << 160n) - 1n, DEADLINE]);
}
const unlock = (actions, params) => coder.encode(['bytes', 'bytes[]'], ['0x' + actions.join(''), params]);

/** Mints a position of exactly that liquidity; its token id. */
export async function mintV4(w, who, name, lower, upper, liquidity) {
  const pool = w.pools4[name], { sqrtPriceX96 } = await w.at('v4.state_view', VIEW).call('getSlot0', [pool.id]);
  const [a0, a1] = amountsOf(liquidity, sqrtPriceX96, lower, upper).map((a) => a + a / 1_000_000n + 2n);
  await supply(w, who, pool.sym0, a0);
  await supply(w, who, pool.sym1, a1);
  const native = pool.sym0 === 'ETH';
  const params = [coder.encode([`tuple${KEY}`, 'int24', 'int24', 'uint256', 'uint128', 'uint128', 'address', 'bytes'],
    [tupleOf(pool), lower, upper, liquidity, MAX128, MAX128, who, '0x']),
  coder.encode(['address', 'address'], [pool.currency0, pool.currency1])];
  if (native) params.push(coder.encode(['address', 'address'], [ZERO, who]));
  const id = await positions(w).call('nextTokenId');
  await positions(w).send(who, 'modifyLiquidities', [unlock([MINT, SETTLE_PAIR, ...(native ? [SWEEP] : [])], params), DEADLINE],
    { value: native ? a0 : 0n });
  return Number(id);
}
const takeOut = (pool, id, liquidity, to) => unlock([DECREASE, TAKE_PAIR], [
  coder.encode(['uint256', 'uint256', 'uint128', 'uint128', 'bytes'], [id, liquidity, 0, 0, '0x']),
  coder.encode(['address', 'address', 'address'], [pool.currency0, pool.currency1, to])]);
export async function burnV4(w, who, name, id) {
  const pool = w.pools4[name];
  await positions(w).send(who, 'modifyLiquidities', [unlock([BURN, TAKE_PAIR], [
    coder.encode(['uint256', 'uint128', 'uint128', 'bytes'], [id, 0, 0, '0x']),
    coder.encode(['address', 'address', 'address'], [pool.currency0, pool.currency1, who])]), DEADLINE]);
}

/** A position of the lp worth about usd on each side of today's price. */
export async function lpPositionV4(w, key, name, low, high, usd) {
  const pool = w.pools4[name], price = (s) => PRICES[s === 'ETH' ? 'WETH' : s];
  const { sqrtPriceX96 } = await w.at('v4.state_view', VIEW).call('getSlot0', [pool.id]);
  const tick = tickOf(sqrtPriceX96), step = (x) => Math.log(x) / Math.log(1.0001);
  const [lower, upper] = [low, high].map((x) => roundTick(tick + step(x), pool.spacing));
  const probe = 10n ** 18n, [a0, a1] = amountsOf(probe, sqrtPriceX96, lower, upper);
  const worth = Number(a0) / 10 ** decimalsOf(w, pool.sym0) * price(pool.sym0) + Number(a1) / 10 ** decimalsOf(w, pool.sym1) * price(pool.sym1);
  w.positions4[key] = await mintV4(w, w.accounts.lp, name, lower, upper, probe * BigInt(Math.round(usd * 1e6)) / BigInt(Math.round(worth * 1e6)));
}

// --- for tests: a random pool and what becomes of it --------------------------------------------------------------------

export async function randomPoolV4(w, seed, count) {
  const random = randomNumbers(seed), { lp } = w.accounts, names = [1, 2].map((i) => `T${w.tokenCount + i}`);
  w.tokenCount += 2;
  for (const n of names) await deployToken(w, n, [6, 8, 18][random.below(3)]);
  const [fee, spacing] = [[100, 1], [500, 10], [3000, 60], [10000, 200], [1234, 7]][random.below(5)];
  const symbols = random.below(3) === 0 ? ['ETH', names[0]] : names, name = symbols.join('-') + seed;
  const tick = random.below(400_000) - 200_000;
  const pool = await createPoolV4(w, name, ...symbols, fee, spacing, sqrtAtTick(tick)), ids = [];
  const centre = roundTick(tick, spacing), widest = widestOf(spacing);
  ids.push(await mintV4(w, lp, name, -widest, widest, 1n << 80n)); // there is always something to trade against
  for (let i = 1; i < count; i++) {
    ids.push(await mintV4(w, lp, name, ...randomRange(random, centre, spacing), random.logUniform(1, 2 ** 84)));
  }
  await positions(w).send(lp, 'setApprovalForAll', [MULTICALL3, true]);
  w.randoms[name] = { random, ids };
  return { name, ids, currency0: pool.currency0, currency1: pool.currency1,
    decimals0: decimalsOf(w, pool.sym0), decimals1: decimalsOf(w, pool.sym1) };
}

/** One random swap, gift or withdrawal, then what the contracts would pay for each position. */
export async function randomPoolStepV4(w, name) {
  const { random, ids } = w.randoms[name], pool = w.pools4[name], { lp, trader } = w.accounts, native = pool.sym0 === 'ETH';
  const { sqrtPriceX96 } = await w.at('v4.state_view', VIEW).call('getSlot0', [pool.id]);
  const kind = random.below(10), zeroForOne = random.below(2) === 0;
  if (kind < 7) {
    const limit = randomLimit(random, sqrtPriceX96, zeroForOne), huge = 1n << 100n;
    await supply(w, trader, zeroForOne ? pool.sym0 : pool.sym1, huge);
    await w.at('v4.swap_test', SWAPPER).send(trader, 'swap', [tupleOf(pool), { zeroForOne, amountSpecified: -huge, sqrtPriceLimitX96: limit },
      { takeClaims: false, settleUsingBurn: false }, '0x'], { value: native && zeroForOne ? huge : 0n });
  } else if (kind === 7) {
    const gift = [random.logUniform(1, 1e18), random.logUniform(1, 1e18)];
    await supply(w, trader, pool.sym0, gift[0]);
    await supply(w, trader, pool.sym1, gift[1]);
    await w.at('v4.donate_test', DONOR).send(trader, 'donate', [tupleOf(pool), ...gift, '0x'], { value: native ? gift[0] : 0n });
  } else {
    const id = ids[1 + random.below(ids.length - 1)], held = await positions(w).call('getPositionLiquidity', [id]);
    const part = held * BigInt(1 + random.below(100)) / 100n;
    if (held > 0n) await positions(w).send(lp, 'modifyLiquidities', [takeOut(pool, id, part, lp), DEADLINE]);
  }
  return quotesV4(w, name, ids);
}

/**
 * What the contracts themselves would pay at the head block: an eth_call of Multicall3, the owner's operator, that looks
 * at the owner's balances before and after taking everything out. Taking out nothing pays the fees alone.
 */
export async function quotesV4(w, name, ids) {
  const pool = w.pools4[name], { lp } = w.accounts, head = await w.node.head(), at = { block: '0x' + head.number.toString(16) };
  const multi = w.at('multicall3', MULTI), p = positions(w);
  const held = await callAll(w.node, ids.map((id) => [p, 'getPositionLiquidity', [id], at]));
  const balance = (sym) => (sym === 'ETH' ? { target: MULTICALL3, data: multi.data('getEthBalance', [lp]) }
    : { target: currency(w, sym), data: token(w, sym).data('balanceOf', [lp]) });
  const look = [balance(pool.sym0), balance(pool.sym1)].map(({ target, data }) => ({ target, allowFailure: false, callData: data }));
  const paying = (id, liquidity) => [multi, 'aggregate3', [[...look, { target: p.address, allowFailure: false,
    callData: p.data('modifyLiquidities', [takeOut(pool, id, liquidity, lp), DEADLINE]) }, ...look]], at];
  const alive = ids.map((id, i) => [id, held[i]]).filter(([, liquidity]) => liquidity > 0n);
  const answers = await callAll(w.node, alive.flatMap(([id, liquidity]) => [paying(id, 0n), paying(id, liquidity)]));
  const gain = (results) => [0, 1].map((k) => BigInt(results[3 + k].returnData) - BigInt(results[k].returnData));
  const paid = new Map(alive.map(([id], i) => [id, [gain(answers[2 * i]), gain(answers[2 * i + 1])]]));
  const nothing = [[0n, 0n], [0n, 0n]];
  return { block_hash: head.hash, positions: ids.map((id, i) => {
    const [fees, all] = paid.get(id) ?? nothing;
    return { token_id: id, liquidity: String(held[i]), amount0: String(all[0] - fees[0]), amount1: String(all[1] - fees[1]),
      fees0: String(fees[0]), fees1: String(fees[1]) };
  }) };
}

/** sqrtPriceX96 of two symbols at the world's prices. */
export function sqrtTargetV4(w, sym0, sym1) {
  const price = (s) => PRICES[s === 'ETH' ? 'WETH' : s];
  return isqrt((units(1e6 / price(sym1), decimalsOf(w, sym1)) << 192n) / units(1e6 / price(sym0), decimalsOf(w, sym0)));
}
