// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>

#include "chain/base/result.hpp"

/// Correlation where it matters: in falls, in rises, in the tails. For reports.
/// Shape:   x and y T, of the same bars
/// Source:  methods C.8
namespace outrigger {

enum class Side : std::uint8_t { falls, rises };

struct PartialCorrelation {
    double correlation = 0;
    std::size_t rows = 0;  // it is of
};

// Errors of all of these: Errc::decode when the series differ in length, are shorter than ten or hold a value
// that is not finite; Errc::stale when too few rows qualify or do not move

/// The correlation of the rows in which both are beyond their own `quantile`: at most it in falls, at least
/// it in rises. Of a Gaussian it falls towards the tail; compare it with that, not with the whole.
///
/// Pre:     0 < quantile < 1
/// Source:  Longin and Solnik (2001), J. Finance 56, 649-676
[[nodiscard]] Result<PartialCorrelation> exceedance_correlation(const Eigen::VectorXd& x,
                                                                const Eigen::VectorXd& y, double quantile,
                                                                Side side);

/// Correlation of what is below (above) zero, about zero. Source: Ang and Chen (2002)
[[nodiscard]] Result<double> semi_correlation(const Eigen::VectorXd& x, const Eigen::VectorXd& y, Side side);

/// How often both are in their own tail of size u, as a share of how often one is. Pre: 0 < u < 1
[[nodiscard]] Result<double> tail_dependence(const Eigen::VectorXd& x, const Eigen::VectorXd& y, double u,
                                             Side side);

/// The same in the limit for a t copula. Pre: nu > 0, -1 < rho < 1
/// Source:  Demarta and McNeil (2005), International Statistical Review 73, 111-129
[[nodiscard]] double t_copula_tail_dependence(double nu, double rho);

/// A crisis correlation without the effect of the crisis's volatility; `variance_ratio` is how much larger
/// x's variance was in it. Pre: variance_ratio > 0
///
/// Source:  Forbes and Rigobon (2002), J. Finance 57, 2223-2261
[[nodiscard]] double volatility_adjusted(double correlation, double variance_ratio);

}  // namespace outrigger
