// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/relationship.hpp"

#include <cmath>

#include "hedge/constancy.hpp"
#include "hedge/gate.hpp"
#include "hedge/least_squares.hpp"
#include "hedge/uncertainty.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr double kRecent = 168;  // bars
constexpr double kSteady = 1440;

double decayed_correlation(const VectorXd& y, const VectorXd& g, double half_life) {
    VectorXd weight(y.size());
    for (Index t = 0; t < y.size(); ++t)
        weight[t] = std::exp2(-static_cast<double>(y.size() - 1 - t) / half_life);
    const double yy = (weight.array() * y.array().square()).sum();
    const double gg = (weight.array() * g.array().square()).sum();
    const double yg = (weight.array() * y.array() * g.array()).sum();
    return yy > 0 && gg > 0 ? yg / std::sqrt(yy * gg) : 0;
}

/// Excess kurtosis of a pair taken as elliptical: what fat tails cost a correlation's precision.
double kurtosis_of(const VectorXd& y, const VectorXd& g) {
    ReturnPanel pair;
    pair.returns.resize(y.size(), 2);
    pair.returns << y, g;
    pair.ends.assign(static_cast<std::size_t>(y.size()), TimePoint{});
    const VectorXd weights = VectorXd::Constant(y.size(), 1.0 / static_cast<double>(y.size()));
    const auto quality = hedge_quality(pair, VectorXd::Unit(2, 0), -VectorXd::Unit(2, 1), weights, 1);
    return quality ? quality->kurtosis : 0;
}

}  // namespace

Result<Relationship> relationship_of(const StudyBars& bars, const VectorXd& exposure, const VectorXd& hedge) {
    constexpr std::size_t kLeast = 200;
    std::vector<Index> rows;
    for (std::size_t t = 0; t < bars.ends.size(); ++t)
        if (!bars.after_gap[t]) rows.push_back(static_cast<Index>(t));
    if (rows.size() < kLeast) return fail(Errc::stale, "too few bars to say anything of a relationship");
    const Eigen::MatrixXd r = bars.returns(rows, Eigen::all).array().log1p();
    const VectorXd y = r * exposure;
    const VectorXd g = -r * hedge;
    if (!(y.squaredNorm() > 0) || !(g.squaredNorm() > 0))
        return fail(Errc::decode, "the exposure or its hedge never moved");
    Relationship out;
    out.bars = rows.size();
    out.correlation = y.dot(g) / std::sqrt(y.squaredNorm() * g.squaredNorm());
    out.recent = decayed_correlation(y, g, kRecent);
    out.steady = decayed_correlation(y, g, kSteady);
    if (const auto variance = ewma_gap_variance(kRecent, kSteady, kurtosis_of(y, g))) {
        if (const auto z = correlation_gap_z(out.recent, out.steady, *variance)) out.gap_z = *z;
    }
    if (const auto constancy = correlation_constancy(y, g)) {
        out.constancy = constancy->statistic;
        out.constancy_p = constancy->p_value;
    }
    if (const auto found = single_break(with_intercept(g), y)) {
        out.break_at = bars.ends[static_cast<std::size_t>(rows[found->first_regime - 1])];
        out.break_p = found->p_value;
    }
    return out;
}

}  // namespace outrigger::study
