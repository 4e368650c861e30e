// SPDX-License-Identifier: Apache-2.0
// The control server: moves the market, injects failures and answers as an independent oracle for tests.
// Every request runs alone; mutating ones pause mining, so that each of their blocks holds what they say it holds.
import http from 'node:http';
import { tickOf } from './lib/math.mjs';
import { callAll } from './lib/rpc.mjs';
import * as tokens from './world/tokens.mjs';
import * as feeds from './world/feeds.mjs';
import * as v2 from './world/uniswap_v2.mjs';
import * as v4 from './world/uniswap_v4.mjs';
import * as forks from './world/v3_forks.mjs';
import * as uniswap from './world/uniswap.mjs';
import * as staker from './world/staker.mjs';
import * as v3random from './world/uniswap_v3_random.mjs';
import * as aave from './world/aave.mjs';
import * as perp from './world/perp.mjs';

class BadRequest extends Error {}
const need = (ok, message) => { if (!ok) throw new BadRequest(message); };
/** { SYM: price } out of a request body; the other fields are options. */
function pricesOf(body, allowed) {
  const prices = {};
  for (const [key, value] of Object.entries(body)) {
    if (key === 'seconds') continue;
    need(allowed.includes(key), `unknown asset ${key}`);
    need(typeof value === 'number' && value > 0 && Number.isFinite(value), `${key} needs a positive number`);
    prices[key] = value;
  }
  return prices;
}
function integer(body, key, fallback) {
  const value = body[key] ?? fallback;
  need(Number.isSafeInteger(value) && value >= 0, `${key} needs a non-negative integer`);
  return value;
}
function amount(body, key) {
  need(/^\d+$/.test(String(body[key] ?? '')), `${key} needs a decimal integer string`);
  return BigInt(body[key]);
}
const userOf = (w, body) => {
  const user = w.accounts[body.user] ?? body.user;
  need(/^0x[0-9a-fA-F]{40}$/.test(user ?? ''), 'user needs an address');
  return user;
};
const USDC_POOLS = feeds.SYMBOLS.filter((s) => s !== 'USDC').map((s) => `${s}-USDC`);
const poolOf = (w, body) => { need(w.pools[body.pool], `unknown pool ${body.pool}`); return body.pool; };

/** Outside the makers' ranges there is no liquidity to trade with, and no way back. */
function checkReach(goal, initial, reach) {
  need(Math.abs(tickOf(goal) - tickOf(initial)) <= reach, 'the price is beyond the liquidity of the market makers (see README)');
}

/** Feeds, pools and perp markets go to the target prices together, in as many blocks as the perp tick limit asks for. */
async function movePrices(w, targets, seconds) {
  const { node } = w, start = await feeds.readFeeds(w), { timestamp: begin } = await node.head();
  const from = Object.fromEntries(feeds.SYMBOLS.map((s) => [s, start[s].price])), to = { ...from, ...targets };
  const rounds = await feeds.latestRounds(w);
  // Everything with a price limit: how to read it, where it has to go, and the transaction that takes it there.
  const markets = [
    ...USDC_POOLS.map((name) => ({ contract: uniswap.poolContract(w, name), goal: (p) => uniswap.sqrtTarget(w, name, p), reach: uniswap.REACH,
      tx: (now, goal) => uniswap.moveTx(w, name, now, goal) })),
    ...perp.MARKETS.map((s) => ({ contract: perp.perpPool(w, s), goal: (p) => perp.perpSqrt(p[s]), reach: perp.REACH, limited: true,
      tx: (now, goal) => perp.perpMoveTx(w, s, now, goal) }))];
  for (const m of markets) checkReach(m.goal(to), m.goal(feeds.PRICES), m.reach);
  const read = async () => (await callAll(node, markets.map((m) => [m.contract, 'slot0']))).map((r) => r.sqrtPriceX96);
  const failures = [];
  const step = async (prices, timestamp, now, withFeeds) => {
    const txs = withFeeds ? [...feeds.SYMBOLS.map((s, i) => feeds.submitTx(w, s, ++rounds[i], prices[s])),
      ...perp.indexUpdateTxs(w, perp.MARKETS)] : [];
    markets.forEach((m, i) => { const goal = m.goal(prices); if (goal !== now[i]) txs.push(m.tx(now[i], goal)); });
    const receipts = await node.mineAll(txs, timestamp);
    receipts.forEach((r, i) => { if (r.status !== '0x1') failures.push(txs[i].label); });
  };

  let now = await read();
  const steps = Math.max(1, ...markets.map((m, i) => (m.limited ? perp.stepsFor(now[i], m.goal(to)) : 1)));
  const gap = steps > 1 ? Math.max(perp.MIN_INTERVAL, seconds / steps) : Math.max(1, seconds);
  for (let i = 1; i <= steps; i++) {
    const prices = Object.fromEntries(feeds.SYMBOLS.map((s) => [s, i === steps ? to[s] : from[s] * (to[s] / from[s]) ** (i / steps)]));
    await step(prices, begin + Math.round(gap * i), now, true);
    now = await read();
  }
  // A trade of somebody else may have used up the tick limit, or moved the price in the same block: try again later.
  const off = (a, b) => Math.abs(Number(a) / Number(b) - 1) > 0.5e-4; // of the square root, so 1 bp of the price
  let retries = 0;
  while (markets.some((m, i) => off(now[i], m.goal(to)))) {
    if (++retries > 30) throw new Error(`the markets do not reach the target: ${failures.slice(-3).join(', ')} failed`);
    await step(to, (await node.head()).timestamp + perp.MIN_INTERVAL, now, false);
    now = await read();
  }
  const head = await node.head();
  return { block: head.number, timestamp: head.timestamp, blocks: steps + retries, prices: to };
}

