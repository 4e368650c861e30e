// SPDX-License-Identifier: Apache-2.0
// For tests: a random Uniswap v3 pool and what becomes of it.
import { MAX128, amountsOf, roundTick, sqrtAtTick } from '../lib/math.mjs';
import { approve, deployToken, mint } from './tokens.mjs';
import { DEADLINE, SPACING, allowTrader, createPool, fundTrader, manager, mintPosition, poolContract, positionQuotes,
  swapTx } from './uniswap.mjs';
import { randomLimit, randomNumbers, randomRange, widestOf } from './random.mjs';

const POOL = ['function setFeeProtocol(uint8,uint8)'];

/** A liquidity that the manager's own arithmetic does not round to nothing at this price. */
async function mintSome(w, name, lower, upper, liquidity) {
  const { sqrtPriceX96 } = await poolContract(w, name).call('slot0');
  const amounts = amountsOf(liquidity, sqrtPriceX96, lower, upper).map((a) => a && a + a / 1_000_000n + 2n);
  return Number((await mintPosition(w, w.accounts.lp, name, lower, upper, ...amounts)).tokenId);
}

/** A pool of two new tokens with `count` positions, from one tick spacing wide to the full range. */
export async function randomPoolV3(w, seed, count) {
  const random = randomNumbers(seed), names = [1, 2].map((i) => `T${w.tokenCount + i}`);
  w.tokenCount += 2;
  for (const n of names) await deployToken(w, n, [0, 2, 6, 8, 18, 24][random.below(6)]);
  const fee = [100, 500, 3000, 10000][random.below(4)], spacing = SPACING[fee], name = `${names.join('-')}`;
  const tick = random.below(400_000) - 200_000, centre = roundTick(tick, spacing);
  const { sym0, sym1 } = await createPool(w, name, ...names, fee, sqrtAtTick(tick));
  if (random.below(2) === 0) // the protocol's share comes out of the fees
    await w.node.at(POOL, w.addresses[`v3.pool.${name}`]).send(w.accounts.admin, 'setFeeProtocol', [4 + random.below(7), 4 + random.below(7)]);
  const widest = widestOf(spacing), ids = [];
  ids.push(await mintSome(w, name, -widest, widest, 1n << 80n)); // there is always something to trade against
  for (let i = 1; i < count; i++) {
    ids.push(await mintSome(w, name, ...randomRange(random, centre, spacing), random.logUniform(1, 2 ** 84)));
  }
  await allowTrader(w, name);
  w.randoms[name] = { random, ids };
  const address = (s) => w.addresses[`tokens.${s}`];
  return { name, ids, token0: address(sym0), token1: address(sym1), decimals0: w.decimals[sym0], decimals1: w.decimals[sym1] };
}

/** Many positions around the price of a pool that exists, of all widths; their ids. */
export async function manyPositions(w, name, count) {
  const { lp } = w.accounts, { sym0, sym1, fee } = w.pools[name], m = manager(w), spacing = SPACING[fee];
  const { tick } = await poolContract(w, name).call('slot0'), centre = roundTick(Number(tick), spacing), ids = [];
  for (const s of [sym0, sym1]) { await mint(w, s, lp, 10n ** 30n); await approve(w, s, lp, m.address); }
  const address = (s) => w.addresses[`tokens.${s}`], amount = (s) => 10n ** BigInt(w.decimals[s]) / 100n;
  const range = (i) => [centre - (1 + i % 97) * spacing, centre + (1 + i % 89) * spacing];
  const call = (i) => m.data('mint', [{ token0: address(sym0), token1: address(sym1), fee, tickLower: range(i)[0], tickUpper: range(i)[1],
    amount0Desired: amount(sym0), amount1Desired: amount(sym1), amount0Min: 0, amount1Min: 0, recipient: lp, deadline: DEADLINE }]);
  const AT_ONCE = 25; // mints that fit into a block
  for (let begin = 0; begin < count; begin += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - begin) }, (_, k) => begin + k);
    const receipt = await m.send(lp, 'multicall', [some.map(call)]);
    ids.push(...m.logs(receipt, 'IncreaseLiquidity').map((e) => Number(e.tokenId)));
  }
  return { ids };
}

/** Adds to a position, takes from it (perhaps everything), or collects what it was paid. */
async function randomChange(w, name, random, id) {
  const { lp } = w.accounts, { sym0, sym1 } = w.pools[name], m = manager(w), kind = random.below(3);
  const { liquidity } = await m.call('positions', [id]);
  if (kind === 0) {
    const amounts = [random.logUniform(1e3, 1e18), random.logUniform(1e3, 1e18)];
    for (const [i, s] of [sym0, sym1].entries()) { await mint(w, s, lp, amounts[i]); await approve(w, s, lp, m.address); }
    await m.send(lp, 'increaseLiquidity', [{ tokenId: id, amount0Desired: amounts[0], amount1Desired: amounts[1],
      amount0Min: 0, amount1Min: 0, deadline: DEADLINE }]).catch(() => {}); // refused where it would add nothing
  } else if (kind === 1 && liquidity > 0n) {
    const part = random.below(4) === 0 ? liquidity : liquidity * BigInt(1 + random.below(100)) / 100n;
    if (part > 0n) await m.send(lp, 'decreaseLiquidity', [{ tokenId: id, liquidity: part, amount0Min: 0, amount1Min: 0, deadline: DEADLINE }]);
  } else if (kind === 2) {
    const some = random.below(2) === 0 ? MAX128 : random.logUniform(1, 1e12);
    await m.send(lp, 'collect', [{ tokenId: id, recipient: lp, amount0Max: some, amount1Max: some }]).catch(() => {}); // nothing owed
  }
}

/** One random swap or change of a position, then what the contracts would pay for each position. */
export async function randomPoolStepV3(w, name) {
  const { random, ids } = w.randoms[name], { sym0, sym1 } = w.pools[name];
  if (random.below(10) < 7) {
    const { sqrtPriceX96 } = await poolContract(w, name).call('slot0'), zeroForOne = random.below(2) === 0;
    const limit = randomLimit(random, sqrtPriceX96, zeroForOne), symIn = zeroForOne ? sym0 : sym1, huge = 1n << 110n;
    await fundTrader(w, symIn, huge);
    await w.node.send(swapTx(w, name, symIn, huge, limit));
  } else {
    await randomChange(w, name, random, ids[1 + random.below(ids.length - 1)]);
  }
  const positions = await positionQuotes(w, ids);
  return { block_hash: positions[0].block_hash, positions };
}
