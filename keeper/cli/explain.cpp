// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "keeper/cli/effect_view.hpp"

namespace outrigger::cli {

namespace {

using nlohmann::json;

double at(const json& object, const char* key) {
    return object.contains(key) && object[key].is_number() ? object[key].get<double>() : std::nan("");
}

/// Where a gate's limit was set, as the configuration says it.
std::string origin_of(const config::Settings& settings, const std::string& position, const std::string& key) {
    if (key.empty()) return "";
    if (key.starts_with("venues.")) {  // a limit of whichever venue is nearest to it
        for (const auto& value : settings.effective) {
            if (value.path.starts_with("venues.") && value.path.ends_with(key.substr(6))) return value.origin;
        }
    }
    for (const auto& path : {"position." + position + "." + key, key}) {
        if (const auto origin = settings.origin_of(path)) return *origin;
    }
    return key;
}

const char* mark(const std::string& state) {
    return state == "pass" ? "✓" : (state == "stop" ? "✗" : "·");
}

void explain_figures(const Output& out, const json& f) {
    std::string exposure;
    for (const auto& [asset, units] : f["delta_units"].items())
        exposure += fmt::format("{}{} {}", exposure.empty() ? "" : "  ",
                                signed_grouped(units.get<double>(), 4), asset);
    out.result(fmt::format("  exposure    {}   worth ${}", exposure, grouped(at(f, "value_usd"), 2)));
    if (const double move = f.value("likely_move", 0.0); move > 0)
        out.result(
            fmt::format("              averaged over the likely moves ahead, ±{:.1f} % (model.delta_horizon)",
                        100 * move));
    for (const auto& leg : f["legs"]) {
        out.result(fmt::format("  hedge       {} {} on {}   wanted {} ({} USD)",
                               signed_grouped(at(leg, "held_units"), 4), leg.value("asset", "?"),
                               leg.value("venue", "?"), signed_grouped(at(leg, "target_units"), 4),
                               signed_grouped(at(leg, "target_usd"), 0)));
    }
    out.result(fmt::format("  residual    {} USD, band ±{} USD", signed_grouped(at(f, "residual_usd"), 2),
                           grouped(at(f, "band_usd"), 2)));
    if (f.contains("auto_band") && f["auto_band"].is_object()) {
        const auto& band = f["auto_band"];
        out.result(
            fmt::format("              the cheapest band: {:.2g} hedges a day, ${:.2g} a day in trading "
                        "and risk",
                        at(band, "trades_per_day"), at(band, "cost_usd_per_day")));
    }
    if (f.contains("cross") && f["cross"].is_object()) {
        const auto& c = f["cross"];
        out.result(fmt::format(
            "              hedged through other assets: removes {:.0f} % of the variance by the estimate, "
            "at least {:.0f} % (95 %); correlation {:.2f}, {:.2f} to {:.2f}",
            100 * at(f, "r_squared"), 100 * at(c, "variance_removed_low"), at(c, "correlation"),
            at(c, "correlation_low"), at(c, "correlation_high")));
        out.result(
            fmt::format("              relationship: {}; the correlation's alarm stands at {:.0f} %; recent "
                        "against long run {}",
                        c.value("regime", "?"), 100 * at(c, "alarm"),
                        c.contains("gap_z") && c["gap_z"].is_number()
                            ? fmt::format("{:+.1f} standard errors", at(c, "gap_z"))
                            : std::string("unknown")));
        out.result(
            fmt::format("              forecast with the target held: ${} a day (one standard deviation)",
                        grouped(at(c, "forecast_sd_usd"), 2)));
    } else {
        out.result("              hedged one for one, in the same asset");
    }
}

/// The length of a bar of that position's history; an hour for one that is configured no more.
std::chrono::seconds bar_of(const config::Settings& settings, const std::string& name) {
    for (const auto& p : settings.positions)
        if (p.name == name) return p.model.usual_bar();
    return std::chrono::hours{1};
}

void explain_position(const Output& out, const config::Settings& settings, const LedgerView& view,
                      const json& position) {
    const std::string name = position.value("name", "?");
    std::string action = position.value("action", "?");
    for (char& c : action) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const std::string detail = position.value("detail", "");
    out.result(fmt::format("\n{} — {}. {}\n", out.bold(name), action,
                           detail.empty() ? position.value("reason", "?") : detail));
    if (position.value("known", false)) explain_figures(out, position["figures"]);
    const char* heading = "  so far      ";
    for (const auto& line : effect_lines(view, name, bar_of(settings, name)))
        out.result(std::exchange(heading, "              ") + line);
    bool decided = false;
    std::vector<std::vector<std::string>> rows;
    for (const auto& gate : position["gates"]) {
        const bool first_stop = gate.value("state", "") == "stop" && !decided;
        decided = decided || first_stop;
        rows.push_back(
            {std::string("  ") + mark(gate.value("state", "")) + " " + gate.value("name", ""),
             gate.value("now", ""), gate.value("limit", ""),
             origin_of(settings, name, gate.value("key", "")) + (first_stop ? "   ◂ decided here" : "")});
    }
    if (!rows.empty())
        out.result("\n" +
                   table({{"  gate", false}, {"now", false}, {"limit", false}, {"from", false}}, rows));
    const auto& t = position.contains("triggers") ? position["triggers"] : json::object();
    std::string when;
    if (t.contains("below_usd") && t["below_usd"].is_number())
        when += fmt::format("{} ≤ {}", t.value("asset", "price"),
                            grouped(at(t, "below_usd"), at(t, "below_usd") < 10 ? 5 : 2));
    if (t.contains("above_usd") && t["above_usd"].is_number())
        when += fmt::format("{}{} ≥ {}", when.empty() ? "" : "  or  ", t.value("asset", "price"),
                            grouped(at(t, "above_usd"), at(t, "above_usd") < 10 ? 5 : 2));
    if (!when.empty()) out.result("\n  it would hedge if    " + when);
}

}  // namespace

int explain(const Globals& globals, const ExplainFlags& flags) {
    const auto settings = load_settings(globals);
    if (!settings) return globals.out.failed(settings.error());
    const auto view = open_ledger(*settings, flags.ledger);
    if (!view) return globals.out.failed(view.error());
    const json decision = json::parse(view->round.decision_json);
    json chosen = json::array();
    for (const auto& position : decision["positions"]) {
        if (flags.position.empty() || position.value("name", "") == flags.position)
            chosen.push_back(position);
    }
    if (chosen.empty()) {
        return globals.out.failed({Exit::usage, "usage.position",
                                   fmt::format("no position is called '{}'", flags.position), "", "",
                                   "outrigger status lists them"});
    }
    if (globals.out.json) {
        for (auto& position : chosen) {
            const std::string name = position.value("name", "");
            position["effect"] = effect_json(*view, name, bar_of(*settings, name));
            for (auto& gate : position["gates"])
                gate["from"] = origin_of(*settings, position.value("name", ""), gate.value("key", ""));
        }
        globals.out.document(json{{"schema", 1},
                                  {"mode", to_string(view->mode)},
                                  {"chain_id", view->round.block.chain.value},
                                  {"block", view->round.block.number.value},
                                  {"positions", std::move(chosen)}});
        return 0;
    }
    globals.out.result(fmt::format("{} · {} · block {} · {}", to_string(view->mode), settings->chain.preset,
                                   grouped(static_cast<double>(view->round.block.number.value), 0),
                                   iso_time(view->round.at)));
    for (const auto& position : chosen) explain_position(globals.out, *settings, *view, position);
    return 0;
}

}  // namespace outrigger::cli
