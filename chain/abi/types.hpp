// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "chain/base/assert.hpp"
#include "chain/base/bytes.hpp"
#include "chain/base/u256.hpp"

/// C++ types for the ABI's, and the ABI's names for them.
///
///   Address            address            Bytes               bytes
///   bool               bool               std::string         string
///   U256, I256         uint256, int256    std::vector<T>      T[]
///   UInt<N>, Int<N>    uintN, intN        std::array<T, K>    T[K]
///   Hash32, Selector   bytes32, bytes4    std::tuple<T...>    (T,...): a struct, or several return values
namespace outrigger::abi {

namespace detail {
constexpr bool is_width(unsigned bits) {
    return bits >= 8 && bits < 256 && bits % 8 == 0;
}
}  // namespace detail

/// uint8 .. uint248: 64 bits in C++ when that holds it, U256 otherwise. Never out of range.
template <unsigned Bits>
class UInt {
    static_assert(detail::is_width(Bits));

  public:
    using Rep = std::conditional_t<(Bits <= 64), std::uint64_t, U256>;
    static constexpr U256 max() { return U256::pow2(Bits) - 1; }
    static constexpr bool fits(const U256& v) { return v.bit_length() <= Bits; }
    /// The value, or nothing when it does not fit: for values from outside.
    static constexpr std::optional<UInt> checked(const U256& v) {
        if (!fits(v)) return std::nullopt;
        if constexpr (Bits <= 64) {
            return UInt(v.as_u64());
        } else {
            return UInt(v);
        }
    }

    constexpr UInt() = default;
    /// Aborts when the value does not fit.
    // NOLINTBEGIN(google-explicit-constructor): arguments are written as plain numbers
    constexpr UInt(std::uint64_t v) : value_(v) { OR_ASSERT(fits(v)); }
    constexpr UInt(const U256& v) requires(Bits > 64) : value_(v) { OR_ASSERT(fits(v)); }
    // NOLINTEND(google-explicit-constructor)

    /// The number: std::uint64_t up to 64 bits, U256 above.
    constexpr const Rep& value() const { return value_; }
    constexpr U256 u256() const { return U256(value_); }
    friend constexpr bool operator==(const UInt&, const UInt&) = default;
    friend constexpr auto operator<=>(const UInt&, const UInt&) = default;

  private:
    Rep value_{};
};

/// int8 .. int248: 64 bits in C++ when that holds it, I256 otherwise. Never out of range.
template <unsigned Bits>
class Int {
    static_assert(detail::is_width(Bits));

  public:
    using Rep = std::conditional_t<(Bits <= 64), std::int64_t, I256>;
    static constexpr bool fits(const I256& v) {
        // The bits above the sign bit must all repeat it.
        const U256 upper = v.bits() >> (Bits - 1);
        return upper.is_zero() || upper == U256::max() >> (Bits - 1);
    }
    /// The value, or nothing when it does not fit: for values from outside.
    static constexpr std::optional<Int> checked(const I256& v) {
        if (!fits(v)) return std::nullopt;
        if constexpr (Bits <= 64) {
            return Int(v.as_i64());
        } else {
            return Int(v);
        }
    }

    constexpr Int() = default;
    /// Aborts when the value does not fit.
    // NOLINTBEGIN(google-explicit-constructor): arguments are written as plain numbers
    constexpr Int(std::int64_t v) : value_(v) { OR_ASSERT(fits(v)); }
    constexpr Int(const I256& v) requires(Bits > 64) : value_(v) { OR_ASSERT(fits(v)); }
    // NOLINTEND(google-explicit-constructor)

    /// The number: std::int64_t up to 64 bits, I256 above.
    constexpr const Rep& value() const { return value_; }
    constexpr I256 i256() const { return I256(value_); }
    friend constexpr bool operator==(const Int&, const Int&) = default;
    friend constexpr auto operator<=>(const Int&, const Int&) = default;

  private:
    Rep value_{};
};

/// Text known at compile time, as a template argument.
template <std::size_t N>
struct Name {
    char text[N]{};
    constexpr Name(const char (&s)[N]) { std::copy_n(s, N, text); }  // NOLINT(google-explicit-constructor)
    constexpr std::string_view view() const { return {text, N - 1}; }
};

/// Text built at compile time, large enough for any signature we use.
struct Signature {
    std::array<char, 512> buffer{};
    std::size_t size = 0;
    constexpr void add(std::string_view s) {
        for (const char c : s) buffer.at(size++) = c;
    }
    constexpr void add_number(std::size_t n) {
        if (n >= 10) add_number(n / 10);
        buffer.at(size++) = static_cast<char>('0' + n % 10);
    }
    constexpr std::string_view view() const { return {buffer.data(), size}; }
};

/// Appends the ABI's name of a C++ type.
template <class T>
struct TypeName;
template <>
struct TypeName<bool> {
    static constexpr void add(Signature& s) { s.add("bool"); }
};
template <>
struct TypeName<U256> {
    static constexpr void add(Signature& s) { s.add("uint256"); }
};
template <>
struct TypeName<I256> {
    static constexpr void add(Signature& s) { s.add("int256"); }
};
template <unsigned Bits>
struct TypeName<UInt<Bits>> {
    static constexpr void add(Signature& s) {
        s.add("uint");
        s.add_number(Bits);
    }
};
template <unsigned Bits>
struct TypeName<Int<Bits>> {
    static constexpr void add(Signature& s) {
        s.add("int");
        s.add_number(Bits);
    }
};
template <>
struct TypeName<Address> {
    static constexpr void add(Signature& s) { s.add("address"); }
};
template <class Tag, std::size_t N>
struct TypeName<FixedBytes<Tag, N>> {
    static_assert(N >= 1 && N <= 32);
    static constexpr void add(Signature& s) {
        s.add("bytes");
        s.add_number(N);
    }
};
template <>
struct TypeName<Bytes> {
    static constexpr void add(Signature& s) { s.add("bytes"); }
};
template <>
struct TypeName<std::string> {
    static constexpr void add(Signature& s) { s.add("string"); }
};
template <class T>
struct TypeName<std::vector<T>> {
    static constexpr void add(Signature& s) {
        TypeName<T>::add(s);
        s.add("[]");
    }
};
template <class T, std::size_t N>
struct TypeName<std::array<T, N>> {
    static constexpr void add(Signature& s) {
        TypeName<T>::add(s);
        s.add("[");
        s.add_number(N);
        s.add("]");
    }
};
template <class... T>
struct TypeName<std::tuple<T...>> {
    static constexpr void add(Signature& s) {
        [[maybe_unused]] bool first = true;
        s.add("(");
        ((first ? void(first = false) : s.add(","), TypeName<T>::add(s)), ...);
        s.add(")");
    }
};

}  // namespace outrigger::abi
