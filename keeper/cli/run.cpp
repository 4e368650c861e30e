// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "keeper/cli/kill_switch.hpp"
#include "keeper/cli/log.hpp"
#include "keeper/cli/round_view.hpp"
#include "keeper/cli/signer_process.hpp"
#include "keeper/cli/verbs.hpp"
#include "keeper/shell/record.hpp"
#include "keeper/shell/wake.hpp"

namespace outrigger::cli {

namespace {

volatile std::sig_atomic_t stop_requests = 0;
volatile std::sig_atomic_t stop_signal = 0;
const WakeUp* waker = nullptr;  // set before signals are caught

/// First signal: stop deciding, settle, say what is open. Second: leave now; the ledger recovers.
void on_signal(int signal) {
    stop_requests = stop_requests + 1;
    stop_signal = signal;
    waker->notify();
    if (stop_requests > 1) _exit(128 + signal);
}

void catch_signals(const WakeUp& wake) {
    waker = &wake;
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

constexpr std::chrono::milliseconds kLeastPause{100};
constexpr std::chrono::milliseconds kBlindPause{1000};

/// How long to wait before asking for a new head: a fraction of a block, never less than a quarter second. A
/// node that says by itself when there is one is asked once a block: it may have fallen silent.
std::chrono::milliseconds poll_interval(const config::Settings& settings, bool told) {
    const double block_ms = settings.chain.network.block_time_s * 1000;
    const double wait =
        told ? std::clamp(block_ms, 1000.0, 12'000.0) : std::clamp(block_ms / 4, 250.0, 2000.0);
    return std::chrono::milliseconds(static_cast<int>(wait));
}

/// The exact words live mode wants, from the flag or typed at a terminal.
Outcome<void> confirm_live(const Globals& globals, const RunFlags& flags, const config::Settings& settings,
                           const Address& signer) {
    const std::string wanted = confirmation_of(settings, signer);
    std::string given = flags.confirm;
    if (given.empty() && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) {
        globals.out.talk(fmt::format(
            "This will sign and send transactions from {} on {} (chain {}).\nType {} to go on:",
            checksum_address(signer), settings.chain.preset, settings.chain.network.chain_id.value, wanted));
        std::array<char, 128> line{};
        if (std::fgets(line.data(), static_cast<int>(line.size()), stdin) != nullptr) given = line.data();
        while (!given.empty() && (given.back() == '\n' || given.back() == ' ')) given.pop_back();
    }
    if (given == wanted) return {};
    return stop({Exit::usage, "usage.confirm", "live mode needs a confirmation", "--confirm",
                 given.empty() ? "none was given" : fmt::format("'{}' is not it", given),
                 fmt::format("outrigger run --live --confirm {}", wanted)});
}

struct Prepared {
    config::Settings settings;
    std::unique_ptr<tx::Signer> signer;
};

Outcome<Prepared> prepare(const Globals& globals, const RunFlags& flags) {
    auto settings = load_settings(globals);
    if (!settings) return stop(settings.error());
    Prepared out{*std::move(settings), nullptr};
    if (!flags.live) {
        if (flags.confirm.empty()) return out;
        return stop({Exit::usage, "usage.confirm", "--confirm without --live", "",
                     "a dry run needs no confirmation", "add --live, or leave --confirm away"});
    }
    if (const auto ready = config::require_live(out.settings); !ready) {
        return stop({Exit::config, "config.live",
                     "the configuration does not say all that live trading needs", "",
                     "\n" + config::render(ready.error()), "add the lines above"});
    }
    auto signer = start_signer(globals, out.settings);
    if (!signer) return stop(signer.error());
    out.signer = *std::move(signer);
    if (auto confirmed = confirm_live(globals, flags, out.settings, out.signer->address()); !confirmed)
        return stop(confirmed.error());
    return out;
}

void say_goodbye(Keeper& keeper) {
    const auto open = keeper.journal().open_txs();
    const std::size_t in_flight = open ? open->size() : 0;
    log_event(Level::info, "keeper", "stopped",
              fmt::format("In flight: {}. Open hedges are left as they are.{}",
                          in_flight == 0 ? "nothing" : std::to_string(in_flight) + " transaction",
                          keeper.mode() == Mode::dry_run ? " Nothing was sent." : ""));
}

int keep_running(const Globals& globals, const RunFlags& flags, Keeper& keeper, const WakeUp& wake) {
    RoundLog lines(keeper);
    std::uint64_t rounds = 0;
    int failures = 0;
    while (stop_requests == 0 && (flags.rounds == 0 || rounds < flags.rounds)) {
        auto round = keeper.round();
        if (!round && round.error().code == Errc::storage) {
            return globals.out.failed({Exit::error, "storage",
                                       "the journal cannot be written: trading has stopped",
                                       ledger_directory(keeper.settings(), keeper.mode()), round.error().what,
                                       "make room or mend the disk, then start again: nothing is lost"});
        }
        if (!round) {
            // Doubt stops trading, not watching.
            if (failures++ % 20 == 0)
                log_event(Level::warn, "keeper", "blind", round.error().what,
                          {{"code", std::string(to_string(round.error().code))}});
            if (flags.rounds != 0 && failures >= 3) {
                return globals.out.failed(start_failure(round.error(), keeper.settings()));
            }
            wake.wait(kBlindPause, kBlindPause);
            continue;
        }
        failures = 0;
        if (round->idle) {
            wake.wait(kLeastPause, poll_interval(keeper.settings(), keeper.link().hears_heads()));
            continue;
        }
        ++rounds;
        lines.tell(*round);
        if (globals.out.json) globals.out.document(round_document(keeper, *round));
    }
    say_goodbye(keeper);
    return stop_requests == 0 ? 0 : 128 + stop_signal;
}

}  // namespace

int run(const Globals& globals, const RunFlags& flags) {
    static const WakeUp wake;  // outlives whoever may still notify it
    catch_signals(wake);
    auto prepared = prepare(globals, flags);
    if (!prepared) return globals.out.failed(prepared.error());
    arm_kill_switch(kill_switch_path(prepared->settings));
    const Mode mode = flags.live ? Mode::live : Mode::dry_run;
    configure_logging(prepared->settings.log, std::string(to_string(mode)));
    Keeper::Options options;
    options.mode = mode;
    options.account = dry_run_account(prepared->settings);
    options.resume = flags.resume;
    options.progress = [](const std::string& text) { log_event(Level::info, "keeper", "starting", text); };
    auto keeper = Keeper::start(prepared->settings, std::move(options), std::move(prepared->signer));
    if (!keeper) return globals.out.failed(start_failure(keeper.error(), prepared->settings));
    log_event(
        Level::info, "keeper", "started",
        fmt::format("Outrigger {} · {} · {} · {} positions · account {}", OUTRIGGER_VERSION, to_string(mode),
                    prepared->settings.chain.preset, (*keeper)->market().params.positions.size(),
                    checksum_address((*keeper)->account())));
    if (const auto heard = (*keeper)->link().listen(prepared->settings.chain, [] { wake.notify(); }); !heard)
        return globals.out.failed({Exit::config, "config.ws", "a WebSocket cannot be used",
                                   "[[chain.rpc]] ws", heard.error().what,
                                   "correct it, or remove it: heads are then polled"});
    return keep_running(globals, flags, **keeper, wake);
}

}  // namespace outrigger::cli
