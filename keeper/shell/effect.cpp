// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/effect.hpp"

#include <cmath>
#include <set>

#include "chain/base/quantize.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

namespace {

/// The equity of the venues a group hedges at, and of those among them that lend, where it is the only group
/// there.
struct Equity {
    double all_usd = 0;
    VenueHolding loans;
};
std::optional<Equity> own_equity(const Market& market, const Snapshot& seen, const std::vector<Group>& groups,
                                 std::size_t own) {
    std::set<VenueId> venues;
    for (const auto& leg : groups[own].legs) venues.insert(leg.venue);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (g == own) continue;
        for (const auto& leg : groups[g].legs)
            if (venues.contains(leg.venue)) return std::nullopt;
    }
    Equity out;
    for (const auto venue : venues) {
        const auto account = seen.accounts.find(venue);
        if (account == seen.accounts.end() || !account->second.value) return std::nullopt;
        const auto& held = *account->second.value;
        out.all_usd += held.equity_usd;
        if (market.venues.at(venue.value)->kind() != "aave-v3") continue;
        out.loans.equity_usd += held.equity_usd;
        for (const auto& [asset, units] : held.position)
            out.loans.hedge[market.universe.symbol(asset)] += units;
    }
    return out;
}

/// A group as it stands. Nothing when something of it is not known this round.
std::optional<HoldingPoint> point_of(const Market& market, const Snapshot& seen, const Decision& decision,
                                     const Group& group) {
    const auto& figures = decision.positions[group.members.front()].figures;
    if (!figures.known) return std::nullopt;
    HoldingPoint out;
    out.at = seen.now;
    const auto& universe = market.universe;
    for (const auto index : group.members) {
        const auto& lp = seen.pools[index].value;
        if (!lp) return std::nullopt;
        const auto& [asset0, asset1] =
            std::pair{universe.symbol(lp->curve.asset0), universe.symbol(lp->curve.asset1)};
        out.principal[asset0] += to_units(lp->principal.amount0, lp->decimals0);
        out.principal[asset1] += to_units(lp->principal.amount1, lp->decimals1);
        out.fees[asset0] += to_units(lp->uncollected_fees.amount0, lp->decimals0);
        out.fees[asset1] += to_units(lp->uncollected_fees.amount1, lp->decimals1);
        out.liquidity += (out.liquidity.empty() ? "" : " ") + lp->liquidity.to_decimal();
    }
    for (const auto& leg : figures.legs) out.hedge[universe.symbol(leg.asset)] += leg.held_units;
    for (const auto& [asset, price] : seen.prices)
        if (price.value) out.price_usd[universe.symbol(asset)] = price.value->usd;
    return out;
}

bool same_bar(TimePoint a, TimePoint b, std::chrono::seconds bar) {
    return a.time_since_epoch() / bar == b.time_since_epoch() / bar;
}

/// Whether it is still the same hedge, but for the interest of a few blocks.
bool same_hedge(const HoldingPoint& a, const HoldingPoint& b) {
    constexpr double kInterest = 1e-4;
    for (const auto& [asset, units] : b.hedge) {
        const auto old = a.hedge.find(asset);
        if (old == a.hedge.end() || std::abs(units - old->second) > kInterest * std::abs(units)) return false;
    }
    return a.hedge.size() == b.hedge.size();
}

}  // namespace

Result<void> keep_effects(Journal& journal, const Market& market, const Snapshot& seen,
                          const Decision& decision, Mode mode) {
    const auto groups = make_groups(market.params);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const auto& name = market.params.positions[groups[g].members.front()].name;
        const auto before = OR_TRY(journal.holding_point(name));
        auto point = point_of(market, seen, decision, groups[g]);
        if (!point) continue;
        // A hedge that changed begins an interval of its own: what it makes from here on is another's.
        if (before && same_bar(before->at, seen.now, market.params.bar) && same_hedge(*before, *point) &&
            before->liquidity == point->liquidity)
            continue;
        point->gas_usd = OR_TRY(journal.gas_usd(name));
        const auto totals = OR_TRY(journal.totals());
        point->writes = totals.sent;
        // A simulated hedge has no account, and what is in flight may arrive at any moment.
        if (mode == Mode::live && seen.in_flight.empty()) {
            if (auto equity = own_equity(market, seen, groups, g)) {
                point->venue_equity_usd = equity->all_usd;
                point->loans = std::move(equity->loans);
            }
        }
        std::optional<Attribution> effect;
        if (before) {
            if (auto found = attribute(*before, *point)) effect = *found;
        }
        OR_TRY(journal.record_effect(name, *point, effect));
    }
    return {};
}

}  // namespace outrigger
