// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/record.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"

namespace outrigger {

namespace {

using nlohmann::json;

/// JSON has no infinity: a health without debt is null.
json number(double value) {
    return std::isfinite(value) ? json(value) : json(nullptr);
}

json error_json(const Error& error) {
    return {{"error", std::string(to_string(error.code))}, {"what", error.what}};
}

json exposure_json(const Exposure& exposure, const Universe& universe) {
    json out = json::object();
    for (const auto& [asset, units] : exposure) out[universe.symbol(asset)] = number(units);
    return out;
}

json mean_json(const std::optional<Result<double>>& mean) {
    if (!mean) return nullptr;
    return *mean ? json(number(**mean)) : error_json(mean->error());
}

json pool_json(const Result<LpView>& pool) {
    if (!pool) return error_json(pool.error());
    return {{"state", std::string(to_string(pool->state))},
            {"owner", to_hex(pool->owner)},
            {"amount0", pool->principal.amount0.to_decimal()},
            {"amount1", pool->principal.amount1.to_decimal()},
            {"fees0", pool->uncollected_fees.amount0.to_decimal()},
            {"fees1", pool->uncollected_fees.amount1.to_decimal()},
            {"liquidity", pool->liquidity.to_decimal()},
            {"sqrt_price_x96", pool->sqrt_price_x96.to_decimal()},
            {"tick", pool->tick.value},
            {"tick_lower", pool->tick_lower.value},
            {"tick_upper", pool->tick_upper.value},
            {"pool_price", number(pool->pool_price)},
            {"mean_price", mean_json(pool->mean_price)},
            {"price_lower", number(pool->curve.price_lower)},
            {"price_upper", number(pool->curve.price_upper)},
            {"in_range", pool->in_range}};
}

json price_json(const Result<Price>& price) {
    if (!price) return error_json(price.error());
    return {{"usd", number(price->usd)}, {"published", price->published.time_since_epoch().count()}};
}

json account_json(const Result<VenueAccount>& account, const Universe& universe) {
    if (!account) return error_json(account.error());
    json facts = json::object();
    for (const auto& [name, value] : account->facts) facts[name] = value.to_decimal();
    return {{"position", exposure_json(account->position, universe)},
            {"equity_usd", number(account->equity_usd)},
            {"health", number(account->health)},
            {"available_usd", number(account->available_usd)},
            {"facts", std::move(facts)}};
}

const char* gate_word(GateState state) {
    switch (state) {
        case GateState::pass: return "pass";
        case GateState::stop: return "stop";
        case GateState::not_reached: return "not_reached";
    }
    return "not_reached";
}

json order_json(const HedgeOrder& order, const Market& market) {
    return {{"venue", market.venues.at(order.venue.value)->name()},
            {"asset", market.universe.symbol(order.asset)},
            {"delta_units", number(order.delta_units)},
            {"limit_usd", number(order.limit_usd)},
            {"deadline", order.deadline.time_since_epoch().count()}};
}

json cross_json(const CrossFigures& c) {
    return {{"correlation", number(c.correlation)},
            {"correlation_low", number(c.correlation_low)},
            {"correlation_high", number(c.correlation_high)},
            {"variance_removed_low", number(c.variance_removed_low)},
            {"effective_samples", number(c.effective_samples)},
            {"benefit_usd", number(c.benefit_usd)},
            {"forecast_sd_usd", number(c.forecast_sd_usd)},
            {"gap_z", c.gap_z ? number(*c.gap_z) : json(nullptr)},
            {"pays", c.pays},
            {"regime", to_string(c.regime)},
            {"regime_change", c.regime_change},
            {"frozen", c.frozen},
            {"unwinding", c.unwinding},
            {"alarm", number(c.alarm)}};
}

json figures_json(const PositionFigures& f, const Market& market) {
    json legs = json::array();
    for (const auto& leg : f.legs) {
        legs.push_back({{"venue", market.venues.at(leg.venue.value)->name()},
                        {"asset", market.universe.symbol(leg.asset)},
                        {"held_units", number(leg.held_units)},
                        {"target_units", number(leg.target_units)},
                        {"held_usd", number(leg.held_usd)},
                        {"target_usd", number(leg.target_usd)},
                        {"goal_usd", number(leg.goal_usd)}});
    }
    json band = nullptr;
    if (f.band) {
        band = {{"trigger_usd", number(f.band->trigger_usd)},
                {"trades_per_day", number(f.band->trades_per_day)},
                {"cost_usd_per_day", number(f.band->cost_usd_per_day)}};
    }
    return {{"value_usd", number(f.value_usd)},
            {"fees_usd", number(f.fees_usd)},
            {"delta_units", exposure_json(f.delta_units, market.universe)},
            {"likely_move", number(f.likely_move)},
            {"gamma_units_per_usd", exposure_json(f.gamma_units_per_usd, market.universe)},
            {"legs", std::move(legs)},
            {"residual_usd", number(f.residual_usd)},
            {"band_usd", number(f.band_usd)},
            {"auto_band", std::move(band)},
            {"no_auto_band", f.no_band},
            {"dollar_gamma_usd", number(f.dollar_gamma_usd)},
            {"cross", f.cross ? cross_json(*f.cross) : json(nullptr)},
            {"r_squared", number(f.r_squared)},
            {"condition", number(f.condition)},
            {"shrinkage", number(f.shrinkage)}};
}

json position_json(const PositionDecision& p, const std::string& name, const Market& market) {
    json out{{"name", name},
             {"action", action_name(p.action)},
             {"reason", action_reason(p.action)},
             {"detail", action_detail(p.action)}};
    if (const auto* adjust = std::get_if<AdjustHedge>(&p.action))
        out["order"] = order_json(adjust->order, market);
    out["known"] = p.figures.known;
    if (p.figures.known) out["figures"] = figures_json(p.figures, market);
    json gates = json::array();
    for (const auto& gate : p.gates) {
        gates.push_back({{"name", gate.name},
                         {"state", gate_word(gate.state)},
                         {"now", gate.now},
                         {"limit", gate.limit},
                         {"key", gate.key}});
    }
    out["gates"] = std::move(gates);
    return out;
}

}  // namespace

std::string action_name(const Action& action) {
    if (std::holds_alternative<Hold>(action)) return "hold";
    if (std::holds_alternative<AdjustHedge>(action)) return "adjust";
    if (std::holds_alternative<Tidy>(action)) return "tidy";
    return "halt";
}

std::string action_reason(const Action& action) {
    return std::visit([](const auto& a) { return a.reason; }, action);
}

std::string action_detail(const Action& action) {
    if (const auto* hold = std::get_if<Hold>(&action)) return hold->detail;
    if (const auto* adjust = std::get_if<AdjustHedge>(&action)) return adjust->detail;
    if (const auto* halt = std::get_if<Halt>(&action)) return halt->detail;
    return "";
}

json snapshot_json(const Snapshot& seen, const Market& market, const Reading& reading) {
    json positions = json::object();
    for (std::size_t i = 0; i < seen.pools.size(); ++i)
        positions[market.params.positions[i].name] = pool_json(seen.pools[i].value);
    json prices = json::object();
    for (const auto& [asset, price] : seen.prices)
        prices[market.universe.symbol(asset)] = price_json(price.value);
    json accounts = json::object();
    for (const auto& [venue, account] : seen.accounts)
        accounts[market.venues.at(venue.value)->name()] = account_json(account.value, market.universe);
    json out{{"block", reading.head.block.number.value},
             {"block_hash", to_hex(reading.head.block.hash)},
             {"now", seen.now.time_since_epoch().count()},
             {"base_fee", reading.head.base_fee.to_decimal()},
             {"positions", std::move(positions)},
             {"prices", std::move(prices)},
             {"venues", std::move(accounts)},
             {"in_flight", seen.in_flight.size()}};
    out["bars"] = seen.panel ? json(seen.panel->returns.rows()) : error_json(seen.panel.error());
    return out;
}

Result<std::optional<FirstSeen>> first_seen(const Journal& journal, const std::string& position,
                                            const LpView& view) {
    if (position.find('"') != std::string::npos) return std::nullopt;  // no name a configuration can give
    const auto round = OR_TRY(
        journal.first_round_with("$.positions.\"" + position + "\".liquidity", view.liquidity.to_decimal()));
    if (!round) return std::nullopt;
    const json snapshot = json::parse(round->snapshot_json, nullptr, /*allow_exceptions=*/false);
    const json price = snapshot.value(json::json_pointer("/positions/" + position + "/pool_price"), json());
    if (!price.is_number()) return std::nullopt;
    return FirstSeen{round->at, price.get<double>()};
}

json decision_json(const Snapshot& seen, const Decision& decision, const Market& market) {
    json positions = json::array();
    for (std::size_t i = 0; i < decision.positions.size(); ++i) {
        positions.push_back(position_json(decision.positions[i], market.params.positions[i].name, market));
    }
    json out{{"now", seen.now.time_since_epoch().count()},
             {"blind_rounds", decision.next.blind_rounds},
             {"halted", decision.next.halted},
             {"positions", std::move(positions)}};
    out["act_on"] = decision.act_on ? json(market.params.positions[*decision.act_on].name) : json(nullptr);
    out["tidy"] = decision.tidy ? json(market.venues.at(decision.tidy->venue.value)->name()) : json(nullptr);
    return out;
}

namespace {

/// The prices at which a holding position would trade; by asking decide, so that they cannot disagree with
/// it.
json triggers_json(const Snapshot& seen, const State& state, const Market& market, std::size_t position) {
    const auto& lp = seen.pools[position].value;
    const bool first_is_quote = lp && market.universe.assets.at(lp->curve.asset0.value).is_quote;
    const auto found = trigger_prices(seen, state, market.params, position);
    json out{{"asset", lp ? json(market.universe.symbol(first_is_quote ? lp->curve.asset1 : lp->curve.asset0))
                          : json(nullptr)}};
    out["below_usd"] = found.below_usd ? json(*found.below_usd) : json(nullptr);
    out["above_usd"] = found.above_usd ? json(*found.above_usd) : json(nullptr);
    return out;
}

}  // namespace

RoundRow round_row(const Snapshot& seen, const State& state, const Decision& decision, const Market& market,
                   const Reading& reading, bool triggers) {
    RoundRow row;
    row.at = seen.now;
    row.block = reading.head.block;
    row.blind = decision.next.blind_rounds > 0;
    row.snapshot_json =
        snapshot_json(seen, market, reading).dump(-1, ' ', false, json::error_handler_t::replace);
    json decided = decision_json(seen, decision, market);
    for (std::size_t i = 0; triggers && i < decision.positions.size(); ++i) {
        if (std::holds_alternative<Hold>(decision.positions[i].action))
            decided["positions"][i]["triggers"] = triggers_json(seen, state, market, i);
    }
    row.decision_json = decided.dump(-1, ' ', false, json::error_handler_t::replace);
    return row;
}

}  // namespace outrigger
