// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "hedge/study/walk.hpp"

namespace outrigger::study {

/// What a rule did over its counted decisions.
struct Summary {
    std::size_t decisions = 0;
    std::optional<double> variance_reduction;  // 1 - Var(hedged) / Var(unhedged)
    std::optional<double> es_reduction;        // the same of the mean of the worst 5 %
    double sd_unhedged_usd = 0;                // per decision
    double sd_hedged_usd = 0;
    double turnover = 0;         // traded a year, as a multiple of the position's value
    double trades_per_year = 0;  // decisions that traded anything
    double gross_ratio = 0;      // mean sum |held|, as a multiple of the exposure
    double worst_usd = 0;        // the worst hedged P&L between two decisions, a loss is positive
    std::size_t regime_changes = 0;
    double share_gate_closed = 0;  // of decisions of a rule that has a gate
};

/// Errors:  Errc::stale with fewer than two counted steps
/// Source:  methods G.1
[[nodiscard]] Result<Summary> summarise(std::span<const Step> steps, const WalkSpec& spec);

}  // namespace outrigger::study
