// SPDX-License-Identifier: Apache-2.0
// Thin JSON-RPC layer over anvil: no provider object, no gas estimation, explicit nonces in batches.
import { Interface, getAddress, getCreate2Address, keccak256, toQuantity } from 'ethers';
import { link } from './artifacts.mjs';

const CREATE2_DEPLOYER = '0x4e59b44847b379578588920cA78FbF26c0B4956C'; // predeployed by anvil
const GAS = 16_700_000n; // just under the EIP-7825 per-transaction cap (2^24)

export class Node {
  #id = 0;
  /** manual: every transaction is mined by an explicit evm_mine, because the caller has paused mining. */
  constructor(url) { this.url = url; this.manual = false; }

  async #post(body) {
    const res = await fetch(this.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return res.json();
  }
  #request(method, params) { return { jsonrpc: '2.0', id: ++this.#id, method, params }; }
  #result(method, reply) {
    if (reply.error) throw Object.assign(new Error(`${method}: ${reply.error.message}`), { data: reply.error.data });
    return reply.result;
  }
  async rpc(method, params = []) { return this.#result(method, await this.#post(this.#request(method, params))); }

  /** One HTTP request for several [method, params]; results in order, the first error throws. */
  async batch(calls) {
    if (!calls.length) return [];
    const requests = calls.map(([method, params = []]) => this.#request(method, params));
    const byId = new Map((await this.#post(requests)).map((r) => [r.id, r]));
    return requests.map((r) => this.#result(r.method, byId.get(r.id)));
  }

  // --- transactions, all from anvil's unlocked accounts -------------------------------------------
  #prepare({ label, value, gas, ...tx }) {
    return { gas: toQuantity(gas ?? GAS), ...(value === undefined ? {} : { value: toQuantity(value) }), ...tx };
  }
  async #check(tx, receipt) {
    if (receipt.status === '0x1') return receipt;
    let why = 'no reason';
    try {
      await this.rpc('eth_call', [this.#prepare(tx), toQuantity(BigInt(receipt.blockNumber) - 1n)]);
    } catch (e) { why = e.message; }
    throw new Error(`transaction reverted (${tx.label ?? receipt.transactionHash}): ${why}`);
  }
  /** Sends one transaction and returns its receipt; throws with the reason if it reverted. */
  async send(tx) {
    if (this.manual) return this.#check(tx, (await this.mineAll([tx]))[0]);
    return this.#check(tx, await this.receipt(await this.rpc('eth_sendTransaction', [this.#prepare(tx)])));
  }
  /** Puts all transactions into one block (mining must be paused); returns receipts, reverted ones included. */
  async mineAll(txs, timestamp) {
    const senders = [...new Set(txs.map((t) => t.from))];
    const counts = await this.batch(senders.map((s) => ['eth_getTransactionCount', [s, 'pending']]));
    // Explicit nonces: the entries of a batch are handled concurrently and would race for the next one.
    const nonce = new Map(senders.map((s, i) => [s, Number(counts[i])]));
    const calls = txs.map((tx) => {
      const n = nonce.get(tx.from); nonce.set(tx.from, n + 1);
      return ['eth_sendTransaction', [this.#prepare({ ...tx, nonce: toQuantity(n) })]];
    });
    if (timestamp) await this.rpc('evm_setNextBlockTimestamp', [timestamp]);
    const hashes = await this.batch(calls);
    await this.rpc('evm_mine');
    return Promise.all(hashes.map((h) => this.receipt(h)));
  }
  /** Automine is asynchronous: the hash comes back from the pool, the receipt a millisecond or two later. */
  async receipt(hash) {
    for (const end = Date.now() + 10_000; Date.now() < end;) {
      const receipt = await this.rpc('eth_getTransactionReceipt', [hash]);
      if (receipt) return receipt;
      await new Promise((r) => setTimeout(r, 1));
    }
    throw new Error(`no receipt for ${hash}`);
  }

  /** Runs fn with automatic mining (instant or by interval) off and restores whatever was set before. */
  async withMiningPaused(fn) {
    const [auto, interval] = await this.batch([['anvil_getAutomine'], ['anvil_getIntervalMining']]);
    if (interval) await this.rpc('evm_setIntervalMining', [0]);
    else if (auto) await this.rpc('evm_setAutomine', [false]);
    this.manual = true;
    try { return await fn(); } finally {
      this.manual = false;
      if (interval) await this.rpc('evm_setIntervalMining', [interval]);
      else if (auto) await this.rpc('evm_setAutomine', [true]);
    }
  }

  // --- deployment ---------------------------------------------------------------------------------
  async deploy(artifact, args, from, libs) {
    const data = link(artifact, libs) + new Interface(artifact.abi).encodeDeploy(args).slice(2);
    const receipt = await this.send({ from, data, label: `deploy ${artifact.name}` });
    return this.at(artifact.abi, getAddress(receipt.contractAddress));
  }
  /** CREATE2 with a mined salt, for an address that accept() likes. */
  async deploy2(artifact, args, from, accept) {
    const data = link(artifact) + new Interface(artifact.abi).encodeDeploy(args).slice(2);
    const hash = keccak256(data);
    for (let i = 0n; ; i++) {
      const salt = '0x' + i.toString(16).padStart(64, '0');
      const address = getCreate2Address(CREATE2_DEPLOYER, salt, hash);
      if (!accept(address)) continue;
      await this.send({ from, to: CREATE2_DEPLOYER, data: salt + data.slice(2), label: `create2 ${artifact.name}` });
      return this.at(artifact.abi, address);
    }
  }
  at(abi, address) { return new Contract(this, abi, address); }

  // --- time ---------------------------------------------------------------------------------------
  async head() {
    const b = await this.rpc('eth_getBlockByNumber', ['latest', false]);
    return { number: Number(b.number), timestamp: Number(b.timestamp), hash: b.hash };
  }
  async warp(seconds) {
    await this.rpc('evm_setNextBlockTimestamp', [(await this.head()).timestamp + seconds]);
    await this.rpc('evm_mine');
  }
}

export class Contract {
  constructor(node, abi, address) { this.node = node; this.address = address; this.iface = new Interface(abi); }
  data(fn, args = []) { return this.iface.encodeFunctionData(fn, args); }
  tx(from, fn, args = [], more = {}) { return { from, to: this.address, data: this.data(fn, args), label: fn, ...more }; }
  send(from, fn, args, more) { return this.node.send(this.tx(from, fn, args, more)); }
  /** A batch entry for Node.batch, to be decoded by result(). */
  query(fn, args = [], { from, block = 'latest' } = {}) {
    return ['eth_call', [{ to: this.address, data: this.data(fn, args), ...(from ? { from } : {}) }, block]];
  }
  result(fn, raw) { const r = this.iface.decodeFunctionResult(fn, raw); return r.length === 1 ? r[0] : r; }
  async call(fn, args, options) { return this.result(fn, await this.node.rpc(...this.query(fn, args, options))); }
  /** Arguments of the first log called name in a receipt. */
  /** The arguments of every event of that name this contract has emitted. */
  logs(receipt, name) {
    return receipt.logs.filter((l) => l.address.toLowerCase() === this.address.toLowerCase())
      .map((l) => this.iface.parseLog(l)).filter((e) => e?.name === name).map((e) => e.args);
  }
  /** The first of them. */
  log(receipt, name) {
    const [first] = this.logs(receipt, name);
    if (!first) throw new Error(`no ${name} log`);
    return first;
  }
}

/** [[contract, fn, args, options], ...] in one request, decoded. */
export async function callAll(node, list) {
  const raw = await node.batch(list.map(([c, fn, args, options]) => c.query(fn, args, options)));
  return list.map(([c, fn], i) => c.result(fn, raw[i]));
}
