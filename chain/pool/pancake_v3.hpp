// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/pool/v3_dialect.hpp"

/// PancakeSwap v3: Uniswap v3 with a wider protocol fee, and MasterChefV3 to stake in.
/// Source: @pancakeswap/v3-core PancakeV3Pool, @pancakeswap/masterchef-v3 MasterChefV3
namespace outrigger::pancake_v3 {

using abi::Int;
using abi::UInt;

/// As Uniswap's, but feeProtocol is a uint32.
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, UInt<32>, bool>;
using Slot0 = abi::Function<"slot0", Slot0Return()>;

// MasterChefV3.
/// liquidity, boostLiquidity, tickLower, tickUpper, rewardGrowthInside, reward, user, pid, boostMultiplier
using UserPositionReturn =
    std::tuple<UInt<128>, UInt<128>, Int<24>, Int<24>, U256, U256, Address, U256, U256>;
using UserPositionInfos = abi::Function<"userPositionInfos", UserPositionReturn(U256)>;

/// Fees of a staked NFT stay its owner's: MasterChefV3 passes collect on to the position manager.
inline constexpr V3Dialect kDialect{.missing_nft = "Invalid token ID",
                                    .record = v3_record<v3::Positions>,
                                    .pool_of = v3_pool_by_fee,
                                    .price = v3_slot_price<Slot0>,
                                    .tick = v3_tick<v3::Ticks, 2, 7>,
                                    .staker = v3_depositor<UserPositionInfos, 6>};

}  // namespace outrigger::pancake_v3
