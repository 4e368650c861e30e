// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chain/tx/signer.hpp"
#include "config/settings.hpp"
#include "keeper/cli/output.hpp"
#include "keeper/shell/keeper.hpp"

namespace outrigger::cli {

/// What every verb gets from the command line.
struct Globals {
    std::string config;            // --config; empty: search
    std::vector<std::string> set;  // --set KEY=VALUE
    Output out;
};

/// The configuration file that would be used. Errors: Exit::config, with the command that writes one.
Outcome<std::string> find_config(const Globals& globals);

/// The configuration, complete and checked. Errors: Exit::config, all problems at once.
Outcome<config::Settings> load_settings(const Globals& globals);
/// The configuration of a command that asks about a chain and not about positions: there need be none, nor a
/// file. Errors: Exit::config.
Outcome<config::Settings> load_chain_settings(const Globals& globals);

/// The key of the configured keystore, and a signer in this process that holds it. Errors: Exit::key.
Outcome<KeyPair> open_key(const config::Settings& settings);
Outcome<std::unique_ptr<tx::Signer>> open_signer(const config::Settings& settings);

/// The account a dry run looks through the eyes of: the configured one, else one that nobody owns and that
/// holds nothing (the zero address would not do: people burn tokens there).
Address dry_run_account(const config::Settings& settings);

/// "devnet:79c8": what --confirm must say.
std::string confirmation_of(const config::Settings& settings, const Address& signer);

/// The failure a keeper's start ended in, with its exit code and fix.
Failure start_failure(const Error& error, const config::Settings& settings);

/// A TimePoint as "10:42:01Z" or "2026-11-22T10:42:01Z".
std::string clock_time(TimePoint at);
std::string iso_time(TimePoint at);

}  // namespace outrigger::cli
