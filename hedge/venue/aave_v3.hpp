// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hedge/venue/token.hpp"
#include "hedge/venue/venue.hpp"

namespace outrigger {

/// A token that can be borrowed and sold.
struct BorrowToken : VenueToken {
    std::uint32_t swap_fee_pips =
        0;  // tier of the Uniswap v3 pool against the collateral, hundredths of a bp
};

/// One Aave V3 market as a place to be short: borrow the hedge token against stable collateral, sell it for
/// more of the collateral token on Uniswap v3; and the way back.
///
/// The account's position in a token is wallet + supplied - debt: tokens in the wallet count, so that what a
/// crash leaves between borrowing and selling is seen and finished. The account should hold them for nothing
/// else.
struct AaveV3Params {
    VenueId id;
    std::string name;
    ChainId chain;
    Address pool{};
    Address data_provider{};
    Address oracle{};
    Address router{};       // Uniswap SwapRouter02
    VenueToken collateral;  // what is supplied, and what the hedge token is sold for
    std::vector<BorrowToken> tokens;
    double health_factor_floor = 1.6;    // nothing of ours leaves less; below it upkeep tops up
    double health_factor_target = 2.0;   // what borrowing, withdrawing and topping up aim at
    double health_factor_panic = 1.25;   // below it top-ups are marked urgent
    double max_borrow_apr = 0.5;         // no new debt above this yearly rate
    double max_oracle_gap_ratio = 0.05;  // no new debt while Aave's price is further from ours
    double max_quote_gap_ratio = 0.02;   // no swap while the collateral token is further from its dollar
    double tidy_min_usd = 1.0;           // smaller leftovers are not worth a transaction
    bool withdraw_when_flat = false;     // without debt, upkeep brings the collateral back to the wallet
};

/// The venue. Errors: Errc::config, naming the parameter that cannot be.
Result<std::unique_ptr<Venue>> make_aave_v3(AaveV3Params params);

}  // namespace outrigger
