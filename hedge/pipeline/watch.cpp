// SPDX-License-Identifier: Apache-2.0
#include "hedge/pipeline/watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outrigger {

void Watch::start(std::span<const double> y, std::span<const double> g) {
    std::vector<double> left;
    for (std::size_t t = 0; t < std::min(y.size(), g.size()); ++t) left.push_back(y[t] - g[t]);
    auto correlation = CorrelationDetector::from(y, g, params_.correlation);
    auto residual = ResidualDetector::from(left, params_.residual);
    if (!correlation || !residual) return;
    memory_.correlation = *std::move(correlation);
    memory_.residual = *std::move(residual);
    memory_.stale_baseline = false;
}

Result<RegimeEvidence> Watch::channels(const WatchedBar& bar) {
    const double y = bar.exposure_pnl;
    const double g = bar.hedge_pnl;
    RegimeEvidence seen;
    // Anything but calm keeps the baseline: a broken relationship may not become the new normal.
    OR_TRY(memory_.correlation->add(y, g, memory_.state.regime == Regime::calm));
    const auto left = OR_TRY(memory_.residual->add(y - g));
    seen.correlation_alarm = memory_.correlation->alarmed();
    seen.residual_alarm = memory_.residual->alarmed();
    seen.shock = left.shock || (params_.loss_limit_usd > 0 && g - y > params_.loss_limit_usd);
    seen.prices_confirmed = bar.prices_confirmed;
    if (seen.correlation_alarm) memory_.correlation->reset();
    if (seen.residual_alarm) memory_.residual->reset();
    memory_.realised.push_back({y * y, (y - g) * (y - g)});
    if (memory_.realised.size() > params_.realised_bars) memory_.realised.erase(memory_.realised.begin());
    return seen;
}

void Watch::judge(RegimeEvidence& seen, const Quality& quality) const {
    double before = 0;
    double after = 0;
    for (const auto& [unhedged, hedged] : memory_.realised) {
        before += unhedged;
        after += hedged;
    }
    if (before > 0 && params_.realised_breaks) seen.realised_variance_removed = 1 - after / before;
    seen.realised_bars = memory_.realised.size();
    if (quality.recent) {
        const double high = std::max(quality.recent->high, 0.0);
        seen.variance_removed_high = high * high;
    }
    if (quality.usual) {
        const double high = std::max(quality.usual->high, 0.0);
        seen.variance_removed_high_usual = high * high;
        seen.variance_removed_low = quality.usual->variance_reduction_low;
    }
}

std::string Watch::step(const RegimeEvidence& seen, TimePoint now) {
    RegimeState& state = memory_.state;
    const Regime before = state.regime;
    const RegimeStep next = next_regime(state, seen, params_.regime, now);
    state = next.state;
    if (before == state.regime) return {};
    if (state.regime == Regime::calm && before != Regime::shock) memory_.stale_baseline = true;
    return fmt::format("{} to {}: {}", to_string(before), to_string(state.regime), next.why);
}

}  // namespace outrigger
