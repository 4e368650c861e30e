// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/gates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outrigger {

namespace {

Gate gate(std::string name, bool passes, std::string now, std::string limit, std::string key) {
    return {std::move(name), passes ? GateState::pass : GateState::stop, std::move(now), std::move(limit),
            std::move(key)};
}

/// Below this a difference is rounding: a billionth of what is held and wanted.
double dust_usd(const PositionFigures& total) {
    double size = 0;
    for (const auto& leg : total.legs)
        size = std::max({size, std::abs(leg.held_usd), std::abs(leg.target_usd)});
    return 1e-9 * size;
}

std::string reaction_key(Regime regime) {
    switch (regime) {
        case Regime::vol_stress: return "stability.on_vol_stress";
        case Regime::decorr: return "stability.on_decorrelated";
        case Regime::broken: return "stability.on_broken";
        case Regime::calm:
        case Regime::shock:
        case Regime::blind: return "";
    }
    return "";
}

std::string duration(std::chrono::seconds s) {
    const auto n = s.count();
    if (n >= 86400) return fmt::format("{} d {} h", n / 86400, n % 86400 / 3600);
    if (n >= 3600) return fmt::format("{} h {:02} m", n / 3600, n % 3600 / 60);
    if (n >= 60) return fmt::format("{} m {:02} s", n / 60, n % 60);
    return fmt::format("{} s", n);
}

/// The band that costs least: it has an edge for every combination of legs, so it is asked what it would do.
Gate cheapest_band_gate(const GateInputs& in, bool due) {
    const auto& total = in.figures.total;
    const bool outside = in.figures.largest_off_usd > std::max(dust_usd(total), in.settings.delta_band_usd);
    std::string now = fmt::format("${:.2f} off target", in.figures.deviation_usd);
    if (outside) now += fmt::format(", ${:.2f} to trade", in.figures.largest_off_usd);
    if (due) now += ", force_after reached";
    return gate(
        "band", outside, std::move(now),
        fmt::format("> ${:.2f} = {:.1f} % (auto: {:.2g} hedges and ${:.2g} a day)", total.band->trigger_usd,
                    total.value_usd > 0 ? 100 * total.band->trigger_usd / total.value_usd : 0,
                    total.band->trades_per_day, total.band->cost_usd_per_day),
        "thresholds.delta_band_ratio");
}

/// Outside the band; or a begun hedge that is to be finished; or the time to re-centre has come.
Gate band_gate(const GateInputs& in) {
    const auto& total = in.figures.total;
    const bool due = recentring_due(in.settings, in.facts, in.seen.now);
    if (total.cross && total.cross->unwinding)
        return gate("band", in.figures.largest_off_usd > dust_usd(total), "unwinding in slices", "-", "");
    if (total.band) return cheapest_band_gate(in, due);
    const double ratio = total.value_usd > 0 ? in.figures.deviation_usd / total.value_usd : 0;
    const double limit_ratio = total.value_usd > 0 ? total.band_usd / total.value_usd : 0;
    const bool outside = in.figures.deviation_usd > total.band_usd;
    std::string now = fmt::format("{:.1f} % = ${:.2f}", 100 * ratio, in.figures.deviation_usd);
    if (in.facts.hedge_open) {
        now += ", finishing a begun hedge";
    } else if (due && !outside) {
        now += ", force_after reached";
    }
    return gate("band", outside || in.facts.hedge_open || due, std::move(now),
                fmt::format("> {:.1f} % = ${:.2f}{}", 100 * limit_ratio, total.band_usd,
                            total.no_band.empty() ? "" : " (not auto: " + total.no_band + ")"),
                "thresholds.delta_band_ratio");
}

Gate cooldown_gate(const GateInputs& in) {
    const auto limit = in.settings.rehedge_cooldown;
    const std::string wanted = ">= " + duration(limit);
    if (in.facts.hedge_open || !in.facts.last_fill) {
        return gate("cooldown", true,
                    in.facts.hedge_open ? "a begun hedge is finished first" : "no hedge yet", wanted,
                    "thresholds.rehedge_cooldown");
    }
    const auto since = in.seen.now - *in.facts.last_fill;
    return gate("cooldown", since >= limit, duration(since), wanted, "thresholds.rehedge_cooldown");
}

/// Whether a hedge through other assets is shown to pay. What is held already is kept in shape.
Gate proxy_gate(const GateInputs& in) {
    const auto& cross = in.figures.total.cross;
    if (!cross) return gate("proxy", true, "hedged in the same asset", "-", "");
    const std::string now =
        fmt::format("removes {:.0f} %, {:.0f} % at least; worth ${:.2f}", 100 * in.figures.total.r_squared,
                    100 * cross->variance_removed_low, cross->benefit_usd);
    const bool open = in.figures.held_usd > 0;
    return gate(
        "proxy", cross->pays || open, now + (cross->pays || !open ? "" : "; kept in shape"),
        fmt::format(">= {:.0f} % and twice its cost", 100 * in.settings.pipeline.min_variance_removed),
        "model.min_variance_removed");
}

/// What the watch over a cross hedge's relationship allows.
Gate regime_gate(const GateInputs& in) {
    const auto& cross = *in.figures.total.cross;
    return gate("relationship", !cross.frozen,
                fmt::format("{}, alarm at {:.0f} %", to_string(cross.regime), 100 * cross.alarm),
                cross.regime == Regime::shock ? "the facts are in" : "no reaction forbids it",
                reaction_key(cross.regime));
}

std::string paused_words(const PositionFacts& facts) {
    return facts.paused_why.empty() ? "paused" : "paused: " + facts.paused_why;
}

Gate health_gate(const GateInputs& in) {
    const double health = in.figures.lowest_health;
    return gate("health", health >= in.params.health_floor,
                std::isinf(health) ? "no debt" : fmt::format("{:.2f}", std::floor(health * 100) / 100),
                fmt::format(">= {:.2f}", in.params.health_floor), "venues.health_factor_floor");
}

}  // namespace

