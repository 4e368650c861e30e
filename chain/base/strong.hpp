// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>

namespace outrigger {

/// A raw value with a name of its own: compares with itself, converts to nothing.
template <class Tag, class T>
struct Strong {
    T value{};
    constexpr Strong() = default;
    constexpr explicit Strong(T v) : value(v) {}
    friend constexpr bool operator==(const Strong&, const Strong&) = default;
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;
};

/// A Strong that also adds and subtracts with itself.
template <class Tag, class T>
struct Quantity : Strong<Tag, T> {
    using Strong<Tag, T>::Strong;
    friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.value + b.value); }
    friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.value - b.value); }
};

}  // namespace outrigger
