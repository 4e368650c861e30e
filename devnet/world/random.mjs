// SPDX-License-Identifier: Apache-2.0
// For tests: random numbers, ranges and prices that are the same every time.
import { sqrtAtTick } from '../lib/math.mjs';

const LOWEST = sqrtAtTick(-887272) + 1n, HIGHEST = sqrtAtTick(887272) - 1n;

/** Numbers that are the same every time. */
export function randomNumbers(seed) {
  let state = BigInt(seed) * 2n + 1n;
  const next = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return Number(state >> 32n) / 2 ** 32;
  };
  return { next, below: (n) => Math.floor(next() * n), between: (a, b) => a + next() * (b - a),
    /** A whole number whose logarithm is uniform. */
    logUniform: (low, high) => BigInt(Math.round(2 ** (Math.log2(low) + next() * (Math.log2(high) - Math.log2(low))))) };
}

/** The range that has everything. */
export const widestOf = (spacing) => Math.floor(887272 / spacing) * spacing;

/** A range near the centre, from one tick spacing wide to nearly everything; narrow ones come more often. */
export function randomRange(random, centre, spacing) {
  const widest = widestOf(spacing), width = Math.max(1, Math.round(random.between(0, 1) ** 4 * 2000));
  const off = Math.round(random.between(-1, 1) * width), lower = Math.max(centre + (off - width) * spacing, -widest);
  return [lower, Math.min(lower + Math.max(1, random.below(2 * width)) * spacing, widest)];
}

/** The price at which a random swap from here ends; small moves come more often. */
export function randomLimit(random, sqrtPriceX96, zeroForOne) {
  const scaled = BigInt(Math.round((1 + random.between(0, 1) ** 3) * 1e9));
  const goal = zeroForOne ? sqrtPriceX96 * 1_000_000_000n / scaled : sqrtPriceX96 * scaled / 1_000_000_000n;
  return goal < LOWEST ? LOWEST : goal > HIGHEST ? HIGHEST : goal;
}
