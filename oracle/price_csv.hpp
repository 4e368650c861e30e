// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hedge/returns.hpp"

namespace outrigger {

/// The prices of a CSV file by asset, each oldest first, one per time.
///
/// The first line names the columns: "time,price" with an `asset` given, or "asset,time,price". A time is
/// whole seconds since 1970, or "2026-11-27T10:00:00Z". Empty lines are skipped; a price that occurs twice is
/// one. Errors: Errc::decode with the line's number and what is wrong with it; nothing of the file then
/// counts
[[nodiscard]] Result<std::map<std::string, std::vector<PriceTick>>> parse_price_csv(std::string_view text,
                                                                                    std::string_view asset);

/// A time as parse_price_csv reads it. Errors: Errc::decode
[[nodiscard]] Result<TimePoint> parse_time(std::string_view text);

/// "asset,time,price" and a line per tick, prices in the shortest form that reads back the same.
[[nodiscard]] std::string to_price_csv(const std::map<std::string, std::vector<PriceTick>>& prices);

}  // namespace outrigger
