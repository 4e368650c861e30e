// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/decide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "keeper/decide/evaluate.hpp"
#include "keeper/decide/gates.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

namespace {

/// The order that brings the leg furthest from its target back to it, or as far as one trade may go.
AdjustHedge make_order(const Snapshot& seen, const Params& params, const PositionParams& settings,
                       const PositionFigures& figures) {
    const auto furthest = std::max_element(
        figures.legs.begin(), figures.legs.end(), [](const LegFigures& a, const LegFigures& b) {
            return std::abs(a.goal_usd - a.held_usd) < std::abs(b.goal_usd - b.held_usd);
        });
    OR_ASSERT(furthest != figures.legs.end());
    const auto price = fresh_price(seen, params, furthest->asset);
    OR_ASSERT(price.has_value());
    const double wanted_usd = furthest->goal_usd - furthest->held_usd;
    const double usd = std::clamp(wanted_usd, -settings.max_trade_usd, settings.max_trade_usd);
    const double slip = usd < 0 ? 1 - settings.max_slippage_ratio : 1 + settings.max_slippage_ratio;
    AdjustHedge act;
    act.order = {furthest->venue, furthest->asset, usd / *price, *price * slip,
                 seen.now + params.order_deadline};
    act.reason = "band";
    const auto& symbol = params.assets.at(furthest->asset.value).symbol;
    act.detail = fmt::format(
        "{} {:.6g} {} (${:.0f}){}", usd < 0 ? "sell" : "buy", std::abs(act.order.delta_units), symbol,
        std::abs(usd), std::abs(usd) < std::abs(wanted_usd) ? ", first part of a larger correction" : "");
    return act;
}

/// The group's decision, told at its first member; the others point to it.
void decide_group(const Snapshot& seen, const State& state, const Params& params, const Group& group,
                  Decision& out) {
    const std::size_t leader = group.members.front();
    const auto& settings = params.positions[leader];
    const auto known = state.hedges.find(settings.name);
    HedgeMemory memory = known == state.hedges.end() ? HedgeMemory{} : known->second;
    auto figures = evaluate(seen, params, group, memory);
    if (memory != HedgeMemory{}) out.next.hedges.insert_or_assign(settings.name, std::move(memory));
    if (!figures) {
        for (const auto index : group.members)
            out.positions[index].action = Hold{"unreadable", figures.error().what};
        return;
    }
    for (const auto index : group.members) {
        out.positions[index].figures = figures->members.at(index);
        if (index != leader) {
            out.positions[index].action = Hold{"netted", "hedged together with " + settings.name};
        }
    }
    auto& decision = out.positions[leader];
    decision.figures = figures->total;
    PositionFacts facts = seen.facts.at(leader);
    for (const auto index : group.members) {
        const auto& own = seen.facts.at(index);
        facts.paused = facts.paused || own.paused;
        if (facts.paused_why.empty()) facts.paused_why = own.paused_why;
    }
    decision.gates = ask_gates({seen, state, params, settings, *figures, facts});
    const auto stopped = std::find_if(decision.gates.begin(), decision.gates.end(),
                                      [](const Gate& g) { return g.state == GateState::stop; });
    if (stopped != decision.gates.end()) {
        decision.action =
            Hold{stopped->name, fmt::format("{}: {} ({})", stopped->name, stopped->now, stopped->limit)};
        return;
    }
    decision.action = make_order(seen, params, settings, decision.figures);
}

/// One nonce in flight: a hedge already begun goes first, then the one furthest outside its band.
std::optional<std::size_t> choose(const Snapshot& seen, const Decision& decision) {
    std::optional<std::size_t> best;
    std::pair<bool, double> best_urgency{false, -1};
    for (std::size_t i = 0; i < decision.positions.size(); ++i) {
        const auto& position = decision.positions[i];
        if (!std::holds_alternative<AdjustHedge>(position.action)) continue;
        const double band = std::max(position.figures.band_usd, 1e-9);
        double off = 0;  // legs off in opposite directions do not make up for each other
        for (const auto& leg : position.figures.legs) off += std::abs(leg.held_usd - leg.target_usd);
        const std::pair<bool, double> urgency{seen.facts.at(i).hedge_open, off / band};
        if (urgency > best_urgency) {
            best_urgency = urgency;
            best = i;
        }
    }
    return best;
}

/// A venue whose account needs finishing or protecting; `below` limits it to those under a health level.
/// Without it an account without debt counts too: its collateral lies idle.
std::optional<Tidy> untidy_venue(const Snapshot& seen, std::optional<double> below = std::nullopt) {
    for (const auto& [venue, account] : seen.accounts) {
        if (!account.value || !account.value->untidy) continue;
        if (!below || account.value->health < *below) return Tidy{venue, "unfinished account"};
    }
    return std::nullopt;
}

}  // namespace

Decision decide(const Snapshot& seen, const State& state, const Params& params) {
    OR_ASSERT(seen.pools.size() == params.positions.size() && seen.facts.size() == params.positions.size());
    Decision out;
    out.next = state;
    out.next.hedges.clear();  // what no group has any more is forgotten
    out.positions.resize(params.positions.size());
    for (std::size_t i = 0; i < params.positions.size(); ++i) {
        if (!params.positions[i].enabled) out.positions[i].action = Hold{"disabled", "enabled = false"};
    }
    bool blind = false;
    for (const auto& group : make_groups(params)) {
        decide_group(seen, state, params, group, out);
        blind = blind || !out.positions[group.members.front()].figures.known;
    }
    out.next.blind_rounds = blind ? state.blind_rounds + 1 : 0;
    if (params.blind_rounds_max > 0 && out.next.blind_rounds >= params.blind_rounds_max) {
        for (auto& position : out.positions) {
            if (const auto* hold = std::get_if<Hold>(&position.action);
                hold && hold->reason == "unreadable") {
                position.action = Halt{"blind", fmt::format("unreadable for {} rounds: {}",
                                                            out.next.blind_rounds, hold->detail)};
            }
        }
    }
    if (state.halted || !seen.in_flight.empty()) return out;
    // Collateral below its floor comes before any new trade.
    out.tidy = untidy_venue(seen, params.health_floor);
    if (out.tidy) return out;
    out.act_on = choose(seen, out);
    if (!out.act_on) out.tidy = untidy_venue(seen);
    return out;
}

}  // namespace outrigger
