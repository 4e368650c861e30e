// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

/// The newest round of a keeper's ledger, as it was journalled.
struct LedgerView {
    Mode mode = Mode::dry_run;
    RoundRow round;
    nlohmann::json decision;
    nlohmann::json snapshot;
    std::unique_ptr<Journal> journal;
};

/// The ledger that was asked for, or the one written last. Errors: Exit::not_running when no keeper has run yet.
Outcome<LedgerView> open_ledger(const config::Settings& settings, const StatusFlags& flags);

}  // namespace outrigger::cli
