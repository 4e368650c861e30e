// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v3_math.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace outrigger {
namespace {

constexpr U256 limbs(std::uint64_t high, std::uint64_t low) {
    return U256::from_limbs({low, high, 0, 0});
}

constexpr U256 kMinSqrtPrice(4295128739);
constexpr U256 kMaxSqrtPrice = U256::from_limbs({0x5d951d5263988d26, 0xefd1fc6a50648849, 0xfffd8963, 0});

/// sqrt(1.0001^-(2^i)) in Q128.128, i = 0..19: the constants of TickMath, bit for bit.
constexpr std::array kSqrtPowers{
    limbs(0xfffcb933bd6fad37, 0xaa2d162d1a594001), limbs(0xfff97272373d4132, 0x59a46990580e213a),
    limbs(0xfff2e50f5f656932, 0xef12357cf3c7fdcc), limbs(0xffe5caca7e10e4e6, 0x1c3624eaa0941cd0),
    limbs(0xffcb9843d60f6159, 0xc9db58835c926644), limbs(0xff973b41fa98c081, 0x472e6896dfb254c0),
    limbs(0xff2ea16466c96a38, 0x43ec78b326b52861), limbs(0xfe5dee046a99a2a8, 0x11c461f1969c3053),
    limbs(0xfcbe86c7900a88ae, 0xdcffc83b479aa3a4), limbs(0xf987a7253ac41317, 0x6f2b074cf7815e54),
    limbs(0xf3392b0822b70005, 0x940c7a398e4b70f3), limbs(0xe7159475a2c29b74, 0x43b29c7fa6e889d9),
    limbs(0xd097f3bdfd2022b8, 0x845ad8f792aa5825), limbs(0xa9f746462d870fdf, 0x8a65dc1f90e061e5),
    limbs(0x70d869a156d2a1b8, 0x90bb3df62baf32f7), limbs(0x31be135f97d08fd9, 0x81231505542fcfa6),
    limbs(0x09aa508b5b7a84e1, 0xc677de54f3e99bc9), limbs(0x005d6af8dedb8119, 0x6699c329225ee604),
    limbs(0x00002216e584f5fa, 0x1ea926041bedfe98), limbs(0x00000000048a1703, 0x91f7dc42444e8fa2),
};

U256 low_128(const U256& x) {
    return U256::from_limbs({x.limbs()[0], x.limbs()[1], 0, 0});
}
bool fits_128(const U256& x) {
    return x.bit_length() <= 128;
}

/// The sqrt price of a tick already known to be in range.
U256 sqrt_at(Tick tick) {
    const auto magnitude = static_cast<std::uint32_t>(tick.value < 0 ? -tick.value : tick.value);
    U256 ratio = U256::pow2(128);
    for (std::size_t i = 0; i < kSqrtPowers.size(); ++i) {
        if ((magnitude >> i & 1U) != 0) ratio = (ratio * kSqrtPowers[i]) >> 128;
    }
    if (tick.value > 0) ratio = U256::max() / ratio;
    return div_round(ratio, U256::pow2(32), Rounding::up);
}

bool usable(Tick tick) {
    return tick >= kMinTick && tick <= kMaxTick;
}

std::string outside_price_range(const U256& sqrt_price_x96) {
    return fmt::format("sqrtPriceX96 {} is outside [{}, {})", sqrt_price_x96.to_decimal(),
                       kMinSqrtPrice.to_decimal(), kMaxSqrtPrice.to_decimal());
}

U256 must(std::optional<U256> value) {
    OR_ASSERT(value.has_value());
    return *value;
}

U256 truncated_fees(const U256& inside, const U256& last, const U256& liquidity, const U256& owed) {
    const U256 earned = must(mul_div(wrapping_sub(inside, last), liquidity, U256::pow2(128)));
    return low_128(wrapping_add(owed, low_128(earned)));
}

}  // namespace

Result<U256> tick_to_sqrt_price(Tick tick) {
    if (!usable(tick)) {
        return fail(Errc::decode,
                    fmt::format("tick {} is outside [{}, {}]", tick.value, kMinTick.value, kMaxTick.value));
    }
    return sqrt_at(tick);
}

Result<Tick> sqrt_price_to_tick(const U256& sqrt_price_x96) {
    if (sqrt_price_x96 < kMinSqrtPrice || sqrt_price_x96 >= kMaxSqrtPrice) {
        return fail(Errc::decode, outside_price_range(sqrt_price_x96));
    }
    // A guess from logarithms, then exact integers decide: the guess is never more than a tick or two off.
    const double guess = 2.0 * std::log(std::ldexp(sqrt_price_x96.to_double(), -96)) / std::log(1.0001);
    Tick tick(std::clamp(static_cast<std::int32_t>(std::floor(guess)), kMinTick.value, kMaxTick.value - 1));
    while (sqrt_at(tick) > sqrt_price_x96) --tick.value;
    while (sqrt_at(Tick(tick.value + 1)) <= sqrt_price_x96) ++tick.value;
    return tick;
}

U256 amount0_between(const U256& sqrt_a_x96, const U256& sqrt_b_x96, const U256& liquidity,
                     Rounding rounding) {
    const auto [low, high] = std::minmax(sqrt_a_x96, sqrt_b_x96);
    OR_ASSERT(low >= kMinSqrtPrice && high <= kMaxSqrtPrice && fits_128(liquidity));
    return div_round(must(mul_div(liquidity << 96, high - low, high, rounding)), low, rounding);
}

