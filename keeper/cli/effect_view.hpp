// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "keeper/cli/ledger_view.hpp"

namespace outrigger::cli {

/// What hedging has done to a position over the last week of bars, as a person reads it: how much of the
/// swing it removed and where the money went. Nothing before there are two bars.
std::vector<std::string> effect_lines(const LedgerView& view, const std::string& position,
                                      std::chrono::seconds bar);
/// The same as a document; null before there are two bars.
nlohmann::json effect_json(const LedgerView& view, const std::string& position, std::chrono::seconds bar);

}  // namespace outrigger::cli
