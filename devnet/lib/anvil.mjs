// SPDX-License-Identifier: Apache-2.0
// The anvil process. It must never outlive us, not even when we are killed with SIGKILL.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from './artifacts.mjs';
import { Node } from './rpc.mjs';

/** The native binary: the npm bin would be a node shim around it, which only gets in the way of signals. */
export function anvilBinary() {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  return process.env.OUTRIGGER_ANVIL ??
    path.join(ROOT, 'node_modules', '@foundry-rs', `anvil-${process.platform}-${arch}`, 'bin', 'anvil');
}

const running = new Set();
/** Kills every anvil started here and waits for it, so that no zombie is left to an init that does not reap. */
export async function stopAll() {
  await Promise.all([...running].map((child) => new Promise((r) => { child.once('exit', r); child.kill('SIGKILL'); })));
}

/** Starts anvil (port 0: the kernel picks one) and returns a Node with stop(), pid and exited. */
export async function startAnvil({ port = 0, args = [] } = {}) {
  const child = spawn(anvilBinary(), ['--port', String(port), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((r) => { child.once('exit', (code, signal) => r(signal ?? code)); });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  running.add(child);
  // The guard reads a pipe whose other end only we hold. When we die, by whatever signal, the read returns.
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -9 "$1" 2>/dev/null', 'guard', String(child.pid)],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  guard.on('error', () => {});
  guard.unref();
  exited.then(() => { process.off('exit', kill); running.delete(child); guard.kill('SIGKILL'); });

  // Waiting for the "Listening" line, instead of probing the port, cannot mistake someone else's node for ours.
  let output = '';
  const url = await new Promise((resolve, reject) => {
    const onData = (chunk) => {
      output = (output + chunk).slice(-20_000);
      const m = output.match(/Listening on ([\d.]+:\d+)/);
      if (m) { child.stdout.off('data', onData); child.stdout.resume(); resolve(`http://${m[1]}`); }
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', (chunk) => { output = (output + chunk).slice(-20_000); });
    child.once('error', (e) => reject(new Error(`cannot start anvil: ${e.message}`)));
    // 'close', not 'exit': only then all of its output has arrived.
    child.once('close', (code) => reject(new Error(/in use/i.test(output) ? `port ${port} is already in use`
      : `anvil exited with ${code}: ${output.trim().slice(-500)}`)));
  });
  const node = new Node(url);
  node.pid = child.pid;
  node.exited = exited;
  /** SIGINT makes anvil write its --dump-state file before it exits. */
  node.stop = (signal = 'SIGKILL') => { child.kill(signal); return exited; };
  return node;
}
