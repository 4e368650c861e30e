// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "chain/base/bytes.hpp"
#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// Amounts of a pool's two tokens in base units, exact.
struct TokenAmounts {
    U256 amount0;
    U256 amount1;
    friend bool operator==(const TokenAmounts&, const TokenAmounts&) = default;
};

/// The shape of a position in whole units: enough to value it at any price. A constant-product (v2) share is
/// the whole line: price_lower 0, price_upper infinity.
/// Units: price = whole token1 per whole token0; liquidity = L_raw / 10^((d0+d1)/2).
struct ConcentratedCurve {
    AssetId asset0;
    AssetId asset1;
    double liquidity = 0;
    double price_lower = 0;
    double price_upper = 0;
};

/// What has become of a position, as the chain itself proves it. An empty or missing answer proves nothing.
enum class PositionState : std::uint8_t {
    open,         // holds liquidity
    emptied,      // exists, holds no liquidity
    burned,       // the NFT no longer exists: its own contract says so
    transferred,  // belongs to another account than the one it was hedged for
};

/// The position is proven to hold nothing for its owner any more, for good.
constexpr bool is_gone(PositionState state) {
    return state == PositionState::burned || state == PositionState::transferred;
}

constexpr std::string_view to_string(PositionState state) {
    switch (state) {
        case PositionState::open: return "open";
        case PositionState::emptied: return "emptied";
        case PositionState::burned: return "burned";
        case PositionState::transferred: return "transferred";
    }
    return "?";
}

/// An LP position at one block, read from the chain. One that is burned or transferred holds nothing for us:
/// zero liquidity, zero amounts, its pool's price still there.
struct LpView {
    PositionState state = PositionState::open;
    Address owner;  // whose it is now; of a staked position, who staked it; zero when burned
    ConcentratedCurve curve;
    TokenAmounts principal;         // what decreaseLiquidity of all liquidity would release
    TokenAmounts uncollected_fees;  // what collect would pay beyond the principal
    std::uint8_t decimals0 = 0;
    std::uint8_t decimals1 = 0;
    Tick tick{};
    Tick tick_lower{};
    Tick tick_upper{};
    U256 liquidity;              // raw
    U256 sqrt_price_x96;         // pool spot, exact
    double pool_price = 0;       // whole token1 per whole token0, from sqrt_price_x96
    std::uint32_t fee_pips = 0;  // hundredths of a basis point
    // The pool's own mean price over a while, where that is asked for: whole token1 per whole token0.
    std::optional<Result<double>> mean_price{};
    bool in_range = false;  // tick_lower <= tick < tick_upper, as the pool itself decides
};

}  // namespace outrigger
