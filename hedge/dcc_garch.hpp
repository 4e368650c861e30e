// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "chain/base/result.hpp"

/// Volatilities and correlations that cluster: a diagnostic beside the estimators that trade.
/// Convention: zero-mean returns, h_1 the mean square, Q_1 = Qbar = Z'Z / T.
/// Source: Bollerslev (1986); Engle (2002), Dynamic Conditional Correlation; methods C.6
namespace outrigger {

/// h_t = omega + alpha r_{t-1}^2 + beta h_{t-1}
struct Garch {
    double omega = 0;
    double alpha = 0;
    double beta = 0;
};
struct GarchPath {
    Eigen::VectorXd variance;  // T, the variance each return was drawn with
    double next = 0;           // of the return to come
    double log_likelihood = 0;
};
/// The variances a GARCH(1,1) sees in a series of returns.
/// Errors: Errc::config for parameters that are negative or not stationary; Errc::decode for fewer than two,
///         constant zero or non-finite returns
[[nodiscard]] Result<GarchPath> garch_path(const Eigen::VectorXd& returns, const Garch& model);

/// The most likely stationary GARCH(1,1) by variance targeting: omega = v (1 - alpha - beta).
/// Errors: as garch_path
[[nodiscard]] Result<Garch> fit_garch(const Eigen::VectorXd& returns);

/// Q_t = (1 - a - b) Qbar + a z z' + b Q_{t-1}
struct Dcc {
    double a = 0;
    double b = 0;
};
struct DccPath {
    Eigen::MatrixXd last;       // N x N, the correlation of the last row
    Eigen::MatrixXd next;       // of the row to come
    Eigen::MatrixXd long_run;   // the correlation of Qbar, where forecasts go
    double log_likelihood = 0;  // of the correlations alone
};
/// The correlations a DCC(1,1) sees in standardised returns.
/// Shape:  T x N, oldest first
/// Errors: Errc::config for a, b negative or a + b >= 0.9999; Errc::decode for non-finite or collinear
/// columns
[[nodiscard]] Result<DccPath> dcc_path(const Eigen::MatrixXd& standardised, const Dcc& model);

/// The correlation `steps` rows ahead: from the next one towards the long run. Pre: steps >= 1
[[nodiscard]] Eigen::MatrixXd dcc_forecast(const DccPath& path, const Dcc& model, int steps);

}  // namespace outrigger
