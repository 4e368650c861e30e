// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "chain/base/hex.hpp"
#include "chain/tx/local_signer.hpp"
#include "keeper/cli/kill_switch.hpp"
#include "keeper/cli/log.hpp"
#include "keeper/cli/signer_process.hpp"
#include "keeper/cli/verbs.hpp"
#include "keeper/signer/sandbox.hpp"
#include "keeper/signer/server.hpp"

namespace outrigger::cli {

namespace {

struct Ready {
    signer::Descriptor socket;
    std::unique_ptr<signer::SigningDesk> desk;
};

/// Another process has the ledger (store::WriterLock).
bool is_busy(const Error& error) {
    return error.what.find("busy") != std::string::npos;
}

Failure storage_failure(const Error& error, const std::string& where) {
    const bool busy = is_busy(error);
    Failure f =
        failure_from(error, busy ? Exit::busy : Exit::error, "signer.storage",
                     busy ? "another signer has this ledger" : "the signer cannot keep its ledger", "");
    f.where = where;
    return f;
}

/// The signer before us may still be on its way out: its ledger is free within moments, or another keeper's.
Result<std::unique_ptr<signer::Ledger>> open_ledger(const std::string& path, const Address& address,
                                                    ChainId chain) {
    constexpr int kTries = 20;
    for (int i = 1;; ++i) {
        auto ledger = signer::Ledger::open(path, address, chain);
        if (ledger || !is_busy(ledger.error()) || i == kTries) return ledger;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Outcome<Ready> prepare(const Globals& globals) {
    auto settings = load_settings(globals);
    if (!settings) return stop(settings.error());
    configure_logging(settings->log, "SIGNER");
    if (const auto ready = config::require_live(*settings); !ready)
        return stop({Exit::config, "config.live", "the configuration does not say all that signing needs", "",
                     "\n" + config::render(ready.error()), "add the lines above"});
    const std::string directory = ledger_directory(*settings, Mode::live);
    if (const auto made = make_private_directory(directory); !made)
        return stop(storage_failure(made.error(), directory));
    auto pair = open_key(*settings);
    if (!pair) return stop(pair.error());
    tx::LocalSigner key(*std::move(pair), settings->chain.network.chain_id);
    auto judge = signer::Judge::make(*settings, key.address());
    if (!judge)
        return stop(
            failure_from(judge.error(), Exit::config, "signer.venues", "the limits cannot be made", ""));
    auto ledger = open_ledger(directory + "/signer.sqlite", key.address(), key.chain());
    if (!ledger) return stop(storage_failure(ledger.error(), directory));
    auto socket = signer::listen_at(signer_socket(*settings));
    if (!socket) return stop(storage_failure(socket.error(), directory));
    const std::string policy = judge->policy();
    const Address address = key.address();
    Ready out{*std::move(socket),
              std::make_unique<signer::SigningDesk>(std::move(key), *std::move(judge), *std::move(ledger),
                                                    settings->chain.clock == config::ClockSource::chain)};
    arm_kill_switch(kill_switch_path(*settings));
    if (const auto closed = signer::enter_sandbox(); !closed)
        return stop(failure_from(closed.error(), Exit::error, "signer.sandbox",
                                 "the signer cannot shut itself in, and holds no key outside",
                                 "a kernel with seccomp"));
    log_event(Level::info, "signer", "started",
              fmt::format("signs for {} on chain {} · policy {} · no network, no other process",
                          checksum_address(address), settings->chain.network.chain_id.value, policy));
    return out;
}

/// One line to whoever waits for us, and no more.
void tell(int descriptor, const std::string& text) {
    if (descriptor < 0) return;
    static_cast<void>(!::write(descriptor, text.data(), text.size()));
    ::close(descriptor);
}

}  // namespace

int signer(const Globals& globals, const SignerFlags& flags) {
    std::signal(SIGPIPE, SIG_IGN);
    if (flags.once) {  // it goes when its keeper has gone, and that one may have something to finish
        std::signal(SIGINT, SIG_IGN);
        std::signal(SIGTERM, SIG_IGN);
    }
    auto ready = prepare(globals);
    if (!ready) {
        if (flags.ready_fd < 0) return globals.out.failed(ready.error());
        tell(flags.ready_fd, failure_document(ready.error()).dump());
        return static_cast<int>(ready.error().exit);
    }
    tell(flags.ready_fd, kSignerReady);
    signer::ServeOptions options;
    options.user = ::geteuid();
    options.once = flags.once;
    options.log = [](const std::string& what) { log_event(Level::warn, "signer", "client", what); };
    const auto served = signer::serve(ready->socket, *ready->desk, options);
    if (served) return 0;
    return globals.out.failed(
        failure_from(served.error(), Exit::error, "signer.socket", "the signer has stopped", ""));
}

}  // namespace outrigger::cli
