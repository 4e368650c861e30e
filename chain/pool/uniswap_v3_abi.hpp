// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <vector>

#include "chain/abi/function.hpp"

/// The functions of Uniswap v3 that are read to know a position.
/// Source: v3-core IUniswapV3Pool, IUniswapV3Factory; v3-periphery INonfungiblePositionManager
namespace outrigger::v3 {

using abi::Int;
using abi::UInt;

// Position manager.
/// nonce, operator, token0, token1, fee, tickLower, tickUpper, liquidity, feeGrowthInside{0,1}LastX128,
/// tokensOwed{0,1}
using PositionsReturn = std::tuple<UInt<96>, Address, Address, Address, UInt<24>, Int<24>, Int<24>, UInt<128>,
                                   U256, U256, UInt<128>, UInt<128>>;
using Positions = abi::Function<"positions", PositionsReturn(U256)>;
using OwnerOf = abi::Function<"ownerOf", Address(U256)>;
using Factory = abi::Function<"factory", Address()>;

// Factory.
using GetPool = abi::Function<"getPool", Address(Address, Address, UInt<24>)>;

// Pool.
/// sqrtPriceX96, tick, observationIndex, observationCardinality, observationCardinalityNext, feeProtocol,
/// unlocked
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, UInt<8>, bool>;
using Slot0 = abi::Function<"slot0", Slot0Return()>;
/// tickCumulatives, secondsPerLiquidityCumulativeX128s
using ObserveReturn = std::tuple<std::vector<Int<56>>, std::vector<UInt<160>>>;
using Observe = abi::Function<"observe", ObserveReturn(std::vector<UInt<32>>)>;
/// blockTimestamp, tickCumulative, secondsPerLiquidityCumulativeX128, initialized
using ObservationsReturn = std::tuple<UInt<32>, Int<56>, UInt<160>, bool>;
using Observations = abi::Function<"observations", ObservationsReturn(U256)>;
using FeeGrowthGlobal0 = abi::Function<"feeGrowthGlobal0X128", U256()>;
using FeeGrowthGlobal1 = abi::Function<"feeGrowthGlobal1X128", U256()>;
/// liquidityGross, liquidityNet, feeGrowthOutside{0,1}X128, tickCumulativeOutside,
/// secondsPerLiquidityOutsideX128, secondsOutside, initialized
using TicksReturn = std::tuple<UInt<128>, Int<128>, U256, U256, Int<56>, UInt<160>, UInt<32>, bool>;
using Ticks = abi::Function<"ticks", TicksReturn(Int<24>)>;
/// liquidity, feeGrowthInside{0,1}LastX128, tokensOwed{0,1}
using PoolPositionsReturn = std::tuple<UInt<128>, U256, U256, UInt<128>, UInt<128>>;
using PoolPositions = abi::Function<"positions", PoolPositionsReturn(Hash32)>;

// v3-staker.
/// owner, numberOfStakes, tickLower, tickUpper
using DepositsReturn = std::tuple<Address, UInt<48>, Int<24>, Int<24>>;
using Deposits = abi::Function<"deposits", DepositsReturn(U256)>;

}  // namespace outrigger::v3

/// Where PancakeSwap v3 differs.
/// Source: pancake-v3-contracts PancakeV3Pool, MasterChefV3
namespace outrigger::pancake_v3 {

using abi::Int;
using abi::UInt;

/// feeProtocol has 32 bits
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, UInt<32>, bool>;
using Slot0 = abi::Function<"slot0", Slot0Return()>;
/// liquidity, boostLiquidity, tickLower, tickUpper, rewardGrowthInside, reward, user, pid, boostMultiplier
using UserPositionInfosReturn =
    std::tuple<UInt<128>, UInt<128>, Int<24>, Int<24>, U256, U256, Address, U256, U256>;
using UserPositionInfos = abi::Function<"userPositionInfos", UserPositionInfosReturn(U256)>;

}  // namespace outrigger::pancake_v3

/// Where Slipstream differs.
/// Source: slipstream ICLPoolState, ICLFactory, INonfungiblePositionManager, ICLGauge
namespace outrigger::slipstream {

using abi::Int;
using abi::UInt;

/// tickSpacing in the place of the fee
using PositionsReturn = std::tuple<UInt<96>, Address, Address, Address, Int<24>, Int<24>, Int<24>, UInt<128>,
                                   U256, U256, UInt<128>, UInt<128>>;
using Positions = abi::Function<"positions", PositionsReturn(U256)>;
using GetPool = abi::Function<"getPool", Address(Address, Address, Int<24>)>;
/// without feeProtocol
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, bool>;
using Slot0 = abi::Function<"slot0", Slot0Return()>;
/// liquidityGross, liquidityNet, stakedLiquidityNet, feeGrowthOutside{0,1}X128, rewardGrowthOutsideX128,
/// tickCumulativeOutside, secondsPerLiquidityOutsideX128, secondsOutside, initialized
using TicksReturn =
    std::tuple<UInt<128>, Int<128>, Int<128>, U256, U256, U256, Int<56>, UInt<160>, UInt<32>, bool>;
using Ticks = abi::Function<"ticks", TicksReturn(Int<24>)>;
using Fee = abi::Function<"fee", UInt<24>()>;
using Gauge = abi::Function<"gauge", Address()>;
/// depositor, tokenId
using StakedContains = abi::Function<"stakedContains", bool(Address, U256)>;

}  // namespace outrigger::slipstream
