// SPDX-License-Identifier: Apache-2.0
// node generate.mjs NODE_MODULES [OUT_DIR]
// Writes mainnet.json, arbitrum.json and sepolia.json from the packages that publish the addresses:
//   npm i @uniswap/sdk-core@7.19.4 @aave-dao/aave-address-book@4.68.1   (in any directory)
// The form of the files is described in README.md next to this script.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [modules, out = HERE] = process.argv.slice(2);
if (!modules) {
  console.error('usage: node generate.mjs NODE_MODULES [OUT_DIR]');
  process.exit(2);
}
const root = path.resolve(modules), require = createRequire(path.join(root, 'x.js'));
const UNISWAP = '@uniswap/sdk-core', AAVE = '@aave-dao/aave-address-book';
const version = (p) => JSON.parse(fs.readFileSync(path.join(root, p, 'package.json'), 'utf8')).version;
// The address and token tables are plain modules without dependencies of their own.
const uniswap = require(path.join(root, UNISWAP, 'dist/cjs/src/addresses.js'));

const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11'; // the same on every chain
// The package lists the first quoter on these two; QuoterV2 is on https://docs.uniswap.org/contracts/v3/reference/deployments .
const QUOTER_V2 = { 1: '0x61fFE014bA17989E743c5F6cB21bF9697530B21e', 42161: '0x61fFE014bA17989E743c5F6cB21bF9697530B21e' };
const ASSETS = { WETH: 'ETH', WBTC: 'BTC', USDCn: 'USDC' }; // others: the symbol itself
// Forks of Uniswap v3, from their own deployment pages and packages:
// https://github.com/sushiswap/v3-periphery/tree/master/deployments , https://developer.pancakeswap.finance/contracts/v3/addresses .
const PANCAKE_V3 = { factory: '0x0BFbCF9fa4f9C56B0F40a671Ad40E0805A091865', position_manager: '0x46A15B0b27311cedF172AB29E4f4766fbE7F4364' };
const FORKS = {
  1: { sushi_v3: { factory: '0xbACEB8eC6b9355Dfc0269C18bac9d6E2Bdc29C4F', position_manager: '0x2214A42d8e2A1d20635c2cb0664422c528B6A432' },
    pancake_v3: PANCAKE_V3 },
  42161: { sushi_v3: { factory: '0x1af415a1EbA07a4986a52B6f2e7dE7003D82231e', position_manager: '0xF0cBce1942A68BEB3d1b73F0dd86C8DCc363eF49' },
    pancake_v3: PANCAKE_V3 },
};
const HOUR = 3600, DAY = 86400;

// Chainlink publishes Sepolia's proxies only on https://docs.chain.link/data-feeds/price-feeds/addresses .
const SEPOLIA_FEEDS = {
  ETH: '0x694AA1769357215DE4FAC081bf1f309aDC325306', BTC: '0x1b44F3514812d835EB1BDB0acB33d3fA3351Ee43',
  LINK: '0xc59E3633BAAC79493d908e63626716e204A45EdF', USDC: '0xA2F78ab2355fe2f984D808B5CeE7FD0A93D5270E',
  DAI: '0x14866185B1962B63C3Ea9E03Bc1da838bab34C19',
};

// tokens: key in Aave's book -> symbol here. feeds: asset -> [longest believed age, deviation threshold]; the age
// is the published heartbeat or less, never more: too short makes the keeper hold, too long believes an old price.
const CHAINS = [
  { name: 'mainnet', id: 1, block_time_s: 12, fee_model: 'eip1559', ethereum_headers: true, book: 'AaveV3Ethereum', chainlink: 'ChainlinkEthereum',
    tokens: { WETH: 'WETH', WBTC: 'WBTC', USDC: 'USDC', USDT: 'USDT', DAI: 'DAI', LINK: 'LINK', AAVE: 'AAVE', UNI: 'UNI',
      CRV: 'CRV', ENS: 'ENS', SNX: 'SNX' },
    feeds: { ETH: [HOUR, 0.005], BTC: [HOUR, 0.005], USDC: [DAY, 0.0025], USDT: [DAY, 0.0025], DAI: [HOUR, 0.0025],
      LINK: [HOUR, 0.01], AAVE: [HOUR, 0.01], UNI: [HOUR, 0.01], CRV: [DAY, 0.01], ENS: [DAY, 0.02], SNX: [DAY, 0.02] },
    settings: { 'chain.confirmations': 2, 'defaults.limits.max_gas_gwei': 40, 'defaults.limits.max_gas_usd_per_tx': 60,
      'defaults.limits.max_gas_usd_per_day': 200 } },
  { name: 'arbitrum', id: 42161, block_time_s: 0.25, fee_model: 'arbitrum', book: 'AaveV3Arbitrum', chainlink: 'ChainlinkArbitrum',
    tokens: { WETH: 'WETH', WBTC: 'WBTC', USDCn: 'USDC', USDC: 'USDC.e', USDT: 'USDT', DAI: 'DAI', LINK: 'LINK', AAVE: 'AAVE',
      ARB: 'ARB' },
    uni: true,
    feeds: { ETH: [HOUR, 0.0005], BTC: [HOUR, 0.0005], USDC: [DAY, 0.001], USDT: [DAY, 0.001], DAI: [DAY, 0.001],
      LINK: [HOUR, 0.001], AAVE: [HOUR, 0.002], ARB: [HOUR, 0.0005], UNI: [HOUR, 0.001] },
    settings: { 'chain.confirmations': 1 } },
  { name: 'sepolia', id: 11155111, block_time_s: 12, fee_model: 'eip1559', ethereum_headers: true, book: 'AaveV3Sepolia', proxies: SEPOLIA_FEEDS,
    tokens: { WETH: 'WETH', WBTC: 'WBTC', USDC: 'USDC', USDT: 'USDT', DAI: 'DAI', LINK: 'LINK' },
    feeds: { ETH: [HOUR, 0.01], BTC: [HOUR, 0.01], LINK: [HOUR, 0.01], USDC: [DAY, 0.01], DAI: [DAY, 0.01] },
    settings: { 'chain.confirmations': 2, 'defaults.limits.max_gas_gwei': 50, 'defaults.limits.max_gas_usd_per_tx': 50,
      'defaults.limits.max_gas_usd_per_day': 500 } },
];

