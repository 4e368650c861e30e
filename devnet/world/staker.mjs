// SPDX-License-Identifier: Apache-2.0
// For tests: Uniswap's v3-staker, which holds NFTs for their owners.
import { load } from '../lib/artifacts.mjs';
import { manager } from './uniswap.mjs';

const STAKER = ['function deposits(uint256) view returns (address owner,uint48,int24,int24)', 'function transferDeposit(uint256,address)',
  'function withdrawToken(uint256,address,bytes)'];

/** The staker, deployed on the first call. */
export async function deployStaker(w) {
  if (!w.addresses['v3.staker']) {
    const staker = await w.node.deploy(load('@uniswap/v3-staker/artifacts/contracts/UniswapV3Staker.sol/UniswapV3Staker.json'),
      [w.addresses['v3.factory'], manager(w).address, 2_592_000, 63_072_000], w.accounts.admin);
    w.addresses['v3.staker'] = staker.address;
  }
  return w.at('v3.staker', STAKER);
}

/** The lp's NFT goes to the staker; what the staker says of it. */
export async function stake(w, id) {
  const staker = await deployStaker(w), { lp } = w.accounts;
  await manager(w).send(lp, 'safeTransferFrom', [lp, staker.address, id]);
  return { staker: staker.address, owner: (await staker.call('deposits', [id])).owner };
}
/** The deposit becomes the trader's. */
export async function giveStakeAway(w, id) {
  await (await deployStaker(w)).send(w.accounts.lp, 'transferDeposit', [id, w.accounts.trader]);
  return { owner: w.accounts.trader };
}
/** The NFT comes back to whoever has the deposit. */
export async function unstake(w, id) {
  const staker = await deployStaker(w), { owner } = await staker.call('deposits', [id]);
  await staker.send(owner, 'withdrawToken', [id, owner, '0x']);
  return { owner };
}
