// SPDX-License-Identifier: Apache-2.0
// node serve.mjs [--port 8545|0] [--control-port 0] [--block-time S] [--cache DIR] [--parent PID]
// Starts a ready-made world. The first run builds it, later runs restore it. One JSON line on stdout when ready.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const log = (line) => process.stderr.write(`devnet: ${line}\n`);
const fail = (message) => { log(message); process.exit(1); };

// Nothing outside Node itself may be imported before this check.
const { dependencies } = JSON.parse(fs.readFileSync(path.join(HERE, 'package.json'), 'utf8'));
if (Object.keys(dependencies).some((d) => !fs.existsSync(path.join(HERE, 'node_modules', d, 'package.json')))) {
  fail('npm packages are missing, run `npm ci --ignore-scripts` in devnet/ first');
}
const { startAnvil, stopAll } = await import('./lib/anvil.mjs');
const { cacheKey, cached } = await import('./lib/cache.mjs');
const { anvilArgs, build, context, writeJson, CHAIN_ID } = await import('./build.mjs');
const { startControl } = await import('./control.mjs');

const options = { port: '8545', 'control-port': '0', 'block-time': '0', parent: '0',
  cache: process.env.OUTRIGGER_DEVNET_CACHE || path.join(HERE, 'out') };
// --prepare builds and caches the world without starting a node: once, before many instances start at the same time.
const prepare = process.argv.includes('--prepare'), words = process.argv.slice(2).filter((w) => w !== '--prepare');
for (let i = 0; i < words.length; i += 2) {
  const name = words[i].replace(/^--/, ''), value = words[i + 1];
  if (!(name in options) || value === undefined) fail(`unknown or incomplete option ${words[i]}`);
  if (name !== 'cache' && !/^\d+$/.test(value)) fail(`--${name} needs a number`);
  options[name] = value;
}
const port = Number(options.port), blockTime = Number(options['block-time']), parent = Number(options.parent);
const cacheRoot = path.resolve(options.cache);

// anvil goes down with this process: by the exit hook in startAnvil, or by its guard if we get killed.
let stopping = false;
const stop = async () => { stopping = true; await stopAll(); process.exit(0); };
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
if (parent) {
  const direct = process.ppid === parent; // then adoption by init tells, even if the parent lingers as a zombie
  const gone = () => {
    if (direct && process.ppid !== parent) return true;
    try { process.kill(parent, 0); return false; } catch (e) { return e.code === 'ESRCH'; }
  };
  setInterval(() => { if (gone()) stop(); }, 1000);
}

/** A taken port should be reported before the build, not after it. */
const portFree = (p) => new Promise((resolve) => {
  const probe = net.createServer().once('error', () => resolve(false));
  probe.listen(p, '127.0.0.1', () => probe.close(() => resolve(true)));
});

try {
  const t0 = performance.now();
  if (port && !prepare && !await portFree(port)) throw new Error(`port ${port} is already in use`);
  const control = prepare ? null : await startControl(Number(options['control-port']), stop);

  const entry = await cached(cacheRoot, cacheKey(), (dir) => build(dir, log), log);
  if (prepare) {
    process.stdout.write(JSON.stringify({ ready: false, prepared: true, cached: entry.cached, ms: Math.round(performance.now() - t0) }) + '\n');
    process.exit(0);
  }
  const file = path.join(entry.dir, 'world.json'), world = JSON.parse(fs.readFileSync(file, 'utf8'));
  // The cache may have been moved since: keystore paths are made absolute here.
  const absolute = (p) => path.join(entry.dir, 'keystores', path.basename(p));
  const keystores = Object.fromEntries(Object.entries(world.keystores).map(([k, p]) => [k, absolute(p)]));
  if (JSON.stringify(keystores) !== JSON.stringify(world.keystores)) writeJson(file, { ...world, keystores });
  world.keystores = keystores;

  // The clock is not part of a state dump: without --timestamp the next block would carry the wall clock.
  const node = await startAnvil({ port, args: [...anvilArgs(world.head_timestamp + 1),
    '--load-state', path.join(entry.dir, 'state.json'), ...(blockTime ? ['--block-time', String(blockTime)] : [])] });
  node.exited.then((how) => { if (!stopping) fail(`anvil ended unexpectedly (${how})`); });
  // Neither are node settings. Without a block time, chain time advances by blocks only, hence reproducibly.
  if (!blockTime) await node.rpc('anvil_setBlockTimestampInterval', [1]);
  const { addresses, accounts, decimals, pools, positions, pairs, pools_v4: pools4, positions_v4: positions4 } = world;
  control.ready(context(node, { world, addresses, accounts, decimals, pools, positions, pairs, pools4, positions4 }));
  const head = await node.head();
  process.stdout.write(JSON.stringify({ ready: true, cached: entry.cached, ms: Math.round(performance.now() - t0), rpc: node.url,
    control: `http://127.0.0.1:${control.address().port}`, chain_id: CHAIN_ID, block: head.number, pid: node.pid, world: file }) + '\n');
} catch (e) {
  if (!stopping) fail(e.message);
}
