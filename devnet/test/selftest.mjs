// SPDX-License-Identifier: Apache-2.0
// node --test test/selftest.mjs
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SERVE = fileURLToPath(new URL('../serve.mjs', import.meta.url));
const cache = fs.mkdtempSync(path.join(os.tmpdir(), 'outrigger-devnet-'));
const children = new Set();
const sleep = (ms) => new Promise((r) => { setTimeout(r, ms); });

/** Spawns a command that prints serve's ready line. */
function launch(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.done = new Promise((r) => { child.once('exit', (code, signal) => { children.delete(child); r(signal ?? code); }); });
  let out = '', err = '';
  child.stderr.on('data', (c) => { err += c; });
  child.errors = () => err;
  child.lines = () => out.trim().split('\n');
  child.ready = new Promise((resolve, reject) => {
    child.stdout.on('data', (c) => { out += c; if (out.includes('\n')) resolve(JSON.parse(out.split('\n')[0])); });
    child.done.then((how) => reject(new Error(`ended (${how}) before being ready: ${err}`)));
  });
  child.ready.catch(() => {});
  return child;
}
const serve = (...args) => launch(process.execPath, [SERVE, '--cache', cache, ...(args.includes('--port') ? [] : ['--port', '0']), ...args]);

async function post(base, route, body = {}) {
  const res = await fetch(base + route, { method: 'POST', body: JSON.stringify(body) });
  const json = await res.json();
  if (!res.ok) throw Object.assign(new Error(`${route}: ${json.error}`), { status: res.status });
  return json;
}
const get = async (base, route) => (await fetch(base + route)).json();
async function rpc(url, method, params = []) {
  const res = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) });
  const json = await res.json();
  if (json.error) throw new Error(json.error.message);
  return json.result;
}
/** The node is gone when its port no longer answers. */
async function gone(url, ms = 4000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    try { await rpc(url, 'eth_chainId'); } catch { return true; }
  }
  return false;
}
const within = (a, b, bps, what) => assert.ok(Math.abs(a / b - 1) <= bps / 1e4, `${what}: ${a} instead of ${b}`);

let main, info, world;
const call = (route, body) => post(info.control, route, body);

before(async () => { // two at once on an empty cache: one builds, the other waits
  const other = serve();
  main = serve();
  const [a, b] = await Promise.all([other.ready, main.ready]);
  assert.deepEqual([a.cached, b.cached].sort(), [false, true]);
  info = b;
  other.kill('SIGTERM');
  assert.equal(await other.done, 0);
  world = JSON.parse(fs.readFileSync(info.world, 'utf8'));
});
after(() => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(cache, { recursive: true, force: true });
});

test('a cached start takes less than 3 seconds and prints one line', async () => {
  const t = Date.now(), s = serve(), ready = await s.ready;
  assert.ok(ready.cached && Date.now() - t < 3000, `${Date.now() - t} ms`);
  assert.equal(Number(await rpc(ready.rpc, 'eth_blockNumber')), ready.block);
  await post(ready.control, '/stop');
  assert.equal(await s.done, 0);
  assert.equal(s.lines().length, 1);
});

test('the world file names everything', async () => {
  for (const name of ['tokens.WETH', 'feeds.ARB', 'aggregators.USDC', 'multicall3', 'v3.factory', 'v3.npm', 'v3.router', 'v3.quoter',
    'v3.pool.WETH-USDC', 'v3.pool.ARB-USDC', 'v3.pool.WBTC-USDC', 'aave.pool', 'aave.provider', 'aave.data', 'aave.oracle',
    'perp.clearingHouse', 'perp.vault', 'perp.accountBalance', 'perp.exchange', 'perp.marketRegistry', 'perp.config',
    'perp.base.WETH', 'perp.pool.WBTC']) {
    const address = world.addresses[name];
    assert.match(address ?? '', /^0x[0-9a-fA-F]{40}$/, name);
    assert.notEqual(await rpc(info.rpc, 'eth_getCode', [address, 'latest']), '0x', name);
  }
  assert.equal((await call('/aave', { user: 'keeper' })).wallet.USDC, '150000000000');
  assert.equal((await get(info.control, '/world')).chain_id, 31337);
});

