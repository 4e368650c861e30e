// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include "chain/base/market.hpp"
#include "hedge/returns.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

/// A wanted hedge: USD per instrument asset, negative is short.
struct HedgeTarget {
    std::map<AssetId, double> usd;
    bool cross = false;    // some exposure has no instrument of its own
    double r_squared = 1;  // share of the exposure's variance the target removes
    double condition = 0;
    double shrinkage = 0;
};

/// The minimum-variance hedge of an exposure with a group's instruments.
///
/// Units:   exposure_usd and result in USD per unit log return, long positive
/// Pre:     exposure_usd holds no quote assets
/// Errors:  Errc::stale when an estimate is needed and the history is too short; Errc::unsupported when there
/// is
///          no instrument at all
/// Source:  methods D.1, D.2
[[nodiscard]] Result<HedgeTarget> hedge_target(const std::map<AssetId, double>& exposure_usd,
                                               const Group& group, const PositionParams& settings,
                                               const Result<ReturnPanel>& panel);

}  // namespace outrigger
