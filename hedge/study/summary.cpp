// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/summary.hpp"

#include <algorithm>

#include "hedge/effectiveness.hpp"

namespace outrigger::study {

Result<Summary> summarise(std::span<const Step> steps, const WalkSpec& spec) {
    std::vector<double> unhedged;
    std::vector<double> hedged;
    Summary out;
    double traded = 0;
    double gross = 0;
    std::size_t trades = 0;
    std::size_t closed = 0;
    std::optional<Regime> before;
    for (const Step& step : steps) {
        if (step.notes.regime && before && *before != *step.notes.regime && step.counted)
            ++out.regime_changes;
        before = step.notes.regime;
        if (!step.counted) continue;
        unhedged.push_back(step.unhedged_usd);
        hedged.push_back(step.hedged_usd);
        traded += step.traded_usd;
        gross += step.held_usd.cwiseAbs().sum();
        trades += step.traded_usd > 0 ? 1U : 0U;
        closed += step.notes.gate_open && !*step.notes.gate_open ? 1U : 0U;
    }
    const Effectiveness effect = OR_TRY(hedge_effectiveness(unhedged, hedged));
    const auto n = static_cast<double>(hedged.size());
    const double per_year = 365.0 * 86400.0 / static_cast<double>(spec.every.count());
    out.decisions = hedged.size();
    out.variance_reduction = effect.variance_reduction;
    out.es_reduction = effect.es_reduction95;
    out.sd_unhedged_usd = effect.sd_unhedged;
    out.sd_hedged_usd = effect.sd_hedged;
    out.turnover = traded / n * per_year / position_value(spec);
    out.trades_per_year = static_cast<double>(trades) / n * per_year;
    out.gross_ratio = gross / n / spec.exposure_usd.cwiseAbs().sum();
    out.worst_usd = std::max(0.0, -*std::min_element(hedged.begin(), hedged.end()));
    out.share_gate_closed = static_cast<double>(closed) / n;
    return out;
}

}  // namespace outrigger::study
