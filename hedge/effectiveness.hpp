// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "chain/base/result.hpp"

namespace outrigger {

/// What a hedge did to a P&L. Increments in USD, positive is gain; standard deviations and variances centred
/// with divisor n - 1. A ratio whose denominator is zero has no value.
struct Effectiveness {
    std::size_t n = 0;
    std::optional<double> variance_reduction;  // 1 - Var(hedged) / Var(unhedged)
    std::optional<double> ederington_r2;      // corr(unhedged, -hedge)^2: what a right-sized one would remove
    std::optional<double> hedge_correlation;  // corr(unhedged, -hedge)
    std::optional<double> optimal_scale;      // multiply the hedge by this to remove the most
    double sd_unhedged = 0;
    double sd_hedged = 0;
    std::optional<double> semideviation_reduction;  // of sqrt(mean(min(x, 0)^2))
    double var95_unhedged = 0;                      // value at risk, a loss is positive
    double var95_hedged = 0;
    double es95_unhedged = 0;  // expected shortfall, a loss is positive
    double es95_hedged = 0;
    std::optional<double> es_reduction95;
    double es975_hedged = 0;
    double max_drawdown_unhedged = 0;  // largest fall of the running sum from its peak (0 at the start)
    double max_drawdown_hedged = 0;
    double mean_unhedged = 0;
    double mean_hedged = 0;
    std::optional<double> sharpe_change;  // mean / sd per increment, hedged less unhedged
    std::optional<double> dollar_offset;  // -sum(hedge) / sum(unhedged)
};

/// The effect of a hedge from both P&L series of the same intervals.
///
/// Errors:  Errc::stale with fewer than two increments; Errc::decode when the lengths differ or a value is
/// not
///          finite
/// Source:  methods G.1
[[nodiscard]] Result<Effectiveness> hedge_effectiveness(std::span<const double> unhedged,
                                                        std::span<const double> hedged);

/// The mean of the worst `tail` share of the increments as a positive loss; the increment on the edge counts
/// in part.
///
/// Pre:     at least one increment, 0 < tail <= 1
[[nodiscard]] double expected_shortfall(std::span<const double> pnl, double tail);

/// The loss that the worst `tail` share exceeds: minus the tail quantile, linearly interpolated (type 7).
///
/// Pre:     at least one increment, 0 < tail < 1
[[nodiscard]] double value_at_risk(std::span<const double> pnl, double tail);

/// The largest fall of the running sum from its highest point so far, 0 at the start included.
[[nodiscard]] double max_drawdown(std::span<const double> pnl);

}  // namespace outrigger
