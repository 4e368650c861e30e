// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "keeper/cli/check_endpoints.hpp"
#include "keeper/cli/position_stories.hpp"
#include "keeper/cli/verbs.hpp"
#include "keeper/shell/keeper.hpp"

namespace outrigger::cli {

namespace {

enum class Verdict { ok, note, warn, fail, skip };
constexpr std::array kWords{"ok", "note", "warn", "fail", "skip"};

struct Row {
    Verdict verdict = Verdict::ok;
    std::string subject;
    std::string text;
    std::string fix;
    Exit exit = Exit::ok;  // what a fail ends in
};

/// Everything `check` finds out, in order.
class Checklist {
  public:
    void add(Verdict verdict, std::string subject, std::string text, std::string fix = "",
             Exit exit = Exit::error) {
        rows_.push_back({verdict, std::move(subject), std::move(text), std::move(fix),
                         verdict == Verdict::fail ? exit : Exit::ok});
    }
    std::size_t count(Verdict v) const {
        return static_cast<std::size_t>(
            std::count_if(rows_.begin(), rows_.end(), [&](const Row& r) { return r.verdict == v; }));
    }
    /// The first fail's exit code.
    Exit exit() const {
        const auto failed =
            std::find_if(rows_.begin(), rows_.end(), [](const Row& r) { return r.verdict == Verdict::fail; });
        return failed == rows_.end() ? Exit::ok : failed->exit;
    }
    const std::vector<Row>& rows() const { return rows_; }

