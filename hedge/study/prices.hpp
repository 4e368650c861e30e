// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger::study {

/// Prices of several assets as a file gives them. Nothing is filled.
struct PriceTable {
    std::vector<std::string> names;  // columns
    std::vector<TimePoint> at;       // rows, ascending: the moment each price was known
    Eigen::MatrixXd usd;             // not a number where the file has no price
};

/// The prices in a CSV text with a header line, in one of two shapes:
///   long   timestamp,asset,...,close   (or `price`); other columns are ignored; sorted by timestamp
///   wide   timestamp,ETH,BTC,...       an empty cell is no price
/// Units:   timestamp in whole seconds since 1970, UTC; USD
/// Errors:  Errc::decode, naming the line: an unknown shape, a missing or surplus cell, a price that is not a
///          positive finite number, rows out of order, two prices of one asset at one moment
[[nodiscard]] Result<PriceTable> parse_prices(std::string_view csv);

/// Simple returns on one UTC grid: row t is every asset's return over the bar that ends at ends[t].
struct StudyBars {
    std::vector<std::string> names;  // columns
    std::chrono::seconds bar{0};
    TimePoint first{};            // the moment of the first complete row of prices
    std::vector<TimePoint> ends;  // T, ascending
    Eigen::MatrixXd returns;      // T x N
    std::vector<bool> after_gap;  // T: this return spans more than one bar, because prices were missing
};

/// Which bars bars_of forms.
struct BarSpec {
    std::vector<std::string> names;
    std::chrono::seconds bar{3600};
    TimePoint from{};  // bar ends, both included
    TimePoint to = TimePoint::max();
};

/// Previous-tick bars of some assets. A bar's price is the last one known inside it; a bar without a price of
/// every asset does not exist, and the return after it spans the gap and says so: its P&L is real, though no
/// estimate of hourly risk should learn from it.
/// Errors:  Errc::not_found for an asset the table lacks, naming those it has; Errc::config for a bar that is
///          not positive, an empty range, or an asset named twice; Errc::stale with fewer than two bars
[[nodiscard]] Result<StudyBars> bars_of(const PriceTable& prices, const BarSpec& spec);

}  // namespace outrigger::study
