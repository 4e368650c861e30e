// SPDX-License-Identifier: Apache-2.0
// U256 and I256 against Boost.Multiprecision, which shares no code with them.
#include "chain/base/u256.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>
#include <boost/multiprecision/cpp_int.hpp>

namespace outrigger {
namespace {

using Big = boost::multiprecision::cpp_int;

const Big kTwo256 = Big(1) << 256;

Big big(const U256& v) {
    const auto be = v.to_be();
    Big r;
    boost::multiprecision::import_bits(r, be.begin(), be.end(), 8);
    return r;
}

Big big(const I256& v) {
    const Big bits = big(v.bits());
    return bits >= kTwo256 / 2 ? Big(bits - kTwo256) : bits;
}

/// Numbers where carries, borrows and quotient digits go wrong: powers of two plus or minus a little, limbs
/// of all zeros or all ones, and plain random ones of every length.
class Hard {
  public:
    explicit Hard(std::uint64_t seed) : random_(seed) {}

    U256 operator()() {
        switch (random_() % 4) {
            case 0: {
                const U256 p = U256::pow2(static_cast<unsigned>(random_() % 256));
                const std::uint64_t delta = random_() % 3;
                return random_() % 2 == 0 ? wrapping_add(p, delta) : wrapping_sub(p, delta);
            }
            case 1: return U256::from_limbs({limb(), limb(), limb(), limb()});
            case 2: return U256::from_limbs({random_(), random_(), random_(), random_()});
            default:
                return U256::from_limbs({random_(), random_(), random_(), random_()}) >>
                       static_cast<unsigned>(random_() % 257);
        }
    }
    std::uint64_t raw() { return random_(); }

