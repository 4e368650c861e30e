// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>

#include "chain/base/result.hpp"

namespace outrigger {

/// A regression of y on the columns of a design matrix.
struct LeastSquares {
    Eigen::VectorXd beta;          // k
    Eigen::VectorXd residuals;     // T
    Eigen::MatrixXd inverse;       // k x k, (X'X)^-1
    double residual_squares = 0;   // sum of squared residuals
    double explained_squares = 0;  // sum of squared fitted values
};

/// The least-squares fit of y on the columns of x. There is no intercept unless x has a column of ones.
///
/// Shape:   x T x k, y T
/// Errors:  Errc::stale when T <= k; Errc::decode when a value is not finite, a column is zero or the columns
///          are collinear
[[nodiscard]] Result<LeastSquares> least_squares(const Eigen::MatrixXd& x, const Eigen::VectorXd& y);

/// The design of a regression with an intercept: a column of ones before x.
[[nodiscard]] Eigen::MatrixXd with_intercept(const Eigen::MatrixXd& x);

/// The error each row made when predicted from the rows before it, in units of equal variance.
struct RecursiveResiduals {
    Eigen::VectorXd values;      // T; zero for the rows that only complete the fit
    std::size_t determined = 0;  // rows after which every coefficient is determined
};

/// The recursive residuals of a regression. The first j of them, squared and summed, are the residual sum of
/// squares of the fit to the first j rows.
///
/// Errors:  as least_squares
/// Source:  Brown, Durbin and Evans (1975), J. Royal Statistical Society B 37, 149-192; Givens updates after
///          Gentleman (1973)
[[nodiscard]] Result<RecursiveResiduals> recursive_residuals(const Eigen::MatrixXd& x,
                                                             const Eigen::VectorXd& y);

/// The covariance of the coefficients when errors are heteroskedastic and correlated over `lags` rows, with
/// Bartlett weights 1 - j/(lags + 1); lags 0 is White's (HC0).
///
/// Shape:   x the design of `fit`
/// Errors:  Errc::stale when lags >= T
/// Source:  Newey and West (1987), Econometrica 55, 703-708
[[nodiscard]] Result<Eigen::MatrixXd> newey_west_covariance(const Eigen::MatrixXd& x, const LeastSquares& fit,
                                                            std::size_t lags);

/// The covariance of the coefficients when errors are heteroskedastic, each residual over 1 - its leverage.
///
/// Shape:   x the design of `fit`
/// Errors:  Errc::decode when a row determines a coefficient alone: its leverage is one
/// Source:  MacKinnon and White (1985), J. Econometrics 29, 305-325 (HC3)
[[nodiscard]] Result<Eigen::MatrixXd> hc3_covariance(const Eigen::MatrixXd& x, const LeastSquares& fit);

/// The variance of sqrt(T) times the mean of u, whose terms are correlated over `lags`, with Bartlett weights
/// 1 - j/(lags + 1). Autocovariances are about the mean with divisor T, so that it is never negative.
///
/// Errors:  Errc::stale when lags >= T; Errc::decode when a value is not finite
/// Source:  Newey and West (1987)
[[nodiscard]] Result<double> long_run_variance(const Eigen::VectorXd& u, std::size_t lags);

}  // namespace outrigger
