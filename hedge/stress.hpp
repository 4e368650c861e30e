// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>

#include "chain/base/result.hpp"

/// What a hedge is worth when correlations are not what they were.
namespace outrigger {

/// The correlation matrix nearest to a symmetric one, in the Frobenius norm: what an edited matrix is
/// repaired to.
///
/// Shape:   N x N; unit diagonal, positive semidefinite to rounding
/// Errors:  Errc::decode when the matrix is not square, symmetric and finite; Errc::unsupported when the
///          projections have not settled after ten thousand rounds
/// Source:  Higham (2002), IMA J. Numerical Analysis 22, 329-343, algorithm 3.3
[[nodiscard]] Result<Eigen::MatrixXd> nearest_correlation(const Eigen::MatrixXd& matrix);

/// Where correlations may go. Every mix with one of these stays positive semidefinite.
enum class CorrelationTarget : std::uint8_t {
    ones,      // everything moves as one
    identity,  // nothing moves with anything
    against,   // whatever is held moves against us: +-1 by the signs of the exposure
    alone,     // one asset leaves the others
};

/// The target itself. `asset` counts for `alone` only, and that target is the matrix with its row emptied.
/// Shape:   N x N
/// Pre:     asset < N where it counts
[[nodiscard]] Eigen::MatrixXd correlation_target(const Eigen::MatrixXd& correlation, CorrelationTarget target,
                                                 const Eigen::VectorXd& exposure_usd, Eigen::Index asset = 0);

/// A part of the way there: (1 - share) R + share X.
[[nodiscard]] Eigen::MatrixXd stressed(const Eigen::MatrixXd& correlation, const Eigen::MatrixXd& target,
                                       double share);

/// The standard deviation of a portfolio. Units: as exposure times volatility
[[nodiscard]] double portfolio_sd(const Eigen::MatrixXd& correlation, const Eigen::VectorXd& volatility,
                                  const Eigen::VectorXd& exposure_usd);

/// How much of the way to a target it takes until a hedge removes less than `least` of the variance; nothing
/// when it never does. 0: it already does.
///
/// Both variances are linear in the share, so the answer is exact.
/// Shape:   all N; the hedge by asset
/// Source:  methods H.3 (breakdown margin)
[[nodiscard]] std::optional<double> breakdown_margin(const Eigen::MatrixXd& correlation,
                                                     const Eigen::MatrixXd& target,
                                                     const Eigen::VectorXd& volatility,
                                                     const Eigen::VectorXd& exposure_usd,
                                                     const Eigen::VectorXd& hedge_usd, double least);

}  // namespace outrigger
