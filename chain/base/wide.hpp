// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// Arithmetic on arrays of 64-bit limbs, least significant first: what U256 is made of. Nothing here checks
/// ranges; U256 does.
namespace outrigger::wide {

__extension__ using Uint128 = unsigned __int128;
using Limbs4 = std::array<std::uint64_t, 4>;
using Limbs8 = std::array<std::uint64_t, 8>;

constexpr std::uint64_t low(Uint128 v) {
    return static_cast<std::uint64_t>(v);
}
constexpr std::uint64_t high(Uint128 v) {
    return static_cast<std::uint64_t>(v >> 64);
}

struct Carried {
    Limbs4 value;
    bool carry = false;
};

/// a + b mod 2^256, and whether it passed 2^256.
constexpr Carried add(const Limbs4& a, const Limbs4& b) {
    Carried r{};
    Uint128 sum = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        sum = Uint128{a[i]} + b[i] + high(sum);
        r.value[i] = low(sum);
    }
    r.carry = high(sum) != 0;
    return r;
}

/// a - b mod 2^256, and whether b > a.
constexpr Carried subtract(const Limbs4& a, const Limbs4& b) {
    Carried r{};
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        const Uint128 difference = Uint128{a[i]} - b[i] - borrow;
        r.value[i] = low(difference);
        borrow = high(difference) != 0 ? 1 : 0;
    }
    r.carry = borrow != 0;
    return r;
}

/// The full 512-bit product.
constexpr Limbs8 multiply(const Limbs4& a, const Limbs4& b) {
    Limbs8 r{};
    for (std::size_t i = 0; i < 4; ++i) {
        std::uint64_t carry = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const Uint128 t = Uint128{a[i]} * b[j] + r[i + j] + carry;
            r[i + j] = low(t);
            carry = high(t);
        }
        r[i + 4] = carry;
    }
    return r;
}

/// How many limbs are in use: 0 for zero.
template <std::size_t N>
constexpr std::size_t used(const std::array<std::uint64_t, N>& a) {
    std::size_t n = N;
    while (n > 0 && a[n - 1] == 0) --n;
    return n;
}

template <std::size_t N>
struct Divided {
    std::array<std::uint64_t, N> quotient{};
    Limbs4 remainder{};
};

/// Quotient and remainder by one limb. Pre: divisor != 0.
template <std::size_t N>
constexpr Divided<N> divide_by_limb(const std::array<std::uint64_t, N>& a, std::uint64_t divisor) {
    Divided<N> r;
    std::uint64_t rest = 0;
    for (std::size_t i = used(a); i-- > 0;) {
        const Uint128 part = (Uint128{rest} << 64) | a[i];
        r.quotient[i] = low(part / divisor);
        rest = low(part % divisor);
    }
    r.remainder[0] = rest;
    return r;
}

namespace detail {

/// One digit of Knuth's algorithm D: the quotient of the n+1 limbs u[j..] by the normalised v[0..n), which is
/// subtracted in place.
template <std::size_t M>
constexpr std::uint64_t quotient_digit(std::array<std::uint64_t, M>& u, std::size_t j, const Limbs4& v,
                                       std::size_t n) {
    const Uint128 top = (Uint128{u[j + n]} << 64) | u[j + n - 1];
    Uint128 estimate = u[j + n] >= v[n - 1] ? Uint128{~0ULL} : top / v[n - 1];
    Uint128 rest = top - estimate * v[n - 1];
    while (high(rest) == 0 && estimate * v[n - 2] > ((rest << 64) | u[j + n - 2])) {
        --estimate;
        rest += v[n - 1];
    }
    std::uint64_t carry = 0;
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Uint128 product = estimate * v[i] + carry;
        carry = high(product);
        const Uint128 difference = Uint128{u[j + i]} - low(product) - borrow;
        u[j + i] = low(difference);
        borrow = high(difference) != 0 ? 1 : 0;
    }
    const Uint128 difference = Uint128{u[j + n]} - carry - borrow;
    u[j + n] = low(difference);
    if (high(difference) == 0) return low(estimate);
    // The estimate was one too large (probability about 2^-63): give one divisor back.
    std::uint64_t back = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Uint128 sum = Uint128{u[j + i]} + v[i] + back;
        u[j + i] = low(sum);
        back = high(sum);
    }
    u[j + n] += back;
    return low(estimate) - 1;
}

}  // namespace detail

/// Quotient and remainder. Pre: divisor != 0. Source: Knuth, TAOCP volume 2, 4.3.1, algorithm D.
template <std::size_t N>
constexpr Divided<N> divide(const std::array<std::uint64_t, N>& a, const Limbs4& divisor) {
    const std::size_t n = used(divisor);
    const std::size_t m = used(a);
    if (n == 1) return divide_by_limb(a, divisor[0]);
    Divided<N> r;
    if (m < n) {
        for (std::size_t i = 0; i < m; ++i) r.remainder[i] = a[i];
        return r;
    }
    const auto shift = static_cast<unsigned>(std::countl_zero(divisor[n - 1]));
    const auto shifted = [shift](std::uint64_t hi, std::uint64_t lo) {
        return shift == 0 ? hi : (hi << shift) | (lo >> (64 - shift));
    };
    Limbs4 v{};
    for (std::size_t i = n; i-- > 0;) v[i] = shifted(divisor[i], i > 0 ? divisor[i - 1] : 0);
    std::array<std::uint64_t, N + 1> u{};
    u[m] = shift == 0 ? 0 : a[m - 1] >> (64 - shift);
    for (std::size_t i = m; i-- > 0;) u[i] = shifted(a[i], i > 0 ? a[i - 1] : 0);
    for (std::size_t j = m - n + 1; j-- > 0;) r.quotient[j] = detail::quotient_digit(u, j, v, n);
    for (std::size_t i = 0; i < n; ++i) {
        r.remainder[i] = shift == 0 ? u[i] : (u[i] >> shift) | (u[i + 1] << (64 - shift));
    }
    return r;
}

}  // namespace outrigger::wide