test('keystores are private, and only the geth one carries the address', () => {
  const read = (f) => { assert.equal(fs.statSync(f).mode & 0o777, 0o600); return fs.readFileSync(f, 'utf8'); };
  const { geth, cast, password_file: password } = world.keystores;
  assert.equal(JSON.parse(read(geth)).address, world.accounts.keeper.slice(2).toLowerCase());
  const c = JSON.parse(read(cast));
  assert.equal(c.address, undefined);
  assert.equal(c.crypto.kdfparams.n, 8192);
  assert.equal(read(password), 'outrigger-devnet\n');
});

test('prices follow a fall of 10 % in steps of 1 %, and back', async () => {
  const start = world.prices.WETH, path_ = [];
  for (let i = 1; i <= 10; i++) path_.push(start * (1 - i / 100));
  for (let i = 9; i >= 0; i--) path_.push(start * (1 - i / 100));
  const times = [];
  for (const price of path_) {
    const t = performance.now(), before_ = (await get(info.control, '/status')).timestamp;
    await call('/price', { WETH: price, ARB: price * world.prices.ARB / start, seconds: 60 });
    times.push(performance.now() - t);
    const s = await get(info.control, '/status');
    assert.equal(s.timestamp, before_ + 60);
    for (const [what, value] of Object.entries({ feed: s.feeds.WETH.price, pool: s.pools['WETH-USDC'].price, perp: s.perp.WETH.pool })) within(value, price, 2, what);
    within(s.pools['ARB-USDC'].price, price * world.prices.ARB / start, 2, 'ARB pool');
    for (const f of Object.values(s.feeds)) assert.equal(f.updated_at, s.timestamp);
  }
  times.sort((a, b) => a - b);
  assert.ok(times[times.length >> 1] < 150, `median ${times[times.length >> 1]} ms`);
});

test('a jump of 10 % in one call, and hasty small moves, get there too', async () => {
  for (const [price, seconds] of [[0.9, 60], [0.99, 1], [1, 1], [0.98, 1], [1.1, 0], [1, 60]]) {
    await call('/price', { WETH: world.prices.WETH * price, WBTC: world.prices.WBTC * price, seconds });
    const s = await get(info.control, '/status');
    within(s.pools['WETH-USDC'].price, world.prices.WETH * price, 2, 'pool');
    within(s.perp.WBTC.pool, world.prices.WBTC * price, 2, 'perp');
    within(s.perp.WETH.mark, s.perp.WETH.index, 300, 'mark');
  }
});

test('a position quote equals what closing the position pays', async () => {
  const id = world.positions['eth-usdc'], { id: snapshot } = await call('/snapshot');
  for (const token_in of ['WETH', 'USDC']) await call('/swap', { pool: 'WETH-USDC', token_in, amount_in: token_in === 'WETH' ? '30000000000000000000' : '90000000000' });
  const q = await call('/position_quote', { token_id: id });
  assert.ok(BigInt(q.fees0) > 0n && BigInt(q.fees1) > 0n, 'fees accrued');
  // decreaseLiquidity and collect for real, as two transactions of the owner
  const word = (x) => BigInt(x).toString(16).padStart(64, '0'), max128 = (1n << 128n) - 1n;
  const held = async () => (await call('/aave', { user: 'lp' })).wallet;
  const from = world.accounts.lp, to = world.addresses['v3.npm'], a = await held();
  for (const data of [`0x0c49ccbe${word(id)}${word(q.liquidity)}${word(0)}${word(0)}${word(4102444800)}`,
    `0xfc6f7865${word(id)}${word(from)}${word(max128)}${word(max128)}`]) {
    await rpc(info.rpc, 'eth_sendTransaction', [{ from, to, data, gas: '0x7a120' }]);
    await sleep(100);
  }
  const b = await held(), delta = (s) => BigInt(b[s]) - BigInt(a[s]);
  const [t0, t1] = q.token0.toLowerCase() === world.addresses['tokens.USDC'].toLowerCase() ? ['USDC', 'WETH'] : ['WETH', 'USDC'];
  assert.equal(delta(t0), BigInt(q.amount0) + BigInt(q.fees0));
  assert.equal(delta(t1), BigInt(q.amount1) + BigInt(q.fees1));
  const empty = await call('/position_quote', { token_id: id });
  assert.deepEqual([empty.liquidity, empty.amount0, empty.amount1, empty.fees0, empty.fees1], ['0', '0', '0', '0', '0']);
  await call('/revert', { id: snapshot });
});

