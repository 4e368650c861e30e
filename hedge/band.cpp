// SPDX-License-Identifier: Apache-2.0
#include "hedge/band.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

constexpr int kNewtonSteps = 100;
constexpr double kSingular = 1e-13;

/// The root w <= 0 of 8 w + ln(1 + beta e^w): increasing and convex, so Newton falls onto it from 0.
double root(double beta) {
    double w = 0;
    for (int step = 0; step < kNewtonSteps; ++step) {
        const double grown = beta * std::exp(w);
        const double next = w - (8 * w + std::log1p(grown)) / (8 + grown / (1 + grown));
        if (next >= w) break;
        w = next;
    }
    return w;
}

Result<void> check(const BandInputs& in) {
    for (const double value :
         {in.risk_aversion, in.variance, in.target_variance_rate, in.gas_usd, in.cost_ratio}) {
        if (!std::isfinite(value))
            return fail(Errc::decode, "an input of the no-trade band is not a finite number");
        if (value < 0) {
            return fail(Errc::config, fmt::format("an input of the no-trade band is negative: {}", value));
        }
    }
    if (!(in.risk_aversion * in.variance > 0)) {
        return fail(Errc::config,
                    "without risk aversion and variance no deviation is worth a trade: the no-trade "
                    "band is infinite");
    }
    return {};
}

}  // namespace

// With c = 12 D / (gamma sigma^2), s = a + b, d = b - a, the first-order conditions are d^3 s = c K and
// K d^8 + eps d^9 = c^2 K^3. Substituting d = (c K)^(1/4) e^w leaves e^(8w) (1 + beta e^w) = 1.
Result<Band> rebalance_band(const BandInputs& inputs) {
    OR_TRY(check(inputs));
    const double c = 12 * inputs.target_variance_rate / (inputs.risk_aversion * inputs.variance);
    if (!std::isfinite(c))
        return fail(Errc::decode, "the no-trade band's inputs are too far apart to compute with");
    if (c <= 0) return Band{};
    if (inputs.gas_usd <= 0) {
        const double width = std::cbrt(c * inputs.cost_ratio / 8);
        return Band{width, width};
    }
    const double unit = std::sqrt(std::sqrt(c * inputs.gas_usd));
    const double w = root(inputs.cost_ratio * unit / inputs.gas_usd);
    const double d = unit * std::exp(w);
    const double target = 0.5 * d * std::expm1(-4 * w);  // (s - d) / 2 without its cancellation
    const Band band{target + d, target};
    if (!std::isfinite(band.trigger_usd))
        return fail(Errc::decode, "the no-trade band is too wide to be a number");
    return band;
}

double band_cost_rate(const Band& band, const BandInputs& inputs) {
    const double a = band.target_usd;
    const double b = band.trigger_usd;
    const double risk = inputs.risk_aversion * inputs.variance * (a * a + b * b) / 12;
    if (b <= 0) return risk;
    const double fixed = inputs.gas_usd > 0 ? inputs.gas_usd / ((b - a) * (a + b)) : 0.0;
    return risk + inputs.target_variance_rate * (fixed + inputs.cost_ratio / (a + b));
}

BandCalibration calibrate(const Band& band, const BandInputs& inputs) {
    OR_ASSERT(inputs.target_variance_rate > 0);
    const double a = band.target_usd;
    const double b = band.trigger_usd;
    BandCalibration out;
    out.horizon = b * (a + b) / (3 * inputs.target_variance_rate);
    out.gas_usd = inputs.gas_usd > 0 ? 2 * b * inputs.gas_usd / (b - a) : 0.0;
    return out;
}

Result<Eigen::VectorXd> target_variance_rate(const Eigen::MatrixXd& covariance,
                                             const Eigen::MatrixXd& loading,
                                             const Eigen::MatrixXd& dollar_gamma) {
    OR_ASSERT(covariance.rows() == loading.rows() && covariance.rows() == dollar_gamma.rows());
    const Eigen::MatrixXd risk = loading.transpose() * covariance * loading;
    const Eigen::LDLT<Eigen::MatrixXd> factor(risk);
    const Eigen::VectorXd pivots = factor.vectorD();
    if (!risk.allFinite() || !dollar_gamma.allFinite() || factor.info() != Eigen::Success ||
        !(pivots.size() == 0 || pivots.minCoeff() > kSingular * pivots.maxCoeff())) {
        return fail(Errc::decode,
                    "the instruments' covariance is singular: two of them are copies, or one never "
                    "moved");
    }
    const Eigen::MatrixXd response = -factor.solve(loading.transpose() * covariance * dollar_gamma);
    return Eigen::VectorXd((response * covariance * response.transpose()).diagonal().cwiseMax(0.0));
}

}  // namespace outrigger
