// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "chain/base/chain_types.hpp"
#include "chain/base/lp.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// The integer arithmetic of Uniswap v3, exact to the last bit. Nothing here estimates, except v3_price.
namespace outrigger {

inline constexpr Tick kMinTick{-887272};
inline constexpr Tick kMaxTick{887272};

/// Fees per unit of liquidity, Q128.128, counted modulo 2^256: only differences mean anything.
struct FeeGrowth {
    U256 token0;
    U256 token1;
    friend bool operator==(const FeeGrowth&, const FeeGrowth&) = default;
};

/// Two ticks, lower < upper.
struct TickRange {
    Tick lower{};
    Tick upper{};
    friend bool operator==(const TickRange&, const TickRange&) = default;
};

/// sqrt(1.0001^tick) in Q64.96, as the contracts compute it.
/// Errors: Errc::decode outside [kMinTick, kMaxTick]
/// Source: v3-core TickMath.getSqrtRatioAtTick
[[nodiscard]] Result<U256> tick_to_sqrt_price(Tick tick);

/// The greatest tick whose sqrt price is at most `sqrt_price_x96`.
/// Errors: Errc::decode outside [price of kMinTick, price of kMaxTick)
/// Source: v3-core TickMath.getTickAtSqrtRatio
[[nodiscard]] Result<Tick> sqrt_price_to_tick(const U256& sqrt_price_x96);

/// Token0 between two sqrt prices at a liquidity. The order of the prices does not matter.
/// Pre:    prices in [price of kMinTick, price of kMaxTick], liquidity < 2^128
/// Source: v3-core SqrtPriceMath.getAmount0Delta; down on burn, up on mint
[[nodiscard]] U256 amount0_between(const U256& sqrt_a_x96, const U256& sqrt_b_x96, const U256& liquidity,
                                   Rounding);
/// Token1 between two sqrt prices at a liquidity. The order of the prices does not matter.
/// Pre:    prices in [price of kMinTick, price of kMaxTick], liquidity < 2^128
/// Source: v3-core SqrtPriceMath.getAmount1Delta; down on burn, up on mint
[[nodiscard]] U256 amount1_between(const U256& sqrt_a_x96, const U256& sqrt_b_x96, const U256& liquidity,
                                   Rounding);

/// What slot0 says about the price. The two may disagree by one: after a swap that ends exactly on a tick
/// from above, `tick` is one less than the tick of `sqrt_price_x96`. The pool trusts each in its place.
struct PoolPrice {
    U256 sqrt_price_x96;
    Tick tick{};
};

/// Nothing, when the two can belong to one pool at one moment.
/// Errors: Errc::decode when they cannot: mixed or invented state
[[nodiscard]] Result<void> check_pool_price(const PoolPrice& price);

/// The amounts a burn releases (Rounding::down) or a mint takes (Rounding::up) for `liquidity` in `range`.
/// The pool's own `tick` chooses between below, inside and above; its sqrt price splits the amounts inside.
/// Errors: Errc::decode for a range, sqrt price or liquidity no pool can have
/// Source: v3-core UniswapV3Pool._modifyPosition
[[nodiscard]] Result<TokenAmounts> position_amounts(const PoolPrice& price, const TickRange& range,
                                                    const U256& liquidity, Rounding rounding);

/// Fee growth per unit of liquidity outside the two ticks of a range, as the pool stores it.
struct TickGrowth {
    FeeGrowth lower;
    FeeGrowth upper;
};

/// Fee growth inside a range in Q128.128; every subtraction wraps modulo 2^256, as in the contract.
/// Source: v3-core Tick.getFeeGrowthInside
[[nodiscard]] FeeGrowth fee_growth_inside(const TickRange& range, Tick current, const FeeGrowth& global,
                                          const TickGrowth& outside);

/// Fee claims of one holder of liquidity as of its last update: an NFT's at the position manager, or the
/// position manager's own at the pool (one for all NFTs with the same ticks).
struct FeeAccount {
    U256 liquidity;
    FeeGrowth inside_last;
    TokenAmounts tokens_owed;
};

/// tokensOwed after an update to fee growth `inside`. Every step is the contract's: growth since the last
/// update modulo 2^256, times liquidity over 2^128 rounded down, truncated to 128 bits, added modulo 2^128.
///
/// Pre:     liquidity < 2^128
/// Source:  v3-core Position.update; v3-periphery NonfungiblePositionManager.collect
[[nodiscard]] TokenAmounts fees_after_update(const FeeAccount& account, const FeeGrowth& inside);

/// What the position manager's collect (everything, to the owner) pays one NFT, its principal untouched.
///
/// The NFT's claim follows the position manager's bookkeeping; the pool pays no more than it owes the
/// position manager for the whole range. The pool rounds down once per update of any NFT with these ticks, so
/// a shared range can be a few wei short, and the last to collect gets that much less. With no liquidity left
/// nothing is updated: both sides stand at what was owed before. Source: v3-periphery
/// NonfungiblePositionManager.collect, v3-core UniswapV3Pool.collect
[[nodiscard]] TokenAmounts collectable_fees(const FeeAccount& nft, const FeeAccount& pool,
                                            const FeeGrowth& inside);

/// Whole token1 per whole token0. An estimate: double.
/// Pre: sqrt price > 0
[[nodiscard]] double v3_price(const U256& sqrt_price_x96, std::uint8_t decimals0, std::uint8_t decimals1);

/// The sqrt price in Q64.96 nearest to a price in whole token1 per whole token0: the inverse of v3_price.
/// Errors: Errc::decode unless the price is a positive number within the tick range
[[nodiscard]] Result<U256> v3_sqrt_price(double price, std::uint8_t decimals0, std::uint8_t decimals1);

}  // namespace outrigger
