// SPDX-License-Identifier: Apache-2.0
#include "hedge/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "chain/base/assert.hpp"
#include "hedge/covariance.hpp"

namespace outrigger {
namespace {

using Eigen::ArrayXd;
using Eigen::VectorXd;

// Below this share of a leg's variance what differs between the legs is rounding: they are one series.
constexpr double kSameSeries = 1e-24;

double mean_of(const VectorXd& weights, const ArrayXd& values) {
    return weights.dot(values.matrix());
}

/// Divides a series by its weighted root mean square; false when it has none.
bool standardise(ArrayXd& series, const VectorXd& weights) {
    const double size = series.size() > 0 ? series.abs().maxCoeff() : 0.0;
    if (!(size > 0) || !std::isfinite(size)) return false;
    series /= size;  // first, so that squares neither overflow nor vanish
    const double square = mean_of(weights, series.square());
    if (!(square > 0)) return false;
    series /= std::sqrt(square);
    return true;
}

/// 1 - rho from the difference of the legs, which keeps its digits when they are almost the same.
struct Pair {
    double correlation = 0;
    double kurtosis = 0;
};

Pair correlate(const ArrayXd& y, const ArrayXd& g, const VectorXd& weights) {
    const double apart = 0.5 * mean_of(weights, (y - g).square());    // 1 - rho
    const double opposed = 0.5 * mean_of(weights, (y + g).square());  // 1 + rho
    Pair out;
    out.correlation = std::clamp(apart < opposed ? 1 - apart : opposed - 1, -1.0, 1.0);
    ArrayXd distance = ArrayXd::Zero(y.size());  // squared Mahalanobis
    int dimensions = 0;
    for (const auto& [part, left] : {std::pair<ArrayXd, double>{y + g, opposed}, {y - g, apart}}) {
        if (left <= kSameSeries) continue;
        distance += part.square() / (2 * left);
        ++dimensions;
    }
    const double gaussian = dimensions * (dimensions + 2);
    out.kurtosis = std::max(0.0, mean_of(weights, distance.square()) / gaussian - 1);
    return out;
}

}  // namespace

Result<double> variance_reduction(const Eigen::MatrixXd& covariance, const VectorXd& exposure_usd,
                                  const VectorXd& hedge_usd) {
    OR_ASSERT(covariance.rows() == exposure_usd.size() && covariance.cols() == hedge_usd.size());
    const double before = exposure_usd.dot(covariance * exposure_usd);
    const VectorXd left = exposure_usd + hedge_usd;
    const double after = left.dot(covariance * left);
    if (!std::isfinite(before) || !std::isfinite(after)) {
        return fail(Errc::decode, "the variance of the exposure or of its hedge is not a finite number");
    }
    if (before <= 0) return fail(Errc::decode, "the exposure has no variance, so a hedge cannot reduce it");
    return 1 - after / before;
}

Result<CorrelationInterval> correlation_interval(double correlation, double effective_samples,
                                                 std::size_t regressors, const IntervalSpec& spec) {
    if (!(std::abs(correlation) <= 1)) {
        return fail(Errc::decode, fmt::format("{} is not a correlation", correlation));
    }
    const double inflation = (1 + spec.kurtosis) * spec.drift_inflation;
    if (!std::isfinite(inflation) || inflation < 0 || !(spec.quantile >= 0) ||
        std::isnan(effective_samples)) {
        return fail(Errc::decode, "an input of the correlation's confidence interval is not a usable number");
    }
    const double degrees = effective_samples - 3 - static_cast<double>(regressors);
    if (degrees <= 0) {
        return fail(Errc::stale, fmt::format("{:.1f} effective samples cannot judge a correlation with {} "
                                             "instruments: more than {} are needed",
                                             effective_samples, regressors, 3 + regressors));
    }
    CorrelationInterval out;
    out.correlation = correlation;
    out.standard_error = std::sqrt(inflation / degrees);
    const double z = std::atanh(correlation);
    out.low = std::tanh(z - spec.quantile * out.standard_error);
    out.high = std::tanh(z + spec.quantile * out.standard_error);
    out.variance_reduction = correlation * correlation;
    out.variance_reduction_low = std::max(out.low, 0.0) * std::max(out.low, 0.0);
    return out;
}

Result<HedgeQuality> hedge_quality(const ReturnPanel& panel, const VectorXd& exposure_usd,
                                   const VectorXd& hedge_usd, const VectorXd& weights,
                                   std::size_t instruments, double drift_inflation) {
    OR_ASSERT(panel.returns.cols() == exposure_usd.size() && panel.returns.cols() == hedge_usd.size() &&
              panel.returns.rows() == weights.size());
    ArrayXd y = (panel.returns * exposure_usd).array();
    ArrayXd g = -(panel.returns * hedge_usd).array();
    if (!y.allFinite() || !g.allFinite() || !weights.allFinite()) {
        return fail(Errc::decode, "a return, an exposure or a weight is not a finite number");
    }
    if (!standardise(y, weights)) return fail(Errc::decode, "the exposure's P&L never moved over the panel");
    if (!standardise(g, weights)) return fail(Errc::decode, "the hedge's P&L never moved over the panel");

    const Pair pair = correlate(y, g, weights);
    HedgeQuality out;
    out.kurtosis = pair.kurtosis;
    out.effective_samples = effective_samples(weights);
    out.interval =
        OR_TRY(correlation_interval(pair.correlation, out.effective_samples, instruments,
                                    {.kurtosis = pair.kurtosis, .drift_inflation = drift_inflation}));
    return out;
}

GateDecision hedge_gate(const CorrelationInterval& interval, double unhedged_variance, double cost_usd,
                        const GateSpec& spec) {
    GateDecision out;
    out.benefit_usd =
        0.5 * spec.risk_aversion * unhedged_variance * interval.variance_reduction_low * spec.hold;
    out.open =
        interval.variance_reduction_low >= spec.min_variance_reduction && out.benefit_usd >= 2 * cost_usd;
    return out;
}

}  // namespace outrigger
