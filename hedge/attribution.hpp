// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// What some of the venues hold.
struct VenueHolding {
    double equity_usd = 0;
    std::map<std::string, double> hedge{};  // whole tokens, short is negative
};

/// What hedged positions are and hold at one moment: what an interval's profit and loss is taken apart by.
struct HoldingPoint {
    TimePoint at{};
    std::map<std::string, double> principal;  // whole tokens in the pools, by asset symbol
    std::map<std::string, double> fees;       // uncollected
    std::map<std::string, double> hedge;      // whole tokens, short is negative
    std::map<std::string, double> price_usd;
    std::string liquidity;                     // of every position; another one is another position
    std::optional<double> venue_equity_usd{};  // where no other position uses the venues
    std::optional<VenueHolding> loans{};       // of that, what lends and borrows; known with it
    double gas_usd = 0;                        // spent so far
    std::uint64_t writes = 0;                  // transactions so far: money may have moved with each
};

/// An interval's profit and loss in USD, exactly taken apart: unhedged() + hedge + carry - gas is all of it.
struct Attribution {
    TimePoint from{};
    TimePoint to{};
    double delta_usd = 0;  // what was held at the beginning, fees included, times the move of its price
    double gamma_usd = 0;  // the rest of the principal's: loss versus rebalancing as it was realised
    double fees_usd = 0;   // accrued, at the end's prices
    double hedge_usd = 0;  // the hedge held at the beginning, times the move
    double gas_usd = 0;
    /// Funding, borrow and basis: what the venues' equity did beyond the hedge's move. Only over an interval
    /// in which nothing was written, as a write may move money in or out.
    std::optional<double> carry_usd{};
    std::optional<double> interest_usd{};  // of that, at the venues that lend; the rest is funding and basis

    [[nodiscard]] std::optional<double> funding_usd() const {
        return carry_usd && interest_usd ? std::optional(*carry_usd - *interest_usd) : std::nullopt;
    }
    [[nodiscard]] double unhedged_usd() const { return delta_usd + gamma_usd + fees_usd; }
    [[nodiscard]] double hedged_usd() const {
        return unhedged_usd() + hedge_usd + carry_usd.value_or(0) - gas_usd;
    }
    friend bool operator==(const Attribution&, const Attribution&) = default;
};

/// The profit and loss between two points.
///
/// Errors:  Errc::unsupported when they are not of the same holding (liquidity added or taken, fees
/// collected);
///          Errc::decode when a price is missing or no usable number, or time did not pass
/// Source:  methods G.3
[[nodiscard]] Result<Attribution> attribute(const HoldingPoint& before, const HoldingPoint& after);

/// Intervals added up by the bar they end in, oldest first. A bar's carry is known where all of its
/// intervals' is.
[[nodiscard]] std::vector<Attribution> by_bar(std::span<const Attribution> intervals,
                                              std::chrono::seconds bar);

/// All of them together; its carry is the sum of what is known.
[[nodiscard]] Attribution sum_of(std::span<const Attribution> intervals);

}  // namespace outrigger
