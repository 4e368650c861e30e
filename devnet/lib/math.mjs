// SPDX-License-Identifier: Apache-2.0
// Fixed-point helpers. Everything that ends up in a transaction is integer arithmetic.
export const MAX = (1n << 256n) - 1n;
export const MAX128 = (1n << 128n) - 1n;
export const ZERO = '0x' + '00'.repeat(20);
const Q96 = 1n << 96n;

/** Decimal number to token units; six decimals of the number are kept. */
export const units = (x, decimals) => BigInt(Math.round(x * 1e6)) * 10n ** BigInt(decimals) / 1_000_000n;
export const num = (x, decimals) => Number(x) / 10 ** decimals;
const ceilDiv = (a, b) => (a + b - 1n) / b;

export function isqrt(n) {
  if (n < 2n) return n;
  let x = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) { const y = (x + n / x) >> 1n; if (y >= x) return x; x = y; }
}

/** sqrt(token1 per token0) as Q64.96 from two prices in a common currency. */
export function sqrtOfPrices(price0, decimals0, price1, decimals1) {
  const scaled = (p) => BigInt(Math.round(p * 1e10));
  return isqrt((scaled(price0) * 10n ** BigInt(decimals1) << 192n) / (scaled(price1) * 10n ** BigInt(decimals0)));
}
/** The inverse: price of token0 in units of token1, as a plain number for display. */
export const priceOfSqrt = (sqrtP, decimals0, decimals1) => (Number(sqrtP) / 2 ** 96) ** 2 * 10 ** (decimals0 - decimals1);

export const tickOf = (sqrtP) => Math.floor(2 * Math.log(Number(sqrtP) / 2 ** 96) / Math.log(1.0001));
export const roundTick = (tick, spacing) => Math.round(tick / spacing) * spacing;

// 2^128 / sqrt(1.0001)^(2^i), the constants of Uniswap's TickMath.
const RATIOS = [
  0xfffcb933bd6fad37aa2d162d1a594001n, 0xfff97272373d413259a46990580e213an, 0xfff2e50f5f656932ef12357cf3c7fdccn,
  0xffe5caca7e10e4e61c3624eaa0941cd0n, 0xffcb9843d60f6159c9db58835c926644n, 0xff973b41fa98c081472e6896dfb254c0n,
  0xff2ea16466c96a3843ec78b326b52861n, 0xfe5dee046a99a2a811c461f1969c3053n, 0xfcbe86c7900a88aedcffc83b479aa3a4n,
  0xf987a7253ac413176f2b074cf7815e54n, 0xf3392b0822b70005940c7a398e4b70f3n, 0xe7159475a2c29b7443b29c7fa6e889d9n,
  0xd097f3bdfd2022b8845ad8f792aa5825n, 0xa9f746462d870fdf8a65dc1f90e061e5n, 0x70d869a156d2a1b890bb3df62baf32f7n,
  0x31be135f97d08fd981231505542fcfa6n, 0x9aa508b5b7a84e1c677de54f3e99bc9n, 0x5d6af8dedb81196699c329225ee604n,
  0x2216e584f5fa1ea926041bedfe98n, 0x48a170391f7dc42444e8fa2n];

export function sqrtAtTick(tick) {
  let ratio = 1n << 128n;
  RATIOS.forEach((r, i) => { if (Math.abs(tick) >> i & 1) ratio = ratio * r >> 128n; });
  if (tick > 0) ratio = MAX / ratio;
  return ceilDiv(ratio, 1n << 32n);
}

/** Token amounts, rounded up, behind a liquidity in [lower, upper) at the price sqrtP. */
export function amountsOf(liquidity, sqrtP, lower, upper) {
  const a = sqrtAtTick(lower), b = sqrtAtTick(upper);
  const p = sqrtP < a ? a : sqrtP > b ? b : sqrtP;
  return [ceilDiv(liquidity * Q96 * (b - p), b * p), ceilDiv(liquidity * (p - a), Q96)];
}
