// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "chain/base/result.hpp"
#include "hedge/returns.hpp"

namespace outrigger {

/// The share of e' S e that adding `hedge` removes; negative when the hedge adds risk.
///
/// Shape:   S N x N, exposure and hedge N (a hedge by asset, so loading times instruments)
/// Errors:  Errc::decode when the exposure has no variance or a number is not finite: there is no share of
/// nothing
[[nodiscard]] Result<double> variance_reduction(const Eigen::MatrixXd& covariance,
                                                const Eigen::VectorXd& exposure_usd,
                                                const Eigen::VectorXd& hedge_usd);

/// Confidence interval of a correlation.
struct CorrelationInterval {
    double correlation = 0;
    double low = 0;
    double high = 0;
    double standard_error = 0;          // of atanh(correlation)
    double variance_reduction = 0;      // correlation squared
    double variance_reduction_low = 0;  // low squared, 0 when low is negative
};

struct IntervalSpec {
    double kurtosis = 0;                  // elliptical excess; 0 is Gaussian
    double drift_inflation = 2.7;         // the correlation itself drifts: methods E.1
    double quantile = 1.959963984540054;  // of the normal distribution; this one gives 95 %
};

/// Fisher's interval for a correlation, widened for fat tails and for drift.
///
/// Errors:  Errc::stale when effective_samples <= 3 + regressors; Errc::decode when |correlation| > 1 or an
/// input is
///          not a number
/// Source:  Muirhead (1982); methods E.1
[[nodiscard]] Result<CorrelationInterval> correlation_interval(double correlation, double effective_samples,
                                                               std::size_t regressors,
                                                               const IntervalSpec& spec);

/// How well a hedge has followed what it hedges, and how sure that is.
struct HedgeQuality {
    CorrelationInterval interval;  // between the exposure's P&L and minus the hedge's
    double kurtosis = 0;
    double effective_samples = 0;
};

/// The weighted correlation of an exposure's P&L with that of its hedge over the panel, with its interval.
///
/// Shape:   exposure and hedge N in the panel's order; weights T, summing to one (ewma_weights)
/// Errors:  Errc::decode when either leg has no variance or a number is not finite; Errc::stale when the
/// weights
///          leave too few effective rows
/// Source:  methods D.5
[[nodiscard]] Result<HedgeQuality> hedge_quality(const ReturnPanel& panel,
                                                 const Eigen::VectorXd& exposure_usd,
                                                 const Eigen::VectorXd& hedge_usd,
                                                 const Eigen::VectorXd& weights, std::size_t instruments,
                                                 double drift_inflation = 2.7);

struct GateSpec {
    double risk_aversion = 0;  // gamma, per USD
    double min_variance_reduction = 0.15;
    double hold = 7;  // T_hold, in the variance's unit of time
};

struct GateDecision {
    bool open = false;
    double benefit_usd = 0;  // risk removed over the hold, at the lower bound
};

/// Whether a hedge is worth establishing: its lower bound removes enough, and twice its cost.
///
/// Units:   variance of the unhedged exposure in USD squared per unit of time
/// Source:  methods D.5
[[nodiscard]] GateDecision hedge_gate(const CorrelationInterval& interval, double unhedged_variance,
                                      double cost_usd, const GateSpec& spec);

}  // namespace outrigger