std::vector<Gate> ask_gates(const GateInputs& in) {
    std::vector<Gate> gates;
    const auto& s = in.settings;

    if (in.figures.total.cross) gates.push_back(regime_gate(in));
    gates.push_back(proxy_gate(in));
    gates.push_back(band_gate(in));
    const double one_trade = in.figures.largest_off_usd;
    gates.push_back(gate("size", one_trade > 0 && one_trade >= s.min_trade_usd,
                         fmt::format("${:.2f}", one_trade), fmt::format(">= ${:.2f}", s.min_trade_usd),
                         "limits.min_trade_usd"));
    gates.push_back(cooldown_gate(in));
    const std::uint32_t used =
        in.facts.trades_today - (in.facts.hedge_open && in.facts.trades_today > 0 ? 1 : 0);
    gates.push_back(gate("trades", used < s.max_trades_per_day, fmt::format("{} in 24 h", used),
                         fmt::format("< {}", s.max_trades_per_day), "limits.max_trades_per_day"));
    gates.push_back(gate("pool_gap", in.figures.worst_pool_gap <= s.max_pool_gap_ratio,
                         fmt::format("{:.0f} bps", 1e4 * in.figures.worst_pool_gap),
                         fmt::format("<= {:.0f} bps", 1e4 * s.max_pool_gap_ratio),
                         "oracle.max_pool_gap_bps"));
    const auto& no_mean = in.figures.no_mean;
    if (s.max_mean_gap_ratio > 0) {
        gates.push_back(
            gate("mean_gap", no_mean.empty() && in.figures.worst_mean_gap <= s.max_mean_gap_ratio,
                 no_mean.empty() ? fmt::format("{:.0f} bps", 1e4 * in.figures.worst_mean_gap) : no_mean,
                 fmt::format("<= {:.0f} bps", 1e4 * s.max_mean_gap_ratio), "oracle.max_mean_gap_bps"));
    }
    const auto& kept = in.figures.kept;
    gates.push_back(gate("position", kept.empty(), kept.empty() ? "there" : kept, "there", "when_gone"));
    gates.push_back(health_gate(in));
    const auto head = in.seen.pins.empty() ? TimePoint{} : in.seen.pins.begin()->second.timestamp;
    const auto age = in.seen.now - head;
    gates.push_back(gate("data_age", age <= in.params.data_age_max, duration(age),
                         "<= " + duration(in.params.data_age_max), "guard.max_data_age"));
    gates.push_back(gate("failures", in.facts.failures_in_a_row < in.params.failed_tx_max,
                         fmt::format("{} in a row", in.facts.failures_in_a_row),
                         fmt::format("< {}", in.params.failed_tx_max), "limits.max_failed_tx_in_a_row"));
    gates.push_back(gate("in_flight", in.seen.in_flight.empty(),
                         in.seen.in_flight.empty() ? "nothing" : "a transaction", "nothing", ""));
    gates.push_back(gate("guard", !in.state.halted && !in.facts.paused,
                         in.state.halted ? "halted" : (in.facts.paused ? paused_words(in.facts) : "clear"),
                         "clear", ""));
    return gates;
}

}  // namespace outrigger
