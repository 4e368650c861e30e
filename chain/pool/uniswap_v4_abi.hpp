// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "chain/abi/function.hpp"

/// The functions of Uniswap v4 that are read to know a position.
/// Source: v4-periphery IPositionManager, IStateView; v4-core PoolKey
namespace outrigger::v4 {

using abi::Int;
using abi::UInt;

/// currency0, currency1, fee, tickSpacing, hooks
using PoolKeyTuple = std::tuple<Address, Address, UInt<24>, Int<24>, Address>;

// Position manager.
/// The pool's key, and the position's packed info.
using PoolAndPositionInfo = abi::Function<"getPoolAndPositionInfo", std::tuple<PoolKeyTuple, U256>(U256)>;
using PositionLiquidity = abi::Function<"getPositionLiquidity", UInt<128>(U256)>;
using OwnerOf = abi::Function<"ownerOf", Address(U256)>;

// State view.
/// sqrtPriceX96, tick, protocolFee, lpFee
using Slot0Return = std::tuple<UInt<160>, Int<24>, UInt<24>, UInt<24>>;
using GetSlot0 = abi::Function<"getSlot0", Slot0Return(Hash32)>;
/// liquidity, feeGrowthInside{0,1}LastX128
using PositionReturn = std::tuple<UInt<128>, U256, U256>;
using GetPositionInfo =
    abi::Function<"getPositionInfo", PositionReturn(Hash32, Address, Int<24>, Int<24>, Hash32)>;
using GetFeeGrowthInside =
    abi::Function<"getFeeGrowthInside", std::tuple<U256, U256>(Hash32, Int<24>, Int<24>)>;

}  // namespace outrigger::v4
