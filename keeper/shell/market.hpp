// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "chain/pool/pool.hpp"
#include "keeper/shell/price_sources.hpp"
#include "keeper/shell/universe.hpp"

namespace outrigger {

/// Everything the keeper reads and trades, identified on the chain once at start.
struct Market {
    Universe universe;
    std::vector<std::unique_ptr<Pool>> pools;    // index: position
    PriceSources prices;                         // of every asset in use
    std::vector<std::unique_ptr<Venue>> venues;  // index: VenueId
    Params params;
    AssetId native;  // what gas is paid in
};

/// The market of a configuration, as the chain has it at the pinned block.
/// Errors: Errc::not_found when a position does not exist, Errc::config when something named is not on this
/// chain, or why it could not be read.
Result<Market> open_market(const config::Settings& settings, BatchReader& reader, const Pins& pins);

}  // namespace outrigger
