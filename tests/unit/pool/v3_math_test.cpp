// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v3_math.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/unit/pool/big_int.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::Big;
using testing::big;
using testing::ceil_div;
using testing::modulo;
using testing::u256;
using Real = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<100>>;

/// Properties run the same cases every time, unless the environment asks for others.
[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=887272 max_success=1000", 0);

/// @uniswap/v3-sdk's own results.
const json& sdk() {
    static const json doc = json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/v3_sdk.json"));
    return doc;
}
U256 number(const json& j, const char* key) {
    return u256(j.at(key).get<std::string>());
}
Tick tick(const json& j, const char* key) {
    return Tick(j.at(key).get<std::int32_t>());
}
U256 sqrt_at(Tick t) {
    return *tick_to_sqrt_price(t);
}

const U256 kMax128 = U256::pow2(128) - 1;

// ---- generators: values that lie where things break ----

rc::Gen<U256> bits_upto(unsigned bits) {
    return rc::gen::map(
        rc::gen::tuple(rc::gen::arbitrary<std::array<std::uint64_t, 4>>(), rc::gen::inRange(0U, bits + 1),
                       rc::gen::inRange(0, 4)),
        [bits](const auto& t) {
            const auto& [limbs, width, shape] = t;
            if (shape == 0) return width == 0 ? U256(0) : width == 256 ? U256::max() : U256::pow2(width) - 1;
            if (shape == 1) return width >= bits ? U256::pow2(bits - 1) : U256::pow2(width);
            return width == 0 ? U256(0) : U256::from_limbs(limbs) >> (256 - width);
        });
}
rc::Gen<Tick> any_tick() {
    return rc::gen::map(
        rc::gen::tuple(rc::gen::inRange(-887272, 887273), rc::gen::inRange(-20, 21), rc::gen::inRange(0, 6)),
        [](const auto& t) {
            const auto& [wide, narrow, shape] = t;
            if (shape == 0) return Tick(narrow);
            if (shape == 1) return narrow < 0 ? Tick(-887252 + narrow) : Tick(887252 + narrow);
            return Tick(wide);
        });
}
rc::Gen<TickRange> any_range() {
    return rc::gen::map(rc::gen::suchThat(rc::gen::pair(any_tick(), any_tick()),
                                          [](const auto& p) { return p.first != p.second; }),
                        [](const auto& p) {
                            return TickRange{std::min(p.first, p.second), std::max(p.first, p.second)};
                        });
}
rc::Gen<U256> any_sqrt_price() {
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(-887272, 887272), bits_upto(120)), [](const auto& t) {
        const U256 low = sqrt_at(Tick(std::get<0>(t)));
        const U256 high = sqrt_at(Tick(std::get<0>(t) + 1));
        return low + std::get<1>(t) % (high - low);
    });
}

/// A price inside the tick just below, at or just above one.
rc::Gen<U256> sqrt_price_near(Tick edge) {
    return rc::gen::map(rc::gen::tuple(rc::gen::inRange(-1, 2), bits_upto(120)), [edge](const auto& t) {
        const Tick at(std::clamp(edge.value + std::get<0>(t), kMinTick.value, kMaxTick.value - 1));
        return sqrt_at(at) + std::get<1>(t) % (sqrt_at(Tick(at.value + 1)) - sqrt_at(at));
    });
}

// ---- ticks and prices ----

TEST(TickMath, MatchesTheSdk) {
    ASSERT_EQ(sdk().at("tick_to_sqrt").size(), 21U);
    for (const auto& c : sdk().at("tick_to_sqrt")) {
        EXPECT_EQ(sqrt_at(tick(c, "tick")).to_decimal(), c.at("sqrtPriceX96").get<std::string>()) << c;
    }
    ASSERT_EQ(sdk().at("sqrt_to_tick").size(), 8U);
    for (const auto& c : sdk().at("sqrt_to_tick")) {
        EXPECT_EQ(sqrt_price_to_tick(number(c, "sqrtPriceX96"))->value, c.at("tick").get<int>()) << c;
    }
}

