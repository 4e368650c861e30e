// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/market.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// What only the venue's own adapter understands of its account; handed back to it untouched.
struct VenueState {
    virtual ~VenueState() = default;
};

/// Our account at one venue, at one block.
struct VenueAccount {
    Exposure position;         // signed units per hedge asset; a short is negative
    double equity_usd = 0;     // what would be left after closing everything, at oracle prices
    double health = 0;         // collateral over what liquidation needs; infinity: no debt
    double available_usd = 0;  // quote money in the wallet that may be posted here
    /// What holding a short costs a day, as a share of it, at the rate of this block; absent where it is not
    /// known.
    std::map<AssetId, double> short_cost_per_day{};
    bool untidy = false;  // something is left half done that upkeep would finish
    // Exact integers by name ("debt:WETH"), for verification and the journal.
    std::map<std::string, I256> facts;
    std::shared_ptr<const VenueState> state;
};

/// A wanted change of one instrument at one venue.
struct HedgeOrder {
    VenueId venue;
    AssetId asset;
    double delta_units = 0;  // positive: buy; negative: sell short
    double limit_usd = 0;    // worst acceptable price per unit; 0 is never a limit
    TimePoint deadline{};
    friend bool operator==(const HedgeOrder&, const HedgeOrder&) = default;
};

struct InFlight {
    HedgeOrder order;
    TimePoint since{};
};

}  // namespace outrigger
