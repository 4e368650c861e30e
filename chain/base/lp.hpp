// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/chain_types.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// Amounts of a pool's two tokens in base units, exact.
struct TokenAmounts {
    U256 amount0;
    U256 amount1;
    friend bool operator==(const TokenAmounts&, const TokenAmounts&) = default;
};

/// The shape of a concentrated position in whole units: enough to value it at any price.
/// Units: price = whole token1 per whole token0; liquidity = L_raw / 10^((d0+d1)/2).
struct ConcentratedCurve {
    AssetId asset0;
    AssetId asset1;
    double liquidity = 0;
    double price_lower = 0;
    double price_upper = 0;
};

/// An LP position at one block, read from the chain.
struct LpView {
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
    bool in_range = false;       // tick_lower <= tick < tick_upper, as the pool itself decides
};

}  // namespace outrigger