// Published in v3-core's TickMath.spec.ts.
TEST(TickMath, ExtremesArePublishedConstants) {
    EXPECT_EQ(sqrt_at(kMinTick).to_decimal(), "4295128739");
    EXPECT_EQ(sqrt_at(Tick(-887271)).to_decimal(), "4295343490");
    EXPECT_EQ(sqrt_at(Tick(887271)).to_decimal(), "1461373636630004318706518188784493106690254656249");
    EXPECT_EQ(sqrt_at(kMaxTick).to_decimal(), "1461446703485210103287273052203988822378723970342");
    EXPECT_EQ(tick_to_sqrt_price(Tick(887273)).error().code, Errc::decode);
    EXPECT_EQ(tick_to_sqrt_price(Tick(-887273)).error().code, Errc::decode);
    EXPECT_FALSE(tick_to_sqrt_price(Tick(std::numeric_limits<std::int32_t>::min())));
}

TEST(TickMath, PricesOutsideTheRangeAreErrors) {
    EXPECT_EQ(*sqrt_price_to_tick(u256("4295128739")), kMinTick);
    EXPECT_EQ(*sqrt_price_to_tick(u256("4295343489")), kMinTick);
    EXPECT_EQ(*sqrt_price_to_tick(u256("4295343490")), Tick(-887271));
    EXPECT_EQ(*sqrt_price_to_tick(u256("1461446703485210103287273052203988822378723970341")), Tick(887271));
    for (const auto& bad :
         {U256(0), U256(4295128738), u256("1461446703485210103287273052203988822378723970342"),
          U256::pow2(160), U256::max()}) {
        EXPECT_EQ(sqrt_price_to_tick(bad).error().code, Errc::decode);
    }
}

/// Each of the 20 constants alone, both signs, against 100-digit arithmetic.
TEST(TickMath, EveryConstantIsTheRealSquareRoot) {
    for (int i = 0; i < 20; ++i) {
        for (const int sign : {-1, 1}) {
            const int t = sign * (i == 19 ? 524288 : 1 << i);
            const Real want = pow(Real("1.0001"), Real(t) / 2) * Real(Big(1) << 96);
            const Real got(big(sqrt_at(Tick(t))));
            // Rounding up to an integer adds at most one; the Q128 steps add parts in 10^24.
            EXPECT_LE(abs(got - want), 1 + want * Real("1e-24")) << t;
        }
    }
}

RC_GTEST_PROP(TickMath, PriceAndTickInvertEachOtherAndNeighboursDiffer, ()) {
    const Tick t = *any_tick();
    const U256 price = sqrt_at(t);
    RC_PRE(t < kMaxTick);
    RC_ASSERT(*sqrt_price_to_tick(price) == t);
    RC_ASSERT(*sqrt_price_to_tick(sqrt_at(Tick(t.value + 1)) - 1) == t);
    if (t > kMinTick) RC_ASSERT(*sqrt_price_to_tick(price - 1) == Tick(t.value - 1));
}

// ---- amounts ----

TEST(PositionAmounts, MatchTheSdk) {
    ASSERT_EQ(sdk().at("positions").size(), 24U);
    for (const auto& c : sdk().at("positions")) {
        const PoolPrice price{number(c, "sqrtPriceX96"), tick(c, "tickCurrent")};
        const TickRange range{tick(c, "tickLower"), tick(c, "tickUpper")};
        const U256 liquidity = number(c, "liquidity");
        EXPECT_EQ(sqrt_at(range.lower), number(c, "sqrtLowerX96"));
        EXPECT_EQ(sqrt_at(range.upper), number(c, "sqrtUpperX96"));
        EXPECT_TRUE(check_pool_price(price));
        EXPECT_EQ(*position_amounts(price, range, liquidity, Rounding::down),
                  (TokenAmounts{number(c, "amount0"), number(c, "amount1")}));
        EXPECT_EQ(*position_amounts(price, range, liquidity, Rounding::up),
                  (TokenAmounts{number(c, "mint0"), number(c, "mint1")}));
        const double want = c.at("price_token1_per_token0_f64").get<double>();
        const double got = v3_price(price.sqrt_price_x96, c.at("decimals0").get<std::uint8_t>(),
                                    c.at("decimals1").get<std::uint8_t>());
        EXPECT_NEAR(got / want, 1.0, 1e-12);
    }
}

