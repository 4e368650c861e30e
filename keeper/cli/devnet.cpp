// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "keeper/cli/devnet_config.hpp"
#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

std::string state_file(const DevnetFlags& flags) {
    return flags.directory + "/devnet.json";
}

/// The running local chain, as `devnet up` wrote it down. Errors: Exit::not_running.
Outcome<LocalChainInfo> running(const DevnetFlags& flags) {
    const auto text = read_file(state_file(flags));
    const auto doc = text ? json::parse(*text, nullptr, false) : json();
    const Failure none{
        Exit::not_running,    "devnet.not_running", "no local chain is running", state_file(flags), "",
        "outrigger devnet up"};
    if (!doc.is_object()) return stop(none);
    LocalChainInfo info{doc.value("rpc", ""), doc.value("control", ""), doc.value("world", ""),
                        doc.value("chain_id", std::uint64_t{0}), doc.value("pid", 0)};
    if (info.pid <= 0 || ::kill(info.pid, 0) != 0) return stop(none);
    return info;
}

int up(const Globals& globals, const DevnetFlags& flags) {
    if (running(flags))
        return globals.out.failed({Exit::busy, "devnet.running", "a local chain is already running",
                                   state_file(flags), "", "outrigger devnet down"});
    if (const auto made = make_private_directory(flags.directory); !made)
        return globals.out.failed(
            failure_from(made.error(), Exit::error, "devnet.directory", "cannot make the directory", ""));
    auto chain = LocalChain::start([&](const std::string& line) { globals.out.talk("[chain] " + line); },
                                   flags.port, true, flags.directory + "/devnet.log");
    if (!chain) return globals.out.failed(chain.error());
    const auto& info = (*chain)->info();
    const json doc{{"rpc", info.rpc},
                   {"control", info.control},
                   {"world", info.world},
                   {"chain_id", info.chain_id},
                   {"pid", info.pid}};
    const auto absolute = std::filesystem::absolute(flags.directory).string();
    const auto config = devnet_config(info, absolute + "/data");
    const std::string config_file = flags.directory + "/outrigger.toml";
    if (!config || !write_file(state_file(flags), doc.dump(2)) || !write_file(config_file, *config)) {
        return globals.out.failed({Exit::error, "devnet.write", "cannot write the local chain's files",
                                   flags.directory, "", "check the directory"});
    }
    if (globals.out.json) {
        json result = doc;
        result["schema"] = 1;
        result["config"] = config_file;
        globals.out.document(result);
    } else {
        globals.out.result(fmt::format("local chain at {} (chain {}), control at {}", info.rpc, info.chain_id,
                                       info.control));
        globals.out.result(fmt::format("configuration: {}\n", config_file));
        globals.out.talk(fmt::format(
            "next:  outrigger check -c {}     outrigger run -c {}     outrigger devnet price 2900",
            config_file, config_file));
    }
    return 0;
}

int down(const Globals& globals, const DevnetFlags& flags) {
    const auto info = running(flags);
    if (!info) return globals.out.failed(info.error());
    ::kill(info->pid, SIGTERM);
    std::error_code ignored;
    std::filesystem::remove(state_file(flags), ignored);
    globals.out.result(globals.out.json ? std::string(R"({"schema":1,"stopped":true})")
                                        : std::string("stopped"));
    return 0;
}

/// The token of the control server that stands for an asset.
std::string token_of(const std::string& asset) {
    return asset == "ETH" || asset == "BTC" ? "W" + asset : asset;
}

int ask(const Globals& globals, const DevnetFlags& flags) {
    const auto info = running(flags);
    if (!info) return globals.out.failed(info.error());
    CurlTransport transport;
    double number = 0;
    const bool wants_number = flags.action != "status";
    const auto [end, problem] =
        std::from_chars(flags.value.data(), flags.value.data() + flags.value.size(), number);
    if (wants_number &&
        (problem != std::errc() || end != flags.value.data() + flags.value.size() || number <= 0)) {
        return globals.out.failed({Exit::usage, "usage.number",
                                   fmt::format("'{}' is not a positive number", flags.value), "", "",
                                   fmt::format("outrigger devnet {} 2900", flags.action)});
    }
    Result<json> answer = fail(Errc::unsupported, "unknown action");
    if (flags.action == "status") answer = ask_control(transport, info->control, "/status", nullptr);
    if (flags.action == "price")
        answer = ask_control(transport, info->control, "/price",
                             json{{token_of(flags.asset), number}, {"seconds", 60}});
    if (flags.action == "mine")
        answer = ask_control(transport, info->control, "/mine",
                             json{{"blocks", static_cast<int>(number)}, {"interval", 12}});
    if (!answer)
        return globals.out.failed(
            failure_from(answer.error(), Exit::error, "devnet.control", "the local chain refused", ""));
    if (globals.out.json) {
        (*answer)["schema"] = 1;
        globals.out.document(*answer);
    } else {
        globals.out.result(answer->dump(2));
    }
    return 0;
}

}  // namespace

int devnet(const Globals& globals, const DevnetFlags& flags) {
    if (flags.action == "up") return up(globals, flags);
    if (flags.action == "down") return down(globals, flags);
    return ask(globals, flags);
}

int version(const Globals& globals) {
    if (globals.out.json) {
        globals.out.document(json{
            {"schema", 1}, {"name", "outrigger"}, {"version", OUTRIGGER_VERSION}, {"compiler", __VERSION__}});
    } else {
        globals.out.result(fmt::format("outrigger {}", OUTRIGGER_VERSION));
    }
    return 0;
}

}  // namespace outrigger::cli
