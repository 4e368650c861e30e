// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/ledger_view.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

namespace outrigger::cli {

namespace {

Outcome<LedgerView> open_one(const config::Settings& settings, Mode mode) {
    const std::string path = journal_path(settings, mode);
    const Failure none{Exit::not_running,    "ledger.missing", "no keeper has run here yet", path,
                       "there is no ledger", "outrigger run"};
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return stop(none);
    auto journal = Journal::open_read_only(path);
    if (!journal)
        return stop(failure_from(journal.error(), Exit::error, "ledger.unreadable",
                                 "the ledger cannot be read", "check its owner and mode"));
    const auto round = (*journal)->last_round();
    if (!round)
        return stop(
            failure_from(round.error(), Exit::error, "ledger.unreadable", "the ledger cannot be read", ""));
    if (!*round) return stop(none);
    LedgerView view{mode, **round, *std::move(journal)};
    if (!nlohmann::json::accept(view.round.decision_json) ||
        !nlohmann::json::accept(view.round.snapshot_json)) {
        return stop({Exit::error, "ledger.unreadable", "the newest round in the ledger is not readable", path,
                     "", "start the keeper: it writes a new one"});
    }
    return view;
}

}  // namespace

Outcome<LedgerView> open_ledger(const config::Settings& settings, const StatusFlags& flags) {
    if (flags.live) return open_one(settings, Mode::live);
    if (flags.dry_run) return open_one(settings, Mode::dry_run);
    auto live = open_one(settings, Mode::live);
    auto dry = open_one(settings, Mode::dry_run);
    if (!live)
        return dry ? std::move(dry)
                   : (live.error().exit == Exit::not_running ? std::move(dry) : std::move(live));
    if (!dry) return live;
    return live->round.at >= dry->round.at ? std::move(live) : std::move(dry);
}

}  // namespace outrigger::cli
