// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "chain/base/quantize.hpp"
#include "hedge/exposure.hpp"
#include "keeper/decide/group_hedge.hpp"

namespace outrigger {

namespace {

const std::string& symbol(const Params& params, AssetId asset) {
    return params.assets.at(asset.value).symbol;
}

/// Our clock and the chain's may differ by this much before a date in the future is disbelieved.
constexpr std::chrono::seconds kClockSkew{60};
/// The band as a share of value while nothing is known that a cheaper one could be found by.
constexpr double kBandWithoutHistory = 0.10;

std::string venue_name(const Params& params, VenueId venue) {
    return venue.value < params.venues.size() ? params.venues[venue.value] : std::to_string(venue.value);
}

/// How far the pool's relative price is likely to move until the next decisions: one standard deviation of
/// its logarithm. Zero where the range is wide, the history is short, or the horizon is none.
double likely_move(const Snapshot& seen, const Params& params, const PositionParams& settings,
                   const ConcentratedCurve& curve) {
    constexpr double kNarrow = 1.5;  // upper price over lower
    const std::chrono::duration<double, std::ratio<86400>> days = settings.delta_horizon;
    if (days.count() <= 0 || curve.price_upper >= kNarrow * curve.price_lower || !seen.panel) return 0;
    if (seen.panel->ends.size() < settings.pipeline.min_bars) return 0;
    std::vector<AssetId> moving;
    Eigen::VectorXd loading(2);
    for (const auto& [asset, sign] : {std::pair{curve.asset0, 1.0}, {curve.asset1, -1.0}}) {
        if (params.assets.at(asset.value).is_quote) continue;
        loading[std::ssize(moving)] = sign;
        moving.push_back(asset);
    }
    const auto covariance = daily_covariance(*seen.panel, moving, settings);
    if (!covariance) return 0;
    const Eigen::VectorXd used = loading.head(std::ssize(moving));
    const double variance = days.count() * used.dot(*covariance * used);
    return variance > 0 && std::isfinite(variance) ? std::sqrt(variance) : 0;
}

/// One position's own exposure at oracle prices.
Result<PositionFigures> position_figures(const Snapshot& seen, const Params& params, std::size_t index,
                                         GroupFigures& group) {
    const auto& name = params.positions[index].name;
    const auto& observed = seen.pools.at(index).value;
    if (!observed)
        return fail(observed.error().code, fmt::format("position {}: {}", name, observed.error().what));
    const LpView& lp = *observed;
    const double price0 = OR_TRY(fresh_price(seen, params, lp.curve.asset0));
    const double price1 = OR_TRY(fresh_price(seen, params, lp.curve.asset1));
    const double sd = likely_move(seen, params, params.positions[index], lp.curve);
    const auto valued = horizon_greeks(lp.curve, price0, price1, sd);
    if (!valued) return fail(valued.error().code, fmt::format("position {}: {}", name, valued.error().what));
    const LpGreeks& greeks = *valued;
    const double fees0 = to_units(lp.uncollected_fees.amount0, lp.decimals0);
    const double fees1 = to_units(lp.uncollected_fees.amount1, lp.decimals1);

    PositionFigures out;
    out.known = true;
    out.likely_move = sd;
    out.fees_usd = fees0 * price0 + fees1 * price1;
    out.value_usd = greeks.value_usd;
    out.dollar_gamma_usd = greeks.dollar_gamma;
    out.delta_units[lp.curve.asset0] += greeks.delta0;
    out.delta_units[lp.curve.asset1] += greeks.delta1;
    if (params.positions[index].fees_in_exposure) {
        out.value_usd += out.fees_usd;
        out.delta_units[lp.curve.asset0] += fees0;
        out.delta_units[lp.curve.asset1] += fees1;
    }
    out.gamma_units_per_usd[lp.curve.asset0] += greeks.gamma00;
    out.gamma_units_per_usd[lp.curve.asset1] += greeks.gamma11;
    const double gap = std::abs(std::log(lp.pool_price * price1 / price0));
    if (!std::isfinite(out.value_usd + out.fees_usd) || !std::isfinite(gap)) {
        return fail(Errc::decode,
                    fmt::format("position {}: its value or its pool's price is not a finite number", name));
    }
    if (!is_gone(lp.state)) {  // the pool of one that is gone has no say in what remains to be done
        group.worst_pool_gap = std::max(group.worst_pool_gap, gap);
        if (lp.mean_price && *lp.mean_price) {
            group.worst_mean_gap =
                std::max(group.worst_mean_gap, std::abs(std::log(lp.pool_price / **lp.mean_price)));
        } else if (lp.mean_price) {
            group.no_mean = fmt::format("{}: {}", name, lp.mean_price->error().what);
        }
    } else if (params.positions[index].when_gone == WhenGone::hold) {
        group.kept = fmt::format("{} is {}", name, to_string(lp.state));
    }
    return out;
}

/// One leg as its venue's account shows it.
Result<LegFigures> read_leg(const Snapshot& seen, const Params& params, const LegParams& leg,
                            double& lowest_health) {
    const std::string venue = venue_name(params, leg.venue);
    const auto account = seen.accounts.find(leg.venue);
    if (account == seen.accounts.end())
        return fail(Errc::not_found, fmt::format("venue {}: its account was not read this round", venue));
    const auto& value = account->second.value;
    if (!value) return fail(value.error().code, fmt::format("venue {}: {}", venue, value.error().what));
    const double price = OR_TRY(fresh_price(seen, params, leg.asset));
    const auto held = value->position.find(leg.asset);
    if (held == value->position.end()) {
        return fail(Errc::not_found,
                    fmt::format("venue {}: it reported no {} position", venue, symbol(params, leg.asset)));
    }
    if (!std::isfinite(held->second * price)) {
        return fail(Errc::decode, fmt::format("venue {}: its {} position is not a finite number", venue,
                                              symbol(params, leg.asset)));
    }
    if (std::isnan(value->health))
        return fail(Errc::decode, fmt::format("venue {}: its health is not a number", venue));
    lowest_health = std::min(lowest_health, value->health);
    return LegFigures{leg.venue, leg.asset, held->second, 0, held->second * price, 0};
}

/// Splits an asset's hedge over its venues: what is held elsewhere stays and the preferred one takes the
/// rest. Only when that leaves too much even with the preferred one at zero is some given back elsewhere.
void split(std::vector<LegFigures>& legs, AssetId asset, double wanted_usd, double LegFigures::*part) {
    LegFigures* preferred = nullptr;
    double rest = wanted_usd;
    for (auto& leg : legs) {
        if (leg.asset != asset) continue;
        if (preferred == nullptr) {
            preferred = &leg;
            continue;
        }
        leg.*part = leg.held_usd;
        rest -= leg.held_usd;
    }
    OR_ASSERT(preferred != nullptr);
    preferred->*part = std::min(0.0, rest);
    rest -= preferred->*part;
    for (auto& leg : legs) {
        if (rest <= 0) return;
        if (leg.asset != asset || &leg == preferred) continue;
        const double back = std::min(std::max(-leg.held_usd, 0.0), rest);
        leg.*part += back;
        rest -= back;
    }
}

Result<void> read_legs(const Snapshot& seen, const Params& params, const Group& group, GroupFigures& out,
                       GroupExposure& exposure) {
    out.lowest_health = std::numeric_limits<double>::infinity();
    for (const auto& leg : group.legs) {
        out.total.legs.push_back(OR_TRY(read_leg(seen, params, leg, out.lowest_health)));
        exposure.held_usd[leg.asset] += out.total.legs.back().held_usd;
        out.held_usd += std::abs(out.total.legs.back().held_usd);
        const auto& costs = seen.accounts.at(leg.venue).value->short_cost_per_day;
        const auto cost = costs.find(leg.asset);
        // What an asset costs at the first of its venues: that is where more of it would be shorted.
        if (cost != costs.end() && std::isfinite(cost->second)) exposure.short_cost_per_day.emplace(*cost);
    }
    return {};
}

/// Gives each leg its part of the wanted hedge.
Result<void> fill_legs(const Snapshot& seen, const Params& params, const GroupHedge& hedge,
                       GroupFigures& out) {
    for (const auto& [asset, usd] : hedge.target_usd)
        split(out.total.legs, asset, usd, &LegFigures::target_usd);
    for (const auto& [asset, usd] : hedge.goal_usd) split(out.total.legs, asset, usd, &LegFigures::goal_usd);
    for (auto& leg : out.total.legs) {
        leg.target_units = leg.target_usd / OR_TRY(fresh_price(seen, params, leg.asset));
        const double off = leg.held_usd - leg.target_usd;
        out.deviation_usd += std::abs(off);
        out.largest_off_usd = std::max(out.largest_off_usd, std::abs(leg.held_usd - leg.goal_usd));
        out.total.residual_usd += off;
    }
    return {};
}

CrossFigures cross_figures(const GroupHedge& hedge, const HedgeMemory& memory) {
    CrossFigures out;
    if (hedge.quality) {
        out.correlation = hedge.quality->interval.correlation;
        out.correlation_low = hedge.quality->interval.low;
        out.correlation_high = hedge.quality->interval.high;
        out.variance_removed_low = hedge.quality->interval.variance_reduction_low;
    }
    if (hedge.quality) out.effective_samples = hedge.quality->effective_samples;
    out.benefit_usd = hedge.gate.benefit_usd;
    out.forecast_sd_usd = hedge.forecast_sd_usd;
    out.gap_z = hedge.gap_z;
    out.pays = hedge.gate_open;
    out.regime = hedge.regime;
    out.regime_change = hedge.regime_change;
    out.unwinding = hedge.unwinding;
    out.frozen = hedge.frozen;
    const auto& detector = memory.watch.correlation;
    if (detector)
        out.alarm = detector->statistic() / alarm_threshold(CorrelationDetectorParams{}.mean_bars_to_false);
    return out;
}

/// The numbers of the hedge itself.
void note_hedge(const GroupHedge& hedge, const HedgeMemory& memory, const PositionParams& leader,
                GroupFigures& out) {
    auto& total = out.total;
    total.r_squared = hedge.variance_removed;
    total.condition = hedge.condition;
    total.shrinkage = hedge.shrinkage;
    total.no_band = hedge.no_band;
    if (hedge.cross) total.cross = cross_figures(hedge, memory);
    if (!hedge.approach || leader.delta_band_ratio) return;
    total.band = BandFigures{hedge.approach->trigger_usd, hedge.approach->trades_per_day,
                             hedge.approach->cost_usd_per_day};
    total.band_usd = hedge.approach->trigger_usd;
}

/// A position's own part of the group's exposure.
Result<void> add_exposure(const Snapshot& seen, const Params& params, const PositionFigures& own,
                          const LpView& lp, GroupExposure& out) {
    out.value_usd += own.value_usd;
    for (const auto& [asset, units] : own.delta_units) {
        if (params.assets.at(asset.value).is_quote) continue;
        out.usd[asset] += units * OR_TRY(fresh_price(seen, params, asset));
    }
    const AssetId a0 = lp.curve.asset0;
    const AssetId a1 = lp.curve.asset1;
    for (const auto& [i, j, sign] :
         {std::tuple{a0, a0, 1.0}, {a1, a1, 1.0}, {a0, a1, -1.0}, {a1, a0, -1.0}}) {
        if (params.assets.at(i.value).is_quote || params.assets.at(j.value).is_quote) continue;
        out.dollar_gamma[{i, j}] += sign * own.dollar_gamma_usd;
    }
    return {};
}

}  // namespace

bool recentring_due(const PositionParams& settings, const PositionFacts& facts, TimePoint now) {
    return settings.force_after && facts.last_fill && now - *facts.last_fill >= *settings.force_after;
}

Result<double> fresh_price(const Snapshot& seen, const Params& params, AssetId asset) {
    const auto found = seen.prices.find(asset);
    if (found == seen.prices.end()) {
        return fail(Errc::not_found,
                    fmt::format("no price of {} was read this round", symbol(params, asset)));
    }
    const auto& price = found->second.value;
    if (!price)
        return fail(price.error().code,
                    fmt::format("price of {}: {}", symbol(params, asset), price.error().what));
    const auto limit = params.assets.at(asset.value).price_age_max;
    const auto age = seen.now - price->published;
    if (age > limit) {
        return fail(Errc::stale, fmt::format("price of {} is {} s old (limit {} s)", symbol(params, asset),
                                             age.count(), limit.count()));
    }
    if (age < -kClockSkew) {
        return fail(Errc::decode, fmt::format("price of {} is dated {} s in the future",
                                              symbol(params, asset), -age.count()));
    }
    if (!(price->usd > 0) || !std::isfinite(price->usd)) {
        return fail(Errc::decode, fmt::format("price of {} is not a positive number", symbol(params, asset)));
    }
    return price->usd;
}

Result<GroupFigures> evaluate(const Snapshot& seen, const Params& params, const Group& group,
                              HedgeMemory& memory) {
    GroupFigures out;
    auto& total = out.total;
    total.known = true;
    const auto& leader = params.positions[group.members.front()];
    GroupExposure exposure;
    exposure.now = seen.now;
    if (seen.gas_unit_usd) exposure.gas_unit_usd = *seen.gas_unit_usd;
    for (const auto index : group.members) {
        const auto& settings = params.positions[index];
        PositionFigures own = OR_TRY(position_figures(seen, params, index, out));
        own.band_usd = std::max(settings.delta_band_ratio.value_or(kBandWithoutHistory) * own.value_usd,
                                settings.delta_band_usd);
        total.value_usd += own.value_usd;
        total.fees_usd += own.fees_usd;
        total.dollar_gamma_usd += own.dollar_gamma_usd;
        total.band_usd += own.band_usd;
        total.likely_move = std::max(total.likely_move, own.likely_move);
        for (const auto& [asset, units] : own.delta_units) total.delta_units[asset] += units;
        for (const auto& [asset, gamma] : own.gamma_units_per_usd) total.gamma_units_per_usd[asset] += gamma;
        OR_TRY(add_exposure(seen, params, own, *seen.pools.at(index).value, exposure));
        exposure.finishing = exposure.finishing || seen.facts.at(index).hedge_open;
        out.members.emplace(index, std::move(own));
    }
    OR_TRY(read_legs(seen, params, group, out, exposure));
    auto wanted = hedge_group(exposure, group, leader, seen.panel, memory);
    if (!wanted)
        return fail(wanted.error().code, fmt::format("position {}: {}", leader.name, wanted.error().what));
    const auto& facts = seen.facts.at(group.members.front());
    if (wanted->approach && recentring_due(leader, facts, seen.now)) wanted->goal_usd = wanted->target_usd;
    note_hedge(*wanted, memory, leader, out);
    OR_TRY(fill_legs(seen, params, *wanted, out));
    return out;
}

}  // namespace outrigger