async function status(w) {
  const { node } = w, head = await node.head(), names = Object.keys(w.pools);
  const slots = await callAll(node, names.map((n) => [uniswap.poolContract(w, n), 'slot0']));
  return { block: head.number, block_hash: head.hash, timestamp: head.timestamp, feeds: await feeds.readFeeds(w),
    pools: Object.fromEntries(names.map((n, i) => [n, { price: uniswap.poolPrice(w, n, slots[i].sqrtPriceX96),
      tick: Number(slots[i].tick), sqrtPriceX96: String(slots[i].sqrtPriceX96) }])),
    perp: await perp.readMarkets(w) };
}

async function wallet(w, user) {
  const syms = feeds.SYMBOLS;
  const amounts = await callAll(w.node, syms.map((s) => [tokens.token(w, s), 'balanceOf', [user]]));
  return { ETH: String(BigInt(await w.node.rpc('eth_getBalance', [user, 'latest']))),
    ...Object.fromEntries(syms.map((s, i) => [s, String(amounts[i])])) };
}

async function createPool(w, body) {
  need(Array.isArray(body.tokens) && body.tokens.length === 2, 'tokens needs two entries');
  need(uniswap.SPACING[body.fee], `unknown fee tier ${body.fee}`);
  const sqrtP = amount(body, 'sqrt_price_x96'), decimals = body.tokens.map((t) => integer(t, 'decimals'));
  need(decimals.every((d) => d <= 255), 'decimals must fit uint8');
  const [a, b] = [1, 2].map((i) => `T${w.tokenCount + i}`);
  w.tokenCount += 2;
  const first = await tokens.deployToken(w, a, decimals[0]);
  // tokens[0] shall be token0: deploy the second one until it sorts above the first
  while (BigInt(await tokens.deployToken(w, b, decimals[1])) < BigInt(first));
  const name = `${a}-${b}`;
  await uniswap.createPool(w, name, a, b, body.fee, sqrtP);
  return { pool: name, address: w.addresses[`v3.pool.${name}`], token0: first, token1: w.addresses[`tokens.${b}`],
    decimals0: decimals[0], decimals1: decimals[1] };
}

async function mintPosition(w, body) {
  const pool = poolOf(w, body), { lp } = w.accounts, lower = body.tick_lower, upper = body.tick_upper;
  need(Number.isSafeInteger(lower) && Number.isSafeInteger(upper), 'tick_lower and tick_upper need integers');
  const p = body.liquidity !== undefined
    ? await uniswap.mintLiquidity(w, lp, pool, lower, upper, amount(body, 'liquidity'))
    : await uniswap.mintPosition(w, lp, pool, lower, upper, amount(body, 'amount0_desired'), amount(body, 'amount1_desired'));
  return { token_id: Number(p.tokenId), liquidity: String(p.liquidity), amount0: String(p.amount0), amount1: String(p.amount1) };
}

