// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/watch.hpp"

#include <fmt/format.h>

#include <vector>

namespace outrigger::study {

void Watch::start(std::span<const double> y, std::span<const double> g) {
    std::vector<double> left;
    for (std::size_t t = 0; t < std::min(y.size(), g.size()); ++t) left.push_back(y[t] - g[t]);
    auto correlation = CorrelationDetector::from(y, g, params_.correlation);
    auto residual = ResidualDetector::from(left, params_.residual);
    if (!correlation || !residual) return;
    correlation_ = *std::move(correlation);
    residual_ = *std::move(residual);
    stale_baseline_ = false;
}

Result<RegimeEvidence> Watch::channels(double y, double g) {
    RegimeEvidence seen;
    // Anything but calm keeps the baseline: a broken relationship may not become the new normal.
    OR_TRY(correlation_->add(y, g, state_.regime == Regime::calm));
    const auto left = OR_TRY(residual_->add(y - g));
    seen.correlation_alarm = correlation_->alarmed();
    seen.residual_alarm = residual_->alarmed();
    seen.shock = left.shock || (params_.loss_limit_usd > 0 && g - y > params_.loss_limit_usd);
    seen.prices_confirmed = true;  // a study has one source, and believes its next bar
    if (seen.correlation_alarm) correlation_->reset();
    if (seen.residual_alarm) residual_->reset();
    realised_.emplace_back(y * y, (y - g) * (y - g));
    if (realised_.size() > params_.realised_bars) realised_.pop_front();
    return seen;
}

void Watch::judge(RegimeEvidence& seen, const Quality& quality) const {
    double before = 0;
    double after = 0;
    for (const auto& [unhedged, hedged] : realised_) {
        before += unhedged;
        after += hedged;
    }
    if (before > 0 && params_.realised_breaks) seen.realised_variance_removed = 1 - after / before;
    seen.realised_bars = realised_.size();
    if (quality.recent) {
        const double high = std::max(quality.recent->high, 0.0);
        seen.variance_removed_high = high * high;
    }
    if (quality.usual) seen.variance_removed_low = quality.usual->variance_reduction_low;
}

std::string Watch::step(const RegimeEvidence& seen, TimePoint now) {
    const Regime before = state_.regime;
    const RegimeStep next = next_regime(state_, seen, params_.regime, now);
    state_ = next.state;
    if (before == state_.regime) return {};
    if (state_.regime == Regime::calm && before != Regime::shock) stale_baseline_ = true;
    return fmt::format("{} to {}: {}", to_string(before), to_string(state_.regime), next.why);
}

}  // namespace outrigger::study
