// SPDX-License-Identifier: Apache-2.0
#include "hedge/tail_dependence.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "hedge/constancy.hpp"
#include "hedge/robust.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

Result<void> check(const VectorXd& x, const VectorXd& y) {
    constexpr Index kLeast = 10;
    if (x.size() != y.size() || x.size() < kLeast)
        return fail(Errc::decode, "two series of at least ten rows are needed, of one length");
    if (!x.allFinite() || !y.allFinite()) return fail(Errc::decode, "a return is not a finite number");
    return {};
}

/// Linearly interpolated (type 7).
double quantile_of(const VectorXd& x, double q) {
    std::vector<double> sorted(x.begin(), x.end());
    std::sort(sorted.begin(), sorted.end());
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= sorted.size()) return sorted.back();
    return sorted[below] + (place - static_cast<double>(below)) * (sorted[below + 1] - sorted[below]);
}

Result<double> pearson(const std::vector<double>& x, const std::vector<double>& y) {
    const Eigen::Map<const VectorXd> a(x.data(), std::ssize(x));
    const Eigen::Map<const VectorXd> b(y.data(), std::ssize(y));
    if (a.size() < 3) return fail(Errc::stale, "too few rows qualify");
    const VectorXd u = a.array() - a.mean();
    const VectorXd v = b.array() - b.mean();
    const double scale = std::sqrt(u.squaredNorm() * v.squaredNorm());
    if (!(scale > 0)) return fail(Errc::stale, "the rows that qualify do not move");
    return u.dot(v) / scale;
}

}  // namespace

Result<PartialCorrelation> exceedance_correlation(const VectorXd& x, const VectorXd& y, double quantile,
                                                  Side side) {
    OR_TRY(check(x, y));
    const double at_x = quantile_of(x, quantile);
    const double at_y = quantile_of(y, quantile);
    std::vector<double> a;
    std::vector<double> b;
    for (Index t = 0; t < x.size(); ++t) {
        const bool beyond = side == Side::falls ? x[t] <= at_x && y[t] <= at_y : x[t] >= at_x && y[t] >= at_y;
        if (!beyond) continue;
        a.push_back(x[t]);
        b.push_back(y[t]);
    }
    return PartialCorrelation{OR_TRY(pearson(a, b)), a.size()};
}

Result<double> semi_correlation(const VectorXd& x, const VectorXd& y, Side side) {
    OR_TRY(check(x, y));
    const double sign = side == Side::falls ? -1 : 1;
    const VectorXd a = (sign * x).cwiseMax(0);
    const VectorXd b = (sign * y).cwiseMax(0);
    const double scale = std::sqrt(a.squaredNorm() * b.squaredNorm());
    if (!(scale > 0)) return fail(Errc::stale, "no row is on that side");
    return a.dot(b) / scale;
}

Result<double> tail_dependence(const VectorXd& x, const VectorXd& y, double u, Side side) {
    OR_TRY(check(x, y));
    // A rank r of T counts as r/(T + 1). Equal values share theirs, so that a price that often stands still
    // is in no tail.
    const double last = static_cast<double>(x.size() + 1);
    const double edge = u * last + 1e-9;
    if (edge < 1) return fail(Errc::stale, "the tail is smaller than one row");
    const VectorXd rx = shared_ranks(x);
    const VectorXd ry = shared_ranks(y);
    Index both = 0;
    for (Index t = 0; t < x.size(); ++t) {
        const bool inside = side == Side::falls ? rx[t] <= edge && ry[t] <= edge
                                                : last - rx[t] <= edge && last - ry[t] <= edge;
        both += inside ? 1 : 0;
    }
    return static_cast<double>(both) / (u * static_cast<double>(x.size()));
}

double t_copula_tail_dependence(double nu, double rho) {
    return f_tail((nu + 1) * (1 - rho) / (1 + rho), 1, nu + 1);  // both tails of t are one of its square
}

double volatility_adjusted(double correlation, double variance_ratio) {
    const double delta = variance_ratio - 1;
    return correlation / std::sqrt(1 + delta * (1 - correlation * correlation));
}

}  // namespace outrigger
