// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// The only crossings between exact amounts on the chain and estimates in floating point.
namespace outrigger {

/// Largest `decimals` the crossings know; 10^36 is far beyond any token.
inline constexpr unsigned kMaxDecimals = 36;

/// Whole units of an amount in base units, for estimates. Relative error at most two units in the last place.
/// Pre: decimals <= kMaxDecimals.
double to_units(const U256& base_units, unsigned decimals);
double to_units(const I256& base_units, unsigned decimals);

/// Base units of an amount in whole units. The double stands for its exact binary value, so the direction of
/// rounding is honoured to the last base unit.
/// Errors: Errc::decode when not finite, negative, over 2^255 base units, or decimals > kMaxDecimals.
Result<U256> quantize(double units, unsigned decimals, Rounding rounding);

/// The same, rounded to a multiple of `lot` base units.
/// Errors: as quantize; Errc::decode when lot is zero.
Result<U256> quantize_lot(double units, unsigned decimals, const U256& lot, Rounding rounding);

}  // namespace outrigger
