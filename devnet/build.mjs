// SPDX-License-Identifier: Apache-2.0
// Builds the world on a fresh anvil and leaves three things in a directory: state.json (for anvil --load-state),
// world.json (addresses and constants) and keystores/.
import fs from 'node:fs';
import path from 'node:path';
import { HDNodeWallet, encryptKeystoreJson, getAddress } from 'ethers';
import { startAnvil } from './lib/anvil.mjs';
import { units } from './lib/math.mjs';
import { approve, deployMulticall, deployTokens, mint } from './world/tokens.mjs';
import { PRICES, SYMBOLS, HEARTBEAT, deployFeeds, finishHistory, history } from './world/feeds.mjs';
import { deployUniswap, lpPosition, makerPool } from './world/uniswap.mjs';
import { addShare, createPair, deployV2 } from './world/uniswap_v2.mjs';
import { createPoolV4, deployV4, lpPositionV4, mintV4, sqrtTargetV4 } from './world/uniswap_v4.mjs';
import { deployAave, fundAave } from './world/aave.mjs';
import { MARKETS, deployPerp, fundPerp, indexUpdateTxs } from './world/perp.mjs';

export const CHAIN_ID = 31337;
const GENESIS = 1767225600; // 2026-01-01T00:00:00Z
const NAMES = ['admin', 'keeper', 'maker', 'trader', 'oracle', 'lender', 'liquidator', 'lp'];
const PASSWORD = 'outrigger-devnet';

/**
 * --prune-history: keeping the state of every block makes each new block several times slower; 64 are enough for
 * reorg tests. --enable-tx-gas-limit: the EIP-7825 cap, as on mainnet.
 */
export const anvilArgs = (timestamp) => ['--chain-id', String(CHAIN_ID), '--timestamp', String(timestamp),
  '--enable-tx-gas-limit', '--prune-history', '64'];

/** The context every world/ function takes: a node, names, and contracts looked up by name. */
export function context(node, data, log = () => {}) {
  const w = { node, log, accounts: {}, addresses: {}, decimals: {}, pools: {}, positions: {},
    pairs: {}, pools4: {}, positions4: {}, ...data };
  const contracts = new Map(); // by ABI, then address: parsing an ABI costs more than the call it is for
  w.at = (name, abi) => {
    const address = w.addresses[name];
    if (!address) throw new Error(`nothing is called ${name}`);
    if (!contracts.has(abi)) contracts.set(abi, new Map());
    const known = contracts.get(abi);
    if (!known.has(address)) known.set(address, node.at(abi, address));
    return known.get(address);
  };
  return w;
}

export async function build(dir, log) {
  const state = path.join(dir, 'state.json');
  const node = await startAnvil({ args: [...anvilArgs(GENESIS), '--dump-state', state] });
  try {
    // One block per second of chain time, independent of the wall clock: the same world every time.
    await node.rpc('anvil_setBlockTimestampInterval', [1]);
    const list = (await node.rpc('eth_accounts')).map(getAddress);
    const w = context(node, { accounts: Object.fromEntries(NAMES.map((n, i) => [n, list[i]])) }, log);
    const stage = async (name, fn) => {
      const t = performance.now();
      await fn();
      log(`${name} ... ${((performance.now() - t) / 1000).toFixed(1)} s`);
    };
    // Blocks get slower with every storage slot on the chain, hence the long history before the big protocols.
    await stage('deploying tokens', async () => { await deployTokens(w); await deployMulticall(w); });
    await stage('deploying feeds', () => deployFeeds(w));
    await stage('writing price history', () => history(w));
    await stage('deploying uniswap', () => deployUniswap(w));
    await stage('deploying aave', () => deployAave(w));
    await stage('deploying perp', () => deployPerp(w));
    const index = () => node.withMiningPaused(() => node.mineAll(indexUpdateTxs(w, MARKETS)));
    await index();
    await finishHistory(w);
    await index();
    await stage('funding', () => fund(w));
    await stage('deploying uniswap v2 and v4', () => otherUniswaps(w));
    const head = await node.head();
    const world = { chain_id: CHAIN_ID, genesis: GENESIS, head_timestamp: head.timestamp, head_block: head.number,
      heartbeat: HEARTBEAT, addresses: w.addresses, accounts: w.accounts, positions: w.positions,
      keystores: await keystores(w, dir), decimals: w.decimals, prices: PRICES, pools: w.pools,
      pairs: w.pairs, pools_v4: w.pools4, positions_v4: w.positions4 };
    writeJson(path.join(dir, 'world.json'), world);
  } finally {
    await node.stop('SIGINT'); // writes the dump
  }
  if (!fs.existsSync(state)) throw new Error('anvil left no state dump');
}

