// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

/// The newest round of a keeper's ledger, as it was journalled.
struct LedgerView {
    Mode mode = Mode::dry_run;
    RoundRow round;  // its JSON has been read once and is well-formed
    std::unique_ptr<Journal> journal;
};

/// The ledger that was asked for, or the one written last. Errors: Exit::not_running when no keeper has run
/// yet.
Outcome<LedgerView> open_ledger(const config::Settings& settings, const StatusFlags& flags);

}  // namespace outrigger::cli
