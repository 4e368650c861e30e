// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <optional>

#include "chain/base/result.hpp"

namespace outrigger {

/// The autocorrelations of a series at lags 1 to `lags`, about its mean, with divisor T.
///
/// Errors:  Errc::stale when lags >= T; Errc::decode when the series never moved or a value is not finite
[[nodiscard]] Result<Eigen::VectorXd> autocorrelations(const Eigen::VectorXd& x, std::size_t lags);

/// The number of independent rows that would determine the correlation of x and y as well, when both are
/// autocorrelated over `lags` rows. Of their squares it tells what volatility clustering costs. At most T:
/// autocorrelations of opposite sign earn nothing.
///
/// Errors:  as autocorrelations; Errc::decode when the series differ in length
/// Source:  Bartlett (1935); Pyper and Peterman (1998), Canadian J. Fisheries and Aquatic Sciences 55,
///          2127-2140; methods E.1
[[nodiscard]] Result<double> autocorrelated_effective_samples(const Eigen::VectorXd& x,
                                                              const Eigen::VectorXd& y, std::size_t lags);

/// The variance of atanh(r_short) - atanh(r_long) when the short window is the end of the long one and
/// nothing has changed.
///
/// Errors:  Errc::stale when samples_short <= 3; Errc::decode when the short window is the longer one or the
///          kurtosis is not a number from 0
/// Source:  methods E.2
[[nodiscard]] Result<double> nested_gap_variance(double samples_short, double samples_long, double kurtosis);

/// The variance of atanh(r_short) - atanh(r_long) of two exponentially weighted correlations of one history.
///
/// Units:   half-lives in bars
/// Errors:  Errc::decode when a half-life is not positive or the kurtosis not a number from 0
/// Source:  methods E.2
[[nodiscard]] Result<double> ewma_gap_variance(double half_life_short, double half_life_long,
                                               double kurtosis);

/// The distance of a recent correlation from a long one in standard errors; negative is a fall. For a report:
/// looked at every bar it crosses 1.96 sooner or later.
///
/// Errors:  Errc::decode when a correlation is not in (-1, 1) or the variance is not positive
[[nodiscard]] Result<double> correlation_gap_z(double correlation_short, double correlation_long,
                                               double gap_variance);

/// The share of a regression's fit that holds for new rows: what its betas are multiplied by to predict best.
/// From 0 to 1; 1 for fewer than three regressors, where nothing is known to beat the fit itself.
///
/// Shape:   x T x k without intercept, y T
/// Errors:  as least_squares; Errc::decode when y is zero throughout
/// Source:  Copas (1983), J. Royal Statistical Society B 45, 311-354; methods D.4
[[nodiscard]] Result<double> copas_factor(const Eigen::MatrixXd& x, const Eigen::VectorXd& y);

/// The second moments a beta is made of.
struct Moments {
    Eigen::MatrixXd xx;  // k x k, of the instruments
    Eigen::VectorXd xy;  // k, of the instruments with what is hedged
};

/// The betas that fit the recent moments, drawn towards the long-run ones: (S_xx + tau W)^-1
/// (S_xy + tau W beta_long), W the diagonal of S_xx.
///
/// Errors:  Errc::decode when tau is negative, a value is not finite or the instruments are collinear
/// Source:  methods D.4
[[nodiscard]] Result<Eigen::VectorXd> ridge_to_long_run(const Moments& recent,
                                                        const Eigen::VectorXd& beta_long, double tau);

struct BetaPrior {
    Eigen::VectorXd mean;
    double standard_deviation = 0;  // of each beta
};
struct BetaPosterior {
    Eigen::VectorXd mean;
    Eigen::MatrixXd covariance;
    double predictive_variance =
        0;  // of the next hedged return: the residual's, and what the betas may be off
};

/// What is believed of the betas after a prior has met data.
///
/// Units:   residual_variance of the unhedged return given the instruments, per bar, as the moments
/// Errors:  Errc::decode when a value is not finite, the residual variance, the prior's standard deviation or
///          effective_samples is not positive, or the moments are not positive semidefinite
/// Source:  conjugate normal regression with known residual variance; methods D.4
[[nodiscard]] Result<BetaPosterior> posterior_beta(const Moments& data, double residual_variance,
                                                   double effective_samples, const BetaPrior& prior);

struct ExpectedR2 {
    double population = 0;     // of the true betas
    double out_of_sample = 0;  // of the estimated betas on new rows; below zero when they do harm
};

/// What is left of an in-sample R^2 of k regressors over n rows.
///
/// Errors:  Errc::stale when n <= k + 1; Errc::decode when r2 is not in [0, 1] or n is not a number
/// Source:  methods D.5
[[nodiscard]] Result<ExpectedR2> expected_r2(double r2_in_sample, double samples, std::size_t regressors);

/// The smallest correlation at which the risk a hedge removes is worth its cost; nothing when no hedge's is.
///
/// Units:   risk aversion per USD, variance in USD squared per unit of time, horizon in that unit, cost in
///          USD
/// Errors:  Errc::decode when the risk aversion, the variance or the horizon is not positive, or the cost not
///          a number from 0
/// Source:  methods D.5
[[nodiscard]] Result<std::optional<double>> break_even_correlation(double risk_aversion,
                                                                   double unhedged_variance, double horizon,
                                                                   double cost_usd);

}  // namespace outrigger
