// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "chain/base/quantize.hpp"
#include "hedge/exposure.hpp"
#include "keeper/decide/target.hpp"

namespace outrigger {

namespace {

const std::string& symbol(const Params& params, AssetId asset) {
    return params.assets.at(asset.value).symbol;
}

/// One position's own exposure at oracle prices.
Result<PositionFigures> position_figures(const Snapshot& seen, const Params& params, std::size_t index,
                                         double& pool_gap) {
    const auto& name = params.positions[index].name;
    const auto& observed = seen.pools.at(index).value;
    if (!observed)
        return fail(observed.error().code, fmt::format("position {}: {}", name, observed.error().what));
    const LpView& lp = *observed;
    const double price0 = OR_TRY(fresh_price(seen, params, lp.curve.asset0));
    const double price1 = OR_TRY(fresh_price(seen, params, lp.curve.asset1));
    const LpGreeks greeks = OR_TRY(concentrated_greeks(lp.curve, price0, price1));
    const double fees0 = to_units(lp.uncollected_fees.amount0, lp.decimals0);
    const double fees1 = to_units(lp.uncollected_fees.amount1, lp.decimals1);

    PositionFigures out;
    out.known = true;
    out.fees_usd = fees0 * price0 + fees1 * price1;
    out.value_usd = greeks.value_usd + out.fees_usd;
    out.delta_units[lp.curve.asset0] += greeks.delta0 + fees0;
    out.delta_units[lp.curve.asset1] += greeks.delta1 + fees1;
    out.gamma_units_per_usd[lp.curve.asset0] += greeks.gamma00;
    out.gamma_units_per_usd[lp.curve.asset1] += greeks.gamma11;
    pool_gap = std::max(pool_gap, std::abs(std::log(lp.pool_price * price1 / price0)));
    if (!std::isfinite(out.value_usd) || !std::isfinite(pool_gap)) {
        return fail(Errc::decode, fmt::format("position {}: its value is not a finite number", name));
    }
    return out;
}

/// Reads every leg's account and splits the target over the venues of each asset: what is already held
/// elsewhere stays, the preferred venue takes the rest.
Result<void> fill_legs(const Snapshot& seen, const Params& params, const Group& group,
                       const HedgeTarget& target, GroupFigures& out) {
    std::map<AssetId, double> held_elsewhere;  // USD at all but the preferred venue of the asset
    std::map<AssetId, bool> has_preferred;
    out.lowest_health = std::numeric_limits<double>::infinity();
    for (const auto& leg : group.legs) {
        const auto account = seen.accounts.find(leg.venue);
        if (account == seen.accounts.end())
            return fail(Errc::not_found, "a hedge venue was not read this round");
        const auto& value = account->second.value;
        if (!value)
            return fail(value.error().code, fmt::format("venue {}: {}", leg.venue.value, value.error().what));
        const double price = OR_TRY(fresh_price(seen, params, leg.asset));
        const auto held = value->position.find(leg.asset);
        if (held == value->position.end()) {
            return fail(Errc::not_found,
                        fmt::format("the venue reported no {} position", symbol(params, leg.asset)));
        }
        out.lowest_health = std::min(out.lowest_health, value->health);
        LegFigures figures{leg.venue, leg.asset, held->second, 0, held->second * price, 0};
        if (has_preferred.contains(leg.asset)) held_elsewhere[leg.asset] += figures.held_usd;
        has_preferred[leg.asset] = true;
        out.total.legs.push_back(figures);
    }
    std::map<AssetId, bool> assigned;
    for (auto& leg : out.total.legs) {
        const double price = OR_TRY(fresh_price(seen, params, leg.asset));
        const auto wanted = target.usd.find(leg.asset);
        const double wanted_usd = wanted == target.usd.end() ? 0.0 : wanted->second;
        leg.target_usd =
            assigned[leg.asset] ? leg.held_usd : std::min(0.0, wanted_usd - held_elsewhere[leg.asset]);
        assigned[leg.asset] = true;
        leg.target_units = leg.target_usd / price;
        out.deviation_usd += std::abs(leg.held_usd - leg.target_usd);
        out.total.residual_usd += leg.held_usd - leg.target_usd;
    }
    return {};
}

}  // namespace

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
    if (!(price->usd > 0) || !std::isfinite(price->usd)) {
        return fail(Errc::decode, fmt::format("price of {} is not a positive number", symbol(params, asset)));
    }
    return price->usd;
}

Result<GroupFigures> evaluate(const Snapshot& seen, const Params& params, const Group& group) {
    GroupFigures out;
    auto& total = out.total;
    total.known = true;
    std::map<AssetId, double> exposure_usd;
    for (const auto index : group.members) {
        PositionFigures own = OR_TRY(position_figures(seen, params, index, out.worst_pool_gap));
        const auto& settings = params.positions[index];
        own.band_usd = std::max(settings.delta_band_ratio * own.value_usd, settings.delta_band_usd);
        total.value_usd += own.value_usd;
        total.fees_usd += own.fees_usd;
        total.band_usd += own.band_usd;
        for (const auto& [asset, units] : own.delta_units) {
            total.delta_units[asset] += units;
            if (params.assets.at(asset.value).is_quote) continue;
            exposure_usd[asset] += units * OR_TRY(fresh_price(seen, params, asset));
        }
        for (const auto& [asset, gamma] : own.gamma_units_per_usd) total.gamma_units_per_usd[asset] += gamma;
        out.members.emplace(index, std::move(own));
    }
    const auto& leader = params.positions[group.members.front()];
    const HedgeTarget target = OR_TRY(hedge_target(exposure_usd, group, leader, seen.panel));
    total.cross = target.cross;
    total.r_squared = target.r_squared;
    total.condition = target.condition;
    total.shrinkage = target.shrinkage;
    OR_TRY(fill_legs(seen, params, group, target, out));
    return out;
}

}  // namespace outrigger
