// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "chain/base/market.hpp"

namespace outrigger {

/// What one source said this round, and how old its word may be.
struct FeedReading {
    std::string name;  // "ETH/USD", for messages
    Observed<Price> price;
    std::chrono::seconds max_age{0};
    std::optional<TimePoint> newest_known;  // an answer published before this one is a step back, not news
};

struct AggregateLimits {
    double max_deviation_ratio =
        0;                   // largest minus smallest price over the median; no default protects money
    std::size_t quorum = 0;  // sources that must be usable; 0: all of them
    std::chrono::seconds future_slack{15};  // clocks of oracle and chain may differ by this much
};

/// One source's price if it may be used now.
/// Errors: the reading's own; Errc::decode for a price that is none, from the future, or older than what is
/// known;
///         Errc::stale when older than its limit
[[nodiscard]] Result<Price> usable_price(const FeedReading& reading, std::chrono::seconds future_slack,
                                         TimePoint now);

/// The price several sources agree on: the median, as old as the oldest of them, at least as uncertain as
/// their spread.
///
/// Fails closed: with fewer usable sources than the quorum, or with sources that disagree, there is no price.
/// Errors: Errc::config without sources; the first unusable source's error when the quorum is missed;
/// Errc::rejected
///         when usable sources disagree by more than the limit
[[nodiscard]] Observed<Price> aggregate(std::span<const FeedReading> readings, const AggregateLimits& limits,
                                        TimePoint now);

/// How far a pool stands from the oracles: 10,000 ln(pool / oracle). Positive: the pool asks more for token0.
/// Units:  pool price in whole token1 per whole token0; oracle prices in USD
/// Errors: Errc::decode unless all three are positive and finite
[[nodiscard]] Result<double> pool_gap_bps(double pool_price, double usd0, double usd1);

}  // namespace outrigger
