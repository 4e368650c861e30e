// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/context.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX leaves it to the program

namespace outrigger::cli {

namespace {

std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string::npos) out[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return out;
}

Result<std::string> read_for_config(const std::string& path) {
    return read_file(expand_home(path));
}

Failure config_failure(const std::string& name, const config::ConfigErrors& errors) {
    Failure f;
    f.exit = Exit::config;
    f.code = "config.invalid";
    f.what = fmt::format("{}: {} problem{}", name, errors.size(), errors.size() == 1 ? "" : "s");
    f.why = "\n" + config::render(errors);
    f.fix = "edit the lines above; docs/configuration.md lists every key";
    return f;
}

config::Sources sources_of(const Globals& globals, bool positions_needed) {
    config::Sources sources;
    sources.environment = environment();
    sources.set = globals.set;
    sources.read_file = read_for_config;
    sources.positions_needed = positions_needed;
    return sources;
}

Outcome<config::Settings> load_file(const Globals& globals, const std::string& path, bool positions_needed) {
    const auto text = read_file(path);
    if (!text) {
        return stop({Exit::config, "config.unreadable", "the configuration cannot be read", path,
                     text.error().what, "check the path after --config"});
    }
    config::Sources sources = sources_of(globals, positions_needed);
    sources.name = std::filesystem::path(path).filename().string();
    sources.text = *text;
    sources.directory = std::filesystem::path(path).parent_path().string();
    auto settings = config::load(sources);
    if (!settings) return stop(config_failure(path, settings.error()));
    return *std::move(settings);
}

}  // namespace

Outcome<std::string> find_config(const Globals& globals) {
    if (!globals.config.empty()) return globals.config;
    std::vector<std::string> places;
    if (const char* from_env = std::getenv("OUTRIGGER_CONFIG"); from_env != nullptr && *from_env != '\0')
        return std::string(from_env);
    places.emplace_back("outrigger.toml");
    const char* xdg = std::getenv("XDG_CONFIG_HOME");
    places.push_back((xdg != nullptr && *xdg != '\0' ? std::string(xdg) : expand_home("~/.config")) +
                     "/outrigger/outrigger.toml");
    for (const auto& place : places) {
        std::error_code ignored;
        if (std::filesystem::exists(place, ignored)) return place;
    }
    return stop(
        {Exit::config, "config.missing", "no configuration file",
         fmt::format("looked for {}", fmt::join(places, ", ")), "none of them exists",
         "write one (README, \"Five minutes on a testnet\"), name it with --config, or run: outrigger demo"});
}

Outcome<config::Settings> load_settings(const Globals& globals) {
    auto path = find_config(globals);
    if (!path) return stop(path.error());
    return load_file(globals, *path, /*positions_needed=*/true);
}

Outcome<config::Settings> load_chain_settings(const Globals& globals) {
    if (const auto path = find_config(globals)) return load_file(globals, *path, /*positions_needed=*/false);
    config::Sources sources = sources_of(globals, /*positions_needed=*/false);
    sources.name = "the command line";
    sources.text = "schema = 1\n";
    auto settings = config::load(sources);
    if (!settings) {
        Failure f = config_failure("no configuration file, and the command line", settings.error());
        f.fix = "name the chain: --set chain.preset=mainnet, with ETH_RPC_URL set; or write a configuration";
        return stop(std::move(f));
    }
    return *std::move(settings);
}

