// SPDX-License-Identifier: Apache-2.0
// Aave V3 (3.0.2 core artifacts): a complete market reading the Chainlink proxies. ARB is deliberately not listed.
import { load } from '../lib/artifacts.mjs';
import { callAll } from '../lib/rpc.mjs';
import { ZERO, units } from '../lib/math.mjs';
import { approve, mint } from './tokens.mjs';
import { PRICES } from './feeds.mjs';

const DIR = '@aave/core-v3/artifacts/contracts/';
const ray = (x) => BigInt(Math.round(x * 1e9)) * 10n ** 18n;
// Basis points for ltv, liquidation threshold, bonus and reserve factor; then the rate curve. borrowed: share of the
// 10 M USD supply that is lent out from the start, so that borrow rates are not zero.
export const RESERVES = {
  USDC: { ltv: 7700, threshold: 8000, bonus: 10450, factor: 1000, optimal: 0.9, slope1: 0.055, slope2: 0.6, borrowed: 0.6 },
  WETH: { ltv: 8050, threshold: 8300, bonus: 10500, factor: 1500, optimal: 0.8, slope1: 0.027, slope2: 0.8, borrowed: 0.4 },
  WBTC: { ltv: 7300, threshold: 7800, bonus: 10500, factor: 2000, optimal: 0.45, slope1: 0.04, slope2: 3, borrowed: 0.1 },
};
const POOL = ['function supply(address,uint256,address,uint16)', 'function borrow(address,uint256,uint256,uint16,address)',
  'function getUserAccountData(address) view returns (uint256 totalCollateralBase,uint256 totalDebtBase,uint256 availableBorrowsBase,'
    + 'uint256 currentLiquidationThreshold,uint256 ltv,uint256 healthFactor)'];
const DATA = ['function getUserReserveData(address,address) view returns (uint256 currentATokenBalance,uint256 stableDebt,uint256 currentVariableDebt,uint256,'
    + 'uint256,uint256,uint256,uint40,bool usageAsCollateral)'];
const CONFIGURATOR = ['function setReservePause(address,bool)', 'function setReserveFreeze(address,bool)'];

export async function deployAave(w) {
  const { node, accounts: { admin } } = w;
  const deploy = (file, args = [], libs) => node.deploy(load(`${DIR}${file}.sol/${file.split('/').pop()}.json`), args, admin, libs);

  // Logic libraries. FlashLoanLogic itself links BorrowLogic, so it comes last.
  const libs = {};
  for (const name of ['SupplyLogic', 'BorrowLogic', 'LiquidationLogic', 'EModeLogic', 'BridgeLogic', 'PoolLogic', 'ConfiguratorLogic', 'FlashLoanLogic']) {
    libs[name] = (await deploy(`protocol/libraries/logic/${name}`, [], libs)).address;
  }
  // Registry and access control. The ACL admin must be set before ACLManager's constructor runs.
  const provider = await deploy('protocol/configuration/PoolAddressesProvider', ['Outrigger', admin]);
  await provider.send(admin, 'setACLAdmin', [admin]);
  const acl = await deploy('protocol/configuration/ACLManager', [provider.address]);
  await provider.send(admin, 'setACLManager', [acl.address]);
  for (const role of ['addPoolAdmin', 'addRiskAdmin', 'addEmergencyAdmin', 'addAssetListingAdmin']) await acl.send(admin, role, [admin]);

  // Implementations behind the provider's proxies; the bare implementations are locked.
  const poolImpl = await deploy('protocol/pool/Pool', [provider.address], libs);
  await poolImpl.send(admin, 'initialize', [provider.address]);
  await provider.send(admin, 'setPoolImpl', [poolImpl.address]);
  const configuratorImpl = await deploy('protocol/pool/PoolConfigurator', [], libs);
  await configuratorImpl.send(admin, 'initialize', [provider.address]);
  await provider.send(admin, 'setPoolConfiguratorImpl', [configuratorImpl.address]);
  const pool = await provider.call('getPool');
  const configurator = node.at(configuratorImpl.iface.fragments, await provider.call('getPoolConfigurator'));

  // Oracle in USD (base currency address 0, 8 decimals) and the data provider.
  const syms = Object.keys(RESERVES), asset = (s) => w.addresses[`tokens.${s}`];
  const oracle = await deploy('misc/AaveOracle', [provider.address, syms.map(asset),
    syms.map((s) => w.addresses[`feeds.${s}`]), ZERO, ZERO, 100_000_000]);
  await provider.send(admin, 'setPriceOracle', [oracle.address]);
  const data = await deploy('misc/AaveProtocolDataProvider', [provider.address]);
  await provider.send(admin, 'setPoolDataProvider', [data.address]);

  const aToken = await deploy('protocol/tokenization/AToken', [pool]);
  const stable = await deploy('protocol/tokenization/StableDebtToken', [pool]);
  const variable = await deploy('protocol/tokenization/VariableDebtToken', [pool]);
  const inputs = [];
  for (const s of syms) {
    const r = RESERVES[s];
    const strategy = await deploy('protocol/pool/DefaultReserveInterestRateStrategy', [provider.address, ray(r.optimal), 0,
      ray(r.slope1), ray(r.slope2), ray(0.05), ray(0.5), ray(0.01), ray(0.05), ray(0.2)]);
    inputs.push({ aTokenImpl: aToken.address, stableDebtTokenImpl: stable.address, variableDebtTokenImpl: variable.address,
      underlyingAssetDecimals: w.decimals[s], interestRateStrategyAddress: strategy.address, underlyingAsset: asset(s),
      treasury: admin, incentivesController: ZERO, aTokenName: `Aave ${s}`, aTokenSymbol: `a${s}`,
      variableDebtTokenName: `Aave Variable Debt ${s}`, variableDebtTokenSymbol: `variableDebt${s}`,
      stableDebtTokenName: `Aave Stable Debt ${s}`, stableDebtTokenSymbol: `stableDebt${s}`, params: '0x10' });
  }
  await configurator.send(admin, 'initReserves', [inputs]);
  for (const s of syms) {
    const r = RESERVES[s];
    await configurator.send(admin, 'configureReserveAsCollateral', [asset(s), r.ltv, r.threshold, r.bonus]);
    await configurator.send(admin, 'setReserveBorrowing', [asset(s), true]);
    await configurator.send(admin, 'setReserveFactor', [asset(s), r.factor]);
  }
  Object.assign(w.addresses, { 'aave.pool': pool, 'aave.provider': provider.address, 'aave.data': data.address,
    'aave.oracle': oracle.address, 'aave.configurator': configurator.address, 'aave.acl': acl.address });
  for (const s of syms) {
    const [a, , v] = await data.call('getReserveTokensAddresses', [asset(s)]);
    w.addresses[`aave.aToken.${s}`] = a;
    w.addresses[`aave.variableDebt.${s}`] = v;
  }
}

