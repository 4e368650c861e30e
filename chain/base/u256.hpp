// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "chain/base/assert.hpp"
#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/wide.hpp"

namespace outrigger {

enum class Rounding : std::uint8_t { down, up };

/// 256-bit unsigned integer, four little-endian limbs, trivially copyable.
///
/// + - * / % and << abort on overflow, underflow or a zero divisor: they are for values already
/// validated. checked_* answer nullopt and are for values from outside. wrapping_* exist because
/// Uniswap v3 fee growth wraps on purpose.
class U256 {
  public:
    constexpr U256() = default;
    constexpr U256(std::uint64_t v) : limb_{v, 0, 0, 0} {}  // NOLINT(google-explicit-constructor): exact
    static constexpr U256 from_limbs(std::array<std::uint64_t, 4> little_endian) {
        U256 r;
        r.limb_ = little_endian;
        return r;
    }
    static constexpr U256 max() { return from_limbs({~0ULL, ~0ULL, ~0ULL, ~0ULL}); }
    /// 2^n. Pre: n < 256.
    static constexpr U256 pow2(unsigned n) {
        OR_ASSERT(n < 256);
        U256 r;
        r.limb_[n / 64] = std::uint64_t{1} << (n % 64);
        return r;
    }
    /// 10^n. Pre: n <= 77.
    static constexpr U256 pow10(unsigned n);
    /// The number written in decimal. Errors: Errc::decode unless only decimal digits that fit.
    static Result<U256> from_decimal(std::string_view text);
    /// The number in big-endian bytes, at most 32. Pre: size <= 32.
    static constexpr U256 from_be(ByteView big_endian) {
        OR_ASSERT(big_endian.size() <= 32);
        U256 r;
        for (std::size_t i = 0; i < big_endian.size(); ++i) {
            r.limb_[i / 8] |= std::uint64_t{big_endian[big_endian.size() - 1 - i]} << (8 * (i % 8));
        }
        return r;
    }

    constexpr const std::array<std::uint64_t, 4>& limbs() const { return limb_; }
    /// The 32 big-endian bytes.
    constexpr std::array<std::uint8_t, 32> to_be() const {
        std::array<std::uint8_t, 32> out{};
        for (std::size_t i = 0; i < 32; ++i) {
            out[31 - i] = static_cast<std::uint8_t>(limb_[i / 8] >> (8 * (i % 8)));
        }
        return out;
    }
    /// The number in decimal, no leading zeros.
    std::string to_decimal() const;
    constexpr bool is_zero() const { return (limb_[0] | limb_[1] | limb_[2] | limb_[3]) == 0; }
    constexpr bool fits_u64() const { return (limb_[1] | limb_[2] | limb_[3]) == 0; }
    /// The number as 64 bits. Pre: fits_u64().
    constexpr std::uint64_t as_u64() const {
        OR_ASSERT(fits_u64());
        return limb_[0];
    }
    /// The number of bits without leading zeros; 0 for zero.
    constexpr unsigned bit_length() const {
        const std::size_t n = wide::used(limb_);
        if (n == 0) return 0;
        return static_cast<unsigned>(64 * n) - static_cast<unsigned>(std::countl_zero(limb_[n - 1]));
    }
    /// Whether bit i is set; false from 256 on.
    constexpr bool bit(unsigned i) const { return i < 256 && ((limb_[i / 64] >> (i % 64)) & 1) != 0; }
    /// Nearest double, ties to even; for estimates only.
    double to_double() const;

    friend constexpr bool operator==(const U256&, const U256&) = default;
    friend constexpr std::strong_ordering operator<=>(const U256& a, const U256& b) {
        for (std::size_t i = 4; i-- > 0;) {
            if (a.limb_[i] != b.limb_[i]) return a.limb_[i] <=> b.limb_[i];
        }
        return std::strong_ordering::equal;
    }

