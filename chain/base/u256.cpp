// SPDX-License-Identifier: Apache-2.0
#include "chain/base/u256.hpp"

#include <algorithm>
#include <cmath>

namespace outrigger {
namespace {

constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;  // 10^19, the largest power of ten in a limb
constexpr std::size_t kChunkDigits = 19;

constexpr std::size_t kShown = 90;  // of a text in an error message

std::string quoted(std::string_view text) {
    std::string shown =
        text.size() > kShown ? std::string(text.substr(0, kShown)) + "..." : std::string(text);
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + shown + "'";
}

}  // namespace

Result<U256> U256::from_decimal(std::string_view text) {
    if (text.empty()) return fail(Errc::decode, "an empty text is not a number");
    U256 r;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return fail(Errc::decode,
                        quoted(text) + " is not a whole number: only the digits 0-9 may be in it");
        }
        const auto scaled = checked_mul(r, 10);
        const auto next = scaled ? checked_add(*scaled, static_cast<std::uint64_t>(c - '0')) : std::nullopt;
        if (!next) return fail(Errc::decode, quoted(text) + " does not fit in 256 bits");
        r = *next;
    }
    return r;
}

std::string U256::to_decimal() const {
    std::string reversed;
    auto rest = limb_;
    do {
        const auto step = wide::divide_by_limb(rest, kChunk);
        std::uint64_t chunk = step.remainder[0];
        rest = step.quotient;
        const bool last = wide::used(rest) == 0;
        for (std::size_t i = 0; last ? (chunk != 0 || reversed.empty()) : i < kChunkDigits; ++i) {
            reversed.push_back(static_cast<char>('0' + chunk % 10));
            chunk /= 10;
        }
    } while (wide::used(rest) != 0);
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
}

double U256::to_double() const {
    const unsigned bits = bit_length();
    if (bits <= 64) return static_cast<double>(limb_[0]);
    const unsigned dropped = bits - 64;
    std::uint64_t top = (*this >> dropped).limb_[0];
    // 64 bits are 11 more than a double holds: any bit below may stand for all that were dropped.
    if (((*this >> dropped) << dropped) != *this) top |= 1;
    return std::ldexp(static_cast<double>(top), static_cast<int>(dropped));
}

Result<I256> I256::from_decimal(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    const U256 magnitude = OR_TRY(U256::from_decimal(negative ? text.substr(1) : text));
    const auto value = from_parts(magnitude, negative);
    if (!value) return fail(Errc::decode, quoted(text) + " does not fit in a signed 256-bit number");
    return *value;
}

std::string I256::to_decimal() const {
    return (is_negative() ? "-" : "") + magnitude().to_decimal();
}

double I256::to_double() const {
    const double magnitude_double = magnitude().to_double();
    return is_negative() ? -magnitude_double : magnitude_double;
}

}  // namespace outrigger
