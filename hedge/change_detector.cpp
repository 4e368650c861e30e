// SPDX-License-Identifier: Apache-2.0
#include "hedge/change_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace outrigger {
namespace {

constexpr std::array kRemaining{0.75, 0.5, 0.25, 0.0};  // of the baseline correlation, in the alternatives
constexpr std::array kInflations{1.0, 3.0, 8.0};
constexpr double kEvidenceMax = 1e12;    // an alarm long before; only keeps the sum finite
constexpr double kTiny = 1e-300;         // a pair exactly on an axis still has a direction
constexpr double kVarianceMin = 1e-300;  // a price that stands still for years still has a scale

double decay(double half_life) {
    return std::exp2(-1.0 / half_life);
}

double updated_variance(double variance, double x, double half_life) {
    const double keep = decay(half_life);
    return std::max(keep * variance + (1 - keep) * x * x, kVarianceMin);
}

template <std::size_t N>
double log_mean_evidence(const std::array<double, N>& evidence) {
    return std::log1p(std::accumulate(evidence.begin(), evidence.end(), 0.0) / static_cast<double>(N));
}

double mean_square(std::span<const double> x) {
    return std::inner_product(x.begin(), x.end(), x.begin(), 0.0) / static_cast<double>(x.size());
}

Result<double> scale_of(std::span<const double> x, const char* name) {
    const double variance = mean_square(x);
    if (x.size() < 2 || !std::isfinite(variance) || variance <= 0)
        return fail(Errc::decode, std::string(name) + " has no usable variation to start from");
    return variance;
}

/// Whether stored numbers can be a detector's: evidence of `count` alternatives, then positive scales.
bool usable(std::span<const double> numbers, std::size_t count, std::size_t scales) {
    return std::all_of(numbers.begin(), numbers.end(), [](double x) { return std::isfinite(x); }) &&
           std::all_of(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count),
                       [](double x) { return x >= 0; }) &&
           std::all_of(numbers.begin() + static_cast<std::ptrdiff_t>(count),
                       numbers.begin() + static_cast<std::ptrdiff_t>(count + scales),
                       [](double x) { return x > 0; });
}

}  // namespace

double alarm_threshold(double bars) {
    return std::log1p(bars);
}

double direction_likelihood_ratio(double a, double c, double null, double alternative) {
    const double along = (a + c) * (a + c) / (2 * (1 + null)) + kTiny;
    const double across = (a - c) * (a - c) / (2 * (1 - null)) + kTiny;
    const double stretch_along = (1 + alternative) / (1 + null);
    const double stretch_across = (1 - alternative) / (1 - null);
    return (along + across) /
           (std::sqrt(stretch_along * stretch_across) * (along / stretch_along + across / stretch_across));
}

double inflation_likelihood_ratio(double z, double inflation, double nu) {
    const double grown = std::log1p(z * z / ((nu - 2) * (1 + inflation)));
    const double usual = std::log1p(z * z / (nu - 2));
    return std::exp(-0.5 * std::log1p(inflation) - 0.5 * (nu + 1) * (grown - usual));
}

Result<CorrelationDetector> CorrelationDetector::from(std::span<const double> y, std::span<const double> g,
                                                      const CorrelationDetectorParams& params) {
    if (y.size() != g.size()) return fail(Errc::decode, "the two return series differ in length");
    CorrelationDetector out;
    out.params_ = params;
    out.variance_y_ = OR_TRY(scale_of(y, "the hedged return"));
    out.variance_g_ = OR_TRY(scale_of(g, "the hedge's return"));
    const double cross =
        std::inner_product(y.begin(), y.end(), g.begin(), 0.0) / static_cast<double>(y.size());
    out.moments_ = {1, 1, cross / std::sqrt(out.variance_y_ * out.variance_g_)};
    return out;
}

double CorrelationDetector::baseline() const {
    const double rho = moments_[2] / std::sqrt(moments_[0] * moments_[1]);
    return std::clamp(rho, params_.rho_min, params_.rho_max);
}

