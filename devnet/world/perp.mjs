// SPDX-License-Identifier: Apache-2.0
// Perpetual Protocol v2 ("Curie"): perps on Uniswap v3 pools of virtual tokens, USDC margin. Markets WETH and WBTC.
import { load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { MAX, num, priceOfSqrt, roundTick, sqrtOfPrices, tickOf, units } from '../lib/math.mjs';
import { approve, mint } from './tokens.mjs';
import { PRICES } from './feeds.mjs';
import { DEADLINE, POOL } from './uniswap.mjs';

const DIR = '@perp/curie-contract/artifacts/contracts/', ORACLE = '@perp/perp-oracle-contract/artifacts/contracts/';
const V3 = '@uniswap/v3-core/artifacts/contracts/';
const PROXY = '@aave/core-v3/artifacts/contracts/protocol/libraries/aave-upgradeability/'
  + 'InitializableImmutableAdminUpgradeabilityProxy.sol/InitializableImmutableAdminUpgradeabilityProxy.json';
const NOBODY = '0x000000000000000000000000000000000000dEaD'; // proxy admin: nobody upgrades anything here
const FEE = 10000, SPACING = 200, TICKS_PER_BLOCK = 250, MAKER_RANGE = 5000;
export const REACH = MAKER_RANGE - SPACING; // how far from its initial price, in ticks, a market may go
export const MARKETS = ['WETH', 'WBTC'];
export const MIN_INTERVAL = 15; // seconds after which the tick limit starts afresh

const POSITION = '(address baseToken,bool isBaseToQuote,bool isExactInput,uint256 amount,uint256 oppositeAmountBound,uint256 deadline,uint160 sqrtPriceLimitX96,'
    + 'bytes32 referralCode)';
const CLEARING_HOUSE = [`function openPosition(${POSITION}) returns (uint256,uint256)`, 'function getAccountValue(address) view returns (int256)',
  'function addLiquidity((address baseToken,uint256 base,uint256 quote,int24 lowerTick,int24 upperTick,uint256 minBase,uint256 minQuote,bool useTakerBalance,uint256 deadline))'];
const VAULT = ['function deposit(address,uint256)', 'function getFreeCollateral(address) view returns (uint256)', 'function getBalance(address) view returns (int256)'];
const BALANCE = ['function getTakerPositionSize(address,address) view returns (int256)', 'function getTakerOpenNotional(address,address) view returns (int256)',
  'function getMarginRequirementForLiquidation(address) view returns (int256)', 'function getMarkPrice(address) view returns (uint256)'];
const EXCHANGE = ['function setMaxTickCrossedWithinBlock(address,uint24)', 'function getPendingFundingPayment(address,address) view returns (int256)'];
const BASE = ['function getIndexPrice(uint256) view returns (uint256)'];

const clearingHouse = (w) => w.at('perp.clearingHouse', CLEARING_HOUSE);
const vault = (w) => w.at('perp.vault', VAULT);
const balance = (w) => w.at('perp.accountBalance', BALANCE);
const exchange = (w) => w.at('perp.exchange', EXCHANGE);
const base = (w, sym) => w.addresses[`perp.base.${sym}`];
export const perpPool = (w, sym) => w.at(`perp.pool.${sym}`, POOL);
export const perpSqrt = (price) => sqrtOfPrices(price, 18, 1, 18);

export async function deployPerp(w) {
  const { node, accounts: { admin }, addresses } = w;
  const proxyArtifact = load(PROXY);
  const artifact = (name) => load(`${DIR}${name}.sol/${name}.json`);
  /** Implementation behind a proxy; make(artifact, args) creates the proxy itself. */
  const proxied = async (name, initArgs, make = (a, args) => node.deploy(a, args, admin)) => {
    const impl = await node.deploy(artifact(name), [], admin);
    const proxy = await make(proxyArtifact, [NOBODY]);
    await proxy.send(admin, 'initialize', [impl.address, impl.data('initialize', initArgs)]);
    return node.at(impl.iface.fragments, proxy.address);
  };
  const call = (contract, fn, ...args) => contract.send(admin, fn, args);

  // The quote token must sort above every base token (base is always token0), hence the mined CREATE2 salt.
  const quote = await proxied('QuoteToken', ['vUSD', 'vUSD'], (a, args) => node.deploy2(a, args, admin, (x) => /^0xfff/i.test(x)));
  const config = await proxied('ClearingHouseConfig', []);
  await call(config, 'setSettlementTokenBalanceCap', MAX); // the default 0 forbids every deposit
  const registry = await proxied('MarketRegistry', [addresses['v3.factory'], quote.address]);
  const orderBook = await proxied('OrderBook', [registry.address]);
  const accountBalance = await proxied('AccountBalance', [config.address, orderBook.address]);
  const ex = await proxied('Exchange', [registry.address, orderBook.address, config.address]);
  await call(ex, 'setAccountBalance', accountBalance.address);
  await call(orderBook, 'setExchange', ex.address);
  const insuranceFund = await proxied('InsuranceFund', [addresses['tokens.USDC']]);
  const v = await proxied('Vault', [insuranceFund.address, config.address, accountBalance.address, ex.address]);
  await call(insuranceFund, 'setVault', v.address);
  await call(accountBalance, 'setVault', v.address);
  // No collateral besides USDC gets listed, but the vault asks the manager in several places.
  const collateral = await proxied('CollateralManager', [config.address, v.address, 5, 750_000, 500_000, 5_000, 12_500, 10_000_000_000, 500_000_000]);
  await call(v, 'setCollateralManager', collateral.address);
  await call(v, 'setWETH9', addresses['tokens.WETH']);
  const house = await proxied('ClearingHouse', [config.address, v.address, quote.address, addresses['v3.factory'],
    ex.address, accountBalance.address, insuranceFund.address]);
  const delegate = await proxied('DelegateApproval', []);
  await call(house, 'setDelegateApproval', delegate.address);
  for (const c of [registry, orderBook, ex, accountBalance, v]) await call(c, 'setClearingHouse', house.address);
  await call(quote, 'mintMaximumTo', house.address);
  await call(quote, 'addWhitelist', house.address);
  const named = { clearingHouse: house, vault: v, accountBalance, exchange: ex, marketRegistry: registry, config, orderBook,
    insuranceFund, collateralManager: collateral, delegateApproval: delegate, quote };
  for (const [name, c] of Object.entries(named)) addresses[`perp.${name}`] = c.address;

  const factory = node.at(load(`${V3}UniswapV3Factory.sol/UniswapV3Factory.json`).abi, addresses['v3.factory']);
  for (const sym of MARKETS) {
    // Index: Chainlink proxy -> ChainlinkPriceFeedV3 (staleness, cached TWAP) -> dispatcher (18 decimals)
    const feed = await node.deploy(load(`${ORACLE}ChainlinkPriceFeedV3.sol/ChainlinkPriceFeedV3.json`), [addresses[`feeds.${sym}`], 40 * 60, 30 * 60], admin);
    const dispatcher = await node.deploy(load(`${ORACLE}PriceFeedDispatcher.sol/PriceFeedDispatcher.json`), [feed.address], admin);
    const b = await proxied('BaseToken', [`v${sym}`, `v${sym}`, dispatcher.address]);
    await call(factory, 'createPool', b.address, quote.address, FEE);
    addresses[`perp.base.${sym}`] = b.address;
    addresses[`perp.feed.${sym}`] = feed.address;
    const pool = addresses[`perp.pool.${sym}`] = await factory.call('getPool', [b.address, quote.address, FEE]);
    await call(b, 'mintMaximumTo', house.address);
    for (const t of [b, quote]) await call(t, 'addWhitelist', pool);
    await call(b, 'addWhitelist', house.address);
    await call(perpPool(w, sym), 'initialize', perpSqrt(PRICES[sym]));
    // Every risk check reads a 30 minute TWAP; with too few observations a busy half hour makes all of them revert "OLD".
    await call(perpPool(w, sym), 'increaseObservationCardinalityNext', 500);
    await call(registry, 'addPool', b.address, FEE);
    await call(registry, 'setFeeRatio', b.address, 1000); // 0.1 % taker fee, charged by the clearing house
    await call(registry, 'setInsuranceFundFeeRatio', b.address, 100_000);
    await call(ex, 'setMaxTickCrossedWithinBlock', b.address, TICKS_PER_BLOCK); // 0 would mean paused ("EX_MIP")
  }
}

export async function deposit(w, who, usdc) {
  await mint(w, 'USDC', who, units(usdc, 6));
  await approve(w, 'USDC', who, w.addresses['perp.vault']);
  await vault(w).send(who, 'deposit', [w.addresses['tokens.USDC'], units(usdc, 6)]);
}

/** Liquidity and margins. The pools must be 30 minutes old by now: the mark price needs a TWAP of that length. */
export async function fundPerp(w) {
  const { maker, trader } = w.accounts;
  await mint(w, 'USDC', w.addresses['perp.insuranceFund'], units(500_000, 6)); // else bad debt liquidations revert "CH_IIC"
  await deposit(w, maker, 20_000_000);
  await deposit(w, trader, 20_000_000);
  for (const sym of MARKETS) {
    const tick = tickOf(perpSqrt(PRICES[sym]));
    await clearingHouse(w).send(maker, 'addLiquidity', [{ baseToken: base(w, sym), base: units(5_000_000 / PRICES[sym], 18),
      quote: units(5_000_000, 18), lowerTick: roundTick(tick - MAKER_RANGE, SPACING), upperTick: roundTick(tick + MAKER_RANGE, SPACING),
      minBase: 0, minQuote: 0, useTakerBalance: false, deadline: DEADLINE }]);
  }
}

/**
 * The job of Perp's price updater bots: have the index record each new round of the given assets. Without a record its
 * TWAPs are just the last price, and the mark price, a median of TWAPs, stays far behind a move.
 */
export function indexUpdateTxs(w, syms) {
  return syms.filter((s) => MARKETS.includes(s)).map((s) => w.at(`perp.feed.${s}`, ['function update()'])
    .tx(w.accounts.oracle, 'update', [], { gas: 400_000n, gasPrice: '0x11e1a300', label: `perp index ${s}` }));
}

// --- control actions ------------------------------------------------------------------------------------------
/** Blocks needed to move a market without breaking the tick limit (a margin is left for the keeper's own trades). */
export const stepsFor = (sqrtNow, sqrtTo) => Math.ceil(Math.abs(tickOf(sqrtNow) - tickOf(sqrtTo)) / (TICKS_PER_BLOCK - 50));

/** The trade that moves a market to a price: an absurd amount, stopped by the price limit. */
export function perpMoveTx(w, sym, sqrtNow, sqrtTo) {
  const short = sqrtTo < sqrtNow;
  return clearingHouse(w).tx(w.accounts.trader, 'openPosition', [{ baseToken: base(w, sym), isBaseToQuote: short, isExactInput: true,
    amount: units(short ? 1e9 / PRICES[sym] : 1e9, 18), oppositeAmountBound: 0, deadline: DEADLINE, sqrtPriceLimitX96: sqrtTo,
    referralCode: '0x' + '00'.repeat(32) }], { gas: 4_000_000n, gasPrice: '0xbebc200', label: `perp ${sym}` });
}

export async function readMarkets(w) {
  const rows = await callAll(w.node, MARKETS.flatMap((s) => [[perpPool(w, s), 'slot0'], [balance(w), 'getMarkPrice', [base(w, s)]],
    [w.at(`perp.base.${s}`, BASE), 'getIndexPrice', [0]]]));
  return Object.fromEntries(MARKETS.map((s, i) => [s, { pool: priceOfSqrt(rows[3 * i].sqrtPriceX96, 18, 18),
    mark: num(rows[3 * i + 1], 18), index: num(rows[3 * i + 2], 18) }]));
}

export async function readPerp(w, user) {
  const [free, vaultBalance, value, margin, ...rest] = await callAll(w.node, [[vault(w), 'getFreeCollateral', [user]],
    [vault(w), 'getBalance', [user]], [clearingHouse(w), 'getAccountValue', [user]],
    [balance(w), 'getMarginRequirementForLiquidation', [user]],
    ...MARKETS.flatMap((s) => [[balance(w), 'getTakerPositionSize', [user, base(w, s)]],
      [balance(w), 'getTakerOpenNotional', [user, base(w, s)]], [exchange(w), 'getPendingFundingPayment', [user, base(w, s)]]])]);
  return {
    markets: Object.fromEntries(MARKETS.map((s, i) => [s, { size: String(rest[3 * i]), open_notional: String(rest[3 * i + 1]),
      pending_funding: String(rest[3 * i + 2]) }])),
    free_collateral: String(free), vault_balance: String(vaultBalance), account_value: String(value), margin_requirement: String(margin),
  };
}

export async function adminPerp(w, action, sym) {
  if (!MARKETS.includes(sym)) throw new Error(`no perp market ${sym}`);
  await exchange(w).send(w.accounts.admin, 'setMaxTickCrossedWithinBlock', [base(w, sym), action === 'perp_pause' ? 0 : TICKS_PER_BLOCK]);
}
