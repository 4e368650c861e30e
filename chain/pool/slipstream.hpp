// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/pool/v3_dialect.hpp"

/// Slipstream, the concentrated pools of Aerodrome and Velodrome: keyed by tick spacing, with a fee that may
/// change from block to block, and a gauge per pool to stake in.
/// Source: velodrome-finance/slipstream ICLPoolState, ICLFactory, NonfungiblePositionManager, CLGauge
namespace outrigger::slipstream {

using abi::Int;
using abi::UInt;

/// nonce, operator, token0, token1, tickSpacing, tickLower, tickUpper, liquidity,
/// feeGrowthInside{0,1}LastX128, tokensOwed{0,1}
using PositionsReturn = std::tuple<UInt<96>, Address, Address, Address, Int<24>, Int<24>, Int<24>, UInt<128>,
                                   U256, U256, UInt<128>, UInt<128>>;
using Positions = abi::Function<"positions", PositionsReturn(U256)>;
using GetPool = abi::Function<"getPool", Address(Address, Address, Int<24>)>;
/// sqrtPriceX96, tick, observationIndex, observationCardinality, observationCardinalityNext, unlocked
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, bool>;
using Slot0 = abi::Function<"slot0", Slot0Return()>;
/// liquidityGross, liquidityNet, stakedLiquidityNet, feeGrowthOutside{0,1}X128, rewardGrowthOutsideX128,
/// tickCumulativeOutside, secondsPerLiquidityOutsideX128, secondsOutside, initialized
using TicksReturn =
    std::tuple<UInt<128>, Int<128>, Int<128>, U256, U256, U256, Int<56>, UInt<160>, UInt<32>, bool>;
using Ticks = abi::Function<"ticks", TicksReturn(Int<24>)>;
using Fee = abi::Function<"fee", UInt<24>()>;
using Gauge = abi::Function<"gauge", Address()>;
/// Whether a depositor has staked an NFT in the gauge.
using StakedContains = abi::Function<"stakedContains", bool(Address, U256)>;

inline Query<Address> pool_by_spacing(ChainId chain, const V3Nft& nft) {
    return eth_query<GetPool>(chain, nft.factory, nft.token0, nft.token1, abi::Int<24>(nft.pool_key));
}
inline Query<std::uint32_t> current_fee(ChainId chain, const Address& pool) {
    return map(eth_query<Fee>(chain, pool),
               [](const UInt<24>& fee) { return static_cast<std::uint32_t>(fee.value()); });
}
inline Query<Address> gauge_of(ChainId chain, const Address& pool) {
    return eth_query<Gauge>(chain, pool);
}
/// The gauge says whether the NFT is an account's, not whose it is.
inline Query<Address> confirmed_owner(const PoolSpec& spec) {
    return map(eth_query<StakedContains>(spec.chain, spec.staked_in, spec.owner, spec.token_id),
               [owner = spec.owner](bool contains) { return contains ? owner : Address{}; });
}

/// While the pool's own gauge holds an NFT, its liquidity stands in the gauge's account at the pool and its
/// share of the trading fees goes to the gauge, for the voters. Depositing collects what was owed, collecting
/// or leaving moves the NFT's fee growth on without paying for it: what is left to its owner is tokensOwed as
/// the position manager shows it, and no more than the pool owes the gauge's account.
/// Source: CLPool.stake, CLPool.swap (calculateFees), NonfungiblePositionManager.collect (isStaked),
/// CLGauge.deposit and .withdraw
inline constexpr V3Dialect kDialect{.missing_nft = {},
                                    .record = v3_record<Positions>,
                                    .pool_of = pool_by_spacing,
                                    .price = v3_slot_price<Slot0>,
                                    .tick = v3_tick<Ticks, 3, 9>,
                                    .staker = confirmed_owner,
                                    .fee = current_fee,
                                    .gauge = gauge_of};

}  // namespace outrigger::slipstream