Result<double> CorrelationDetector::add(double y, double g, bool learn) {
    if (!std::isfinite(y) || !std::isfinite(g)) return fail(Errc::decode, "a return is not a finite number");
    const double rho = baseline();
    const double a = y / std::sqrt(variance_y_);
    const double c = g / std::sqrt(variance_g_);
    if (a != 0 || c != 0) {  // two still prices have no direction
        for (std::size_t i = 0; i < kRemaining.size(); ++i) {
            const double ratio = direction_likelihood_ratio(a, c, rho, kRemaining[i] * rho);
            evidence_[i] = std::min((1 + evidence_[i]) * ratio, kEvidenceMax);
        }
    }
    if (learn) {
        const double keep = decay(params_.baseline_half_life);
        const double distance = (a * a - 2 * rho * a * c + c * c) / (1 - rho * rho);
        const double weight = (1 - keep) * (params_.tail_nu + 2) / (params_.tail_nu + distance);
        moments_ = {keep * moments_[0] + weight * a * a, keep * moments_[1] + weight * c * c,
                    keep * moments_[2] + weight * a * c};
    }
    variance_y_ = updated_variance(variance_y_, y, params_.scale_half_life);
    variance_g_ = updated_variance(variance_g_, g, params_.scale_half_life);
    return statistic();
}

double CorrelationDetector::statistic() const {
    return log_mean_evidence(evidence_);
}

bool CorrelationDetector::alarmed() const {
    return statistic() >= alarm_threshold(params_.mean_bars_to_false);
}

std::vector<double> CorrelationDetector::numbers() const {
    std::vector<double> out(evidence_.begin(), evidence_.end());
    out.insert(out.end(), {variance_y_, variance_g_, moments_[0], moments_[1], moments_[2]});
    return out;
}

Result<CorrelationDetector> CorrelationDetector::restored(std::span<const double> numbers,
                                                          const CorrelationDetectorParams& params) {
    if (numbers.size() != 9 || !usable(numbers, 4, 4))
        return fail(Errc::decode, "these are not the numbers of a correlation detector");
    CorrelationDetector out;
    out.params_ = params;
    std::copy_n(numbers.begin(), 4, out.evidence_.begin());
    out.variance_y_ = numbers[4];
    out.variance_g_ = numbers[5];
    std::copy_n(numbers.begin() + 6, 3, out.moments_.begin());
    return out;
}

Result<ResidualDetector> ResidualDetector::from(std::span<const double> residuals,
                                                const ResidualDetectorParams& params) {
    ResidualDetector out;
    out.params_ = params;
    out.variance_ = OR_TRY(scale_of(residuals, "the hedged residual"));
    return out;
}

Result<ResidualDetector::Seen> ResidualDetector::add(double residual) {
    if (!std::isfinite(residual)) return fail(Errc::decode, "a residual is not a finite number");
    const double z = residual / std::sqrt(variance_);
    for (std::size_t i = 0; i < kInflations.size(); ++i) {
        const double ratio = inflation_likelihood_ratio(z, kInflations[i], params_.nu);
        evidence_[i] = std::min((1 + evidence_[i]) * ratio, kEvidenceMax);
    }
    variance_ = updated_variance(variance_, residual, params_.scale_half_life);
    return Seen{z, statistic(), std::abs(z) > params_.shock_z};
}

double ResidualDetector::statistic() const {
    return log_mean_evidence(evidence_);
}

bool ResidualDetector::alarmed() const {
    return statistic() >= params_.threshold;
}

std::vector<double> ResidualDetector::numbers() const {
    return {evidence_[0], evidence_[1], evidence_[2], variance_};
}

Result<ResidualDetector> ResidualDetector::restored(std::span<const double> numbers,
                                                    const ResidualDetectorParams& params) {
    if (numbers.size() != 4 || !usable(numbers, 3, 1))
        return fail(Errc::decode, "these are not the numbers of a residual detector");
    ResidualDetector out;
    out.params_ = params;
    std::copy_n(numbers.begin(), 3, out.evidence_.begin());
    out.variance_ = numbers[3];
    return out;
}

}  // namespace outrigger