/** Source: https://docs.chain.link/data-feeds/l2-sequencer-feeds */
const SEQUENCERS = { 42161: '0xFdB631F5EE196F0ed6FAa767959853A9F217697D' };

/** Uniswap's wrapped ether. Read as text: loading the module would need the package's dependencies. */
function weth9(id) {
  const text = fs.readFileSync(path.join(root, UNISWAP, 'dist/cjs/src/entities/weth9.js'), 'utf8');
  const [, address] = text.match(new RegExp(`Token\\(${id}, '(0x[0-9a-fA-F]{40})', 18, 'WETH'`));
  return address;
}

/** name -> proxy, of a Solidity library of address constants. A repeated name would be ambiguous. */
function chainlink(library) {
  const text = fs.readFileSync(path.join(root, AAVE, 'src', `${library}.sol`), 'utf8'), found = {};
  for (const [, name, address] of text.matchAll(/address internal constant (\w+) = (0x[0-9a-fA-F]{40});/g)) {
    if (found[name]) throw new Error(`${library}.${name} appears twice`);
    found[name] = address;
  }
  return found;
}

function network(c) {
  const aave = require(`${AAVE}/${c.book}`), v3 = uniswap.CHAIN_TO_ADDRESSES_MAP[c.id];
  if (aave.CHAIN_ID !== c.id) throw new Error(`${c.book} is chain ${aave.CHAIN_ID}, not ${c.id}`);
  const tokens = Object.entries(c.tokens).map(([key, symbol]) => {
    const { UNDERLYING: address, decimals } = aave.ASSETS[key];
    return { symbol, address, decimals, asset: ASSETS[key] ?? key };
  });
  const weth = weth9(c.id);
  // On Sepolia Aave brings a WETH of its own; pools may be of either.
  if (tokens.every((t) => t.address.toLowerCase() !== weth.toLowerCase())) {
    tokens.push({ symbol: 'WETH9', address: weth, decimals: 18, asset: 'ETH' });
  }
  if (c.uni) tokens.push({ symbol: 'UNI', address: uniswap.UNI_ADDRESSES[c.id], decimals: 18, asset: 'UNI' });
  const proxies = c.proxies ?? chainlink(c.chainlink);
  const feeds = Object.entries(c.feeds).map(([asset, [heartbeat_s, deviation]]) => {
    const proxy = c.proxies ? proxies[asset] : proxies[`${asset}__USD`];
    if (!proxy) throw new Error(`${c.name}: no ${asset} / USD feed`);
    return { asset, proxy, heartbeat_s, deviation };
  });
  return {
    schema: 1, name: c.name, chain_id: c.id, block_time_s: c.block_time_s, fee_model: c.fee_model,
    ...(c.ethereum_headers ? { ethereum_headers: true } : {}), multicall3: MULTICALL3,
    uniswap_v3: { factory: v3.v3CoreFactoryAddress, npm: v3.nonfungiblePositionManagerAddress,
      router: uniswap.SWAP_ROUTER_02_ADDRESSES(c.id), quoter: QUOTER_V2[c.id] ?? v3.quoterAddress },
    uniswap_v2: { factory: uniswap.V2_FACTORY_ADDRESSES[c.id] },
    uniswap_v4: { pool_manager: v3.v4PoolManagerAddress, position_manager: v3.v4PositionManagerAddress, state_view: v3.v4StateView },
    ...FORKS[c.id],
    aave_v3: { pool: aave.POOL, data: aave.AAVE_PROTOCOL_DATA_PROVIDER, oracle: aave.ORACLE },
    ...(SEQUENCERS[c.id] ? { sequencer_uptime: SEQUENCERS[c.id] } : {}),
    tokens, feeds, settings: c.settings,
    sources: { uniswap: `${UNISWAP} ${version(UNISWAP)}`, aave_v3: `${AAVE} ${version(AAVE)}`,
      feeds: c.proxies ? 'https://docs.chain.link/data-feeds/price-feeds/addresses' : `${AAVE} ${version(AAVE)} ${c.chainlink}.sol` },
  };
}

for (const c of CHAINS) {
  const file = path.join(out, `${c.name}.json`);
  // One line per token and feed: a diff then shows what changed.
  const text = JSON.stringify(network(c), (key, v) => (Array.isArray(v) ? v.map((x) => JSON.stringify(x)) : v), 2)
    .replace(/"(\{.*\})"/g, (_, x) => JSON.parse(`"${x}"`).replace(/":/g, '": ').replace(/,"/g, ', "'));
  fs.writeFileSync(file, `${text}\n`);
  JSON.parse(text);
  console.log(file);
}
