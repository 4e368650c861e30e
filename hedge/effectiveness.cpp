// SPDX-License-Identifier: Apache-2.0
#include "hedge/effectiveness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

using Series = std::span<const double>;

double sum(Series x) {
    return std::accumulate(x.begin(), x.end(), 0.0);
}
double mean(Series x) {
    return sum(x) / static_cast<double>(x.size());
}

double covariance(Series x, Series y) {
    const double mx = mean(x);
    const double my = mean(y);
    double total = 0;
    for (std::size_t i = 0; i < x.size(); ++i) total += (x[i] - mx) * (y[i] - my);
    return total / static_cast<double>(x.size() - 1);
}

double semideviation(Series x) {
    double total = 0;
    for (const double v : x) total += v < 0 ? v * v : 0.0;
    return std::sqrt(total / static_cast<double>(x.size()));
}

/// A ratio of what was measured, when there is anything to measure against.
std::optional<double> ratio(double numerator, double denominator) {
    if (denominator == 0) return std::nullopt;
    const double value = numerator / denominator;
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<double> reduction(double after, double before) {
    const auto left = ratio(after, before);
    return left ? std::optional(1 - *left) : std::nullopt;
}

Result<void> check(Series unhedged, Series hedged) {
    if (unhedged.size() != hedged.size()) {
        return fail(Errc::decode, fmt::format("{} unhedged and {} hedged increments cannot be compared",
                                              unhedged.size(), hedged.size()));
    }
    if (unhedged.size() < 2) return fail(Errc::stale, "a hedge's effect needs at least two P&L increments");
    const auto finite = [](double v) { return std::isfinite(v); };
    if (!std::all_of(unhedged.begin(), unhedged.end(), finite) ||
        !std::all_of(hedged.begin(), hedged.end(), finite)) {
        return fail(Errc::decode, "a P&L increment is not a finite number");
    }
    return {};
}

/// The figures that need the hedge's own P&L.
void relate(Effectiveness& out, Series unhedged, Series hedged) {
    std::vector<double> against(unhedged.size());  // minus the hedge
    for (std::size_t i = 0; i < against.size(); ++i) against[i] = unhedged[i] - hedged[i];
    const double shared = covariance(unhedged, against);
    const double sd_hedge = std::sqrt(covariance(against, against));
    out.optimal_scale = ratio(shared, sd_hedge * sd_hedge);
    if (const auto r = ratio(shared, out.sd_unhedged * sd_hedge)) {
        out.hedge_correlation = std::clamp(*r, -1.0, 1.0);
        out.ederington_r2 = *out.hedge_correlation * *out.hedge_correlation;
    }
    out.dollar_offset = ratio(sum(against), sum(unhedged));
}

}  // namespace

Result<Effectiveness> hedge_effectiveness(Series unhedged, Series hedged) {
    OR_TRY(check(unhedged, hedged));
    Effectiveness out;
    out.n = unhedged.size();
    out.mean_unhedged = mean(unhedged);
    out.mean_hedged = mean(hedged);
    const double before = covariance(unhedged, unhedged);
    const double after = covariance(hedged, hedged);
    if (!std::isfinite(before) || !std::isfinite(after)) {
        return fail(Errc::decode, "the P&L is too large for its variance to be a number");
    }
    out.sd_unhedged = std::sqrt(before);
    out.sd_hedged = std::sqrt(after);
    out.variance_reduction = reduction(after, before);
    relate(out, unhedged, hedged);
    out.semideviation_reduction = reduction(semideviation(hedged), semideviation(unhedged));
    out.var95_unhedged = value_at_risk(unhedged, 0.05);
    out.var95_hedged = value_at_risk(hedged, 0.05);
    out.es95_unhedged = expected_shortfall(unhedged, 0.05);
    out.es95_hedged = expected_shortfall(hedged, 0.05);
    if (out.es95_unhedged > 0) out.es_reduction95 = reduction(out.es95_hedged, out.es95_unhedged);
    out.es975_hedged = expected_shortfall(hedged, 0.025);
    out.max_drawdown_unhedged = max_drawdown(unhedged);
    out.max_drawdown_hedged = max_drawdown(hedged);
    const auto sharpe_before = ratio(out.mean_unhedged, out.sd_unhedged);
    const auto sharpe_after = ratio(out.mean_hedged, out.sd_hedged);
    if (sharpe_before && sharpe_after) out.sharpe_change = *sharpe_after - *sharpe_before;
    return out;
}

double expected_shortfall(Series pnl, double tail) {
    OR_ASSERT(!pnl.empty() && tail > 0 && tail <= 1);
    std::vector<double> sorted(pnl.begin(), pnl.end());
    std::sort(sorted.begin(), sorted.end());
    const double count = tail * static_cast<double>(sorted.size());
    const auto whole = std::min(static_cast<std::size_t>(count), sorted.size());
    double total = std::accumulate(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(whole), 0.0);
    if (whole < sorted.size()) total += (count - static_cast<double>(whole)) * sorted[whole];
    return -total / count;
}

double value_at_risk(Series pnl, double tail) {
    OR_ASSERT(!pnl.empty() && tail > 0 && tail < 1);
    std::vector<double> sorted(pnl.begin(), pnl.end());
    std::sort(sorted.begin(), sorted.end());
    const double place = tail * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return -(sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]));
}

double max_drawdown(Series pnl) {
    double level = 0;
    double peak = 0;
    double worst = 0;
    for (const double v : pnl) {
        level += v;
        peak = std::max(peak, level);
        worst = std::max(worst, peak - level);
    }
    return worst;
}

}  // namespace outrigger