/** 10 M USD of each reserve supplied, a part of it borrowed again. Needs current prices. */
export async function fundAave(w) {
  const { lender } = w.accounts, pool = w.at('aave.pool', POOL);
  for (const s of Object.keys(RESERVES)) {
    const amount = units(10_000_000 / PRICES[s], w.decimals[s]);
    await mint(w, s, lender, amount);
    await approve(w, s, lender, pool.address);
    await pool.send(lender, 'supply', [w.addresses[`tokens.${s}`], amount, lender, 0]);
  }
  for (const [s, r] of Object.entries(RESERVES)) {
    await pool.send(lender, 'borrow', [w.addresses[`tokens.${s}`], units(r.borrowed * 10_000_000 / PRICES[s], w.decimals[s]), 2, 0, lender]);
  }
}

export async function readAave(w, user) {
  const syms = Object.keys(RESERVES), pool = w.at('aave.pool', POOL), data = w.at('aave.data', DATA);
  const [account, ...rest] = await callAll(w.node, [[pool, 'getUserAccountData', [user]],
    ...syms.map((s) => [data, 'getUserReserveData', [w.addresses[`tokens.${s}`], user]])]);
  return {
    reserves: Object.fromEntries(syms.map((s, i) => [s, { a_token: String(rest[i].currentATokenBalance),
      variable_debt: String(rest[i].currentVariableDebt), collateral: rest[i].usageAsCollateral }])),
    collateral_base: String(account.totalCollateralBase), debt_base: String(account.totalDebtBase),
    available_borrows_base: String(account.availableBorrowsBase), health_factor: String(account.healthFactor),
  };
}

/** Venue failures: the emergency and risk admin's switches. */
export async function adminAave(w, action, sym) {
  const calls = { aave_pause: ['setReservePause', true], aave_unpause: ['setReservePause', false],
    aave_freeze: ['setReserveFreeze', true], aave_unfreeze: ['setReserveFreeze', false] };
  const [fn, on] = calls[action];
  if (!RESERVES[sym]) throw new Error(`no Aave reserve ${sym}`);
  await w.at('aave.configurator', CONFIGURATOR).send(w.accounts.admin, fn, [w.addresses[`tokens.${sym}`], on]);
}
