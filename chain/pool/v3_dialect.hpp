// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "chain/abi/query.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// What the position manager and the NFT say about themselves.
struct V3Nft {
    Address owner;
    Address factory;
    Address token0;
    Address token1;
    std::uint32_t fee_pips = 0;
    std::int32_t tick_spacing = 0;  // only where the pool is keyed by it instead of its fee
    TickRange range;
    FeeAccount account;
};

/// One end of a range, as the pool keeps it.
struct V3Tick {
    FeeGrowth outside;
    bool live = false;
};

/// In what a fork's contracts speak otherwise than Uniswap v3's. The arithmetic is the same in all of them.
struct V3Dialect {
    std::string_view kind;  // a line of pool_kinds()
    /// The NFT's own record; owner and factory are left empty.
    Query<V3Nft> (*nft)(ChainId chain, const Address& manager, const U256& token_id);
    /// The NFT's pool; the zero address when the factory knows none.
    Query<Address> (*pool)(ChainId chain, const Address& factory, const V3Nft& nft);
    Query<PoolPrice> (*price)(ChainId chain, const Address& pool);
    Query<V3Tick> (*tick)(ChainId chain, const Address& pool, Tick tick);
    /// The pool's fee in pips; null where it is the NFT's own and never changes.
    Query<std::uint32_t> (*fee)(ChainId chain, const Address& pool);
    /// For whom a staking contract of this protocol holds an NFT; the zero address: for nobody, or for
    /// somebody else than `owner` where the contract only answers yes or no.
    Query<Address> (*staker)(ChainId chain, const Address& staking, const U256& token_id,
                             const Address& owner);
    /// The contract whose NFTs earn no fees; zero when the pool has none. Null where there is no such thing.
    ///
    /// Slipstream: while the pool's own gauge holds an NFT, whoever put it there, its liquidity stands in the
    /// gauge's account at the pool and its share of the fees goes to the gauge. Depositing pays out what was
    /// owed; collecting and leaving move its fee growth on unpaid. So its owner is owed tokensOwed as the
    /// position manager shows it, and no more than the pool owes the gauge's account.
    /// Source: CLPool.stake, .swap (calculateFees); NonfungiblePositionManager.collect (isStaked); CLGauge
    Query<Address> (*gauge)(ChainId chain, const Address& pool) = nullptr;
};

/// Uniswap v3 itself; staking is v3-staker's. Source: v3-core, v3-periphery, v3-staker
/// UniswapV3Staker.deposits
extern const V3Dialect kUniswapV3;
/// Sushi v3, which is Uniswap v3's code.
extern const V3Dialect kSushiV3;
/// PancakeSwap v3: a wider feeProtocol in slot0; staking is MasterChefV3's.
/// Source: pancake-v3-contracts PancakeV3Pool.Slot0, MasterChefV3.userPositionInfos
extern const V3Dialect kPancakeV3;
/// Aerodrome and Velodrome Slipstream: pools keyed by tick spacing, with a fee that may change; staking is
/// the pool's gauge. Source: slipstream CLPool, CLFactory, NonfungiblePositionManager, CLGauge.stakedContains
extern const V3Dialect kSlipstream;

}  // namespace outrigger
