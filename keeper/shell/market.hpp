// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/pool/pool.hpp"
#include "keeper/base/universe.hpp"
#include "keeper/shell/price_sources.hpp"
#include "oracle/uniswap_twap.hpp"

namespace outrigger {

/// Everything the keeper reads and trades, identified on the chain once at start.
struct Market {
    Universe universe;
    std::vector<std::unique_ptr<Pool>> pools;    // index: position
    std::vector<std::optional<TwapSpec>> means;  // index: position; of those whose pool's mean is asked for
    PriceSources prices;                         // of every asset in use
    std::vector<std::unique_ptr<Venue>> venues;  // index: VenueId
    Params params;
    AssetId native;  // what gas is paid in
};

/// What earlier starts kept of positions (Pool::record), by position_key.
using PositionRecords = std::map<std::string, std::string>;

/// The market of a configuration, as the chain has it at the pinned block. Of a position that is gone by now,
/// `known` tells what it was; what is known afterwards is put there.
/// Errors: Errc::not_found when a position does not exist, Errc::config when something named is not on this
/// chain, or why it could not be read.
Result<Market> open_market(const config::Settings& settings, BatchReader& reader, const Pins& pins,
                           PositionRecords& known);

}  // namespace outrigger
