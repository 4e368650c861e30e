// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// One published price of one asset.
struct PriceTick {
    TimePoint at;
    double usd = 0;
    friend bool operator==(const PriceTick&, const PriceTick&) = default;
};

/// Every price one asset's source published, oldest first. Of ticks with one timestamp the last counts.
struct PriceSeries {
    AssetId asset;
    std::chrono::seconds heartbeat{0};  // the source promises a tick at least this often
    std::vector<PriceTick> ticks;
};

/// Which bars make_panel forms.
struct PanelSpec {
    std::chrono::seconds bar{3600};   // bar ends are its multiples in UTC
    std::chrono::seconds grace{120};  // a price older than heartbeat + grace is no price
    TimePoint from{};                 // first and last possible bar end, both included
    TimePoint to{};
    std::size_t min_bars = 1;  // fewer returns than this: Errc::stale
};

/// Aligned log returns: row t holds every asset's return over the bar that ends at ends[t].
struct ReturnPanel {
    std::vector<AssetId> assets;  // columns
    Eigen::MatrixXd returns;      // T x N, oldest first
    std::vector<TimePoint> ends;  // T, ascending; further apart than `bar` where bars were dropped
    std::chrono::seconds bar{0};
    std::size_t dropped = 0;  // bars after the start of history for which some price was missing or stale
};

/// The panel of previous-tick log returns of several assets on one UTC grid.
///
/// A bar counts only when every asset has a fresh price at its start and at its end; any other bar is dropped
/// whole. Nothing is filled and no return spans a gap.
/// Shape:   T x N, columns in the order of `series`
/// Errors:  Errc::stale when fewer than spec.min_bars bars (and at least one) are complete; Errc::decode when
/// a
///          price is not a positive finite number, ticks are out of order, or an asset appears twice;
///          Errc::config when the grid makes no sense
/// Source:  methods B.2 (previous-tick bars)
[[nodiscard]] Result<ReturnPanel> make_panel(std::span<const PriceSeries> series, const PanelSpec& spec);

}  // namespace outrigger