  private:
    std::vector<Row> rows_;
};

std::string digits(double price) {
    return grouped(price, price < 10 ? 5 : 2);
}

/// What each endpoint does, measured, and what it is used for.
void check_endpoints(Checklist& list, const std::vector<EndpointReport>& reports) {
    for (const auto& report : reports) {
        const auto& name = report.probe.origin;
        if (report.failures.empty())
            list.add(
                Verdict::ok, "rpc",
                fmt::format("{}{} · {}", name,
                            report.head_age ? fmt::format(" · head {} s old", report.head_age->count()) : "",
                            sentence(report.probe)));
        for (const auto& why : report.failures) {
            list.add(Verdict::fail, "rpc", fmt::format("{}: {}", name, why),
                     fmt::format("use another endpoint for {}: {}.url; or change {}.role", report.uses,
                                 report.key, report.key),
                     Exit::network);
        }
        for (const auto& remark : report.remarks)
            list.add(Verdict::note, "rpc", fmt::format("{} {}", name, remark));
        if (report.failures.empty())
            list.add(Verdict::ok, "rpc", fmt::format("{} is used for {}", name, report.uses));
    }
}

void check_clock(Checklist& list, const config::Settings& settings, const Head& head) {
    if (settings.chain.clock == config::ClockSource::chain) {
        list.add(Verdict::skip, "clock", "this chain keeps its own time");
        return;
    }
    const auto behind =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - head.block.timestamp;
    const bool near = behind < std::chrono::seconds{120} && behind > std::chrono::seconds{-15};
    list.add(near ? Verdict::ok : Verdict::fail, "clock",
             fmt::format("the chain is {} s behind this machine", behind.count()),
             "synchronise the clock (timedatectl), or use a node that has caught up", Exit::network);
}

void check_position(Checklist& list, const config::Settings& settings, const Market& market,
                    const RoundReport& look, std::size_t i) {
    const Told told = tell_position(settings, market, look.seen, i, {});
    if (const auto* failed = std::get_if<UnreadablePosition>(&told)) {
        list.add(Verdict::fail, failed->name, fmt::format("{}: {}", describe(failed->ref), failed->why),
                 "check the position's key in the configuration, and the chain", Exit::position);
        return;
    }
    const auto& story = std::get<PositionStory>(told);
    const auto& name = story.name;
    const auto& figures = look.decision.positions[i].figures;
    list.add(story.view.state == PositionState::open ? Verdict::ok : Verdict::warn, name, in_brief(story));
    if (figures.cross) {
        std::string legs;
        for (const auto& leg : figures.legs) {
            if (leg.target_units == 0) continue;
            legs += fmt::format("{}{:.4g} {}", legs.empty() ? "" : " and ", std::abs(leg.target_units),
                                market.universe.symbol(leg.asset));
        }
        list.add(
            Verdict::note, name,
            fmt::format("no venue shorts one of its assets: {} stand in, explaining {:.0f} % of its variance",
                        legs, 100 * figures.r_squared));
    }
    const auto& action = look.decision.positions[i].action;
    if (const auto* hold = std::get_if<Hold>(&action); hold != nullptr && hold->reason == "unreadable") {
        list.add(Verdict::fail, name, hold->detail, "see the row of the feed or venue it names",
                 Exit::oracle_or_venue);
    }
}

/// Who an asset's price comes from: "ETH/USD, ETH/USD (Pyth)".
std::string sources_of(const Market& market, AssetId asset) {
    std::string out;
    const auto add = [&](const std::string& name) { out += (out.empty() ? "" : ", ") + name; };
    for (const auto& feed : market.prices.feeds)
        if (feed.asset() == asset) add(feed.spec().name);
    for (const auto& source : market.prices.seconds)
        if (source.feed->asset() == asset) add(source.name);
    return out;
}

/// Whether the configured bars suit the prices they are made of.
void check_bars(Checklist& list, const Keeper& keeper, const RoundReport& look) {
    const auto& model = keeper.settings().positions.front().model;  // one bar for all of them
    const auto choice = keeper.bar_choice(look.seen.now, {.min_bars = model.min_bars});
    if (!choice) {
        list.add(Verdict::note, "bars", choice.error().what);
    } else if (choice->bar <= model.bar.value_or(choice->bar)) {
        list.add(Verdict::ok, "bars", choice->why);
    } else {
        list.add(Verdict::note, "bars",
                 fmt::format("model.bar is {} s, short for these sources; better {}", model.bar->count(),
                             choice->why));
    }
}

void check_history(Checklist& list, const Keeper& keeper, const RoundReport& look) {
    if (look.seen.panel) {
        list.add(Verdict::ok, "history",
                 fmt::format("{} complete bars of {} assets, {} dropped", look.seen.panel->returns.rows(),
                             look.seen.panel->assets.size(), look.seen.panel->dropped));
    } else {
        list.add(Verdict::note, "history",
                 look.seen.panel.error().what + " (needed only for cross-asset hedges)");
    }
    if (look.seen.panel) check_bars(list, keeper, look);
}

void check_prices(Checklist& list, const Market& market, const RoundReport& look) {
    for (const auto& [asset, observed] : look.seen.prices) {
        const auto& symbol = market.universe.symbol(asset);
        const auto& price = observed.value;
        if (!price) {
            list.add(Verdict::fail, "oracle", fmt::format("{}/USD: {}", symbol, price.error().what),
                     "wait for the feed, check its address, or set oracle.max_age if its heartbeat is longer",
                     Exit::oracle_or_venue);
            continue;
        }
        const auto age = look.seen.now - price->published;
        const auto limit = market.params.assets.at(asset.value).price_age_max;
        const auto from = sources_of(market, asset);
        list.add(Verdict::ok, "oracle",
                 fmt::format("{}/USD {} · {} s old (limit {} s){}", symbol, digits(price->usd), age.count(),
                             limit.count(), from == symbol + "/USD" ? "" : " · from " + from));
    }
}

void check_venues(Checklist& list, const Market& market, const RoundReport& look) {
    for (const auto& venue : market.venues) {
        const auto& account = look.seen.accounts.at(venue->id()).value;
        if (!account) {
            list.add(Verdict::fail, venue->name(), account.error().what,
                     "check chain.addresses, or leave this venue out", Exit::oracle_or_venue);
            continue;
        }
        std::string held;
        for (const auto& [asset, units] : account->position)
            held += fmt::format(" · {} {}", signed_grouped(units, 4), market.universe.symbol(asset));
        list.add(Verdict::ok, venue->name(),
                 fmt::format("{}{} · equity ${} · wallet ${} · {}", venue->kind(), held,
                             grouped(account->equity_usd, 0), grouped(account->available_usd, 0),
                             std::isinf(account->health)
                                 ? "no debt (HF ∞)"
                                 : fmt::format("HF {:.2f}", std::floor(account->health * 100) / 100)));
    }
}

void check_live(Checklist& list, const config::Settings& settings, Keeper& keeper) {
    if (const auto ready = config::require_live(settings); !ready) {
        for (const auto& e : ready.error())
            list.add(Verdict::fail, "config", e.key + ": " + e.what, e.fix, Exit::guard);
    } else {
        list.add(Verdict::ok, "config", "says all that live trading needs");
    }
    auto signer = open_signer(settings);
    if (!signer) {
        list.add(Verdict::fail, "key", signer.error().what + ": " + signer.error().why, signer.error().fix,
                 Exit::key);
        return;
    }
    list.add(Verdict::ok, "key",
             fmt::format("{} · confirm with {}", checksum_address((*signer)->address()),
                         confirmation_of(settings, (*signer)->address())));
    const auto head = keeper.link().nodes().latest(
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    const auto balance = head ? keeper.link().nodes().read(
                                    [&](Node& n) { return n.balance((*signer)->address(), head->block); })
                              : Result<U256>(tl::unexpected(head.error()));
    if (!balance) {
        list.add(Verdict::fail, "gas", balance.error().what, "", Exit::network);
    } else {
        const double native = balance->to_double() / 1e18;
        list.add(
            native > 0.02 ? Verdict::ok : Verdict::fail, "gas", fmt::format("{:.4f} ETH for gas", native),
            fmt::format("send at least 0.02 ETH to {}", checksum_address((*signer)->address())), Exit::guard);
    }
    const auto mined = keeper.link().nodes().read(
        [&](Node& n) { return n.transaction_count((*signer)->address(), BlockTag::latest); });
    const auto pending = keeper.link().nodes().read(
        [&](Node& n) { return n.transaction_count((*signer)->address(), BlockTag::pending); });
    if (mined && pending) {
        list.add(mined->value == pending->value ? Verdict::ok : Verdict::warn, "nonce",
                 fmt::format("{} mined, {} pending", mined->value, pending->value));
    }
}

int finish(const Globals& globals, const CheckFlags& flags, const Checklist& list, const std::string& title,
           const std::vector<EndpointReport>& reports) {
    const auto fails = list.count(Verdict::fail);
    const char* depth = flags.offline ? "the configuration" : (flags.live ? "live" : "a dry run");
    const int code =
        fails == 0 ? 0
                   : static_cast<int>(flags.live && list.exit() == Exit::error ? Exit::guard : list.exit());
    if (globals.out.json) {
        nlohmann::json rows = nlohmann::json::array();
        for (const auto& row : list.rows()) {
            rows.push_back({{"verdict", kWords.at(static_cast<std::size_t>(row.verdict))},
                            {"subject", row.subject},
                            {"text", row.text},
                            {"fix", row.verdict == Verdict::fail ? row.fix : ""}});
        }
        nlohmann::json endpoints = nlohmann::json::array();
        for (const auto& report : reports) endpoints.push_back(document(report));
        globals.out.document(nlohmann::json{{"schema", 1},
                                            {"ready", fails == 0},
                                            {"for", depth},
                                            {"exit", code},
                                            {"rows", std::move(rows)},
                                            {"endpoints", std::move(endpoints)}});
        return code;
    }
    globals.out.result(title + "\n");
    for (const auto& row : list.rows()) {
        std::string word = fmt::format("{:<5}", kWords.at(static_cast<std::size_t>(row.verdict)));
        if (row.verdict == Verdict::ok) word = globals.out.good(word);
        if (row.verdict == Verdict::fail || row.verdict == Verdict::warn) word = globals.out.warn(word);
        globals.out.result(fmt::format("  {} {:<11} {}", word, row.subject, row.text));
        if (row.verdict == Verdict::fail && !row.fix.empty())
            globals.out.result(fmt::format("        {:<11} {}", "", row.fix));
    }
    const auto notes = list.count(Verdict::note) + list.count(Verdict::warn);
    if (fails == 0) {
        globals.out.result(fmt::format("\nReady for {}: {} ok, {} to note. Nothing was sent.", depth,
                                       list.count(Verdict::ok), notes));
    } else {
        globals.out.result(fmt::format("\nNot ready for {}: {} fail{}. Nothing was sent.", depth, fails,
                                       fails == 1 ? "" : "s"));
    }
    return code;
}

}  // namespace

int check(const Globals& globals, const CheckFlags& flags) {
    const auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    Checklist list;
    list.add(Verdict::ok, "config",
             fmt::format("{} values · {} positions · {} venues", settings->effective.size(),
                         settings->positions.size(), settings->venues.size()));
    const std::string title = fmt::format("{} · {} · {} readiness", find_config(globals).value_or("?"),
                                          settings->chain.preset, flags.live ? "live" : "dry-run");
    std::vector<EndpointReport> reports;
    if (flags.offline) return finish(globals, flags, list, title, reports);

    Keeper::Options options;
    options.account = dry_run_account(*settings);
    auto keeper = Keeper::look_only(*settings, std::move(options));
    if (!keeper) return globals.out.failed(start_failure(keeper.error(), *settings));
    const auto look = (*keeper)->look();
    if (!look) return globals.out.failed(start_failure(look.error(), *settings));
    list.add(Verdict::ok, "rpc",
             fmt::format("{} · chain {} · block {}", config::redacted_url(settings->chain.rpc.front().url),
                         look->head.block.chain.value, look->head.block.number.value));
    if (!flags.quick) {
        reports = probe_endpoints(settings->chain);
        check_endpoints(list, reports);
    }
    check_clock(list, *settings, look->head);
    for (std::size_t i = 0; i < (*keeper)->market().params.positions.size(); ++i)
        check_position(list, *settings, (*keeper)->market(), *look, i);
    check_prices(list, (*keeper)->market(), *look);
    check_history(list, **keeper, *look);
    check_venues(list, (*keeper)->market(), *look);
    if (flags.live) {
        check_live(list, *settings, **keeper);
    } else {
        list.add(Verdict::skip, "key", "not needed for a dry run; outrigger check --live looks at it");
    }
    return finish(globals, flags, list, title, reports);
}

}  // namespace outrigger::cli
