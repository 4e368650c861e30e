// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/evaluate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "chain/base/quantize.hpp"
#include "hedge/exposure.hpp"
#include "keeper/decide/target.hpp"

namespace outrigger {

namespace {

const std::string& symbol(const Params& params, AssetId asset) {
    return params.assets.at(asset.value).symbol;
}

/// Our clock and the chain's may differ by this much before a date in the future is disbelieved.
constexpr std::chrono::seconds kClockSkew{60};

std::string venue_name(const Params& params, VenueId venue) {
    return venue.value < params.venues.size() ? params.venues[venue.value] : std::to_string(venue.value);
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
    const auto valued = concentrated_greeks(lp.curve, price0, price1);
    if (!valued) return fail(valued.error().code, fmt::format("position {}: {}", name, valued.error().what));
    const LpGreeks& greeks = *valued;
    const double fees0 = to_units(lp.uncollected_fees.amount0, lp.decimals0);
    const double fees1 = to_units(lp.uncollected_fees.amount1, lp.decimals1);

    PositionFigures out;
    out.known = true;
    out.fees_usd = fees0 * price0 + fees1 * price1;
    out.value_usd = greeks.value_usd;
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

/// Splits an asset's target over its venues: what is held elsewhere stays and the preferred one takes the
/// rest. Only when that leaves too much even with the preferred one at zero is some given back elsewhere.
void split_target(std::vector<LegFigures>& legs, AssetId asset, double wanted_usd) {
    LegFigures* preferred = nullptr;
    double rest = wanted_usd;
    for (auto& leg : legs) {
        if (leg.asset != asset) continue;
        if (preferred == nullptr) {
            preferred = &leg;
            continue;
        }
        leg.target_usd = leg.held_usd;
        rest -= leg.held_usd;
    }
    OR_ASSERT(preferred != nullptr);
    preferred->target_usd = std::min(0.0, rest);
    rest -= preferred->target_usd;
    for (auto& leg : legs) {
        if (rest <= 0) return;
        if (leg.asset != asset || &leg == preferred) continue;
        const double back = std::min(std::max(-leg.held_usd, 0.0), rest);
        leg.target_usd += back;
        rest -= back;
    }
}

/// Reads every leg's account and gives each leg its part of the target.
Result<void> fill_legs(const Snapshot& seen, const Params& params, const Group& group,
                       const HedgeTarget& target, GroupFigures& out) {
    out.lowest_health = std::numeric_limits<double>::infinity();
    std::set<AssetId> assets;
    for (const auto& leg : group.legs) {
        out.total.legs.push_back(OR_TRY(read_leg(seen, params, leg, out.lowest_health)));
        assets.insert(leg.asset);
    }
    for (const auto asset : assets) {
        const auto wanted = target.usd.find(asset);
        split_target(out.total.legs, asset, wanted == target.usd.end() ? 0.0 : wanted->second);
    }
    for (auto& leg : out.total.legs) {
        leg.target_units = leg.target_usd / OR_TRY(fresh_price(seen, params, leg.asset));
        const double off = leg.held_usd - leg.target_usd;
        out.deviation_usd += std::abs(off);
        out.largest_off_usd = std::max(out.largest_off_usd, std::abs(off));
        out.total.residual_usd += off;
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
    if (age < -kClockSkew) {
        return fail(Errc::decode, fmt::format("price of {} is dated {} s in the future",
                                              symbol(params, asset), -age.count()));
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
        PositionFigures own = OR_TRY(position_figures(seen, params, index, out));
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
    const auto wanted = hedge_target(exposure_usd, group, leader, seen.panel);
    if (!wanted)
        return fail(wanted.error().code, fmt::format("position {}: {}", leader.name, wanted.error().what));
    const HedgeTarget& target = *wanted;
    total.cross = target.cross;
    total.r_squared = target.r_squared;
    total.condition = target.condition;
    total.shrinkage = target.shrinkage;
    OR_TRY(fill_legs(seen, params, group, target, out));
    return out;
}

}  // namespace outrigger
