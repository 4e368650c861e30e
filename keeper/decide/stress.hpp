// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "keeper/decide/decide.hpp"

/// What a bad day would do to the portfolio as it stands, and what the keeper would do about it.
namespace outrigger {

/// One state of the correlations. Units: USD a day.
struct CorrelationStress {
    std::string name;  // "all to one"
    double sd_unhedged = 0;
    double sd_hedged = 0;
    double variance_removed = 0;  // share
    /// How much of the way there it takes until less than what a hedge must remove is removed; nothing:
    /// never.
    std::optional<double> breaks_at;
};

/// One sudden move of prices, positions repriced, nobody trading.
struct PriceStress {
    std::string name;
    double positions_usd = 0;  // what becomes of the positions, fees included
    double hedge_usd = 0;
    double lowest_health = 0;      // of the venues afterwards; infinity without debt
    double lowest_equity_usd = 0;  // likewise
    [[nodiscard]] double total_usd() const { return positions_usd + hedge_usd; }
};

/// One change of circumstances, and what would be decided.
struct ReactionStress {
    std::string name;
    std::string action;  // "hold", "adjust", "halt"
    std::string why;
};

struct StressReport {
    std::size_t leader = 0;  // position that speaks for the group
    std::vector<AssetId> assets;
    std::vector<CorrelationStress> correlations;
    std::vector<PriceStress> prices;
    std::vector<ReactionStress> reactions;
    std::string no_correlations;  // why there are none; empty: there are
};

/// A correlation between two assets that somebody wants to see; the rest is repaired around it.
struct EditedCorrelation {
    AssetId a;
    AssetId b;
    double value = 0;
};

/// The stress of every group whose positions and accounts are readable; unreadable ones are left out.
///
/// Shape:   one report a group, in the order of make_groups
/// Errors:  whatever repricing or nearest_correlation fails with
/// Source:  methods H.2, H.3
[[nodiscard]] Result<std::vector<StressReport>> stress_groups(const Snapshot& seen, const State& state,
                                                              const Params& params,
                                                              const std::vector<EditedCorrelation>& edits);

}  // namespace outrigger