    friend constexpr U256 operator+(const U256& a, const U256& b) {
        const auto r = wide::add(a.limb_, b.limb_);
        OR_ASSERT(!r.carry);
        return from_limbs(r.value);
    }
    friend constexpr U256 operator-(const U256& a, const U256& b) {
        const auto r = wide::subtract(a.limb_, b.limb_);
        OR_ASSERT(!r.carry);
        return from_limbs(r.value);
    }
    friend constexpr U256 operator*(const U256& a, const U256& b) {
        const auto r = wide::multiply(a.limb_, b.limb_);
        OR_ASSERT((r[4] | r[5] | r[6] | r[7]) == 0);
        return from_limbs({r[0], r[1], r[2], r[3]});
    }
    friend constexpr U256 operator/(const U256& a, const U256& b) {
        OR_ASSERT(!b.is_zero());
        return from_limbs(wide::divide(a.limb_, b.limb_).quotient);
    }
    friend constexpr U256 operator%(const U256& a, const U256& b) {
        OR_ASSERT(!b.is_zero());
        return from_limbs(wide::divide(a.limb_, b.limb_).remainder);
    }
    friend constexpr U256 operator&(const U256& a, const U256& b) {
        return a.zip(b, [](std::uint64_t x, std::uint64_t y) { return x & y; });
    }
    friend constexpr U256 operator|(const U256& a, const U256& b) {
        return a.zip(b, [](std::uint64_t x, std::uint64_t y) { return x | y; });
    }
    friend constexpr U256 operator^(const U256& a, const U256& b) {
        return a.zip(b, [](std::uint64_t x, std::uint64_t y) { return x ^ y; });
    }
    constexpr U256 operator~() const { return *this ^ max(); }
    /// Multiplied by 2^n; aborts when a set bit would be lost.
    friend constexpr U256 operator<<(const U256& a, unsigned n) {
        OR_ASSERT(a.is_zero() || (n < 256 && a.bit_length() + n <= 256));
        return wrapping_shl(a, n);
    }
    /// Divided by 2^n, rounded down; zero from n = 256 on.
    friend constexpr U256 operator>>(const U256& a, unsigned n) {
        U256 r;
        if (n >= 256) return r;
        const std::size_t whole = n / 64;
        const unsigned part = n % 64;
        for (std::size_t i = 0; i + whole < 4; ++i) {
            r.limb_[i] = a.limb_[i + whole] >> part;
            if (part != 0 && i + whole + 1 < 4) r.limb_[i] |= a.limb_[i + whole + 1] << (64 - part);
        }
        return r;
    }
    /// a * 2^n mod 2^256.
    friend constexpr U256 wrapping_shl(const U256& a, unsigned n) {
        U256 r;
        if (n >= 256) return r;
        const std::size_t whole = n / 64;
        const unsigned part = n % 64;
        for (std::size_t i = whole; i < 4; ++i) {
            r.limb_[i] = a.limb_[i - whole] << part;
            if (part != 0 && i > whole) r.limb_[i] |= a.limb_[i - whole - 1] >> (64 - part);
        }
        return r;
    }

    constexpr U256& operator+=(const U256& b) { return *this = *this + b; }
    constexpr U256& operator-=(const U256& b) { return *this = *this - b; }
    constexpr U256& operator*=(const U256& b) { return *this = *this * b; }
    constexpr U256& operator/=(const U256& b) { return *this = *this / b; }
    constexpr U256& operator%=(const U256& b) { return *this = *this % b; }
    constexpr U256& operator&=(const U256& b) { return *this = *this & b; }
    constexpr U256& operator|=(const U256& b) { return *this = *this | b; }
    constexpr U256& operator^=(const U256& b) { return *this = *this ^ b; }
    constexpr U256& operator<<=(unsigned n) { return *this = *this << n; }
    constexpr U256& operator>>=(unsigned n) { return *this = *this >> n; }

