// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "chain/abi/function.hpp"

/// The functions of Uniswap v2 that are read to know a share.
/// Source: v2-core IUniswapV2Pair, IUniswapV2Factory
namespace outrigger::v2 {

using abi::UInt;

// Pair.
using Factory = abi::Function<"factory", Address()>;
using Token0 = abi::Function<"token0", Address()>;
using Token1 = abi::Function<"token1", Address()>;
/// reserve0, reserve1, blockTimestampLast
using ReservesReturn = std::tuple<UInt<112>, UInt<112>, UInt<32>>;
using GetReserves = abi::Function<"getReserves", ReservesReturn()>;
using KLast = abi::Function<"kLast", U256()>;

// Factory.
using GetPair = abi::Function<"getPair", Address(Address, Address)>;
using FeeTo = abi::Function<"feeTo", Address()>;

}  // namespace outrigger::v2
