// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "keeper/shell/observer.hpp"
#include "keeper/store/journal.hpp"

namespace outrigger {

/// The round as the journal keeps it: every value used, and the decision with the numbers behind it; with
/// `triggers` also the prices at which each position's answer would change (`state` is the one the decision
/// was made in).
RoundRow round_row(const Snapshot& seen, const State& state, const Decision& decision, const Market& market,
                   const Reading& reading, bool triggers);

/// What was seen, for the journal: prices, positions, venue accounts, each a value or the error in its place.
nlohmann::json snapshot_json(const Snapshot& seen, const Market& market, const Reading& reading);
/// What was decided: per position the action, its reason, its gates and its numbers. Also what `status
/// --json`, `explain --json` and the log are made of.
nlohmann::json decision_json(const Snapshot& seen, const Decision& decision, const Market& market);

/// When a position was first seen with the liquidity it has now, and the pool's price then.
struct FirstSeen {
    TimePoint at{};
    double pool_price = 0;  // whole token1 per whole token0
};
/// The first sight of a position in the rounds the journal still has; nothing when it never was in one.
/// Errors: Errc::storage.
Result<std::optional<FirstSeen>> first_seen(const Journal& journal, const std::string& position,
                                            const LpView& view);

/// "hold", "adjust", "tidy" or "halt".
std::string action_name(const Action& action);
/// The machine-readable reason and the sentence of any action.
std::string action_reason(const Action& action);
std::string action_detail(const Action& action);

}  // namespace outrigger
