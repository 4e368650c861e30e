// SPDX-License-Identifier: Apache-2.0
#include "chain/base/quantize.hpp"

#include <cmath>
#include <string>

namespace outrigger {
namespace {

Result<void> check_decimals(unsigned decimals) {
    if (decimals <= kMaxDecimals) return {};
    return fail(Errc::decode, "a token with " + std::to_string(decimals) + " decimals: at most " +
                                  std::to_string(kMaxDecimals) + " are handled");
}

}  // namespace

double to_units(const U256& base_units, unsigned decimals) {
    OR_ASSERT(decimals <= kMaxDecimals);
    return base_units.to_double() / U256::pow10(decimals).to_double();
}

double to_units(const I256& base_units, unsigned decimals) {
    const double size = to_units(base_units.magnitude(), decimals);
    return base_units.is_negative() ? -size : size;
}

Result<U256> quantize(double units, unsigned decimals, Rounding rounding) {
    OR_TRY(check_decimals(decimals));
    if (!std::isfinite(units)) return fail(Errc::decode, "an amount that is not a finite number");
    if (units < 0) return fail(Errc::decode, "a negative amount: " + std::to_string(units));
    int exponent = 0;
    const double fraction =
        std::frexp(units, &exponent);  // units = fraction * 2^exponent, 0.5 <= fraction < 1
    // The 53 bits of the double as an integer, times 10^36 at most: under 2^173, so nothing is lost.
    const U256 scaled = U256(static_cast<std::uint64_t>(std::ldexp(fraction, 53))) * U256::pow10(decimals);
    exponent -= 53;
    if (exponent >= 0) {
        const auto shift = static_cast<unsigned>(exponent);
        const bool fits = scaled.is_zero() || scaled.bit_length() + shift <= 255;
        if (fits) return scaled << shift;
        const bool exactly_the_limit =
            scaled.bit_length() + shift == 256 && (scaled << shift) == U256::pow2(255);
        if (exactly_the_limit) return U256::pow2(255);
        return fail(Errc::decode, "an amount of more than 2^255 base units");
    }
    const auto shift = static_cast<unsigned>(-exponent);
    const U256 floor = scaled >> shift;
    const bool exact = wrapping_shl(floor, shift) == scaled;
    return rounding == Rounding::up && !exact ? floor + 1 : floor;
}

Result<U256> quantize_lot(double units, unsigned decimals, const U256& lot, Rounding rounding) {
    if (lot.is_zero()) return fail(Errc::decode, "a lot of zero base units");
    const U256 base_units = OR_TRY(quantize(units, decimals, rounding));
    const auto rounded = checked_mul(div_round(base_units, lot, rounding), lot);
    if (!rounded || *rounded > U256::pow2(255)) {
        return fail(Errc::decode, "an amount of more than 2^255 base units after rounding to the lot");
    }
    return *rounded;
}

}  // namespace outrigger
