// SPDX-License-Identifier: Apache-2.0
// Test tokens (Aave's MintableERC20: open mint, EIP-2612), the canonical WETH9, and Multicall3.
import { toQuantity } from 'ethers';
import { load, compile } from '../lib/artifacts.mjs';
import { MAX } from '../lib/math.mjs';

const AAVE = '@aave/core-v3/artifacts/contracts/';
export const MULTICALL3 = '0xcA11bde05977b3631167028862bE2a173976CA11';
export const DECIMALS = { USDC: 6, WETH: 18, WBTC: 8, ARB: 18 };
const ABI = ['function mint(address,uint256)', 'function deposit() payable', 'function approve(address,uint256)',
  'function balanceOf(address) view returns (uint256)', 'function allowance(address,address) view returns (uint256)'];

export const token = (w, sym) => w.at(`tokens.${sym}`, ABI);

/** A fresh test token, registered under its symbol. */
export async function deployToken(w, sym, decimals) {
  const artifact = load(`${AAVE}mocks/tokens/MintableERC20.sol/MintableERC20.json`);
  const { address } = await w.node.deploy(artifact, [sym, sym, decimals], w.accounts.admin);
  w.addresses[`tokens.${sym}`] = address;
  w.decimals[sym] = decimals;
  return address;
}

export async function deployTokens(w) {
  for (const sym of ['USDC', 'WBTC', 'ARB']) await deployToken(w, sym, DECIMALS[sym]);
  const weth = load(`${AAVE}dependencies/weth/WETH9.sol/WETH9.json`);
  w.addresses['tokens.WETH'] = (await w.node.deploy(weth, [], w.accounts.admin)).address;
  w.decimals.WETH = DECIMALS.WETH;
}

/** Multicall3 at its mainnet address, where every client expects it (anvil does not predeploy it). */
export async function deployMulticall(w) {
  const { node } = w;
  const artifact = compile('@chainlink/contracts-1.4/src/v0.8/vendor/multicall/ebd8b64/src/Multicall3.sol', 'Multicall3');
  const { address } = await node.deploy(artifact, [], w.accounts.admin);
  await node.rpc('anvil_setCode', [MULTICALL3, await node.rpc('eth_getCode', [address, 'latest'])]);
  w.addresses.multicall3 = MULTICALL3;
}

/** amount in token units; WETH is wrapped from native ether conjured for the receiver. */
export async function mint(w, sym, to, amount) {
  if (sym !== 'WETH') return token(w, sym).send(w.accounts.admin, 'mint', [to, amount]);
  await w.node.rpc('anvil_addBalance', [to, toQuantity(amount)]);
  return token(w, sym).send(to, 'deposit', [], { value: amount });
}

/** Approves once; a second call for the same pair costs only a read. */
export async function approve(w, sym, owner, spender) {
  if (await token(w, sym).call('allowance', [owner, spender]) >= MAX >> 1n) return;
  await token(w, sym).send(owner, 'approve', [spender, MAX]);
}
