// SPDX-License-Identifier: Apache-2.0
// Uniswap v3: factory, position manager, SwapRouter02, QuoterV2, pools and the LP positions under test.
import { load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { MAX128, ZERO, amountsOf, num, priceOfSqrt, roundTick, sqrtOfPrices, tickOf, units } from '../lib/math.mjs';
import { approve, mint, token } from './tokens.mjs';
import { PRICES } from './feeds.mjs';

const CORE = '@uniswap/v3-core/artifacts/contracts/', PERIPHERY = '@uniswap/v3-periphery/artifacts/contracts/';
const ROUTER = '@uniswap/swap-router-contracts/artifacts/contracts/';
export const DEADLINE = 4102444800n; // 2100-01-01
export const REACH = 6800; // ticks; the makers' ranges end at half and twice the price (6931)
export const SPACING = { 100: 1, 500: 10, 3000: 60, 10000: 200 };

const FACTORY = ['function getPool(address,address,uint24) view returns (address)', 'function createPool(address,address,uint24) returns (address)'];
export const POOL = ['function slot0() view returns (uint160 sqrtPriceX96,int24 tick,uint16,uint16,uint16,uint8,bool)',
  'function initialize(uint160)', 'function increaseObservationCardinalityNext(uint16)'];
const NPM = ['function mint((address token0,address token1,uint24 fee,int24 tickLower,int24 tickUpper,uint256 amount0Desired,uint256 amount1Desired,'
    + 'uint256 amount0Min,uint256 amount1Min,address recipient,uint256 deadline)) payable returns (uint256,uint128,uint256,uint256)',
  'function increaseLiquidity((uint256 tokenId,uint256 amount0Desired,uint256 amount1Desired,uint256 amount0Min,uint256 amount1Min,uint256 deadline)) payable',
  'function decreaseLiquidity((uint256 tokenId,uint128 liquidity,uint256 amount0Min,uint256 amount1Min,uint256 deadline)) payable returns (uint256 amount0,uint256 amount1)',
  'function collect((uint256 tokenId,address recipient,uint128 amount0Max,uint128 amount1Max)) payable returns (uint256 amount0,uint256 amount1)',
  'function multicall(bytes[]) payable returns (bytes[])', 'function safeTransferFrom(address,address,uint256)',
  'function ownerOf(uint256) view returns (address)',
  'function positions(uint256) view returns (uint96 nonce,address operator,address token0,address token1,uint24 fee,int24 tickLower,int24 tickUpper,'
    + 'uint128 liquidity,uint256,uint256,uint128 tokensOwed0,uint128 tokensOwed1)',
  'event IncreaseLiquidity(uint256 indexed tokenId,uint128 liquidity,uint256 amount0,uint256 amount1)',
  'event DecreaseLiquidity(uint256 indexed tokenId,uint128 liquidity,uint256 amount0,uint256 amount1)'];
const SWAP_ROUTER = ['function exactInputSingle((address tokenIn,address tokenOut,uint24 fee,address recipient,uint256 amountIn,uint256 amountOutMinimum,'
    + 'uint160 sqrtPriceLimitX96)) payable returns (uint256)'];

const factory = (w) => w.at('v3.factory', FACTORY);
export const manager = (w) => w.at('v3.npm', NPM);
const router = (w) => w.at('v3.router', SWAP_ROUTER);
export const poolContract = (w, name) => w.at(`v3.pool.${name}`, POOL);

export async function deployUniswap(w) {
  const { node, accounts: { admin } } = w, weth = w.addresses['tokens.WETH'];
  const f = await node.deploy(load(`${CORE}UniswapV3Factory.sol/UniswapV3Factory.json`), [], admin);
  await f.send(admin, 'enableFeeAmount', [100, SPACING[100]]);
  const lib = await node.deploy(load(`${PERIPHERY}libraries/NFTDescriptor.sol/NFTDescriptor.json`), [], admin);
  const label = '0x455448'.padEnd(66, '0'); // bytes32 "ETH"
  const descriptor = await node.deploy(
    load(`${PERIPHERY}NonfungibleTokenPositionDescriptor.sol/NonfungibleTokenPositionDescriptor.json`),
    [weth, label], admin, { NFTDescriptor: lib.address });
  const manager = await node.deploy(load(`${PERIPHERY}NonfungiblePositionManager.sol/NonfungiblePositionManager.json`),
    [f.address, weth, descriptor.address], admin);
  const r = await node.deploy(load(`${ROUTER}SwapRouter02.sol/SwapRouter02.json`),
    [ZERO /* no v2 */, f.address, manager.address, weth], admin);
  const quoter = await node.deploy(load(`${PERIPHERY}lens/QuoterV2.sol/QuoterV2.json`), [f.address, weth], admin);
  Object.assign(w.addresses, { 'v3.factory': f.address, 'v3.npm': manager.address, 'v3.router': r.address, 'v3.quoter': quoter.address });
}

/** Creates and initialises a pool of two token symbols and registers it under name. */
export async function createPool(w, name, symA, symB, fee, sqrtP, observations = 1) {
  const { admin } = w.accounts, address = (s) => w.addresses[`tokens.${s}`];
  const [sym0, sym1] = BigInt(address(symA)) < BigInt(address(symB)) ? [symA, symB] : [symB, symA];
  await factory(w).send(admin, 'createPool', [address(sym0), address(sym1), fee]);
  w.addresses[`v3.pool.${name}`] = await factory(w).call('getPool', [address(sym0), address(sym1), fee]);
  w.pools[name] = { sym0, sym1, fee };
  await poolContract(w, name).send(admin, 'initialize', [sqrtP ?? sqrtTarget(w, name, PRICES)]);
  if (observations > 1) await poolContract(w, name).send(admin, 'increaseObservationCardinalityNext', [observations]);
  return w.pools[name];
}

/** sqrtPriceX96 at which a pool agrees with the USD prices. */
export function sqrtTarget(w, name, prices) {
  const { sym0, sym1 } = w.pools[name];
  return sqrtOfPrices(prices[sym0], w.decimals[sym0], prices[sym1], w.decimals[sym1]);
}
/** Price of the pool's non-USDC token in USDC (or of token0 in token1), for display. */
export function poolPrice(w, name, sqrtP) {
  const { sym0, sym1 } = w.pools[name];
  const p = priceOfSqrt(sqrtP, w.decimals[sym0], w.decimals[sym1]);
  return sym0 === 'USDC' ? 1 / p : p;
}

/** Mints a position, creating the tokens it needs. */
export async function mintPosition(w, who, name, tickLower, tickUpper, amount0Desired, amount1Desired) {
  const { sym0, sym1, fee } = w.pools[name], n = manager(w);
  for (const [sym, amount] of [[sym0, amount0Desired], [sym1, amount1Desired]]) {
    if (amount > 0n) await mint(w, sym, who, amount);
    await approve(w, sym, who, n.address);
  }
  const receipt = await n.send(who, 'mint', [{ token0: w.addresses[`tokens.${sym0}`], token1: w.addresses[`tokens.${sym1}`],
    fee, tickLower, tickUpper, amount0Desired, amount1Desired, amount0Min: 0, amount1Min: 0, recipient: who, deadline: DEADLINE }]);
  const { tokenId, liquidity, amount0, amount1 } = n.log(receipt, 'IncreaseLiquidity');
  return { tokenId, liquidity, amount0, amount1 };
}

/**
 * Mints a position of exactly the given liquidity. The manager derives liquidity from amounts, and one wei of a token
 * is worth many units of it; so mint a little too much and take the excess out again.
 */
export async function mintLiquidity(w, who, name, tickLower, tickUpper, liquidity) {
  const { sqrtPriceX96 } = await poolContract(w, name).call('slot0');
  const [d0, d1] = amountsOf(liquidity, sqrtPriceX96, tickLower, tickUpper).map((a) => a && a + a / 1_000_000_000n + 2n);
  const p = await mintPosition(w, who, name, tickLower, tickUpper, d0, d1), n = manager(w);
  if (p.liquidity < liquidity) throw new Error(`minted ${p.liquidity} instead of ${liquidity}`);
  if (p.liquidity === liquidity) return p;
  const receipt = await n.send(who, 'decreaseLiquidity', [{ tokenId: p.tokenId, liquidity: p.liquidity - liquidity,
    amount0Min: 0, amount1Min: 0, deadline: DEADLINE }]);
  const out = n.log(receipt, 'DecreaseLiquidity');
  await n.send(who, 'collect', [{ tokenId: p.tokenId, recipient: who, amount0Max: MAX128, amount1Max: MAX128 }]);
  return { tokenId: p.tokenId, liquidity, amount0: p.amount0 - out.amount0, amount1: p.amount1 - out.amount1 };
}

/** USDC pools: about usd of each side from half to twice the price. */
export async function makerPool(w, sym, fee, usd) {
  const name = `${sym}-USDC`;
  const { sym0, sym1 } = await createPool(w, name, sym, 'USDC', fee, undefined, 100);
  const tick = tickOf(sqrtTarget(w, name, PRICES)), half = Math.log(2) / Math.log(1.0001);
  const [d0, d1] = [sym0, sym1].map((s) => units(usd / PRICES[s], w.decimals[s]));
  await mintPosition(w, w.accounts.maker, name, roundTick(tick - half, SPACING[fee]), roundTick(tick + half, SPACING[fee]), d0, d1);
}

/** An LP position between two prices (USDC per token), worth usd. */
export async function lpPosition(w, key, sym, low, high, usd) {
  const name = `${sym}-USDC`, { sym0, sym1, fee } = w.pools[name];
  const ticks = [low, high].map((p) => roundTick(tickOf(sqrtTarget(w, name, { ...PRICES, [sym]: p })), SPACING[fee]));
  const [lower, upper] = ticks.sort((a, b) => a - b);
  const { sqrtPriceX96 } = await poolContract(w, name).call('slot0');
  const value = (a) => num(a[0], w.decimals[sym0]) * PRICES[sym0] + num(a[1], w.decimals[sym1]) * PRICES[sym1];
  const probe = 10n ** 18n; // value is linear in liquidity
  const liquidity = probe * BigInt(Math.round(usd * 1e6)) / BigInt(Math.round(value(amountsOf(probe, sqrtPriceX96, lower, upper)) * 1e6));
  const p = await mintLiquidity(w, w.accounts.lp, name, lower, upper, liquidity);
  w.positions[key] = Number(p.tokenId);
  w.log(`  position ${key}: token ${p.tokenId}, ticks ${lower}..${upper}, worth ${value([p.amount0, p.amount1]).toFixed(2)} USD`);
}

// --- control actions ------------------------------------------------------------------------------------------
/** Trader swap; by default the whole amount, or only until sqrtLimit is reached. */
export function swapTx(w, name, symIn, amountIn, sqrtLimit = 0n) {
  const { sym0, sym1, fee } = w.pools[name], symOut = symIn === sym0 ? sym1 : sym0, { trader } = w.accounts;
  return router(w).tx(trader, 'exactInputSingle', [{ tokenIn: w.addresses[`tokens.${symIn}`], tokenOut: w.addresses[`tokens.${symOut}`],
    fee, recipient: trader, amountIn, amountOutMinimum: 0, sqrtPriceLimitX96: sqrtLimit }],
  { gas: 3_000_000n, gasPrice: '0xbebc200', label: `swap ${name}` });
}
/** The swap that moves a pool from one price to another: the router pulls only what is needed to get there. */
export function moveTx(w, name, sqrtNow, sqrtTo) {
  const { sym0, sym1 } = w.pools[name];
  return swapTx(w, name, sqrtTo < sqrtNow ? sym0 : sym1, 10n ** 30n, sqrtTo);
}
export async function allowTrader(w, name) {
  const { sym0, sym1 } = w.pools[name];
  for (const s of [sym0, sym1]) await approve(w, s, w.accounts.trader, router(w).address);
}
/** Tops the trader up so that it holds at least amount. */
export async function fundTrader(w, sym, amount) {
  if (await token(w, sym).call('balanceOf', [w.accounts.trader]) < amount) await mint(w, sym, w.accounts.trader, amount);
}
export async function swap(w, name, symIn, amountIn) {
  const { sym0, sym1 } = w.pools[name], symOut = symIn === sym0 ? sym1 : sym0, out = token(w, symOut);
  if (symIn !== sym0 && symIn !== sym1) throw new Error(`pool ${name} has no token ${symIn}`);
  await fundTrader(w, symIn, amountIn);
  await allowTrader(w, name);
  const before = await out.call('balanceOf', [w.accounts.trader]);
  await w.node.send(swapTx(w, name, symIn, amountIn));
  return await out.call('balanceOf', [w.accounts.trader]) - before;
}

/**
 * What the contracts themselves would pay for closing each position at the head block: an eth_call, from the owner,
 * of multicall([decreaseLiquidity(all), collect(all)]). decreaseLiquidity adds the principal to tokensOwed and collect
 * pays everything owed, so the fees are the difference.
 */
export async function positionQuotes(w, ids) {
  const { node } = w, n = manager(w), head = await node.head();
  const at = { block: '0x' + head.number.toString(16) }; // all reads from one block, whatever is mined meanwhile
  const info = await callAll(node, ids.flatMap((id) => [[n, 'ownerOf', [id], at], [n, 'positions', [id], at]]));
  const pools = await callAll(node, ids.map((_, i) => {
    const { token0, token1, fee } = info[2 * i + 1];
    return [factory(w), 'getPool', [token0, token1, fee], at];
  }));
  const answers = await callAll(node, ids.flatMap((tokenId, i) => {
    const from = info[2 * i], { liquidity } = info[2 * i + 1];
    const calls = [n.data('collect', [{ tokenId, recipient: from, amount0Max: MAX128, amount1Max: MAX128 }])];
    // decreaseLiquidity refuses zero
    if (liquidity > 0n) calls.unshift(n.data('decreaseLiquidity', [{ tokenId, liquidity, amount0Min: 0, amount1Min: 0, deadline: DEADLINE }]));
    return [[n, 'multicall', [calls], { ...at, from }], [node.at(POOL, pools[i]), 'slot0', [], at]];
  }));
  return ids.map((id, i) => {
    const p = info[2 * i + 1], results = answers[2 * i], slot0 = answers[2 * i + 1];
    const paid = n.result('collect', results[results.length - 1]);
    const principal = results.length > 1 ? n.result('decreaseLiquidity', results[0]) : { amount0: 0n, amount1: 0n };
    return { token_id: Number(id), owner: info[2 * i], pool: pools[i], token0: p.token0, token1: p.token1, fee: Number(p.fee),
      tick_lower: Number(p.tickLower), tick_upper: Number(p.tickUpper), liquidity: String(p.liquidity),
      amount0: String(principal.amount0), amount1: String(principal.amount1),
      fees0: String(paid.amount0 - principal.amount0), fees1: String(paid.amount1 - principal.amount1),
      tick: Number(slot0.tick), sqrtPriceX96: String(slot0.sqrtPriceX96), block: head.number, block_hash: head.hash, timestamp: head.timestamp };
  });
}