RC_GTEST_PROP(PositionAmounts, EqualUnboundedArithmetic, ()) {
    const TickRange range = *any_range();
    const U256 sqrt_p =
        *rc::gen::oneOf(any_sqrt_price(), sqrt_price_near(range.lower), sqrt_price_near(range.upper));
    const U256 liquidity = *bits_upto(128);
    const PoolPrice price{sqrt_p, *sqrt_price_to_tick(sqrt_p)};
    const Big a = big(sqrt_at(range.lower));
    const Big b = big(sqrt_at(range.upper));
    const Big c = std::clamp(big(sqrt_p), a, b);
    const Big q96 = Big(1) << 96;
    const Big l = big(liquidity);
    const auto down = *position_amounts(price, range, liquidity, Rounding::down);
    RC_ASSERT(big(down.amount0) == (l * q96 * (b - c) / b) / c);
    RC_ASSERT(big(down.amount1) == l * (c - a) / q96);
    const auto up = *position_amounts(price, range, liquidity, Rounding::up);
    RC_ASSERT(big(up.amount0) == ceil_div(ceil_div(l * q96 * (b - c), b), c));
    RC_ASSERT(big(up.amount1) == ceil_div(l * (c - a), q96));
}

TEST(PositionAmounts, ThePoolsTickDecidesOnABoundary) {
    const TickRange range{Tick(-60), Tick(60)};
    const U256 l = U256::pow10(18);
    for (const Tick edge : {range.lower, range.upper}) {
        // The same price, reached from below and from above: amounts agree, but only through different
        // branches.
        const PoolPrice from_below{sqrt_at(edge), edge};
        const PoolPrice from_above{sqrt_at(edge), Tick(edge.value - 1)};
        EXPECT_TRUE(check_pool_price(from_below));
        EXPECT_TRUE(check_pool_price(from_above));
        EXPECT_EQ(*position_amounts(from_below, range, l, Rounding::down),
                  *position_amounts(from_above, range, l, Rounding::down));
    }
    // One unit above the lower tick the tick must already be -60.
    EXPECT_EQ(check_pool_price({sqrt_at(Tick(-60)) + 1, Tick(-61)}).error().code, Errc::decode);
    EXPECT_EQ(check_pool_price({sqrt_at(Tick(-60)), Tick(-62)}).error().code, Errc::decode);
    EXPECT_EQ(check_pool_price({sqrt_at(Tick(-60)), Tick(-59)}).error().code, Errc::decode);
}

TEST(PositionAmounts, ImpossibleInputsAreErrors) {
    const PoolPrice price{sqrt_at(Tick(0)), Tick(0)};
    EXPECT_FALSE(position_amounts(price, {Tick(10), Tick(10)}, 1, Rounding::down));
    EXPECT_FALSE(position_amounts(price, {Tick(20), Tick(10)}, 1, Rounding::down));
    EXPECT_FALSE(position_amounts(price, {Tick(-887273), Tick(10)}, 1, Rounding::down));
    EXPECT_FALSE(position_amounts(price, {Tick(-10), Tick(887273)}, 1, Rounding::down));
    EXPECT_FALSE(position_amounts(price, {Tick(-10), Tick(10)}, U256::pow2(128), Rounding::down));
    EXPECT_FALSE(position_amounts({U256(0), Tick(0)}, {Tick(-10), Tick(10)}, 1, Rounding::down));
    EXPECT_EQ(*position_amounts(price, {Tick(-10), Tick(10)}, 0, Rounding::up), TokenAmounts{});
    EXPECT_TRUE(position_amounts(price, {kMinTick, kMaxTick}, kMax128, Rounding::up));
}

// ---- fees ----

TEST(Fees, MatchTheSdkAcrossTheWrap) {
    for (const auto& c : sdk().at("positions")) {
        const FeeGrowth inside =
            fee_growth_inside({tick(c, "tickLower"), tick(c, "tickUpper")}, tick(c, "tickCurrent"),
                              {number(c, "feeGrowthGlobal0X128"), number(c, "feeGrowthGlobal1X128")},
                              {.lower = {number(c, "lowerOutside0X128"), number(c, "lowerOutside1X128")},
                               .upper = {number(c, "upperOutside0X128"), number(c, "upperOutside1X128")}});
        EXPECT_EQ(inside, (FeeGrowth{number(c, "feeGrowthInside0X128"), number(c, "feeGrowthInside1X128")}));
        const FeeAccount account{
            .liquidity = number(c, "liquidity"),
            .inside_last = {number(c, "feeGrowthInside0LastX128"), number(c, "feeGrowthInside1LastX128")},
            .tokens_owed = {}};
        EXPECT_EQ(fees_after_update(account, inside),
                  (TokenAmounts{number(c, "feesOwed0"), number(c, "feesOwed1")}));
    }
}

