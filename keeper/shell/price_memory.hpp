// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "keeper/shell/price_sources.hpp"
#include "oracle/history.hpp"
#include "oracle/price_band.hpp"

namespace outrigger {

/// What the keeper remembers of prices from round to round, so that no source leads it back in time, and no
/// price jumps unconfirmed.
class PriceMemory {
  public:
    PriceMemory(PriceBandLimits limits, double max_depeg_ratio)
        : limits_(limits), max_depeg_ratio_(max_depeg_ratio) {}

    /// Begins with what the history's newest prices leave to be believed, and to be confirmed.
    void begin(const PriceHistory& history, const PriceSources& sources);
    /// The prices agreed on (agreed_prices), as far as they go with what is remembered. A dollar that is far
    /// from one, a jump and a step back in time are errors that say so.
    std::map<AssetId, Observed<Price>> believe(const PriceSources& sources, const PriceReadings& readings,
                                               const Universe& universe, const BlockRef& block,
                                               TimePoint now);
    /// Forgets what was published after a reorganisation's ancestor.
    void drop_after(const BlockRef& ancestor);

  private:
    PriceBandLimits limits_;
    double max_depeg_ratio_;
    std::map<std::string, TimePoint> newest_;  // of each source
    std::map<AssetId, PriceBand> bands_;
};

}  // namespace outrigger
