// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "keeper/cli/effect_view.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

double at(const json& object, const char* key) {
    return object.contains(key) && object[key].is_number() ? object[key].get<double>() : std::nan("");
}

std::vector<std::string> position_row(const json& position) {
    const std::string name = position.value("name", "?");
    const std::string state = position.value("action", "?") + " · " + position.value("reason", "?");
    if (!position.value("known", false)) return {name, "?", "?", "?", "?", state};
    const auto& f = position["figures"];
    std::string hedge;
    for (const auto& leg : f["legs"]) {
        hedge += fmt::format("{}{} {}", hedge.empty() ? "" : ", ", signed_grouped(at(leg, "held_units"), 4),
                             leg.value("asset", "?"));
    }
    std::string delta;
    for (const auto& [asset, units] : f["delta_units"].items()) {
        if (asset == "USDC" || asset == "USDT" || asset == "DAI") continue;
        delta +=
            fmt::format("{}{} {}", delta.empty() ? "" : ", ", signed_grouped(units.get<double>(), 4), asset);
    }
    const double value = at(f, "value_usd");
    const double residual = at(f, "residual_usd");
    return {name,
            "$" + grouped(value, 0),
            delta,
            hedge,
            fmt::format("{} USD  {} %", signed_grouped(residual, 2),
                        signed_grouped(value > 0 ? 100 * residual / value : 0, 1)),
            state};
}

json document(const config::Settings& settings, const LedgerView& view) {
    const auto totals = view.journal->totals().value_or(TxTotals{});
    json hedges = json::array();
    for (const auto& h : view.journal->hedges().value_or(std::vector<HedgeRow>{})) {
        hedges.push_back({{"id", h.id},
                          {"position", h.position},
                          {"venue", h.venue},
                          {"asset", h.asset},
                          {"opened_at", h.opened_at.time_since_epoch().count()},
                          {"wanted_units", h.wanted_units},
                          {"filled_units", h.filled_units},
                          {"gas_usd", h.cost_usd},
                          {"txs", h.txs},
                          {"status", h.status}});
    }
    json effects = json::object();
    for (const auto& position : settings.positions)
        effects[position.name] = effect_json(view, position.name, position.model.usual_bar());
    return {{"schema", 1},
            {"effects", std::move(effects)},
            {"mode", to_string(view.mode)},
            {"chain_id", view.round.block.chain.value},
            {"block", view.round.block.number.value},
            {"at", view.round.at.time_since_epoch().count()},
            {"blind", view.round.blind},
            {"decision", json::parse(view.round.decision_json)},
            {"venues", json::parse(view.round.snapshot_json).value("venues", json::object())},
            {"transactions",
             {{"sent", totals.sent},
              {"verified", totals.verified},
              {"failed", totals.failed},
              {"gas_usd", totals.gas_usd}}},
            {"hedges", std::move(hedges)}};
}

}  // namespace

int status(const Globals& globals, const StatusFlags& flags) {
    const auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    const auto view = open_ledger(*settings, flags);
    if (!view) return globals.out.failed(view.error());
    const auto& out = globals.out;
    if (out.json) {
        out.document(document(*settings, *view));
        return 0;
    }
    out.result(
        fmt::format("{} · {} · block {} · {}{}\n", out.bold(to_string(view->mode)), settings->chain.preset,
                    grouped(static_cast<double>(view->round.block.number.value), 0), iso_time(view->round.at),
                    view->round.blind ? out.warn(" · something could not be read") : ""));
    const json decision = json::parse(view->round.decision_json);
    const json snapshot = json::parse(view->round.snapshot_json);
    std::vector<std::vector<std::string>> rows;
    for (const auto& position : decision["positions"]) rows.push_back(position_row(position));
    out.result(table({{"POSITION", false},
                      {"VALUE", true},
                      {"LP DELTA", true},
                      {"HEDGE", true},
                      {"RESIDUAL", true},
                      {"STATE", false}},
                     rows));
    for (const auto& position : settings->positions) {
        const auto lines = effect_lines(*view, position.name, position.model.usual_bar());
        if (!lines.empty()) out.result(fmt::format("\n {:<16} {}", position.name, lines.front()));
    }
    std::string venues;
    for (const auto& [name, account] : snapshot["venues"].items()) {
        if (account.contains("error")) {
            venues += fmt::format("\n venue {:<10} unreadable: {}", name, account.value("what", ""));
            continue;
        }
        venues +=
            fmt::format("\n venue {:<10} equity ${} · wallet ${} · {}", name,
                        grouped(at(account, "equity_usd"), 0), grouped(at(account, "available_usd"), 0),
                        account["health"].is_null()
                            ? std::string("no debt")
                            : fmt::format("health {:.2f}", std::floor(at(account, "health") * 100) / 100));
    }
    out.result(venues);
    const auto totals = view->journal->totals().value_or(TxTotals{});
    if (view->mode == Mode::live) {
        out.result(fmt::format("\n transactions     {} sent, {} verified on chain, {} failed · gas ${:.2f}",
                               totals.sent, totals.verified, totals.failed, totals.gas_usd));
    } else {
        out.result(
            "\n simulated fills: booked at the price limit, the worst that would have been accepted. Nothing "
            "was sent.");
    }
    out.result("\nwhy: outrigger explain");
    return 0;
}

}  // namespace outrigger::cli