async function fund(w) {
  const { keeper, oracle, trader } = w.accounts;
  await makerPool(w, 'WETH', 500, 5_000_000);
  await makerPool(w, 'WBTC', 3000, 3_000_000);
  await makerPool(w, 'ARB', 3000, 1_000_000);
  await lpPosition(w, 'eth-usdc', 'WETH', 2900, 3400, 19_020);
  await lpPosition(w, 'arb-usdc', 'ARB', 0.85, 1.7, 6_200);
  await fundAave(w);
  await fundPerp(w);
  await mint(w, 'USDC', keeper, units(150_000, 6));
  // Enough gas for any number of market moves, which bid high to be first in their block.
  for (const who of [trader, oracle]) await w.node.rpc('anvil_setBalance', [who, '0x' + (10n ** 26n).toString(16)]);
  // Everything the trader needs to move markets later without further transactions.
  for (const s of SYMBOLS) {
    await mint(w, s, trader, units(200_000_000 / PRICES[s], w.decimals[s]));
    await approve(w, s, trader, w.addresses['v3.router']);
  }
}

/** A v2 pair and a v4 pool of native ether, with shares of the lp in both. */
async function otherUniswaps(w) {
  await deployV2(w);
  await createPair(w, 'WETH-USDC', 'WETH', 'USDC');
  const amounts = (usd) => ['sym0', 'sym1'].map((k) => w.pairs['WETH-USDC'][k]).map((s) => units(usd / PRICES[s], w.decimals[s]));
  await addShare(w, w.accounts.maker, 'WETH-USDC', ...amounts(2_000_000));
  await addShare(w, w.accounts.lp, 'WETH-USDC', ...amounts(10_000));
  await deployV4(w);
  await createPoolV4(w, 'ETH-USDC', 'ETH', 'USDC', 3000, 60, sqrtTargetV4(w, 'ETH', 'USDC'));
  await mintV4(w, w.accounts.maker, 'ETH-USDC', -887220, 887220, 10n ** 17n);
  await lpPositionV4(w, 'eth-usdc', 'ETH-USDC', 0.9, 1.1, 12_000);
}

export function writeJson(file, value) {
  const tmp = `${file}.${process.pid}`;
  fs.writeFileSync(tmp, JSON.stringify(value, null, 2) + '\n');
  fs.renameSync(tmp, file);
}

/**
 * The keeper's well-known test key in the two shapes found in the wild: geth's (address field, UTC file name) and
 * cast's (no address). Returns file names relative to dir.
 */
async function keystores(w, dir) {
  const keeper = HDNodeWallet.fromPhrase('test test test test test test test test test test test junk', undefined, "m/44'/60'/0'/0/1");
  if (keeper.address.toLowerCase() !== w.accounts.keeper.toLowerCase()) throw new Error('anvil uses another mnemonic');
  const encrypt = async (scrypt) => {
    const { Crypto: crypto, id } = JSON.parse(await encryptKeystoreJson(
      { address: keeper.address, privateKey: keeper.privateKey }, PASSWORD, { scrypt }));
    return { crypto, id, version: 3 };
  };
  const address = keeper.address.slice(2).toLowerCase();
  const files = { geth: `keystores/UTC--2026-01-01T00-00-00.000000000Z--${address}`, cast: 'keystores/devnet-keeper',
    password_file: 'keystores/password' };
  const write = (file, text) => fs.writeFileSync(path.join(dir, file), text, { mode: 0o600 });
  fs.mkdirSync(path.join(dir, 'keystores'), { mode: 0o700 });
  write(files.geth, JSON.stringify({ address, ...await encrypt({ N: 4096, r: 8, p: 6 }) })); // geth's --lightkdf
  write(files.cast, JSON.stringify(await encrypt({ N: 8192, r: 8, p: 1 })));
  write(files.password_file, PASSWORD + '\n');
  return files;
}
