// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "keeper/decide/decide.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

namespace {

/// The snapshot with one asset's price multiplied, pools of that asset following.
Snapshot at_price(const Snapshot& seen, AssetId asset, double factor) {
    Snapshot out = seen;
    const auto price = out.prices.find(asset);
    if (price != out.prices.end() && price->second.value) price->second.value->usd *= factor;
    for (auto& pool : out.pools) {
        if (!pool.value) continue;
        if (pool.value->curve.asset0 == asset) pool.value->pool_price *= factor;
        if (pool.value->curve.asset1 == asset) pool.value->pool_price /= factor;
    }
    return out;
}

/// The position's first asset that carries risk, or nothing.
std::optional<AssetId> risky_asset(const Snapshot& seen, const Params& params, std::size_t position) {
    const auto& lp = seen.pools.at(position).value;
    if (!lp) return std::nullopt;
    for (const auto asset : {lp->curve.asset0, lp->curve.asset1}) {
        if (!params.assets.at(asset.value).is_quote) return asset;
    }
    return std::nullopt;
}

std::size_t leader_of(const Params& params, std::size_t position) {
    for (const auto& group : make_groups(params)) {
        for (const auto member : group.members) {
            if (member == position) return group.members.front();
        }
    }
    return position;
}

}  // namespace

TriggerPrices trigger_prices(const Snapshot& seen, const State& state, const Params& params,
                             std::size_t position) {
    TriggerPrices out;
    const auto asset = risky_asset(seen, params, position);
    if (!asset) return out;
    const auto price = seen.prices.find(*asset);
    if (price == seen.prices.end() || !price->second.value) return out;
    const double now = price->second.value->usd;
    const std::size_t leader = leader_of(params, position);
    const auto acts = [&](double log_move) {
        const auto decision = decide(at_price(seen, *asset, std::exp(log_move)), state, params);
        return std::holds_alternative<AdjustHedge>(decision.positions.at(leader).action);
    };
    if (acts(0)) return out;
    const auto search = [&](double direction) -> std::optional<double> {
        constexpr double kFirstStep = 0.0025;
        constexpr double kGrowth = 1.1;
        constexpr double kFurthest = 0.7;  // half and double the price
        double quiet = 0;
        for (double move = kFirstStep; move <= kFurthest; move *= kGrowth) {
            if (!acts(direction * move)) {
                quiet = move;
                continue;
            }
            double trades = move;
            for (int i = 0; i < 40; ++i) {
                const double middle = (quiet + trades) / 2;
                (acts(direction * middle) ? trades : quiet) = middle;
            }
            return now * std::exp(direction * trades);
        }
        return std::nullopt;
    };
    out.below_usd = search(-1);
    out.above_usd = search(+1);
    return out;
}

}  // namespace outrigger