async function swap(w, body) {
  const pool = poolOf(w, body), { sym0, sym1 } = w.pools[pool];
  const symIn = [sym0, sym1].find((s) => s === body.token_in ||
    w.addresses[`tokens.${s}`].toLowerCase() === String(body.token_in).toLowerCase());
  need(symIn, `pool ${pool} has no token ${body.token_in}`);
  return { amount_out: String(await uniswap.swap(w, pool, symIn, amount(body, 'amount_in'))) };
}

/** handler(w, body); those in MUTATIONS run with mining paused. */
const READS = {
  'GET /world': (w) => ({ ...w.world, addresses: w.addresses, decimals: w.decimals, pools: w.pools }),
  'GET /status': status,
  'POST /position_quote': async (w, body) => (await uniswap.positionQuotes(w, [integer(body, 'token_id')]))[0],
  'POST /position_quotes': (w, body) => {
    need(Array.isArray(body.token_ids), 'token_ids needs an array');
    return uniswap.positionQuotes(w, body.token_ids);
  },
  'POST /aave': async (w, body) => ({ ...await aave.readAave(w, userOf(w, body)), wallet: await wallet(w, userOf(w, body)), ...await at(w) }),
  'POST /perp': async (w, body) => ({ ...await perp.readPerp(w, userOf(w, body)), wallet: await wallet(w, userOf(w, body)), ...await at(w) }),
};
const at = async (w) => { const { number, timestamp } = await w.node.head(); return { block: number, timestamp }; };

const MUTATIONS = {
  'POST /price': (w, body) => movePrices(w, pricesOf(body, feeds.SYMBOLS), integer(body, 'seconds', 60)),
  'POST /feed': async (w, body) => {
    const head = await w.node.head(), prices = pricesOf(body, feeds.SYMBOLS);
    const txs = [...await feeds.roundTxs(w, prices), ...perp.indexUpdateTxs(w, Object.keys(prices))];
    const receipts = await w.node.mineAll(txs, head.timestamp + Math.max(1, integer(body, 'seconds', 1)));
    if (receipts.some((r) => r.status !== '0x1')) throw new Error('a feed update was rejected');
    return at(w);
  },
  'POST /pool': async (w, body) => {
    const prices = pricesOf(body, feeds.SYMBOLS.filter((s) => s !== 'USDC'));
    for (const [s, price] of Object.entries(prices)) {
      const name = `${s}-USDC`, goal = uniswap.sqrtTarget(w, name, { [s]: price, USDC: 1 });
      checkReach(goal, uniswap.sqrtTarget(w, name, feeds.PRICES), uniswap.REACH);
      const { sqrtPriceX96: now } = await uniswap.poolContract(w, name).call('slot0');
      if (goal !== now) await w.node.send(uniswap.moveTx(w, name, now, goal));
    }
    return at(w);
  },
  'POST /mine': async (w, body) => {
    // anvil_mine would ignore its interval, because the node has a fixed block timestamp interval.
    const interval = Math.max(1, integer(body, 'interval', 1));
    for (let i = integer(body, 'blocks', 1); i > 0; i--) await w.node.warp(interval);
    return at(w);
  },
  'POST /warp': async (w, body) => { await w.node.warp(Math.max(1, integer(body, 'seconds'))); return at(w); },
  // Pools made by /create_pool vanish from the chain on a revert, so their names have to follow.
  'POST /snapshot': async (w) => {
    const id = await w.node.rpc('evm_snapshot');
    w.snapshots.set(id, { addresses: { ...w.addresses }, decimals: { ...w.decimals }, pools: { ...w.pools } });
    return { id };
  },
  'POST /revert': async (w, body) => {
    const saved = w.snapshots.get(body.id);
    need(saved, `unknown snapshot ${body.id}`);
    w.snapshots.delete(body.id); // a revert consumes its snapshot
    need(await w.node.rpc('evm_revert', [body.id]), `unknown snapshot ${body.id}`);
    // A receipt appears before its transaction leaves the pool: without this a reverted one can be mined again.
    await w.node.rpc('anvil_dropAllTransactions');
    Object.assign(w, saved);
    return at(w);
  },
  'POST /swap': swap,
  'POST /mint': mintPosition,
  'POST /create_pool': createPool,
  // Random lives of pairs and pools, for tests: each step answers what the contracts would pay everybody afterwards.
  'POST /v2/random': (w, body) => v2.randomPair(w, integer(body, 'seed')),
  'POST /v2/step': (w, body) => v2.randomPairStep(w, body.name),
  'POST /v3/many': (w, body) => v3random.manyPositions(w, poolOf(w, body), integer(body, 'count')),
  'POST /stake': (w, body) => staker.stake(w, integer(body, 'token_id')),
  'POST /stake/give': (w, body) => staker.giveStakeAway(w, integer(body, 'token_id')),
  'POST /unstake': (w, body) => staker.unstake(w, integer(body, 'token_id')),
  'POST /feeds/more': (w, body) => feeds.moreFeeds(w, integer(body, 'count')),
  'POST /v3/random': (w, body) => v3random.randomPoolV3(w, integer(body, 'seed'), integer(body, 'count')),
  'POST /v3/step': (w, body) => v3random.randomPoolStepV3(w, body.name),
  'POST /v4/random': (w, body) => v4.randomPoolV4(w, integer(body, 'seed'), integer(body, 'count')),
  'POST /v4/step': (w, body) => v4.randomPoolStepV4(w, body.name),
  // The same for Uniswap v3 and its forks, with NFTs that are staked and taken out again.
  'POST /fork/random': (w, body) => {
    need(forks.FORKS.includes(body.kind), `kind needs one of ${forks.FORKS.join(', ')}`);
    return forks.randomFork(w, body.kind, integer(body, 'seed'), integer(body, 'count'));
  },
  'POST /fork/step': (w, body) => forks.randomForkStep(w, body.name),
  'POST /fork/swap': (w, body) => forks.randomForkSwap(w, body.name),
  'POST /fork/stake': async (w, body) => {
    await forks.setStaked(w, body.name, integer(body, 'token_id'), body.staked === true);
    return forks.forkQuotes(w, body.name);
  },
  'POST /admin': async (w, { action, asset }) => {
    if (/^aave_(un)?(pause|freeze)$/.test(action)) await aave.adminAave(w, action, asset);
    else if (/^perp_(un)?pause$/.test(action)) await perp.adminPerp(w, action, asset);
    else throw new BadRequest(`unknown action ${action}`);
    return at(w);
  },
};

