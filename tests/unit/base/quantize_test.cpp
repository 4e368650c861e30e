// SPDX-License-Identifier: Apache-2.0
// The crossings between integers and doubles against exact rational arithmetic (Boost.Multiprecision).
#include "chain/base/quantize.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_int.hpp>

namespace outrigger {
namespace {

using Big = boost::multiprecision::cpp_int;
using Rational = boost::multiprecision::cpp_rational;

Big big(const U256& v) {
    return Big(v.to_decimal());
}

/// units * 10^decimals exactly.
Rational exact(double units, unsigned decimals) {
    int exponent = 0;
    const auto bits = static_cast<std::int64_t>(std::ldexp(std::frexp(units, &exponent), 53));
    exponent -= 53;
    Rational r(bits);
    if (exponent >= 0) {
        r *= Rational(Big(1) << exponent);
    } else {
        r /= Rational(Big(1) << -exponent);
    }
    return r * Rational(pow(Big(10), decimals));
}

void expect_rounded(double units, unsigned decimals) {
    const Rational want = exact(units, decimals);
    const Big floor = numerator(want) / denominator(want);
    const Big ceiling = floor + (Rational(floor) == want ? 0 : 1);
    const auto down = quantize(units, decimals, Rounding::down);
    const auto up = quantize(units, decimals, Rounding::up);
    if (want > Rational(Big(1) << 255)) {
        ASSERT_FALSE(down || up) << units;
        return;
    }
    ASSERT_TRUE(down && up) << units << " with " << decimals;
    ASSERT_EQ(big(*down), floor) << units << " with " << decimals;
    ASSERT_EQ(big(*up), ceiling) << units << " with " << decimals;
}

TEST(Quantize, IsExactForEveryKindOfDouble) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 20000; ++i) {
        const int exponent = static_cast<int>(random() % 320) - 120;
        const double units = std::ldexp(static_cast<double>(random() >> 11), exponent - 53);
        expect_rounded(units, static_cast<unsigned>(random() % (kMaxDecimals + 1)));
    }
    for (const double units : {0.0, -0.0, 0.1, 0.3, 1.0, 1e-18, 5e-324, 2.2250738585072014e-308, 1e18, 1e40,
                               4503599627370496.5, 9007199254740993.0, 1e77, 1e300, 1.7976931348623157e308}) {
        for (const unsigned decimals : {0U, 6U, 8U, 18U, 36U}) expect_rounded(units, decimals);
    }
}

TEST(Quantize, DirectionIsHonouredToTheLastBaseUnit) {
    // 0.1 is a little more than a tenth, 0.3 a little less than three tenths.
    EXPECT_EQ(quantize(0.1, 18, Rounding::down), U256(100000000000000005ULL));
    EXPECT_EQ(quantize(0.1, 18, Rounding::up), U256(100000000000000006ULL));
    EXPECT_EQ(quantize(0.3, 6, Rounding::down), U256(299999));
    EXPECT_EQ(quantize(0.3, 6, Rounding::up), U256(300000));
    EXPECT_EQ(quantize(1.5, 6, Rounding::down), U256(1500000));
    EXPECT_EQ(quantize(1.5, 6, Rounding::up), U256(1500000));
    EXPECT_EQ(quantize(5e-324, 18, Rounding::up), U256(1));
    EXPECT_EQ(quantize(5e-324, 18, Rounding::down), U256(0));
}

TEST(Quantize, WhatIsNoAmountIsRefused) {
    for (const double units :
         {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
          -std::numeric_limits<double>::infinity(), -1.0, -5e-324,
          std::nextafter(std::ldexp(1.0, 255), INFINITY), std::ldexp(1.0, 256), 1e308}) {
        const auto r = quantize(units, 0, Rounding::down);
        ASSERT_FALSE(r) << units;
        EXPECT_EQ(r.error().code, Errc::decode);
    }
    EXPECT_EQ(quantize(std::ldexp(1.0, 255), 0, Rounding::up), U256::pow2(255));
    EXPECT_FALSE(quantize(1.0, 37, Rounding::down));
    EXPECT_FALSE(quantize_lot(1.0, 18, 0, Rounding::down));
    EXPECT_FALSE(quantize_lot(std::ldexp(1.0, 254), 0, U256::max(), Rounding::up));
}

TEST(Quantize, LotsRoundTheWayAsked) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 5000; ++i) {
        const double units = static_cast<double>(random() % 1'000'000'000) / 997.0;
        const U256 lot =
            i % 2 == 0 ? U256(1 + random() % 1000) : U256::pow10(static_cast<unsigned>(random() % 12));
        const Rational want = exact(units, 9);
        const auto down = quantize_lot(units, 9, lot, Rounding::down);
        const auto up = quantize_lot(units, 9, lot, Rounding::up);
        ASSERT_TRUE(down && up);
        ASSERT_EQ(big(*down) % big(lot), 0);
        ASSERT_EQ(big(*up) % big(lot), 0);
        ASSERT_TRUE(Rational(big(*down)) <= want && want - Rational(big(*down)) < Rational(big(lot)))
            << units;
        ASSERT_TRUE(Rational(big(*up)) >= want && Rational(big(*up)) - want < Rational(big(lot))) << units;
    }
}

TEST(ToUnits, StaysWithinADoublesPrecision) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 5000; ++i) {
        const U256 amount =
            U256::from_limbs({random(), random(), 0, 0}) >> static_cast<unsigned>(random() % 128);
        const auto decimals = static_cast<unsigned>(random() % (kMaxDecimals + 1));
        const Rational got = exact(to_units(amount, decimals), decimals);
        const Rational error = abs(got - Rational(big(amount)));
        const int bits = decimals <= 22 ? 52 : 51;  // 10^23 is the first power of ten that is not a double
        ASSERT_TRUE(error <= Rational(big(amount)) / Rational(Big(1) << bits)) << amount.to_decimal();
    }
}

TEST(ToUnits, SignsAndKnownValues) {
    EXPECT_EQ(to_units(U256(1500000), 6), 1.5);
    EXPECT_EQ(to_units(U256::pow10(18), 18), 1.0);
    EXPECT_EQ(to_units(U256(1), 18), 1e-18);
    EXPECT_EQ(to_units(U256(), 18), 0.0);
    EXPECT_EQ(to_units(I256(-2500000), 6), -2.5);
    EXPECT_EQ(to_units(I256(2500000), 6), 2.5);
}

}  // namespace
}  // namespace outrigger
