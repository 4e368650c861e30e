// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/lp.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// The integer arithmetic of Uniswap v2, exact to the last bit.
namespace outrigger {

/// A pair as it stands at one block.
struct V2Pair {
    U256 reserve0;  // what it believes to hold
    U256 reserve1;
    U256 balance0;  // what it holds: gifts and fees of transfer included
    U256 balance1;
    U256 total_supply;
    U256 k_last;  // reserve0 * reserve1 after the last mint or burn; zero while no protocol fee is due
    bool fee_on = false;
};

/// The supply of shares a burn divides by: the pair first mints the protocol's part of the growth since
/// k_last. Source: v2-core UniswapV2Pair._mintFee
[[nodiscard]] U256 v2_supply_at_burn(const V2Pair& pair);

/// What burn pays for that many shares: their part of the pair's balances, rounded down.
/// Errors: Errc::decode for more shares than there are, or numbers no pair can have
/// Source: v2-core UniswapV2Pair.burn
[[nodiscard]] Result<TokenAmounts> v2_share_amounts(const V2Pair& pair, const U256& shares);

}  // namespace outrigger