Outcome<KeyPair> open_key(const config::Settings& settings) {
    if (settings.key.keystore.empty()) {
        return stop({Exit::key, "key.missing", "no keystore is configured", "[key]",
                     "live mode signs, and needs a key to sign with",
                     "set key.keystore_file to a V3 keystore, or key.keystore_account to a name in "
                     "~/.foundry/keystores"});
    }
    if (!settings.key.password) {
        return stop({Exit::key, "key.no_password", "no password for the keystore is configured", "[key]", "",
                     "put it into a file, chmod 600 it, and set key.password_file"});
    }
    const auto keystore = expand_home(settings.key.keystore);
    const auto password = config::read_secret(
        *settings.key.password, [](const std::string& path) { return read_password(expand_home(path)); });
    if (!password)
        return stop(failure_from(password.error(), Exit::key, "key.password",
                                 "the keystore's password cannot be read", "check key.password_file"));
    auto pair = open_keystore(keystore, *password);
    if (!pair) {
        Failure f = failure_from(pair.error(), Exit::key, "key.keystore", "the keystore cannot be opened",
                                 "check key.keystore_file and key.password_file");
        f.where = keystore;
        return stop(std::move(f));
    }
    if (settings.key.address != Address{} && pair->address() != settings.key.address) {
        return stop({Exit::key, "key.address", "the keystore holds another account than the configured one",
                     keystore,
                     fmt::format("it is {}'s, key.address says {}", checksum_address(pair->address()),
                                 checksum_address(settings.key.address)),
                     "correct key.address, or name the right keystore"});
    }
    return *std::move(pair);
}

Outcome<std::unique_ptr<tx::Signer>> open_signer(const config::Settings& settings) {
    auto pair = open_key(settings);
    if (!pair) return stop(pair.error());
    return std::make_unique<tx::LocalSigner>(*std::move(pair), settings.chain.network.chain_id);
}

Address dry_run_account(const config::Settings& settings) {
    if (settings.key.address != Address{}) return settings.key.address;
    const auto hash = keccak256("outrigger dry run");
    Address out;
    std::copy(hash.begin() + 12, hash.end(), out.data.begin());
    return out;
}

std::string confirmation_of(const config::Settings& settings, const Address& signer) {
    const auto hex = to_hex(signer);
    return settings.chain.preset + ":" + hex.substr(hex.size() - 4);
}

Failure start_failure(const Error& error, const config::Settings& settings) {
    const auto endpoints = settings.chain.rpc.empty() ? std::string("no [[chain.rpc]]")
                                                      : config::redacted_url(settings.chain.rpc.front().url);
    switch (error.code) {
        case Errc::config:
            return {Exit::config,
                    "config.chain",
                    "the configuration does not fit the chain",
                    endpoints,
                    error.what,
                    fmt::format("check chain.preset (now {}, chain id {}) against the endpoint",
                                settings.chain.preset, settings.chain.network.chain_id.value)};
        case Errc::not_found:
        case Errc::unsupported:
            return {Exit::position,
                    "position.unreadable",
                    "a position cannot be read",
                    endpoints,
                    error.what,
                    "check the NFT id and the chain it lives on"};
        case Errc::timeout:
        case Errc::transport:
        case Errc::rpc:
            return {Exit::network,
                    "network.unreachable",
                    "no RPC endpoint answers",
                    endpoints,
                    error.what,
                    "check that the node runs and the URL is right: set ETH_RPC_URL or [[chain.rpc]] url"};
        case Errc::rejected: {
            const bool busy = error.what.find("another keeper") != std::string::npos;
            if (busy)
                return {Exit::busy, "busy",     "another keeper is running",
                        "",         error.what, "stop it first, or use another storage.datadir"};
            return {Exit::guard, "guard.latched", "the keeper does not start",
                    "",          error.what,      "see docs/exit-codes.md, then run with --resume"};
        }
        case Errc::storage:
            return {Exit::error,
                    "storage",
                    "the journal cannot be used",
                    settings.storage.datadir,
                    error.what,
                    "check the directory's owner, mode and free space"};
        case Errc::stale:
        case Errc::decode:
        case Errc::reorged:
        case Errc::reverted:
            return {Exit::oracle_or_venue,
                    "chain.unreadable",
                    "the chain's answers cannot be used",
                    endpoints,
                    error.what,
                    "run: outrigger check"};
        case Errc::key: return {Exit::key, "key", "the key cannot be used", "", error.what, "check [key]"};
    }
    return {Exit::error, "unknown", "the keeper does not start", "", error.what, ""};
}

std::string clock_time(TimePoint at) {
    return fmt::format("{:%H:%M:%S}Z", fmt::gmtime(at.time_since_epoch().count()));
}
std::string iso_time(TimePoint at) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(at.time_since_epoch().count()));
}

}  // namespace outrigger::cli
