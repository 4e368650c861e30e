// SPDX-License-Identifier: Apache-2.0
#include "hedge/run_length.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace outrigger {
namespace {

constexpr double kLargest = 1e100;  // a return whose square stays finite

}  // namespace

Result<RunLength> RunLength::from(const RunLengthParams& params) {
    if (!(params.hazard > 0 && params.hazard < 1)) {
        return fail(Errc::config, "the hazard must lie between 0 and 1");
    }
    if (!(params.prior_degrees > 1) || !std::isfinite(params.prior_degrees)) {
        return fail(Errc::config, "a prior of a covariance of two needs more than one degree of freedom");
    }
    if (params.runs_max < 2) return fail(Errc::config, "fewer than two runs cannot be told apart");
    RunLength out;
    out.params_ = params;
    out.prior_.l11 = std::sqrt(params.prior_first);
    out.prior_.l21 = params.prior_cross / out.prior_.l11;
    out.prior_.l22 = std::sqrt(params.prior_second - out.prior_.l21 * out.prior_.l21);
    if (!(out.prior_.l11 > 0) || !(out.prior_.l22 > 0) || !std::isfinite(out.prior_.l11) ||
        !std::isfinite(out.prior_.l22)) {
        return fail(Errc::config, "the prior's scale matrix must be positive definite");
    }
    return out;
}

/// The log of the Student t density of the pair, t(nu - 1)(0, Psi/(nu - 1)); then Psi gains its outer
/// product.
double RunLength::take_in(Hypothesis& run, double degrees, double x, double y) const {
    const double first = x / run.l11;
    const double second = (y - run.l21 * first) / run.l22;
    const double distance = first * first + second * second;
    const double log_density = std::log((degrees - 1) / (2 * std::acos(-1.0))) - std::log(run.l11) -
                               std::log(run.l22) - 0.5 * (degrees + 1) * std::log1p(distance);
    const double length = std::hypot(run.l11, x);  // one Givens rotation a row
    const double c = run.l11 / length;
    const double s = x / length;
    const double left = c * y - s * run.l21;
    run.l21 = c * run.l21 + s * y;
    run.l11 = length;
    run.l22 = std::hypot(run.l22, left);
    return log_density;
}

Result<double> RunLength::add(double x, double y) {
    if (!(std::abs(x) <= kLargest) || !(std::abs(y) <= kLargest)) {
        return fail(Errc::decode, "a return is not a finite number, or too large");
    }
    std::vector<Hypothesis> next;
    next.reserve(runs_.size() + 1);
    next.push_back(prior_);
    next.front().log_probability = take_in(next.front(), params_.prior_degrees, x, y);
    if (!runs_.empty()) next.front().log_probability += std::log(params_.hazard);
    for (Hypothesis run : runs_) {
        ++run.before;
        const double degrees = params_.prior_degrees + static_cast<double>(run.before);
        run.log_probability += std::log1p(-params_.hazard) + take_in(run, degrees, x, y);
        next.push_back(run);
    }
    runs_ = std::move(next);
    const auto normalise = [this] {
        double most = runs_.front().log_probability;
        for (const Hypothesis& run : runs_) most = std::max(most, run.log_probability);
        double sum = 0;
        for (const Hypothesis& run : runs_) sum += std::exp(run.log_probability - most);
        const double total = most + std::log(sum);
        for (Hypothesis& run : runs_) run.log_probability -= total;
        return total;
    };
    const double log_density = normalise();
    log_evidence_ += log_density;
    if (runs_.size() > params_.runs_max) {
        forget_the_least();
        normalise();
    }
    return log_density;
}

void RunLength::forget_the_least() {
    const auto least = std::min_element(
        std::next(runs_.begin()), runs_.end(),
        [](const Hypothesis& a, const Hypothesis& b) { return a.log_probability < b.log_probability; });
    runs_.erase(least);
}

std::vector<RunLength::Run> RunLength::runs() const {
    std::vector<Run> out;
    out.reserve(runs_.size());
    for (const Hypothesis& run : runs_) out.push_back({run.before, std::exp(run.log_probability)});
    return out;
}

double RunLength::probability_below(std::size_t bars) const {
    double sum = 0;
    for (const Hypothesis& run : runs_) {
        if (run.before < bars) sum += std::exp(run.log_probability);
    }
    return std::min(sum, 1.0);
}

std::size_t RunLength::most_probable() const {
    const auto most = std::max_element(
        runs_.begin(), runs_.end(),
        [](const Hypothesis& a, const Hypothesis& b) { return a.log_probability < b.log_probability; });
    return most == runs_.end() ? 0 : most->before;
}

}  // namespace outrigger