  private:
    std::uint64_t limb() {
        switch (random_() % 5) {
            case 0: return 0;
            case 1: return ~0ULL;
            case 2: return std::uint64_t{1} << 63;
            case 3: return (std::uint64_t{1} << 63) - 1;
            default: return random_();
        }
    }
    std::mt19937_64 random_;
};

TEST(U256, AgreesWithBoostOnEveryOperation) {
    Hard next(1);
    for (int i = 0; i < 20000; ++i) {
        const U256 a = next();
        const U256 b = next();
        const Big x = big(a);
        const Big y = big(b);
        const auto n = static_cast<unsigned>(next.raw() % 300);
        ASSERT_EQ(big(wrapping_add(a, b)), (x + y) % kTwo256) << a.to_decimal() << " " << b.to_decimal();
        ASSERT_EQ(big(wrapping_sub(a, b)), (x - y + kTwo256) % kTwo256);
        ASSERT_EQ(big(wrapping_mul(a, b)), (x * y) % kTwo256);
        ASSERT_EQ(checked_add(a, b).has_value(), x + y < kTwo256);
        ASSERT_EQ(checked_sub(a, b).has_value(), x >= y);
        ASSERT_EQ(checked_mul(a, b).has_value(), x * y < kTwo256);
        if (x + y < kTwo256) {
            ASSERT_EQ(big(a + b), x + y);
        }
        if (x >= y) {
            ASSERT_EQ(big(a - b), x - y);
        }
        if (x * y < kTwo256) {
            ASSERT_EQ(big(a * b), x * y);
        }
        ASSERT_EQ(big(saturating_sub(a, b)), x > y ? Big(x - y) : Big(0));
        if (y != 0) {
            ASSERT_EQ(big(a / b), x / y) << a.to_decimal() << " / " << b.to_decimal();
            ASSERT_EQ(big(a % b), x % y);
            ASSERT_EQ(big(div_round(a, b, Rounding::up)), (x + y - 1) / y);
        }
        ASSERT_EQ(big(a & b), x & y);
        ASSERT_EQ(big(a | b), x | y);
        ASSERT_EQ(big(a ^ b), x ^ y);
        ASSERT_EQ(big(~a), kTwo256 - 1 - x);
        ASSERT_EQ(big(a >> n), x >> n);
        ASSERT_EQ(big(wrapping_shl(a, n)), (x << n) % kTwo256);
        if ((x << n) < kTwo256) {
            ASSERT_EQ(big(a << n), x << n);
        }
        ASSERT_EQ(a < b, x < y);
        ASSERT_EQ(a <= b, x <= y);
        ASSERT_EQ(a == b, x == y);
        ASSERT_EQ(a.bit_length(), x == 0 ? 0 : msb(x) + 1);
        ASSERT_EQ(a.bit(n), n < 256 && bit_test(x, n));
    }
}

TEST(U256, SmallDivisorsAndEqualLengthsDivide) {
    // The two-, three- and four-limb divisors with a top limb of all ones or just over half make Knuth's
    // quotient estimate one or two too large.
    Hard next(2);
    for (int i = 0; i < 20000; ++i) {
        const U256 b =
            U256::from_limbs({next.raw() % 2 == 0 ? ~0ULL : 0, next.raw() % 2 == 0 ? 0 : ~0ULL,
                              next.raw() % 3 == 0 ? 0 : std::uint64_t{1} << 63,
                              next.raw() % 2 == 0 ? 0 : (std::uint64_t{1} << 63) + next.raw() % 2});
        if (b.is_zero()) continue;
        const U256 a = i % 2 == 0 ? next() : wrapping_mul(b, next.raw() % 5);
        ASSERT_EQ(big(a / b), big(a) / big(b)) << a.to_decimal() << " / " << b.to_decimal();
        ASSERT_EQ(big(a % b), big(a) % big(b)) << a.to_decimal() << " % " << b.to_decimal();
    }
}

TEST(U256, MulDivAgreesWithBoost) {
    Hard next(3);
    int fits = 0;
    for (int i = 0; i < 40000; ++i) {
        const U256 a = next();
        const U256 b = next();
        // Half the divisors lie near a * b / 2^256, where the result just fits or just does not.
        U256 d = next();
        if (i % 2 == 0) {
            const auto product = wide::multiply(a.limbs(), b.limbs());
            d = wrapping_add(U256::from_limbs({product[4], product[5], product[6], product[7]}),
                             next.raw() % 3);
        }
        const auto down = mul_div(a, b, d, Rounding::down);
        const auto up = mul_div(a, b, d, Rounding::up);
        if (d.is_zero()) {
            ASSERT_FALSE(down || up);
            continue;
        }
        const Big product = big(a) * big(b);
        const Big floor = product / big(d);
        const Big ceiling = (product + big(d) - 1) / big(d);
        ASSERT_EQ(down.has_value(), floor < kTwo256);
        ASSERT_EQ(up.has_value(), ceiling < kTwo256);
        if (down) {
            ASSERT_EQ(big(*down), floor);
        }
        if (up) {
            ASSERT_EQ(big(*up), ceiling);
        }
        fits += down.has_value() ? 1 : 0;
    }
    EXPECT_GT(fits, 10000);
    EXPECT_LT(fits, 39000);
}

TEST(U256, IntegerSquareRootIsTheFloor) {
    Hard next(4);
    for (int i = 0; i < 5000; ++i) {
        const U256 a = i % 2 == 0 ? next() : wrapping_mul(next() >> 128, next() >> 128);
        ASSERT_EQ(big(isqrt(a)), sqrt(big(a))) << a.to_decimal();
        const U256 r = a >> 128;
        ASSERT_EQ(isqrt(r * r), r);
        if (!r.is_zero()) {
            ASSERT_EQ(isqrt(r * r - 1), r - 1);
        }
    }
    EXPECT_EQ(isqrt(0), U256(0));
    EXPECT_EQ(isqrt(U256::max()), U256::pow2(128) - 1);
}

TEST(U256, DecimalAndBigEndianThereAndBack) {
    Hard next(5);
    for (int i = 0; i < 5000; ++i) {
        const U256 a = next();
        ASSERT_EQ(a.to_decimal(), big(a).str());
        ASSERT_EQ(U256::from_decimal(a.to_decimal()), a);
        ASSERT_EQ(U256::from_be(a.to_be()), a);
    }
    EXPECT_EQ(U256().to_decimal(), "0");
    EXPECT_EQ(U256::pow10(19).to_decimal(), "10000000000000000000");
    EXPECT_EQ(U256::pow10(77).to_decimal(), "1" + std::string(77, '0'));
    EXPECT_EQ((U256::pow10(38) + 5).to_decimal(), "100000000000000000000000000000000000005");
    EXPECT_EQ(U256::from_be(Bytes{}), U256(0));
    EXPECT_EQ(U256::from_be(Bytes{1, 0}), U256(256));
}

TEST(U256, DecimalTextThatIsNotANumberIsRefused) {
    const std::string max = U256::max().to_decimal();
    EXPECT_EQ(U256::from_decimal(max), U256::max());
    EXPECT_EQ(U256::from_decimal("000" + max), U256::max());
    const std::string over = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
    for (const std::string& text : {std::string(), over, max + "0", std::string("-1"), std::string("+1"),
                                    std::string(" 1"), std::string("1 "), std::string("1.0"),
                                    std::string("1e3"), std::string("0x1"), std::string("1\0", 2)}) {
        const auto r = U256::from_decimal(text);
        ASSERT_FALSE(r) << text;
        EXPECT_EQ(r.error().code, Errc::decode);
    }
}

TEST(U256, ToDoubleIsNearestTiesToEven) {
    Hard next(6);
    for (int i = 0; i < 20000; ++i) {
        const U256 a = next();
        const double got = a.to_double();
        const double below = std::nextafter(got, 0.0);
        const double above = std::nextafter(got, std::numeric_limits<double>::infinity());
        const auto distance = [&](double d) -> Big { return abs(Big(d) - big(a)); };
        ASSERT_LE(distance(got), distance(above)) << a.to_decimal();
        if (got > 0) {
            ASSERT_LE(distance(got), distance(below)) << a.to_decimal();
        }
    }
    EXPECT_EQ((U256::pow2(53) + 1).to_double(), 9007199254740992.0);  // tie, to even
    EXPECT_EQ((U256::pow2(53) + 3).to_double(), 9007199254740996.0);
    EXPECT_EQ((U256::pow2(200) + U256::pow2(147)).to_double(), std::ldexp(1.0, 200));
    EXPECT_EQ((U256::pow2(200) + U256::pow2(147) + 1).to_double(),
              std::nextafter(std::ldexp(1.0, 200), INFINITY));
    EXPECT_EQ(U256::max().to_double(), std::ldexp(1.0, 256));
}

TEST(U256, WorksAtCompileTime) {
    static_assert(*mul_div(U256::max(), U256::max() - 1, U256::max()) == U256::max() - 1);
    static_assert(U256::pow10(18) / U256(3) * 3 + U256::pow10(18) % 3 == U256::pow10(18));
    static_assert(isqrt(U256::pow2(255)) < U256::pow2(128));
    static_assert(I256(-1).bits() == U256::max() && -I256(5) == I256(-5));
    SUCCEED();
}

TEST(U256, CompoundOperatorsDoWhatTheirNamesSay) {
    U256 v(10);
    v += 5;
    v -= 3;
    v *= 7;
    v /= 2;
    v %= 25;
    EXPECT_EQ(v, U256(17));
    v <<= 200;
    v >>= 199;
    v |= 1;
    v &= 0x2f;
    v ^= 0xff;
    EXPECT_EQ(v, U256(0xff ^ 0x23));
}

TEST(U256Death, AbortsInsteadOfBeingWrong) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    U256 sink;
    EXPECT_DEATH(sink = U256::max() + 1, "assertion failed");
    EXPECT_DEATH(sink = U256(1) - 2, "assertion failed");
    EXPECT_DEATH(sink = U256::max() * 2, "assertion failed");
    EXPECT_DEATH(sink = U256(1) / U256(), "assertion failed");
    EXPECT_DEATH(sink = U256(1) % U256(), "assertion failed");
    EXPECT_DEATH(sink = U256(3) << 255, "assertion failed");
    EXPECT_DEATH(sink = U256(1) << 256, "assertion failed");
    EXPECT_DEATH(sink = U256(U256::pow2(64).as_u64()), "assertion failed");
    EXPECT_DEATH(sink = (-I256::min()).bits(), "assertion failed");
}

TEST(I256, AgreesWithBoost) {
    Hard next(7);
    const Big half = kTwo256 / 2;
    for (int i = 0; i < 20000; ++i) {
        const I256 a = I256::from_bits(next());
        const I256 b = I256::from_bits(next());
        const Big x = big(a);
        const Big y = big(b);
        const auto fits = [&](const Big& v) { return v >= -half && v < half; };
        ASSERT_EQ(checked_add(a, b).has_value(), fits(x + y));
        ASSERT_EQ(checked_sub(a, b).has_value(), fits(x - y));
        if (fits(x + y)) {
            ASSERT_EQ(big(a + b), x + y);
        }
        if (fits(x - y)) {
            ASSERT_EQ(big(a - b), x - y);
        }
        ASSERT_EQ(checked_negate(a).has_value(), fits(-x));
        ASSERT_EQ(a < b, x < y);
        ASSERT_EQ(a == b, x == y);
        ASSERT_EQ(a.is_negative(), x < 0);
        ASSERT_EQ(big(a.magnitude()), abs(x));
        ASSERT_EQ(a.to_decimal(), x.str());
        ASSERT_EQ(I256::from_decimal(x.str()), a);
        ASSERT_EQ(I256::from_parts(a.magnitude(), a.is_negative()), a);
        ASSERT_EQ(a.fits_i64(), x >= std::numeric_limits<std::int64_t>::min() &&
                                    x <= std::numeric_limits<std::int64_t>::max());
        if (a.fits_i64()) {
            ASSERT_EQ(Big(a.as_i64()), x);
        }
    }
}

TEST(I256, LimitsAreExact) {
    EXPECT_EQ(I256::min().magnitude(), U256::pow2(255));
    EXPECT_FALSE(I256::from_parts(U256::pow2(255), false));
    EXPECT_EQ(I256::from_parts(U256::pow2(255), true), I256::min());
    EXPECT_FALSE(I256::from_parts(U256::pow2(255) + 1, true));
    EXPECT_EQ(I256::from_parts(0, true), I256(0));
    EXPECT_EQ(I256::from_decimal("-0"), I256(0));
    EXPECT_EQ(I256(std::numeric_limits<std::int64_t>::min()).to_decimal(), "-9223372036854775808");
    EXPECT_EQ(I256(-3).to_double(), -3.0);
    for (const char* text :
         {"", "-", "--1", "+1", "- 1",
          "57896044618658097711785492504343953926634992332820282019728792003956564819968",
          "-57896044618658097711785492504343953926634992332820282019728792003956564819969"}) {
        EXPECT_FALSE(I256::from_decimal(text)) << text;
    }
}

}  // namespace
}  // namespace outrigger
