// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "hedge/venue/token.hpp"
#include "hedge/venue/venue.hpp"

namespace outrigger {

/// One perpetual market.
struct PerpMarket {
    Address base_token{};
    std::string symbol;  // "WETH"
    AssetId asset;
};

/// Perpetual Protocol v2 (Curie): perpetuals on a virtual AMM, margin in one settlement token.
struct PerpV2Params {
    VenueId id;
    std::string name;
    ChainId chain;
    Address clearing_house{};
    Address vault{};
    Address account_balance{};
    Address exchange{};
    Address market_registry{};
    VenueToken collateral;  // the settlement token
    std::vector<PerpMarket> markets;
    double max_leverage = 3.0;          // no open leaves more: position value over account value
    double target_leverage = 2.0;       // what deposits aim at
    double top_up_leverage = 4.0;       // above it upkeep deposits
    double max_index_gap_ratio = 0.05;  // no increase while the venue's index is further from our price
    double cost_ratio = 0.0015;         // taker fee and half spread
    double tidy_min_usd = 1.0;          // smaller deposits and withdrawals are not worth a transaction
    bool withdraw_when_flat = false;    // without a position, upkeep brings the margin back to the wallet
};

/// The venue. Errors: Errc::config, naming the parameter that cannot be.
Result<std::unique_ptr<Venue>> make_perp_v2(PerpV2Params params);

}  // namespace outrigger