  private:
    template <class F>
    constexpr U256 zip(const U256& b, F f) const {
        return from_limbs({f(limb_[0], b.limb_[0]), f(limb_[1], b.limb_[1]), f(limb_[2], b.limb_[2]),
                           f(limb_[3], b.limb_[3])});
    }

    std::array<std::uint64_t, 4> limb_{};
};
static_assert(sizeof(U256) == 32 && std::is_trivially_copyable_v<U256>);

constexpr U256 U256::pow10(unsigned n) {
    OR_ASSERT(n <= 77);
    U256 r(1);
    for (unsigned i = 0; i < n; ++i) r *= 10;
    return r;
}

/// a + b, or nothing when it does not fit.
constexpr std::optional<U256> checked_add(const U256& a, const U256& b) {
    const auto r = wide::add(a.limbs(), b.limbs());
    if (r.carry) return std::nullopt;
    return U256::from_limbs(r.value);
}
/// a - b, or nothing when b > a.
constexpr std::optional<U256> checked_sub(const U256& a, const U256& b) {
    const auto r = wide::subtract(a.limbs(), b.limbs());
    if (r.carry) return std::nullopt;
    return U256::from_limbs(r.value);
}
/// a * b, or nothing when it does not fit.
constexpr std::optional<U256> checked_mul(const U256& a, const U256& b) {
    const auto r = wide::multiply(a.limbs(), b.limbs());
    if ((r[4] | r[5] | r[6] | r[7]) != 0) return std::nullopt;
    return U256::from_limbs({r[0], r[1], r[2], r[3]});
}
/// a + b mod 2^256.
constexpr U256 wrapping_add(const U256& a, const U256& b) {
    return U256::from_limbs(wide::add(a.limbs(), b.limbs()).value);
}
/// a - b mod 2^256.
constexpr U256 wrapping_sub(const U256& a, const U256& b) {
    return U256::from_limbs(wide::subtract(a.limbs(), b.limbs()).value);
}
/// a * b mod 2^256.
constexpr U256 wrapping_mul(const U256& a, const U256& b) {
    const auto r = wide::multiply(a.limbs(), b.limbs());
    return U256::from_limbs({r[0], r[1], r[2], r[3]});
}
/// a - b, or zero when b > a.
constexpr U256 saturating_sub(const U256& a, const U256& b) {
    return checked_sub(a, b).value_or(U256());
}

/// a * b / d with a 512-bit product, or nothing when d is zero or the result does not fit.
constexpr std::optional<U256> mul_div(const U256& a, const U256& b, const U256& d,
                                      Rounding rounding = Rounding::down) {
    if (d.is_zero()) return std::nullopt;
    const auto r = wide::divide(wide::multiply(a.limbs(), b.limbs()), d.limbs());
    const auto& q = r.quotient;
    if ((q[4] | q[5] | q[6] | q[7]) != 0) return std::nullopt;
    const U256 floor = U256::from_limbs({q[0], q[1], q[2], q[3]});
    if (rounding == Rounding::down || U256::from_limbs(r.remainder).is_zero()) return floor;
    return checked_add(floor, 1);
}

/// a / b rounded as asked. Pre: b != 0.
constexpr U256 div_round(const U256& a, const U256& b, Rounding rounding) {
    OR_ASSERT(!b.is_zero());
    const auto r = wide::divide(a.limbs(), b.limbs());
    const U256 floor = U256::from_limbs(r.quotient);
    return rounding == Rounding::up && !U256::from_limbs(r.remainder).is_zero() ? floor + 1 : floor;
}

/// The largest r with r * r <= a.
constexpr U256 isqrt(const U256& a) {
    if (a.is_zero()) return a;
    // Newton from above: starts at or over the root and falls until it no longer does.
    U256 r = U256::pow2((a.bit_length() + 1) / 2);
    for (;;) {
        const U256 next = (r + a / r) >> 1;
        if (next >= r) return r;
        r = next;
    }
}

/// 256-bit signed integer, two's complement, trivially copyable: int256 as the EVM has it.
///
/// + and - (also unary) abort when the result does not fit; checked_* answer nullopt.
class I256 {
  public:
    constexpr I256() = default;
    constexpr I256(std::int64_t v)  // NOLINT(google-explicit-constructor): exact
        : bits_(U256::from_limbs({static_cast<std::uint64_t>(v), fill(v), fill(v), fill(v)})) {}
    /// The number with these 256 bits in two's complement.
    static constexpr I256 from_bits(const U256& bits) {
        I256 r;
        r.bits_ = bits;
        return r;
    }
    /// magnitude or -magnitude, or nothing when it does not fit.
    static constexpr std::optional<I256> from_parts(const U256& magnitude, bool negative) {
        const U256 limit = U256::pow2(255);
        if (negative ? magnitude > limit : magnitude >= limit) return std::nullopt;
        return from_bits(negative ? wrapping_sub(U256(), magnitude) : magnitude);
    }
    static constexpr I256 min() { return from_bits(U256::pow2(255)); }
    static constexpr I256 max() { return from_bits(U256::max() >> 1); }
    /// The number written in decimal, with '-' when negative. Errors: Errc::decode otherwise or out of range.
    static Result<I256> from_decimal(std::string_view text);

