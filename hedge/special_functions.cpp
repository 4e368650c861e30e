// SPDX-License-Identifier: Apache-2.0
#include "hedge/special_functions.hpp"

#include <cmath>

namespace outrigger {

namespace {

/// The x with f(x) = p, f rising, by halving; exact to the last bits.
template <class F>
double inverse(const F& f, double p, double low, double high) {
    for (int i = 0; i < 200; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle == low || middle == high) break;
        (f(middle) < p ? low : high) = middle;
    }
    return low + (high - low) / 2;
}

/// The regularised lower incomplete gamma function by its series; used where that converges fast enough, x <
/// a + 60.
double gamma_below(double a, double x) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < 10'000 && term > 1e-17 * sum; ++n) {
        term *= x / (a + n);
        sum += term;
    }
    return sum * std::exp(-x + a * std::log(x) - std::lgamma(a));
}

}  // namespace

double normal_below(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

double normal_quantile(double p) {
    if (p > 0.5) return -normal_quantile(1 - p);
    return inverse(normal_below, p, -40, 0);
}

double chi_squared_quantile(double p, double freedom) {
    const auto below = [&](double x) { return gamma_below(freedom / 2, x / 2); };
    double high = freedom + 1;
    while (below(high) < p) high *= 2;
    return inverse(below, p, 1e-300, high);
}

}  // namespace outrigger