async function readBody(req) {
  let text = '';
  for await (const chunk of req) text += chunk;
  if (!text.trim()) return {};
  let body;
  try { body = JSON.parse(text); } catch { throw new BadRequest('the body is not JSON'); }
  need(body && typeof body === 'object' && !Array.isArray(body), 'the body must be a JSON object');
  return body;
}

/** Listens at once and answers 503 until ready(w) is called; stop() is what POST /stop triggers. */
export function startControl(port, stop) {
  let w = null, queue = Promise.resolve();
  const handle = async (req) => {
    const route = `${req.method} ${req.url.split('?')[0]}`, body = await readBody(req);
    if (route === 'POST /stop') { setTimeout(stop, 20); return { stopping: true }; }
    need(READS[route] || MUTATIONS[route], `no such endpoint: ${route}`);
    // One at a time, in order of arrival.
    const run = () => (READS[route] ? READS[route](w, body) : w.node.withMiningPaused(() => MUTATIONS[route](w, body)));
    const result = queue.then(run);
    queue = result.catch(() => {});
    return result;
  };
  const server = http.createServer(async (req, res) => {
    const answer = (code, value) => {
      const text = JSON.stringify(value);
      res.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
    };
    if (!w) return answer(503, { error: 'the world is not ready yet' });
    try { answer(200, await handle(req)); } catch (e) { answer(e instanceof BadRequest ? 400 : 500, { error: e.message }); }
  });
  server.ready = (context) => { w = Object.assign(context, { snapshots: new Map(), tokenCount: 0, randoms: {} }); };
  return new Promise((resolve, reject) => {
    server.once('error', (e) => reject(e.code === 'EADDRINUSE' ? new Error(`control port ${port} is already in use`) : e));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
