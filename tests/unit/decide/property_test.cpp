// SPDX-License-Identifier: Apache-2.0
// What must hold for every snapshot.
#include <cstdlib>
#include <functional>
#include <set>

#include "keeper/decide/group.hpp"
#include "tests/unit/decide/random_world.hpp"

namespace outrigger::decide_test {
namespace {

[[maybe_unused]] const int kSeeded =
    setenv("RC_PARAMS", "seed=20260 max_success=2000 max_discard_ratio=50", 0);

const LegFigures& leg_of(const Decision& d, std::size_t i, const HedgeOrder& order) {
    const auto& legs = d.positions.at(i).figures.legs;
    const auto found = std::find_if(legs.begin(), legs.end(), [&](const LegFigures& l) {
        return l.venue == order.venue && l.asset == order.asset;
    });
    RC_ASSERT(found != legs.end());
    return *found;
}

Group group_of(const World& w, std::size_t leader) {
    for (auto& g : make_groups(w.params)) {
        if (g.members.front() == leader) return g;
    }
    return {};
}

RC_GTEST_PROP(DecideProperty, EveryOrderIsWithinItsLimits, ()) {
    const World w = random_world();
    const auto d = w.decide();
    if (d.act_on) RC_ASSERT(adjust(d, *d.act_on) != nullptr);
    RC_ASSERT(!(d.act_on && d.tidy));
    for (std::size_t i = 0; i < d.positions.size(); ++i) {
        const auto* act = adjust(d, i);
        if (act == nullptr) continue;
        const auto& s = w.params.positions[i];
        const double price = w.price(act->order.asset);
        const double usd = std::abs(act->order.delta_units * price);
        RC_ASSERT(usd >= s.min_trade_usd * (1 - 1e-12));
        RC_ASSERT(usd <= s.max_trade_usd * (1 + 1e-12));
        RC_ASSERT((act->order.limit_usd < price) == (act->order.delta_units < 0));
        for (const auto& g : d.positions[i].gates) RC_ASSERT(g.state == GateState::pass);
        for (const auto& l : d.positions[i].figures.legs)
            RC_ASSERT(l.target_usd <= std::max(0.0, l.held_usd));
        // Wanted of a group is at most what its positions allow, net of what some venue is long.
        double allowed = 0;
        for (const auto member : group_of(w, i).members) {
            double own = 0;
            for (const auto& l : w.params.positions[member].legs) own = std::max(own, l.max_usd);
            allowed += own;
        }
        std::map<AssetId, double> wanted;
        for (const auto& l : d.positions[i].figures.legs) wanted[l.asset] += l.target_usd;
        double gross = 0;
        for (const auto& [asset, sum] : wanted) gross += std::max(-sum, 0.0);
        RC_ASSERT(gross <= allowed * (1 + 1e-9));
    }
}

RC_GTEST_PROP(DecideProperty, AFilledOrderNeverMovesAwayFromTheTarget, ()) {
    World w = random_world();
    const auto before = w.decide();
    RC_PRE(before.act_on.has_value());
    const std::size_t i = *before.act_on;
    const auto order = adjust(before, i)->order;
    const auto leg_before = leg_of(before, i, order);
    w.fill(order);
    const auto after = w.decide();
    const auto leg_after = leg_of(after, i, order);
    const double was = std::abs(leg_before.held_units - leg_before.target_units);
    const double is = std::abs(leg_after.held_units - leg_before.target_units);
    RC_ASSERT(is < was);
    RC_ASSERT(std::abs(was - is - std::abs(order.delta_units)) <=
              1e-9 * (1 + was));  // and does not overshoot
}

RC_GTEST_PROP(DecideProperty, FilledOrdersComeToRest, ()) {
    World w = willing_world();
    int trades = 0;
    for (auto d = w.decide(); d.act_on; d = w.decide()) {
        w.fill(adjust(d, *d.act_on)->order);
        RC_ASSERT(++trades < 300);
    }
    RC_PRE(trades > 0);
    const auto d = w.decide();
    for (std::size_t i = 0; i < d.positions.size(); ++i) {
        const auto why = held_for(d, i);
        RC_ASSERT(why == "band" || why == "netted" || why == "size" || why == "proxy");
    }
}

RC_GTEST_PROP(DecideProperty, OneUnclippedTradeIsEnoughForOneInstrument, ()) {
    World w = willing_world();
    w.params.positions.resize(1);
    w.seen.pools.resize(1, w.seen.pools[0]);
    w.seen.facts.resize(1);
    w.settings().legs.resize(1, w.settings().legs[0]);
    w.settings().max_trade_usd = 1e9;
    const auto d = w.decide();
    RC_PRE(d.act_on.has_value());
    w.fill(adjust(d)->order);
    const auto why = held_for(w.decide());  // a band of zero leaves rounding outside, too small to trade
    RC_ASSERT(why == "band" || why == "size");
}

RC_GTEST_PROP(DecideProperty, SameInputSameOutput, ()) {
    const World w = random_world();
    const auto first = text_of(w.decide());
    const World copy = w;
    RC_ASSERT(text_of(copy.decide()) == first);
    RC_ASSERT(text_of(w.decide()) == first);
}

/// One way to make a needed input unreadable.
struct Spoiler {
    std::set<std::size_t> blinds;  // leaders of the groups that need it
    std::function<void(World&)> apply;
};

std::vector<Spoiler> spoilers(const World& w) {
    std::vector<Spoiler> out;
    std::map<AssetId, std::set<std::size_t>> prices;
    std::map<VenueId, std::set<std::size_t>> venues;
    std::set<std::size_t> cross;
    const auto down = fail(Errc::timeout, "no answer");
    for (const auto& g : make_groups(w.params)) {
        const auto leader = g.members.front();
        for (const auto m : g.members) {
            const auto& c = w.seen.pools[m].value->curve;
            prices[c.asset0].insert(leader);
            prices[c.asset1].insert(leader);
            out.push_back({{leader}, [=](World& x) { x.seen.pools[m].value = down; }});
            out.push_back({{leader}, [=](World& x) { x.pool(m).pool_price = kNan; }});
        }
        for (const auto& l : g.legs) {
            prices[l.asset].insert(leader);
            venues[l.venue].insert(leader);
            out.push_back({{leader}, [=](World& x) { x.account(l.venue).position.erase(l.asset); }});
        }
        if (w.decide().positions[leader].figures.cross) cross.insert(leader);
    }
    if (!cross.empty()) out.push_back({cross, [=](World& x) { x.seen.panel = down; }});
    for (const auto& [asset, leaders] : prices) {
        const auto a = asset;
        out.push_back({leaders, [=](World& x) { x.seen.prices.at(a).value = down; }});
        out.push_back({leaders, [=](World& x) { x.seen.prices.erase(a); }});
        out.push_back({leaders, [=](World& x) { x.seen.prices.at(a).value->usd = 0; }});
        out.push_back({leaders, [=](World& x) { x.seen.prices.at(a).value->published = TimePoint{}; }});
    }
    for (const auto& [venue, leaders] : venues) {
        const auto v = venue;
        out.push_back({leaders, [=](World& x) { x.seen.accounts.at(v).value = down; }});
        out.push_back({leaders, [=](World& x) { x.account(v).health = kNan; }});
    }
    return out;
}

RC_GTEST_PROP(DecideProperty, UnreadableNeverTrades, ()) {
    World w = random_world();
    const auto all = spoilers(w);
    const auto& one = all[*rc::gen::inRange<std::size_t>(0, all.size())];
    const auto before = w.decide();
    one.apply(w);
    const auto after = w.decide();
    RC_ASSERT(after.next.blind_rounds == 1U);
    for (const auto& g : make_groups(w.params)) {
        const auto leader = g.members.front();
        if (!one.blinds.contains(leader)) {  // nobody else notices
            RC_ASSERT(after.positions[leader].action.index() == before.positions[leader].action.index());
            continue;
        }
        for (const auto m : g.members) {
            RC_ASSERT(held_for(after, m) == "unreadable");
            RC_ASSERT(!hold(after, m)->detail.empty());
            RC_ASSERT(after.act_on != m);
        }
    }
}

/// The orders of all groups, without saying whose.
std::vector<std::array<double, 4>> orders(const Decision& d) {
    std::vector<std::array<double, 4>> out;
    for (std::size_t i = 0; i < d.positions.size(); ++i) {
        if (const auto* a = adjust(d, i)) {
            out.push_back({double(a->order.venue.value), double(a->order.asset.value), a->order.delta_units,
                           a->order.limit_usd});
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

RC_GTEST_PROP(DecideProperty, TheOrderOfPositionsDoesNotMatter, ()) {
    World w = willing_world();
    for (auto& p : w.params.positions) {  // one policy, legs in one order: nothing else tells members apart
        const auto legs = p.legs;
        const auto name = p.name;
        p = w.params.positions[0];
        p.name = name;
        p.legs = legs;
        std::sort(p.legs.begin(), p.legs.end(), [](const LegParams& a, const LegParams& b) {
            return std::pair(a.venue, a.asset) < std::pair(b.venue, b.asset);
        });
        for (auto& l : p.legs) l.max_usd = 40'000;
    }
    World turned = w;
    std::reverse(turned.params.positions.begin(), turned.params.positions.end());
    std::reverse(turned.seen.pools.begin(), turned.seen.pools.end());
    std::reverse(turned.seen.facts.begin(), turned.seen.facts.end());
    // Which venue is preferred follows the first mention of an asset, so it may differ where legs differ.
    const auto groups = make_groups(w.params);
    const auto back = make_groups(turned.params);
    RC_ASSERT(groups.size() == back.size());
    for (const auto& g : groups) {
        const auto twin = std::find_if(back.begin(), back.end(), [&](const Group& b) {
            return b.members.back() == w.params.positions.size() - 1 - g.members.front();
        });
        RC_ASSERT(twin != back.end());
        const auto key = [](const LegParams& l) { return std::pair(l.venue.value, l.asset.value); };
        RC_PRE(std::equal(g.legs.begin(), g.legs.end(), twin->legs.begin(), twin->legs.end(),
                          [&](const LegParams& a, const LegParams& b) { return key(a) == key(b); }));
    }
    const auto a = orders(w.decide());
    const auto b = orders(turned.decide());
    RC_ASSERT(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        for (std::size_t k = 0; k < 4; ++k)
            RC_ASSERT(std::abs(a[i][k] - b[i][k]) <= 1e-7 * (1 + std::abs(a[i][k])));
    }
}

RC_GTEST_PROP(DecideProperty, TwiceTheMoneyTwiceTheOrder, ()) {
    World w = random_world();
    const auto once = w.decide();
    for (auto& pool : w.seen.pools) pool.value->curve.liquidity *= 2;
    for (auto& p : w.params.positions) {
        p.delta_band_usd *= 2;
        p.min_trade_usd *= 2;
        p.max_trade_usd *= 2;
        for (auto& l : p.legs) l.max_usd *= 2;
    }
    for (const auto venue : {kAave, kPerp}) {
        for (auto& [asset, units] : w.account(venue).position) units *= 2;
    }
    const auto twice = w.decide();
    RC_ASSERT(once.act_on == twice.act_on);
    for (std::size_t i = 0; i < once.positions.size(); ++i) {
        RC_ASSERT(held_for(once, i) == held_for(twice, i));
        if (adjust(once, i) == nullptr) continue;
        RC_ASSERT(adjust(twice, i)->order.delta_units == 2 * adjust(once, i)->order.delta_units);
        RC_ASSERT(adjust(twice, i)->order.limit_usd == adjust(once, i)->order.limit_usd);
    }
}

}  // namespace
}  // namespace outrigger::decide_test