U256 amount1_between(const U256& sqrt_a_x96, const U256& sqrt_b_x96, const U256& liquidity,
                     Rounding rounding) {
    const auto [low, high] = std::minmax(sqrt_a_x96, sqrt_b_x96);
    OR_ASSERT(low >= kMinSqrtPrice && high <= kMaxSqrtPrice && fits_128(liquidity));
    return must(mul_div(liquidity, high - low, U256::pow2(96), rounding));
}

Result<void> check_pool_price(const PoolPrice& price) {
    const Tick exact = OR_TRY(sqrt_price_to_tick(price.sqrt_price_x96));
    const bool crossed_down = price.tick.value == exact.value - 1 && sqrt_at(exact) == price.sqrt_price_x96;
    if (price.tick == exact || crossed_down) return {};
    return fail(Errc::decode,
                fmt::format("the pool's tick {} does not belong to its sqrtPriceX96 {} (tick {}); the node "
                            "mixed two blocks or this is not a Uniswap v3 pool",
                            price.tick.value, price.sqrt_price_x96.to_decimal(), exact.value));
}

Result<TokenAmounts> position_amounts(const PoolPrice& price, const TickRange& range, const U256& liquidity,
                                      Rounding rounding) {
    if (!usable(range.lower) || !usable(range.upper) || range.lower >= range.upper) {
        return fail(Errc::decode,
                    fmt::format("no pool has the tick range [{}, {})", range.lower.value, range.upper.value));
    }
    if (!fits_128(liquidity)) {
        return fail(Errc::decode, fmt::format("liquidity {} is over 128 bits", liquidity.to_decimal()));
    }
    const U256& sqrt_p = price.sqrt_price_x96;
    if (sqrt_p < kMinSqrtPrice || sqrt_p >= kMaxSqrtPrice)
        return fail(Errc::decode, outside_price_range(sqrt_p));
    const U256 sqrt_lower = sqrt_at(range.lower);
    const U256 sqrt_upper = sqrt_at(range.upper);
    if (price.tick < range.lower)
        return TokenAmounts{amount0_between(sqrt_lower, sqrt_upper, liquidity, rounding), 0};
    if (price.tick >= range.upper)
        return TokenAmounts{0, amount1_between(sqrt_lower, sqrt_upper, liquidity, rounding)};
    return TokenAmounts{amount0_between(sqrt_p, sqrt_upper, liquidity, rounding),
                        amount1_between(sqrt_lower, sqrt_p, liquidity, rounding)};
}

FeeGrowth fee_growth_inside(const TickRange& range, Tick current, const FeeGrowth& global,
                            const TickGrowth& outside) {
    const auto inside = [&](const U256& all, const U256& lower, const U256& upper) {
        const U256 below = current >= range.lower ? lower : wrapping_sub(all, lower);
        const U256 above = current < range.upper ? upper : wrapping_sub(all, upper);
        return wrapping_sub(wrapping_sub(all, below), above);
    };
    return {inside(global.token0, outside.lower.token0, outside.upper.token0),
            inside(global.token1, outside.lower.token1, outside.upper.token1)};
}

TokenAmounts fees_after_update(const FeeAccount& account, const FeeGrowth& inside) {
    OR_ASSERT(fits_128(account.liquidity));
    const auto& [last, owed] = std::tie(account.inside_last, account.tokens_owed);
    return {truncated_fees(inside.token0, last.token0, account.liquidity, owed.amount0),
            truncated_fees(inside.token1, last.token1, account.liquidity, owed.amount1)};
}

TokenAmounts collectable_fees(const FeeAccount& nft, const FeeAccount& pool, const FeeGrowth& inside) {
    const bool updated = !nft.liquidity.is_zero();
    const TokenAmounts claim = updated ? fees_after_update(nft, inside) : nft.tokens_owed;
    const TokenAmounts held = updated ? fees_after_update(pool, inside) : pool.tokens_owed;
    return {std::min(claim.amount0, held.amount0), std::min(claim.amount1, held.amount1)};
}

double v3_price(const U256& sqrt_price_x96, std::uint8_t decimals0, std::uint8_t decimals1) {
    OR_ASSERT(!sqrt_price_x96.is_zero());
    const double root = std::ldexp(sqrt_price_x96.to_double(), -96);
    const int shift = static_cast<int>(decimals0) - static_cast<int>(decimals1);
    const double raw = root * root;
    // Powers of ten up to 10^22 are exact, so dividing by one is better than multiplying by its inverse.
    return shift >= 0 ? raw * std::pow(10.0, shift) : raw / std::pow(10.0, -shift);
}

Result<U256> v3_sqrt_price(double price, std::uint8_t decimals0, std::uint8_t decimals1) {
    const int shift = static_cast<int>(decimals0) - static_cast<int>(decimals1);
    const double raw = shift >= 0 ? price / std::pow(10.0, shift) : price * std::pow(10.0, -shift);
    const double root_x96 = std::ldexp(std::sqrt(raw), 96);
    if (!(root_x96 >= kMinSqrtPrice.to_double() && root_x96 < kMaxSqrtPrice.to_double())) {
        return fail(Errc::decode, fmt::format("price {} is outside what a Uniswap v3 pool can hold", price));
    }
    int exponent = 0;
    const double fraction =
        std::frexp(root_x96, &exponent);  // root = fraction * 2^exponent, fraction in [0.5, 1)
    const U256 mantissa(static_cast<std::uint64_t>(std::ldexp(fraction, 53)));
    return exponent >= 53 ? mantissa << static_cast<unsigned>(exponent - 53)
                          : U256(static_cast<std::uint64_t>(std::nearbyint(root_x96)));
}

}  // namespace outrigger
