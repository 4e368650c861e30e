// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "keeper/decide/decide.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

/// What a group's readable inputs amount to.
struct GroupFigures {
    std::map<std::size_t, PositionFigures> members;  // each position's own exposure
    PositionFigures total;                           // the group's: legs, residual, band
    double worst_pool_gap = 0;                       // largest |ln(pool price / oracle price)| among members
    double worst_mean_gap = 0;  // largest |ln(pool price / its own mean)| among those whose mean is asked for
    std::string no_mean;        // why one of these means is not known; empty: all are
    std::string kept;           // why a gone position's hedge is kept; empty: there is none such
    double lowest_health = 0;   // among the venues in use; infinity without debt
    double deviation_usd = 0;   // sum over legs of |held - target|
    double largest_off_usd = 0;  // largest |held - goal|: what one trade can correct
    double held_usd = 0;         // gross
};

/// The numbers behind a group's decision.
/// Errors: the first input that is missing, with what it is and why; nothing is then known.
/// `memory` is the group's; what it learns stays learnt.
[[nodiscard]] Result<GroupFigures> evaluate(const Snapshot& seen, const Params& params, const Group& group,
                                            HedgeMemory& memory);

/// Whether the time has come to re-centre, band or not.
[[nodiscard]] bool recentring_due(const PositionParams& settings, const PositionFacts& facts, TimePoint now);

/// The aggregated price of an asset, fresh enough to trade on. Errors: Errc::stale or why it could not be
/// read.
[[nodiscard]] Result<double> fresh_price(const Snapshot& seen, const Params& params, AssetId asset);

}  // namespace outrigger
