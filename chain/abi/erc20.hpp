// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chain/abi/function.hpp"

/// The functions of tokens. Source: EIP-20
namespace outrigger::erc20 {

using Decimals = abi::Function<"decimals", abi::UInt<8>()>;
using Symbol = abi::Function<"symbol", std::string()>;
/// Some early tokens (MKR) answer symbol() with bytes32.
using SymbolBytes32 = abi::Function<"symbol", Hash32()>;
using BalanceOf = abi::Function<"balanceOf", U256(Address)>;
using TotalSupply = abi::Function<"totalSupply", U256()>;
using Allowance = abi::Function<"allowance", U256(Address, Address)>;
using Approve = abi::Function<"approve", bool(Address, U256)>;

}  // namespace outrigger::erc20
