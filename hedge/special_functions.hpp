// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger {

/// The standard normal distribution below x, and its inverse. Pre: 0 < p < 1
[[nodiscard]] double normal_below(double x);
[[nodiscard]] double normal_quantile(double p);

/// The x that a chi-squared variable is below with probability p. Pre: 0 < p < 1, freedom > 0
[[nodiscard]] double chi_squared_quantile(double p, double freedom);

}  // namespace outrigger
