// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <string>

#include "chain/base/u256.hpp"

/// The other opinion: unbounded integers from Boost, for tests only.
namespace outrigger::testing {

using Big = boost::multiprecision::cpp_int;

inline Big big(const U256& v) {
    return Big(v.to_decimal());
}
inline U256 u256(const Big& v) {
    return *U256::from_decimal(v.str());
}
inline U256 u256(const std::string& decimal) {
    return *U256::from_decimal(decimal);
}

/// v modulo 2^bits, never negative.
inline Big modulo(Big v, unsigned bits) {
    const Big m = Big(1) << bits;
    v %= m;
    return v < 0 ? v + m : v;
}
inline Big ceil_div(const Big& a, const Big& b) {
    return (a + b - 1) / b;
}

}  // namespace outrigger::testing