    constexpr const U256& bits() const { return bits_; }
    constexpr bool is_zero() const { return bits_.is_zero(); }
    constexpr bool is_negative() const { return bits_.bit(255); }
    /// The absolute value; 2^255 for min().
    constexpr U256 magnitude() const { return is_negative() ? wrapping_sub(U256(), bits_) : bits_; }
    constexpr bool fits_i64() const { return *this == I256(static_cast<std::int64_t>(bits_.limbs()[0])); }
    /// The number as 64 bits. Pre: fits_i64().
    constexpr std::int64_t as_i64() const {
        OR_ASSERT(fits_i64());
        return static_cast<std::int64_t>(bits_.limbs()[0]);
    }
    /// The 32 big-endian bytes, two's complement.
    constexpr std::array<std::uint8_t, 32> to_be() const { return bits_.to_be(); }
    /// The number in decimal, '-' when negative.
    std::string to_decimal() const;
    /// Nearest double, ties to even; for estimates only.
    double to_double() const;

    friend constexpr bool operator==(const I256&, const I256&) = default;
    friend constexpr std::strong_ordering operator<=>(const I256& a, const I256& b) {
        if (a.is_negative() != b.is_negative()) {
            return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
        }
        return a.bits_ <=> b.bits_;
    }
    friend constexpr std::optional<I256> checked_add(const I256& a, const I256& b) {
        const I256 r = from_bits(wrapping_add(a.bits_, b.bits_));
        if (a.is_negative() == b.is_negative() && r.is_negative() != a.is_negative()) return std::nullopt;
        return r;
    }
    friend constexpr std::optional<I256> checked_sub(const I256& a, const I256& b) {
        const I256 r = from_bits(wrapping_sub(a.bits_, b.bits_));
        if (a.is_negative() != b.is_negative() && r.is_negative() != a.is_negative()) return std::nullopt;
        return r;
    }
    friend constexpr std::optional<I256> checked_negate(const I256& a) { return checked_sub(I256(), a); }
    friend constexpr I256 operator+(const I256& a, const I256& b) {
        const auto r = checked_add(a, b);
        OR_ASSERT(r.has_value());
        return *r;
    }
    friend constexpr I256 operator-(const I256& a, const I256& b) {
        const auto r = checked_sub(a, b);
        OR_ASSERT(r.has_value());
        return *r;
    }
    constexpr I256 operator-() const { return I256() - *this; }
    constexpr I256 negate() const { return -*this; }

  private:
    static constexpr std::uint64_t fill(std::int64_t v) { return v < 0 ? ~0ULL : 0; }
    U256 bits_;
};
static_assert(sizeof(I256) == 32 && std::is_trivially_copyable_v<I256>);

}  // namespace outrigger