test('pools of odd tokens: exact liquidity, swaps, batched quotes; a revert forgets them', async () => {
  const { id } = await call('/snapshot'), block = Number(await rpc(info.rpc, 'eth_blockNumber'));
  const p = await call('/create_pool', { tokens: [{ decimals: 6 }, { decimals: 8 }], fee: 3000, sqrt_price_x96: String(1n << 96n) });
  assert.ok(BigInt(p.token0) < BigInt(p.token1) && p.decimals0 === 6 && p.decimals1 === 8);
  const m = await call('/mint', { pool: p.pool, tick_lower: -600, tick_upper: 660, liquidity: '987654321012' });
  assert.equal(m.liquidity, '987654321012');
  const above = await call('/mint', { pool: p.pool, tick_lower: 600, tick_upper: 1200, amount0_desired: '1000000', amount1_desired: '0' });
  await call('/swap', { pool: p.pool, token_in: p.token0, amount_in: '1000000000' });
  const [q, r] = await call('/position_quotes', { token_ids: [m.token_id, above.token_id] });
  assert.ok(BigInt(q.fees0) > 2_900_000n && q.fees1 === '0');
  assert.equal(r.fees0, '0');
  assert.equal(q.block_hash, r.block_hash);
  await call('/revert', { id });
  assert.equal(Number(await rpc(info.rpc, 'eth_blockNumber')), block);
  await assert.rejects(call('/swap', { pool: p.pool, token_in: p.token0, amount_in: '1' }), { status: 400 });
});

test('manipulation, failures and bad requests', async () => {
  const { id } = await call('/snapshot');
  await call('/pool', { WETH: 3300 });
  await call('/feed', { ARB: 1.1 });
  let s = await get(info.control, '/status');
  within(s.pools['WETH-USDC'].price, 3300, 1, 'pool');
  within(s.feeds.WETH.price, world.prices.WETH, 1, 'feed stays');
  assert.equal(s.feeds.ARB.price, 1.1);
  for (const action of ['aave_pause', 'aave_unpause', 'aave_freeze', 'aave_unfreeze', 'perp_pause', 'perp_unpause']) await call('/admin', { action, asset: 'WETH' });
  const { timestamp } = s;
  await call('/warp', { seconds: 7200 });
  await call('/mine', { blocks: 3, interval: 12 });
  s = await get(info.control, '/status');
  assert.equal(s.timestamp, timestamp + 6 + 7200 + 3 * 12);
  for (const [route, body] of [['/price', { DOGE: 1 }], ['/price', { WETH: -1 }], ['/price', { WETH: 9000 }],
    ['/pool', { ARB: 0.1 }], ['/swap', { pool: 'x' }], ['/nowhere', {}]]) {
    await assert.rejects(call(route, body), { status: 400 });
  }
  await call('/revert', { id });
});

test('a taken port is reported', async () => {
  const s = serve('--port', new URL(info.rpc).port);
  assert.equal(await s.done, 1);
  assert.match(s.errors(), /port \d+ is already in use/);
});

test('--block-time mines by itself, and prices still move', async () => {
  const s = serve('--block-time', '1'), ready = await s.ready;
  await post(ready.control, '/price', { WETH: 3120 });
  within((await get(ready.control, '/status')).perp.WETH.pool, 3120, 2, 'perp');
  const { block } = await get(ready.control, '/status');
  await sleep(2500);
  assert.ok((await get(ready.control, '/status')).block > block);
  s.kill('SIGINT');
  assert.equal(await s.done, 0);
  assert.ok(await gone(ready.rpc));
});

test('no anvil outlives serve: SIGTERM, SIGKILL, death of --parent', async () => {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const s = serve(), ready = await s.ready;
    s.kill(signal);
    await s.done;
    assert.ok(await gone(ready.rpc), signal);
  }
  const script = `require('child_process').spawn(process.execPath, [${JSON.stringify(SERVE)}, '--cache',
    ${JSON.stringify(cache)}, '--port', '0', '--parent', String(process.pid)], { stdio: ['ignore', 'inherit', 'ignore'] })`;
  const parent = launch(process.execPath, ['-e', script]), ready = await parent.ready;
  parent.kill('SIGKILL');
  assert.ok(await gone(ready.rpc), 'parent death');
});