RC_GTEST_PROP(Fees, EqualUnboundedArithmetic, ()) {
    const TickRange range = *any_range();
    const Tick current = *rc::gen::oneOf(
        any_tick(),
        rc::gen::element(range.lower, range.upper, Tick(range.lower.value - 1), Tick(range.upper.value - 1)));
    const U256 global = *bits_upto(256);
    const U256 lower = *bits_upto(256);
    const U256 upper = *bits_upto(256);
    const U256 last = *bits_upto(256);
    const U256 owed = *bits_upto(128);
    const U256 liquidity = *bits_upto(128);
    const Big g = big(global);
    const Big below = current.value >= range.lower.value ? big(lower) : g - big(lower);
    const Big above = current.value < range.upper.value ? big(upper) : g - big(upper);
    const Big want_inside = modulo(g - below - above, 256);
    // Token1 gets the mirror image, so that a mix-up of the two shows.
    const auto flip = [](const U256& v) { return ~v; };
    const FeeGrowth inside =
        fee_growth_inside(range, current, {global, flip(global)},
                          {.lower = {lower, flip(lower)}, .upper = {upper, flip(upper)}});
    RC_ASSERT(big(inside.token0) == want_inside);
    const Big growth = modulo(want_inside - big(last), 256);
    const Big earned = modulo((growth * big(liquidity)) >> 128, 128);
    const TokenAmounts got = fees_after_update({liquidity, {last, inside.token1}, {owed, owed}}, inside);
    RC_ASSERT(big(got.amount0) == modulo(big(owed) + earned, 128));
    RC_ASSERT(got.amount1 == owed);  // no growth since
}

TEST(Fees, ThePoolPaysNoMoreThanItOwesTheManager) {
    const FeeGrowth inside{U256::pow2(128) * 10, U256::pow2(128) * 10};
    const FeeAccount nft{.liquidity = 3, .inside_last = {}, .tokens_owed = {5, 5}};
    const FeeAccount pool{.liquidity = 7, .inside_last = inside, .tokens_owed = {34, 36}};
    EXPECT_EQ(collectable_fees(nft, pool, inside), (TokenAmounts{34, 35}));  // claim is 5 + 3 * 10
}

TEST(Fees, WithoutLiquidityNothingIsUpdated) {
    const FeeGrowth inside{U256::pow2(130), U256::pow2(130)};
    const FeeAccount nft{.liquidity = 0, .inside_last = {}, .tokens_owed = {9, 2}};
    const FeeAccount pool{.liquidity = 100, .inside_last = {}, .tokens_owed = {8, 3}};
    EXPECT_EQ(collectable_fees(nft, pool, inside), (TokenAmounts{8, 2}));
}

// ---- prices ----

RC_GTEST_PROP(Price, EqualsHundredDigitArithmetic, ()) {
    const U256 sqrt_p = *any_sqrt_price();
    const auto d0 = static_cast<std::uint8_t>(*rc::gen::inRange(0, 37));
    const auto d1 = static_cast<std::uint8_t>(*rc::gen::inRange(0, 37));
    const Real root = Real(big(sqrt_p)) / Real(Big(1) << 96);
    const Real want = root * root * pow(Real(10), Real(int{d0} - int{d1}));
    RC_ASSERT(abs(Real(v3_price(sqrt_p, d0, d1)) / want - 1) < Real("1e-14"));
}

RC_GTEST_PROP(Price, SqrtPriceInvertsPrice, ()) {
    const U256 sqrt_p = *any_sqrt_price();
    const auto d0 = static_cast<std::uint8_t>(*rc::gen::inRange(0, 37));
    const auto d1 = static_cast<std::uint8_t>(*rc::gen::inRange(0, 37));
    RC_PRE(sqrt_p > U256(4295343490) &&
           sqrt_p < sqrt_at(Tick(887271)));  // rounding may leave the range at its ends
    const auto back = v3_sqrt_price(v3_price(sqrt_p, d0, d1), d0, d1);
    RC_ASSERT(back.has_value());
    const Real error = abs(Real(big(*back)) - Real(big(sqrt_p)));
    RC_ASSERT(error <= 1 + Real(big(sqrt_p)) * Real("1e-14"));
}

TEST(Price, ImpossiblePricesAreErrors) {
    for (const double bad : {0.0, -1.0, 1e40, 1e-40, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(v3_sqrt_price(bad, 18, 18).error().code, Errc::decode) << bad;
    }
    EXPECT_EQ(*v3_sqrt_price(1.0, 18, 18), U256::pow2(96));
    EXPECT_EQ(*v3_sqrt_price(4.0, 6, 6), U256::pow2(97));
}

}  // namespace
}  // namespace outrigger
