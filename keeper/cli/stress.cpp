// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/stress.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "keeper/cli/ledger_view.hpp"
#include "keeper/cli/verbs.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

json number(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
}

/// "ETH:ARB=0.2" as an edit of the correlations.
Outcome<std::vector<EditedCorrelation>> edits_of(const StressFlags& flags, const Universe& universe) {
    std::vector<EditedCorrelation> out;
    for (const auto& given : flags.correlations) {
        const auto wrong = [&](const std::string& why) {
            return stop({Exit::usage, "usage.correlation",
                         fmt::format("--correlation {} is no correlation", given), "", why,
                         "--correlation ETH:ARB=0.2"});
        };
        const auto colon = given.find(':');
        const auto equals = given.find('=');
        if (colon == std::string::npos || equals == std::string::npos || colon > equals)
            return wrong("it is written ASSET:ASSET=VALUE");
        double value = 0;
        const auto* end = given.data() + given.size();
        const auto [stopped, error] = std::from_chars(given.data() + equals + 1, end, value);
        if (error != std::errc() || stopped != end || !(std::abs(value) <= 1))
            return wrong("its value is from -1 to 1");
        const auto a = universe.find(given.substr(0, colon));
        const auto b = universe.find(given.substr(colon + 1, equals - colon - 1));
        if (!a) return wrong(a.error().what);
        if (!b) return wrong(b.error().what);
        if (*a == *b) return wrong("an asset's correlation with itself is one");
        out.push_back({*a, *b, value});
    }
    return out;
}

/// What the keeper has simulated so far exists only in its ledger.
void add_simulated(Snapshot& seen, const Market& market, const Journal& journal) {
    for (const auto& venue : market.venues) {
        const auto account = seen.accounts.find(venue->id());
        const auto simulated = journal.virtual_position(venue->name());
        if (account == seen.accounts.end() || !account->second.value || !simulated) continue;
        for (const auto& [symbol, units] : *simulated)
            if (const auto asset = market.universe.find(symbol))
                account->second.value->position[*asset] += units;
    }
}

json document(const StressReport& report, const Market& market) {
    json correlations = json::array();
    for (const auto& c : report.correlations) {
        correlations.push_back({{"name", c.name},
                                {"sd_unhedged_usd", c.sd_unhedged},
                                {"sd_hedged_usd", c.sd_hedged},
                                {"variance_removed", c.variance_removed},
                                {"breaks_at", c.breaks_at ? json(*c.breaks_at) : json(nullptr)}});
    }
    json prices = json::array();
    for (const auto& p : report.prices) {
        prices.push_back({{"name", p.name},
                          {"positions_usd", p.positions_usd},
                          {"hedge_usd", p.hedge_usd},
                          {"total_usd", p.total_usd()},
                          {"lowest_health", number(p.lowest_health)},
                          {"lowest_equity_usd", number(p.lowest_equity_usd)}});
    }
    json reactions = json::array();
    for (const auto& r : report.reactions)
        reactions.push_back({{"name", r.name}, {"action", r.action}, {"why", r.why}});
    return {{"position", market.params.positions[report.leader].name},
            {"correlations", std::move(correlations)},
            {"no_correlations", report.no_correlations},
            {"prices", std::move(prices)},
            {"reactions", std::move(reactions)}};
}

void print_correlations(const Output& out, const StressReport& report) {
    if (!report.no_correlations.empty()) {
        out.result("\n  correlations are not known: " + report.no_correlations);
        return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& c : report.correlations) {
        rows.push_back({"  " + c.name, grouped(c.sd_unhedged, 0), grouped(c.sd_hedged, 0),
                        grouped(3 * c.sd_hedged, 0), fmt::format("{:.0f} %", 100 * c.variance_removed),
                        c.breaks_at ? fmt::format("{:.0f} % of the way", 100 * *c.breaks_at) : "-"});
    }
    out.result("\n" + table({{"  correlations"},
                             {"unhedged USD a day", true},
                             {"hedged", true},
                             {"at volatility x 3", true},
                             {"variance removed", true},
                             {"stops paying at", true}},
                            rows));
}

void print(const Output& out, const StressReport& report, const Market& market) {
    out.result("\n" + out.bold(market.params.positions[report.leader].name));
    print_correlations(out, report);
    std::vector<std::vector<std::string>> rows;
    for (const auto& p : report.prices) {
        rows.push_back({"  " + p.name, signed_grouped(p.positions_usd, 0), signed_grouped(p.hedge_usd, 0),
                        signed_grouped(p.total_usd(), 0),
                        std::isfinite(p.lowest_health) ? fmt::format("{:.2f}", p.lowest_health) : "no debt",
                        std::isfinite(p.lowest_equity_usd) ? grouped(p.lowest_equity_usd, 0) : "-"});
    }
    out.result("\n" + table({{"  prices, at once"},
                             {"positions USD", true},
                             {"hedge", true},
                             {"together", true},
                             {"health", true},
                             {"venue equity", true}},
                            rows));
    rows.clear();
    for (const auto& r : report.reactions) rows.push_back({"  " + r.name, r.action, r.why});
    out.result("\n" + table({{"  when"}, {"it would"}, {"because"}}, rows));
}

}  // namespace

int stress(const Globals& globals, const StressFlags& flags) {
    const auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    Keeper::Options options;
    options.account = dry_run_account(*settings);
    auto keeper = Keeper::look_only(*settings, std::move(options));
    if (!keeper) return globals.out.failed(start_failure(keeper.error(), *settings));
    auto look = (*keeper)->look();
    if (!look) return globals.out.failed(start_failure(look.error(), *settings));
    const Market& market = (*keeper)->market();
    const auto edits = edits_of(flags, market.universe);
    if (!edits) return globals.out.failed(edits.error());
    State state;
    if (const auto ledger = open_ledger(*settings, flags.ledger)) {
        state = ledger->journal->state().value_or(State{});
        if (ledger->mode == Mode::dry_run) add_simulated(look->seen, market, *ledger->journal);
    }
    const auto reports = stress_groups(look->seen, state, market.params, *edits);
    if (!reports) {
        return globals.out.failed({Exit::error, "stress.failed", "the portfolio could not be stressed", "",
                                   reports.error().what, "outrigger check"});
    }
    if (globals.out.json) {
        json groups = json::array();
        for (const auto& report : *reports) groups.push_back(document(report, market));
        globals.out.document({{"schema", 1},
                              {"chain_id", look->head.block.chain.value},
                              {"block", look->head.block.number.value},
                              {"groups", std::move(groups)}});
    } else {
        globals.out.result(fmt::format("{} · block {} · nobody trades while it happens",
                                       settings->chain.preset,
                                       grouped(static_cast<double>(look->head.block.number.value), 0)));
        for (const auto& report : *reports) print(globals.out, report, market);
    }
    if (reports->size() == make_groups(market.params).size()) return 0;
    return globals.out.failed({Exit::oracle_or_venue, "stress.unreadable", "not every position could be read",
                               "", "what is unreadable has no stress", "outrigger check"});
}

}  // namespace outrigger::cli
