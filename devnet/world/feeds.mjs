// SPDX-License-Identifier: Apache-2.0
// One Chainlink feed per asset: EACAggregatorProxy -> AccessControlledAggregator, one oracle account, payment 0.
import { load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { ZERO, num } from '../lib/math.mjs';

const DIR = '@chainlink/contracts/abi/v0.6/';
export const PRICES = { USDC: 1, WETH: 3152.4, WBTC: 96410, ARB: 1.2 };
export const SYMBOLS = Object.keys(PRICES);
export const ROUNDS = 240;
export const HEARTBEAT = 3600;
const SEED = 27; // a typical sample: correlations, volatilities and drift all close to the model
const PROXY = ['function latestRoundData() view returns (uint80 roundId,int256 answer,uint256 startedAt,uint256 updatedAt,uint80)'];
const AGGREGATOR = ['function latestRound() view returns (uint256)', 'function submit(uint256,int256)'];

const proxy = (w, sym) => w.at(`feeds.${sym}`, PROXY);
const aggregator = (w, sym) => w.at(`aggregators.${sym}`, AGGREGATOR);

/** The feed of one more symbol. */
export async function deployFeed(w, sym) {
  const { admin, oracle } = w.accounts;
  const link = w.addresses['tokens.ARB']; // the payment token; never used as the payment is 0
  const a = await w.node.deploy(load(`${DIR}AccessControlledAggregator.json`),
    [link, 0, 600, ZERO, 1n, 10n ** 15n, 8, `${sym} / USD`], admin);
  await a.send(admin, 'changeOracles', [[], [oracle], [oracle], 1, 1, 0]);
  const p = await w.node.deploy(load(`${DIR}EACAggregatorProxy.json`), [a.address, ZERO], admin);
  await a.send(admin, 'addAccess', [p.address]); // contracts may read the aggregator only through the proxy
  w.addresses[`aggregators.${sym}`] = a.address;
  w.addresses[`feeds.${sym}`] = p.address;
  return p.address;
}
export async function deployFeeds(w) {
  for (const sym of SYMBOLS) await deployFeed(w, sym);
}

/** For tests: feeds of that many assets that nothing else knows, with a first round each. */
export async function moreFeeds(w, count) {
  const out = [];
  for (let i = 1; i <= count; i++) out.push({ name: `F${i}`, price: i * 1.25, proxy: await deployFeed(w, `F${i}`) });
  const { timestamp } = await w.node.head();
  await w.node.mineAll(out.map((f) => submitTx(w, f.name, 1n, f.price)), timestamp + 12);
  return out;
}

/** Transactions that publish one new round for each symbol of { sym: price }. */
export async function roundTxs(w, prices) {
  const syms = Object.keys(prices);
  const rounds = await callAll(w.node, syms.map((s) => [aggregator(w, s), 'latestRound']));
  return syms.map((s, i) => submitTx(w, s, rounds[i] + 1n, prices[s]));
}
export function submitTx(w, sym, round, price) {
  // A high gas price sorts the feed update before swaps and trades of the same block.
  return aggregator(w, sym).tx(w.accounts.oracle, 'submit', [round, BigInt(Math.round(price * 1e8))],
    { gas: 400_000n, gasPrice: '0x11e1a300', label: `feed ${sym}` });
}
export const latestRounds = (w) => callAll(w.node, SYMBOLS.map((s) => [aggregator(w, s), 'latestRound']));

export async function readFeeds(w) {
  const data = await callAll(w.node, SYMBOLS.map((s) => [proxy(w, s), 'latestRoundData']));
  return Object.fromEntries(data.map((d, i) => [SYMBOLS[i],
    { price: num(d.answer, 8), answer: String(d.answer), round_id: String(d.roundId), updated_at: Number(d.updatedAt) }]));
}

/** Hourly price paths with correlated returns, ending exactly at PRICES. Deterministic. */
export function pricePaths(seed = SEED) {
  let s = seed >>> 0;
  const uniform = () => { // mulberry32
    s = (s + 0x6d2b79f5) >>> 0;
    let t = Math.imul(s ^ (s >>> 15), s | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const gauss = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const sums = [Object.fromEntries(SYMBOLS.map((k) => [k, 0]))];
  for (let i = 1; i < ROUNDS; i++) {
    const m = gauss(), eth = 0.006 * m;
    // 1.3 * 0.006 * sqrt(1 / 0.88^2 - 1) = 0.00421 of own noise makes corr(ARB, ETH) = 0.88
    const r = { USDC: 0, WETH: eth, WBTC: 0.0045 * (0.8 * m + 0.6 * gauss()), ARB: 1.3 * eth + 0.00421 * gauss() };
    sums.push(Object.fromEntries(SYMBOLS.map((k) => [k, sums[i - 1][k] + r[k]])));
  }
  const end = sums[ROUNDS - 1];
  return sums.map((x, i) => Object.fromEntries(SYMBOLS.map((k) => [k,
    // USDC does not wander: independent noise of half a basis point around 1
    k === 'USDC' ? (i === ROUNDS - 1 ? 1 : 1 + 0.00005 * gauss()) : PRICES[k] * Math.exp(x[k] - end[k])])));
}

/** Statistics of the sample the keeper will see. */
export function sampleStats(paths) {
  const returns = (k) => paths.slice(1).map((p, i) => Math.log(p[k] / paths[i][k]));
  const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
  const cov = (x, y) => { const a = mean(x), b = mean(y); return mean(x.map((v, i) => (v - a) * (y[i] - b))); };
  const [e, b, a] = ['WETH', 'WBTC', 'ARB'].map(returns);
  const corr = (x, y) => cov(x, y) / Math.sqrt(cov(x, x) * cov(y, y));
  return { eth_btc: corr(e, b), eth_arb: corr(e, a), vol_eth: Math.sqrt(cov(e, e)), vol_btc: Math.sqrt(cov(b, b)),
    vol_arb: Math.sqrt(cov(a, a)), beta_arb: cov(e, a) / cov(e, e), start: paths[0] };
}

/** All rounds but the last: one block per hour carrying every feed (blocks are what costs build time). */
export async function history(w) {
  const paths = pricePaths();
  const { eth_arb: corr } = sampleStats(paths);
  if (corr < 0.82 || corr > 0.92) throw new Error(`sample correlation ARB/ETH is ${corr}, pick another seed`);
  const start = (await w.node.head()).timestamp;
  await w.node.withMiningPaused(async () => {
    for (let i = 0; i < ROUNDS - 1; i++) {
      await w.node.mineAll(SYMBOLS.map((s) => submitTx(w, s, BigInt(i + 1), paths[i][s])), start + HEARTBEAT * (i + 1));
    }
  });
  w.lastRoundAt = start + HEARTBEAT * ROUNDS; // where the last round belongs; see finishHistory
}

/** The last round, an hour after the one before; everything else was deployed in the meantime. */
export async function finishHistory(w) {
  if ((await w.node.head()).timestamp >= w.lastRoundAt) throw new Error('deployment took more than an hour of chain time');
  await w.node.withMiningPaused(async () => w.node.mineAll(await roundTxs(w, PRICES), w.lastRoundAt));
  const rounds = await latestRounds(w);
  if (rounds.some((r) => r !== BigInt(ROUNDS))) throw new Error(`history is incomplete: ${rounds}`);
}
