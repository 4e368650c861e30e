// SPDX-License-Identifier: Apache-2.0
// Uniswap v3 and two forks of it with the contracts their NFTs are staked in, deployed on the first request: the real
// UniswapV3Staker; PancakeSwap v3 with MasterChefV3; Aerodrome's Slipstream with its gauges. Random pools of each live
// random lives, and after every step the contracts say what they would pay for each position.
import path from 'node:path';
import { MODULES, ROOT, compileAll, load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { MAX128, ZERO, amountsOf, roundTick, sqrtAtTick } from '../lib/math.mjs';
import { approve, deployToken, mint } from './tokens.mjs';
import { DEADLINE } from './uniswap.mjs';
import { randomNumbers, widestOf } from './random.mjs';
import { deployStaker } from './staker.mjs';

const PANCAKE_CORE = '@pancakeswap/v3-core/artifacts/contracts/', PANCAKE_PERIPHERY = '@pancakeswap/v3-periphery/artifacts/contracts/';
const SLIPSTREAM = path.join(MODULES, 'sphere-mezo-solidity-files/domains/aerodrome-slipstream');
const POOL_CODE = '0x00000000000000000000000000000000000c0de3'; // where the creation code of Pancake's pools lies

const nftAbi = (key, tail) => [
  `function mint((address token0,address token1,${key} key,int24 tickLower,int24 tickUpper,uint256 amount0Desired,uint256 amount1Desired,`
    + `uint256 amount0Min,uint256 amount1Min,address recipient,uint256 deadline${tail})) payable returns (uint256,uint128,uint256,uint256)`,
  'function decreaseLiquidity((uint256 tokenId,uint128 liquidity,uint256 amount0Min,uint256 amount1Min,uint256 deadline)) payable returns (uint256 amount0,uint256 amount1)',
  'function collect((uint256 tokenId,address recipient,uint128 amount0Max,uint128 amount1Max)) payable returns (uint256 amount0,uint256 amount1)',
  'function multicall(bytes[]) payable returns (bytes[])', 'function ownerOf(uint256) view returns (address)',
  'function safeTransferFrom(address,address,uint256)', 'function approve(address,uint256)',
  `function positions(uint256) view returns (uint96,address,address,address,${key} key,int24,int24,uint128 liquidity,uint256,uint256,uint128,uint128)`,
  'event IncreaseLiquidity(uint256 indexed tokenId,uint128 liquidity,uint256 amount0,uint256 amount1)'];
const FEE_FACTORY = ['function createPool(address,address,uint24) returns (address)', 'function getPool(address,address,uint24) view returns (address)',
  'function setLmPoolDeployer(address)', 'function setLmPool(address,address)'];
const SPACING_FACTORY = ['function createPool(address,address,int24,uint160) returns (address)',
  'function getPool(address,address,int24) view returns (address)', 'function setSwapFeeModule(address)'];
// The first word of every fork's slot0() is the price; the rest differs and is not asked for.
const POOL = ['function initialize(uint160)', 'function slot0() view returns (uint160 sqrtPriceX96)', 'function fee() view returns (uint24)'];
const SWAPPER = ['function swap(address,bool,int256,uint160)'];
const STAKER = ['function withdrawToken(uint256,address,bytes)'];
const CHEF = ['function setLMPoolDeployer(address)', 'function add(uint256,address,bool)', 'function withdraw(uint256,address) returns (uint256)'];
const GAUGE = ['function deposit(uint256)', 'function withdraw(uint256)'];
const GOVERNANCE = ['function install(address,address,address)'];
const FEE_MODULE = ['function setCustomFee(address,uint24)'];

const tools = () => compileAll('solc-0.8.26', ROOT, Object.fromEntries(
  ['Swapper', 'PancakePoolDeployer', 'RewardlessLmPool', 'SlipstreamGovernance'].map((name) => [name, 'contracts/v3_forks.sol'])));

async function deployPancake(w, { PancakePoolDeployer, RewardlessLmPool }) {
  const { node, accounts: { admin } } = w, weth = w.addresses['tokens.WETH'];
  await node.rpc('anvil_setCode', [POOL_CODE, load(`${PANCAKE_CORE}PancakeV3Pool.sol/PancakeV3Pool.json`).bytecode]);
  const deployer = await node.deploy(PancakePoolDeployer, [POOL_CODE], admin);
  const factory = await node.deploy(load(`${PANCAKE_CORE}PancakeV3Factory.sol/PancakeV3Factory.json`), [deployer.address], admin);
  const npm = await node.deploy(load(`${PANCAKE_PERIPHERY}NonfungiblePositionManager.sol/NonfungiblePositionManager.json`),
    [deployer.address, factory.address, weth, ZERO], admin);
  const cake = await deployToken(w, 'CAKE', 18);
  const chef = await node.deploy(load('@pancakeswap/masterchef-v3/artifacts/contracts/MasterChefV3.sol/MasterChefV3.json'),
    [cake, npm.address, weth], admin);
  const lm = await node.deploy(RewardlessLmPool, [], admin);
  Object.assign(w.addresses, { 'pancake.factory': factory.address, 'pancake.npm': npm.address, 'pancake.chef': chef.address, 'pancake.lm': lm.address });
  await w.at('pancake.chef', CHEF).send(admin, 'setLMPoolDeployer', [lm.address]);
}

async function deploySlipstream(w, { SlipstreamGovernance }) {
  const { node, accounts: { admin } } = w;
  const c = compileAll('solc-0.7.6', SLIPSTREAM, { CLPool: 'contracts/core/CLPool.sol', CLFactory: 'contracts/core/CLFactory.sol',
    NonfungiblePositionManager: 'contracts/periphery/NonfungiblePositionManager.sol', CLGauge: 'contracts/gauge/CLGauge.sol',
    CustomSwapFeeModule: 'contracts/core/fees/CustomSwapFeeModule.sol' });
  const governance = await node.deploy(SlipstreamGovernance, [], admin);
  const pool = await node.deploy(c.CLPool, [], admin);
  const factory = await node.deploy(c.CLFactory, [governance.address, governance.address, pool.address], admin);
  const npm = await node.deploy(c.NonfungiblePositionManager,
    [factory.address, w.addresses['tokens.WETH'], ZERO, 'Slipstream Position NFT', 'AERO-CL-POS'], admin);
  const fees = await node.deploy(c.CustomSwapFeeModule, [factory.address], admin);
  await w.node.at(SPACING_FACTORY, factory.address).send(admin, 'setSwapFeeModule', [fees.address]);
  Object.assign(w.addresses, { 'slipstream.governance': governance.address, 'slipstream.factory': factory.address,
    'slipstream.npm': npm.address, 'slipstream.fees': fees.address });
  w.compiled.CLGauge = c.CLGauge;
}

async function createByFee(w, prefix, tokens, fee, sqrtP) {
  const { admin } = w.accounts, factory = w.at(`${prefix}.factory`, FEE_FACTORY);
  await factory.send(admin, 'createPool', [...tokens, fee]);
  const pool = await factory.call('getPool', [...tokens, fee]);
  await w.node.at(POOL, pool).send(admin, 'initialize', [sqrtP]);
  return pool;
}

/**
 * How each kind differs: its names (last: an address that exists once it is deployed), pool keys with their tick
 * spacings, how a pool is made, and how an NFT is staked and taken out again.
 */
const KINDS = {
  'uniswap-v3': {
    prefix: 'v3', last: 'v3.staker', keys: [[500, 10], [3000, 60], [10000, 200]], abi: nftAbi('uint24', ''), tail: {}, deploy: deployStaker,
    async create(w, tokens, fee, sqrtP) { return { pool: await createByFee(w, 'v3', tokens, fee, sqrtP), staking: w.addresses['v3.staker'] }; },
    stake: (w, p, npm, id) => npm.send(w.accounts.lp, 'safeTransferFrom', [w.accounts.lp, p.staking, id]),
    leave: (w, p, id) => w.node.at(STAKER, p.staking).tx(w.accounts.lp, 'withdrawToken', [id, w.accounts.lp, '0x']),
  },
  'pancake-v3': {
    prefix: 'pancake', last: 'pancake.chef', keys: [[100, 1], [500, 10], [2500, 50], [10000, 200]], abi: nftAbi('uint24', ''), tail: {}, deploy: deployPancake,
    async create(w, tokens, fee, sqrtP) {
      const { admin } = w.accounts, pool = await createByFee(w, 'pancake', tokens, fee, sqrtP);
      await w.at('pancake.factory', FEE_FACTORY).send(admin, 'setLmPool', [pool, w.addresses['pancake.lm']]);
      await w.at('pancake.chef', CHEF).send(admin, 'add', [1, pool, false]);
      return { pool, staking: w.addresses['pancake.chef'] };
    },
    stake: (w, p, npm, id) => npm.send(w.accounts.lp, 'safeTransferFrom', [w.accounts.lp, p.staking, id]),
    leave: (w, p, id) => w.node.at(CHEF, p.staking).tx(w.accounts.lp, 'withdraw', [id, w.accounts.lp]),
  },
  slipstream: {
    prefix: 'slipstream', last: 'slipstream.npm', keys: [[1, 1], [50, 50], [100, 100], [200, 200]], abi: nftAbi('int24', ',uint160 sqrtPriceX96'),
    tail: { sqrtPriceX96: 0 }, deploy: deploySlipstream,
    async create(w, tokens, spacing, sqrtP) {
      const { admin } = w.accounts, factory = w.at('slipstream.factory', SPACING_FACTORY);
      await factory.send(admin, 'createPool', [...tokens, spacing, sqrtP]);
      const pool = await factory.call('getPool', [...tokens, spacing]);
      const gauge = await w.node.deploy(w.compiled.CLGauge, [], admin);
      await w.at('slipstream.governance', GOVERNANCE).send(admin, 'install', [pool, gauge.address, w.addresses['slipstream.npm']]);
      return { pool, staking: gauge.address };
    },
    async stake(w, p, npm, id) {
      await npm.send(w.accounts.lp, 'approve', [p.staking, id]);
      await w.node.at(GAUGE, p.staking).send(w.accounts.lp, 'deposit', [id]);
    },
    leave: (w, p, id) => w.node.at(GAUGE, p.staking).tx(w.accounts.lp, 'withdraw', [id]),
    // Any fee the module accepts; zero means the tick spacing's own.
    changeFee: (w, p, random) => w.at('slipstream.fees', FEE_MODULE).send(w.accounts.admin, 'setCustomFee', [p.pool, random.below(30_000)]),
  },
};
export const FORKS = Object.keys(KINDS);

async function deployed(w, kind) {
  w.compiled ??= tools();
  if (!w.addresses['fork.swapper']) w.addresses['fork.swapper'] = (await w.node.deploy(w.compiled.Swapper, [], w.accounts.admin)).address;
  if (!w.addresses[KINDS[kind].last]) await KINDS[kind].deploy(w, w.compiled);
}

async function mintNft(w, p, lower, upper, liquidity) {
  const { lp } = w.accounts, fork = KINDS[p.kind], npm = w.at(`${fork.prefix}.npm`, fork.abi);
  const sqrtPriceX96 = await w.node.at(POOL, p.pool).call('slot0');
  const [amount0Desired, amount1Desired] = amountsOf(liquidity, sqrtPriceX96, lower, upper).map((a) => a + 2n);
  await mint(w, p.sym0, lp, amount0Desired);
  await mint(w, p.sym1, lp, amount1Desired);
  const receipt = await npm.send(lp, 'mint', [{ token0: p.token0, token1: p.token1, key: p.key, tickLower: lower, tickUpper: upper,
    amount0Desired, amount1Desired, amount0Min: 0, amount1Min: 0, recipient: lp, deadline: DEADLINE, ...fork.tail }]);
  return Number(npm.log(receipt, 'IncreaseLiquidity').tokenId);
}

/** A random pool of a kind with that many NFTs of the lp, some of them staked from the start. */
export async function randomFork(w, kind, seed, count) {
  await deployed(w, kind);
  const random = randomNumbers(seed), fork = KINDS[kind], { lp, trader } = w.accounts, names = [1, 2].map((i) => `T${w.tokenCount + i}`);
  w.tokenCount += 2;
  for (const n of names) await deployToken(w, n, [6, 8, 18][random.below(3)]);
  const [sym0, sym1] = names.sort((a, b) => (BigInt(w.addresses[`tokens.${a}`]) < BigInt(w.addresses[`tokens.${b}`]) ? -1 : 1));
  const [token0, token1] = [sym0, sym1].map((s) => w.addresses[`tokens.${s}`]);
  const [key, spacing] = fork.keys[random.below(fork.keys.length)], tick = random.below(300_000) - 150_000;
  const p = { kind, sym0, sym1, token0, token1, key, ids: [], staked: new Set(), random, ...await fork.create(w, [token0, token1], key, sqrtAtTick(tick)) };
  for (const s of [sym0, sym1]) {
    await approve(w, s, lp, w.addresses[`${fork.prefix}.npm`]);
    await approve(w, s, trader, w.addresses['fork.swapper']);
  }
  const centre = roundTick(tick, spacing), widest = widestOf(spacing);
  p.ids.push(await mintNft(w, p, -widest, widest, 1n << 80n)); // there is always something to trade against
  for (let i = 1; i < count; i++) {
    // Few widths: some NFTs share their range, and so the pool's account.
    const width = [1, 3, 20, 400][random.below(4)], off = random.below(3) - 1;
    const lower = centre + (off * width - width) * spacing;
    p.ids.push(await mintNft(w, p, lower, lower + 2 * width * spacing, random.logUniform(2 ** 40, 2 ** 84)));
  }
  const name = `${kind}-${seed}`;
  w.randoms[name] = p;
  for (const id of p.ids) if (random.below(3) === 0) await setStaked(w, name, id, true);
  return { name, ids: p.ids, pool: p.pool, npm: w.addresses[`${fork.prefix}.npm`], staking: p.staking, token0, token1,
    decimals0: w.decimals[sym0], decimals1: w.decimals[sym1] };
}

export async function setStaked(w, name, id, staked) {
  const p = w.randoms[name], fork = KINDS[p.kind];
  if (p.staked.has(id) === staked) return;
  if (staked) await fork.stake(w, p, w.at(`${fork.prefix}.npm`, fork.abi), id);
  else await w.node.send(fork.leave(w, p, id));
  p.staked[staked ? 'add' : 'delete'](id);
}

const takeOut = (npm, id, liquidity, to) => [
  ...(liquidity > 0n ? [npm.data('decreaseLiquidity', [{ tokenId: id, liquidity, amount0Min: 0, amount1Min: 0, deadline: DEADLINE }])] : []),
  npm.data('collect', [{ tokenId: id, recipient: to, amount0Max: MAX128, amount1Max: MAX128 }])];

/** A random swap, then the quotes. */
export async function randomForkSwap(w, name) {
  const p = w.randoms[name], { random } = p, { trader } = w.accounts;
  const sqrtPriceX96 = await w.node.at(POOL, p.pool).call('slot0'), zeroForOne = random.below(2) === 0;
  const scaled = BigInt(Math.round((1 + random.between(0, 1) ** 3) * 1e9)), huge = 1n << 100n;
  const limit = zeroForOne ? sqrtPriceX96 * 1_000_000_000n / scaled - 1n : sqrtPriceX96 * scaled / 1_000_000_000n + 1n;
  await mint(w, zeroForOne ? p.sym0 : p.sym1, trader, huge);
  await w.at('fork.swapper', SWAPPER).send(trader, 'swap', [p.pool, zeroForOne, huge, limit]);
  return forkQuotes(w, name);
}

/** One random swap, withdrawal, stake, unstake or change of the fee, then the quotes. */
export async function randomForkStep(w, name) {
  const p = w.randoms[name], { random, ids } = p, fork = KINDS[p.kind], { lp } = w.accounts;
  const npm = w.at(`${fork.prefix}.npm`, fork.abi), what = random.below(10), id = ids[1 + random.below(ids.length - 1)];
  if (what < 5) return randomForkSwap(w, name);
  if (what === 5 && fork.changeFee) await fork.changeFee(w, p, random);
  else if (what < 8 || p.staked.has(id)) await setStaked(w, name, id, !p.staked.has(id));
  else {
    // A part of the principal, collected only half of the time: what is left waiting counts as fees.
    const { liquidity } = await npm.call('positions', [id]), [decrease, collect] = takeOut(npm, id, liquidity * BigInt(1 + random.below(100)) / 100n, lp);
    if (collect) await npm.send(lp, 'multicall', [random.below(2) ? [decrease, collect] : [decrease]]);
  }
  return forkQuotes(w, name);
}

/**
 * What the contracts would pay at the head block. For each NFT: an eth_call of the position manager from whoever holds
 * it, of taking everything out; and for a staked one also its owner's own way, simulated: leave, then take everything.
 */
export async function forkQuotes(w, name) {
  const p = w.randoms[name], fork = KINDS[p.kind], { lp } = w.accounts, npm = w.at(`${fork.prefix}.npm`, fork.abi);
  const head = await w.node.head(), block = '0x' + head.number.toString(16), pool = w.node.at(POOL, p.pool);
  const fee = Number(await pool.call('fee', [], { block }));
  const info = await callAll(w.node, p.ids.flatMap((id) => [[npm, 'ownerOf', [id], { block }], [npm, 'positions', [id], { block }]]));
  const answers = await callAll(w.node, p.ids.map((id, i) => [npm, 'multicall', [takeOut(npm, id, info[2 * i + 1].liquidity, lp)],
    { block, from: info[2 * i] }]));
  const positions = [];
  for (const [i, id] of p.ids.entries()) {
    const { liquidity } = info[2 * i + 1], results = answers[i], paid = npm.result('collect', results[results.length - 1]);
    const principal = liquidity > 0n ? npm.result('decreaseLiquidity', results[0]) : { amount0: 0n, amount1: 0n };
    const quote = { token_id: id, holder: info[2 * i], staked: p.staked.has(id), liquidity: String(liquidity),
      amount0: String(principal.amount0), amount1: String(principal.amount1),
      fees0: String(paid.amount0 - principal.amount0), fees1: String(paid.amount1 - principal.amount1) };
    if (quote.staked) [quote.leaving0, quote.leaving1] = (await leaving(w, p, npm, id, liquidity, block)).map(String);
    positions.push(quote);
  }
  return { block_hash: head.hash, fee, positions };
}

/** What the lp holds more of both tokens after leaving the staking contract and taking everything out. */
async function leaving(w, p, npm, id, liquidity, block) {
  const { lp } = w.accounts, call = ({ from, to, data }) => ({ from, to, data });
  const out = npm.tx(lp, 'multicall', [takeOut(npm, id, liquidity, lp)]);
  const balances = [p.sym0, p.sym1].map((s) => w.at(`tokens.${s}`, ['function balanceOf(address) view returns (uint256)']).tx(lp, 'balanceOf', [lp]));
  const [{ calls }] = await w.node.rpc('eth_simulateV1', [{ blockStateCalls: [{
    calls: [...balances, KINDS[p.kind].leave(w, p, id), out, ...balances].map(call) }] }, block]);
  const failed = calls.find((c) => c.status !== '0x1');
  if (failed) throw new Error(`leaving with NFT ${id}: ${failed.error?.message ?? 'reverted'}`);
  return [0, 1].map((k) => BigInt(calls[4 + k].returnData) - BigInt(calls[k].returnData));
}
