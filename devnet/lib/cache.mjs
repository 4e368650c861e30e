// SPDX-License-Identifier: Apache-2.0
// Build-once cache, safe when several instances start at the same time: a lock keeps all but one waiting, and a
// finished build appears by one atomic rename, so even two builders (after a misjudged stale lock) do no harm.
import fs from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { ROOT } from './artifacts.mjs';

/** Hash over everything that influences the built world. */
export function cacheKey() {
  const hash = createHash('sha256');
  const files = ['package-lock.json', 'build.mjs',
    ...['lib', 'world'].flatMap((d) => fs.readdirSync(path.join(ROOT, d)).sort().map((f) => `${d}/${f}`))];
  for (const f of files) hash.update(f).update(fs.readFileSync(path.join(ROOT, f)));
  return hash.digest('hex').slice(0, 16);
}

const alive = (pid) => { try { process.kill(pid, 0); return true; } catch (e) { return e.code === 'EPERM'; } };
const STALE_MS = 30_000, TOUCH_MS = 2_000;

function stale(lock) {
  try {
    const age = Date.now() - fs.statSync(lock).mtimeMs;
    const pid = Number(fs.readFileSync(lock, 'utf8'));
    return age > STALE_MS || (pid > 0 && !alive(pid)); // empty: its owner is just about to write the pid
  } catch { return false; } // released meanwhile
}

/** Returns { dir, cached }; calls build(temporaryDirectory) if the entry is not there yet. */
export async function cached(root, key, build, log) {
  const dir = path.join(root, key), lock = `${dir}.lock`, tmp = `${dir}.tmp-${process.pid}`;
  fs.mkdirSync(root, { recursive: true });
  for (let waited = false; ; waited = true) {
    if (fs.existsSync(dir)) return { dir, cached: true };
    try { fs.writeFileSync(lock, String(process.pid), { flag: 'wx' }); break; } catch (e) {
      if (e.code !== 'EEXIST') throw new Error(`cannot write to the cache directory ${root}: ${e.message}`);
    }
    if (stale(lock)) { fs.rmSync(lock, { force: true }); continue; }
    if (!waited) log('another instance is building the world, waiting');
    await new Promise((r) => setTimeout(r, 100));
  }
  const release = () => { fs.rmSync(lock, { force: true }); fs.rmSync(tmp, { recursive: true, force: true }); };
  process.once('exit', release);
  const touch = setInterval(() => { const t = new Date(); try { fs.utimesSync(lock, t, t); } catch { /* gone */ } }, TOUCH_MS);
  try {
    if (fs.existsSync(dir)) return { dir, cached: true }; // finished between the check and the lock
    fs.rmSync(tmp, { recursive: true, force: true });
    fs.mkdirSync(tmp, { recursive: true });
    await build(tmp);
    try { fs.renameSync(tmp, dir); } catch (e) { if (!fs.existsSync(dir)) throw e; }
    prune(root, key);
    return { dir, cached: false };
  } finally { clearInterval(touch); process.off('exit', release); release(); }
}

/** Worlds of older script versions go after a week, what a killed build left behind after an hour. */
function prune(root, key) {
  for (const name of fs.readdirSync(root)) {
    const hours = name.includes('.tmp-') ? 1 : 7 * 24, p = path.join(root, name);
    if (name === key || !/^[0-9a-f]{16}/.test(name)) continue;
    if (Date.now() - fs.statSync(p).mtimeMs > hours * 3_600_000) fs.rmSync(p, { recursive: true, force: true });
  }
}
