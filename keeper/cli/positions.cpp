// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "keeper/cli/ledger_view.hpp"
#include "keeper/cli/owned_positions.hpp"
#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

std::optional<double> positive(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return std::isfinite(value) && value > 0 ? std::optional(value) : std::nullopt;
}

/// "80%" or "0.8" as a ratio.
std::optional<double> ratio(std::string_view text) {
    if (!text.ends_with('%')) return positive(text);
    const auto percent = positive(text.substr(0, text.size() - 1));
    return percent ? std::optional(*percent / 100) : std::nullopt;
}

Outcome<StoryInputs> inputs_of(const PositionsFlags& flags) {
    StoryInputs out;
    if (!flags.volatility.empty()) {
        out.volatility = ratio(flags.volatility);
        if (!out.volatility) {
            return stop({Exit::usage, "usage.volatility",
                         fmt::format("--volatility {} is not a positive ratio", flags.volatility), "",
                         "it is how far the price moves in a year: 0.8 is 80 %", "--volatility 80%"});
        }
    }
    for (const auto& given : flags.entry_prices) {
        const auto equals = given.find('=');
        const std::string name = equals == std::string::npos ? "" : given.substr(0, equals);
        const auto price = positive(equals == std::string::npos ? given : given.substr(equals + 1));
        if (!price) {
            return stop({Exit::usage, "usage.entry_price",
                         fmt::format("--entry-price {} has no positive price", given), "",
                         "it is written NAME=PRICE, the price as this command shows it",
                         "--entry-price eth-usdc=3000"});
        }
        out.entry_prices[name] = *price;
    }
    return out;
}

/// What the command ends in: every position read and, where that was to be expected, priced.
Exit exit_of(const std::vector<Told>& told, bool must_price) {
    Exit out = Exit::ok;
    for (const auto& one : told) {
        if (std::holds_alternative<UnreadablePosition>(one)) return Exit::position;
        if (must_price && !std::get<PositionStory>(one).unpriced.empty()) out = Exit::oracle_or_venue;
    }
    return out;
}

void print(const Output& out, const std::vector<Told>& told) {
    for (const auto& one : told) {
        if (const auto* story = std::get_if<PositionStory>(&one)) {
            out.result(fmt::format("\n{} · {} · fee {} %", out.bold(story->name), describe(story->ref),
                                   story->view.fee_pips / 1e4));
            for (const auto& line : in_full(*story)) out.result("  " + line);
        } else {
            const auto& failed = std::get<UnreadablePosition>(one);
            out.result(fmt::format("\n{} · {}", out.bold(failed.name), describe(failed.ref)));
            out.result("  " + out.warn("unreadable: " + failed.why));
        }
    }
}

int show(const Globals& globals, const config::Settings& settings, const BlockRef& block,
         const std::vector<Told>& told, Exit code) {
    if (globals.out.json) {
        json positions = json::array();
        for (const auto& one : told)
            positions.push_back(std::visit([](const auto& p) { return position_document(p); }, one));
        globals.out.document(json{{"schema", 1},
                                  {"chain_id", block.chain.value},
                                  {"block", block.number.value},
                                  {"at", block.timestamp.time_since_epoch().count()},
                                  {"positions", std::move(positions)}});
        return static_cast<int>(code);
    }
    globals.out.result(fmt::format("{} · block {} · {}", settings.chain.preset,
                                   grouped(static_cast<double>(block.number.value), 0),
                                   iso_time(block.timestamp)));
    print(globals.out, told);
    return static_cast<int>(code);
}

int owned(const Globals& globals, const PositionsFlags& flags, const StoryInputs& inputs) {
    const auto owner = parse_address(flags.owner);
    if (!owner) {
        return globals.out.failed({Exit::usage, "usage.owner",
                                   fmt::format("--owner {} is not an address", flags.owner), "",
                                   owner.error().what, "--owner 0x..., all lower case or with its checksum"});
    }
    const auto settings = load_chain_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    const auto found = tell_owned(*settings, *owner, inputs, discover_owned);
    if (!found) return globals.out.failed(found.error());
    if (!found->note.empty()) globals.out.talk(found->note);
    if (found->positions.empty())
        globals.out.talk(fmt::format("{} owns no position here", checksum_address(*owner)));
    return show(globals, *settings, found->block, found->positions,
                exit_of(found->positions, /*must_price=*/false));
}

}  // namespace

int positions(const Globals& globals, const PositionsFlags& flags) {
    auto inputs = inputs_of(flags);
    if (!inputs) return globals.out.failed(inputs.error());
    if (!flags.owner.empty()) return owned(globals, flags, *inputs);
    const auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    Keeper::Options options;
    options.account = dry_run_account(*settings);
    options.triggers = false;
    auto keeper = Keeper::look_only(*settings, std::move(options));
    if (!keeper) return globals.out.failed(start_failure(keeper.error(), *settings));
    const auto look = (*keeper)->look();
    if (!look) return globals.out.failed(start_failure(look.error(), *settings));
    const auto ledger = open_ledger(*settings, {});  // without one the entry prices stay unknown
    if (ledger) inputs->journal = ledger->journal.get();
    std::vector<Told> told;
    for (std::size_t i = 0; i < settings->positions.size(); ++i)
        told.push_back(tell_position(*settings, (*keeper)->market(), look->seen, i, *inputs));
    return show(globals, *settings, look->head.block, told, exit_of(told, /*must_price=*/true));
}

}  // namespace outrigger::cli
