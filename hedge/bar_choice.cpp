// SPDX-License-Identifier: Apache-2.0
#include "hedge/bar_choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "chain/base/assert.hpp"
#include "hedge/async_covariance.hpp"
#include "hedge/covariance.hpp"

namespace outrigger {

namespace {

using std::chrono::seconds;

constexpr std::array kLengths{seconds{300},   seconds{900},   seconds{3600},
                              seconds{14400}, seconds{28800}, seconds{86400}};

std::string in_words(std::chrono::duration<double> t) {
    if (t.count() >= 86400) return fmt::format("{:.3g} d", t.count() / 86400);
    if (t.count() >= 3600) return fmt::format("{:.3g} h", t.count() / 3600);
    if (t.count() >= 60) return fmt::format("{:.0f} min", t.count() / 60);
    return fmt::format("{:.0f} s", t.count());
}

/// The mean time between an asset's prices. Pre: two of them
std::chrono::duration<double> mean_interval(const PriceSeries& series) {
    const std::chrono::duration<double> whole = series.ticks.back().at - series.ticks.front().at;
    return whole / static_cast<double>(series.ticks.size() - 1);
}

/// How much of the correlations is left, averaged over the pairs whose correlation is worth speaking of.
double share_kept(const Eigen::MatrixXd& got, const Eigen::MatrixXd& reference) {
    constexpr double kWorth = 0.1;
    double sum = 0;
    double pairs = 0;
    for (Eigen::Index i = 0; i < got.rows(); ++i) {
        for (Eigen::Index j = 0; j < i; ++j) {
            if (std::abs(reference(i, j)) < kWorth) continue;
            sum += got(i, j) / reference(i, j);
            pairs += 1;
        }
    }
    return pairs > 0 ? sum / pairs : 1;
}

}  // namespace

Result<BarChoice> choose_bar(std::span<const PriceSeries> series, std::span<const std::string> names,
                             const BarRule& rule) {
    OR_ASSERT(names.size() == series.size());
    const auto together = OR_TRY(hayashi_yoshida(series));
    const Eigen::MatrixXd reference = together.correlation();
    BarChoice out;
    std::size_t slowest = 0;
    TimePoint from = series.front().ticks.front().at;
    TimePoint to = series.front().ticks.back().at;
    for (std::size_t i = 0; i < series.size(); ++i) {
        if (mean_interval(series[i]) > out.interval) {
            out.interval = mean_interval(series[i]);
            slowest = i;
        }
        from = std::max(from, series[i].ticks.front().at);
        to = std::max(to, series[i].ticks.back().at);
    }
    out.slowest = series[slowest].asset;
    const std::chrono::duration<double> least = rule.intervals * out.interval;
    for (const auto bar : kLengths) {
        const auto panel = make_panel(series, {.bar = bar, .grace = rule.grace, .from = from, .to = to});
        if (!panel && panel.error().code != Errc::stale) return tl::unexpected(panel.error());
        if (!panel || panel->ends.size() < rule.min_bars) continue;
        const auto covariance = sample_covariance(*panel);
        if (!covariance) continue;
        out.candidates.push_back(
            {bar, panel->ends.size(), share_kept(correlation(covariance->per_bar), reference)});
        if (out.bar.count() == 0 && bar >= rule.shortest && bar >= least) out.bar = bar;
    }
    if (out.bar.count() == 0) {
        return fail(
            Errc::stale,
            fmt::format("no length of bar fits: {} changes every {} on average, so that a bar takes {}, and "
                        "the history has not {} of them",
                        names[slowest], in_words(out.interval), in_words(least), rule.min_bars));
    }
    out.why = fmt::format(
        "{}: the slowest source ({}) changes every {} on average, and {:.0f} times that is {}",
        in_words(out.bar), names[slowest], in_words(out.interval), rule.intervals, in_words(least));
    const auto& shortest = out.candidates.front();
    if (shortest.bar < out.bar)
        out.why += fmt::format("; at {} correlations read {:.0f} % of what they are", in_words(shortest.bar),
                               100 * shortest.correlation_kept);
    return out;
}

}  // namespace outrigger
