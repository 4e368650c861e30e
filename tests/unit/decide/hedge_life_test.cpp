// SPDX-License-Identifier: Apache-2.0
// A cross hedge through the hours: what the keeper remembers, and what it does when the relationship breaks.
#include <algorithm>

#include "hedge/band.hpp"
#include "keeper/store/hedge_memory_text.hpp"
#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

constexpr Eigen::Index kBefore = 700;  // bars that the relationship holds
constexpr Eigen::Index kBars = 1400;

/// ARB follows ETH and BTC, and from kBefore on nothing but itself, as wildly as before.
ReturnPanel broken_history() {
    ReturnPanel out = history(kBars);
    Noise own(99);
    for (Eigen::Index t = kBefore; t < kBars; ++t) out.returns(t, 2) = 0.0075 * own.next();
    return out;
}

World hourly_world() {
    World w = arb_world();
    w.settings().pipeline = {};  // the defaults, but for what a test must not wait for
    w.settings().pipeline.min_bars = 168;
    w.settings().estimator = Estimator::ewma;
    w.settings().rehedge_cooldown = seconds(0);
    w.settings().max_trades_per_day = 1000;
    w.settings().delta_band_ratio = 0.02;
    return w;
}

/// The round just after the panel's bar `t` ended.
void at_bar(World& w, const ReturnPanel& all, Eigen::Index t) {
    ReturnPanel panel{all.assets, all.returns.topRows(t + 1), {}, all.bar, 0};
    panel.ends.assign(all.ends.begin(), all.ends.begin() + t + 1);
    w.seen.now = panel.ends.back() + seconds(20);
    w.seen.panel = std::move(panel);
    w.seen.pins[kChain].timestamp = w.seen.now;
    for (auto& [asset, price] : w.seen.prices) price.value->published = w.seen.now;
}

double held_usd(const World& w) {
    double out = 0;
    for (const auto& [asset, units] : w.seen.accounts.at(kPerp).value->position)
        out += std::abs(units) * w.price(asset);
    return out;
}

/// One round, its order filled.
Decision round_of(World& w) {
    Decision d = w.decide();
    w.state = d.next;
    if (const auto* act = adjust(d)) w.fill(act->order);
    return d;
}

struct Told {
    Eigen::Index bar;
    std::string what;
};

std::vector<Told> live_through(World& w, const ReturnPanel& all, Eigen::Index from, Eigen::Index to,
                               std::vector<double>* held = nullptr) {
    std::vector<Told> out;
    for (Eigen::Index t = from; t < to; ++t) {
        at_bar(w, all, t);
        for (int i = 0; i < 3; ++i) {  // one order a round; rounds between bars change no memory
            const auto d = round_of(w);
            const auto& cross = d.positions[0].figures.cross;
            EXPECT_TRUE(cross) << t << ": " << (hold(d) ? hold(d)->detail : "");
            if (cross && !cross->regime_change.empty()) out.push_back({t, cross->regime_change});
        }
        if (held != nullptr) held->push_back(held_usd(w));
    }
    return out;
}

bool mentions(const std::vector<Told>& told, const std::string& what) {
    return std::any_of(told.begin(), told.end(),
                       [&](const Told& t) { return t.what.find(what) != std::string::npos; });
}

TEST(HedgeLife, ABrokenRelationshipIsNoticedAndUnwoundInSlices) {
    World w = hourly_world();
    const auto all = broken_history();
    std::vector<double> held;
    const auto before = live_through(w, all, 400, kBefore);
    EXPECT_FALSE(mentions(before, "broken")) << before.back().what;
    const double full = held_usd(w);
    EXPECT_GT(full, 2'000);
    const auto after = live_through(w, all, kBefore, kBars, &held);
    ASSERT_TRUE(mentions(after, "calm to decorr"));
    EXPECT_LT(after.front().bar, kBefore + 96) << "four days is too late for a correlation that is gone";
    ASSERT_TRUE(mentions(after, "to broken"));
    EXPECT_LT(held.back(), 0.02 * full);
    double largest_step = 0;
    for (std::size_t i = 1; i < held.size(); ++i)
        largest_step = std::max(largest_step, held[i - 1] - held[i]);
    EXPECT_LT(largest_step, 0.5 * full) << "never to nothing in one step";
    EXPECT_GT(largest_step, 0.05 * full);
}

TEST(HedgeLife, TheGapToTheLongRunIsToldInStandardErrors) {
    World w = hourly_world();
    const auto all = broken_history();
    const auto gap_at = [&](Eigen::Index t) {
        at_bar(w, all, t);
        return w.decide().positions[0].figures.cross.value().gap_z.value();
    };
    EXPECT_LT(std::abs(gap_at(kBefore - 1)), 2.5);
    EXPECT_LT(gap_at(kBefore + 150), -3);
}

TEST(HedgeLife, WhatIsRememberedDoesNotDependOnHowOftenItWasAsked) {
    const auto all = broken_history();
    World often = hourly_world();
    World seldom = hourly_world();
    for (World* w : {&often, &seldom}) {
        at_bar(*w, all, 600);
        round_of(*w);
    }
    seldom.seen.accounts = often.seen.accounts;
    for (Eigen::Index t = 601; t <= 640; ++t) {  // the process was down for forty hours
        at_bar(often, all, t);
        often.state.hedges["arb-usdc"].target_usd = seldom.state.hedges["arb-usdc"].target_usd;
        for (int i = 0; i < 2; ++i) often.state = often.decide().next;
    }
    at_bar(seldom, all, 640);
    seldom.state = seldom.decide().next;
    // What watches saw depends on the hedge as it was, which changed meanwhile for one of them only by
    // little.
    const auto& a = often.state.hedges.at("arb-usdc").watch;
    const auto& b = seldom.state.hedges.at("arb-usdc").watch;
    ASSERT_TRUE(a.correlation && b.correlation);
    EXPECT_EQ(a.state.regime, b.state.regime);
    EXPECT_EQ(a.realised.size(), b.realised.size());
    EXPECT_NEAR(a.correlation->baseline(), b.correlation->baseline(), 0.02);
    EXPECT_EQ(often.state.hedges.at("arb-usdc").last_bar, seldom.state.hedges.at("arb-usdc").last_bar);
}

TEST(HedgeLife, GoesOnFromTheJournalAsIfNothingHadHappened) {
    const auto all = broken_history();
    World kept = hourly_world();
    live_through(kept, all, 400, kBefore + 60);
    World again = kept;
    for (auto& [name, memory] : again.state.hedges) {
        const auto read = store::hedge_memory_from(store::hedge_memory_json(memory));
        ASSERT_TRUE(read) << read.error().what;
        EXPECT_EQ(*read, memory);
        memory = *read;
    }
    const auto a = live_through(kept, all, kBefore + 60, kBefore + 200);
    const auto b = live_through(again, all, kBefore + 60, kBefore + 200);
    EXPECT_EQ(kept.state, again.state);
    ASSERT_EQ(a.size(), b.size());
    EXPECT_EQ(held_usd(kept), held_usd(again));
}

TEST(HedgeLife, AStoredMemoryThatIsNoneIsRefused) {
    EXPECT_EQ(store::hedge_memory_from("{").error().code, Errc::storage);
    EXPECT_EQ(store::hedge_memory_from(R"({"version":2})").error().code, Errc::storage);
    EXPECT_EQ(store::hedge_memory_from(R"({"version":99})").value(), HedgeMemory{});
    HedgeMemory odd;
    odd.instruments = {3};
    EXPECT_EQ(store::hedge_memory_from(store::hedge_memory_json(odd)).error().code, Errc::storage);
}

TEST(HedgeLife, AReactionIsThePositionsOwn) {
    const auto all = broken_history();
    const auto at_the_end = [&](Reaction decorrelated, Reaction broken) {
        World w = hourly_world();
        w.settings().pipeline.on_decorrelated = decorrelated;
        w.settings().pipeline.on_broken = broken;
        live_through(w, all, 400, kBefore + 400);
        return w;
    };
    const World frozen = at_the_end(Reaction::freeze, Reaction::freeze);
    const World shrunk = at_the_end(Reaction::shrink, Reaction::shrink);
    const World kept = at_the_end(Reaction::alert, Reaction::alert);
    EXPECT_GT(held_usd(frozen), 1'000);
    EXPECT_EQ(held_for(frozen.decide()), "relationship");
    EXPECT_LT(held_usd(shrunk), 0.5 * held_usd(frozen));
    EXPECT_NE(held_for(kept.decide()), "relationship");
}

double held_units_of(const World& w, VenueId venue, AssetId asset) {
    const auto& position = w.seen.accounts.at(venue).value->position;
    const auto found = position.find(asset);
    return found == position.end() ? 0 : found->second;
}

TEST(HedgeLife, ABrokenProxyIsLeftForTheAssetItselfAndTakenUpAgain) {
    auto all = broken_history();
    const auto good = history(kBars);
    all.returns.bottomRows(400) = good.returns.bottomRows(400);  // the relationship comes back
    World w = hourly_world();
    w.settings().pipeline.on_decorrelated = Reaction::fall_back;
    w.settings().pipeline.on_broken = Reaction::fall_back;
    w.settings().legs.push_back(leg(kAave, kArb));
    w.settings().legs.back().reserve = true;
    w.account(kAave).position[kArb] = 0;
    live_through(w, all, 400, kBefore);
    EXPECT_EQ(held_units_of(w, kAave, kArb), 0) << "dear; not used while a proxy will do";
    EXPECT_GT(held_usd(w), 2'000);
    const auto told = live_through(w, all, kBefore, kBars - 400);
    ASSERT_TRUE(mentions(told, "decorr"));
    const double exposure = amounts(arb_curve(), w.price(kArb)).x;
    EXPECT_NEAR(held_units_of(w, kAave, kArb), -exposure, 0.03 * exposure) << "one for one";
    EXPECT_LT(held_usd(w), 0.03 * exposure * w.price(kArb));
    const auto back = live_through(w, all, kBars - 400, kBars);
    ASSERT_TRUE(mentions(back, "to calm"));
    EXPECT_NEAR(held_units_of(w, kAave, kArb), 0, 0.03 * exposure);
    EXPECT_GT(held_usd(w), 2'000);
}

TEST(HedgeLife, ABetterProxyIsSwitchedToOnceAndNotBackAndForth) {
    auto all = history(kBars);
    Noise own(5);
    for (Eigen::Index t = 0; t < kBars; ++t) {  // ETH and BTC apart; ARB follows the one, then the other
        all.returns(t, 1) = 0.006 * own.next();
        all.returns(t, 2) = all.returns(t, t < kBefore ? 0 : 1) + 0.002 * own.next();
    }
    World w = hourly_world();
    w.settings().pipeline.on_decorrelated = Reaction::switch_proxy;
    w.settings().pipeline.on_broken = Reaction::switch_proxy;
    w.settings().pipeline.legs = 1;
    live_through(w, all, 400, kBefore);
    EXPECT_LT(held_units_of(w, kPerp, kEth), 0);
    EXPECT_EQ(held_units_of(w, kPerp, kBtc), 0);
    int crossings = 0;
    bool on_btc = false;
    for (Eigen::Index t = kBefore; t < kBefore + 400; ++t) {
        live_through(w, all, t, t + 1);
        const bool now =
            held_units_of(w, kPerp, kBtc) * w.price(kBtc) < held_units_of(w, kPerp, kEth) * w.price(kEth);
        crossings += now == on_btc ? 0 : 1;
        on_btc = now;
    }
    EXPECT_EQ(crossings, 1);
    EXPECT_LT(held_units_of(w, kPerp, kBtc) * w.price(kBtc), -3'000);
    EXPECT_NEAR(held_units_of(w, kPerp, kEth) * w.price(kEth), 0, 300);
}

TEST(HedgeLife, AnotherLengthOfBarBeginsANewWatchAndKeepsTheState) {
    const auto all = broken_history();
    World w = hourly_world();
    live_through(w, all, 400, 420);
    ASSERT_TRUE(w.state.hedges.at("arb-usdc").watch.correlation);
    auto longer = all;
    longer.bar = seconds(14400);
    at_bar(w, longer, 430);
    w.state = w.decide().next;
    const auto& memory = w.state.hedges.at("arb-usdc");
    EXPECT_EQ(memory.bar, seconds(14400));
    EXPECT_EQ(memory.last_bar, longer.ends[430]);
    EXPECT_EQ(memory.watch.realised.size(), 0U) << "P&L of hours says nothing beside that of four";
}

TEST(HedgeLife, AShockIsWaitedOut) {
    auto all = history(900);
    all.returns(800, 2) = -0.35;  // ARB alone, in one hour
    World w = hourly_world();
    live_through(w, all, 600, 800);
    w.settings().delta_band_ratio = 0.0001;
    at_bar(w, all, 800);
    w.move_price(kArb, 0.85);
    const auto d = round_of(w);
    ASSERT_TRUE(d.positions[0].figures.cross);
    EXPECT_EQ(d.positions[0].figures.cross->regime, Regime::shock);
    EXPECT_EQ(held_for(d), "relationship");
    live_through(w, all, 801, 804);
    EXPECT_NE(w.state.hedges.at("arb-usdc").watch.state.regime, Regime::shock);
}

// ---- the band that costs least

/// ETH hedged in itself, with the numbers the band is made of done again by hand.
struct AutoBand : testing::Test {
    AutoBand() {
        w.settings().delta_band_ratio.reset();
        w.settings().min_trade_usd = 0;
        w.settings().legs = {{kAave, kEth, 50'000, 0.0005, 700'000}};
        w.seen.gas_unit_usd = 1e-6;
        w.settings().pipeline.min_bars = 24;
    }
    Band by_hand(double gas_usd = 0.7) const {
        const auto& c = w.seen.pools[0].value->curve;
        const double p = w.price(kEth);
        const double dollar_gamma = -0.5 * c.liquidity * std::sqrt(p);  // p^2 dx/dp, in USD
        double variance = 0;
        for (Eigen::Index t = 0; t < w.seen.panel->returns.rows(); ++t)
            variance += std::pow(w.seen.panel->returns(t, 0), 2);
        variance *= 24.0 / static_cast<double>(w.seen.panel->returns.rows());
        const double value = value_usd(c, p, 1);
        return rebalance_band({.risk_aversion = w.settings_of().pipeline.relative_risk_aversion / value,
                               .variance = variance,
                               .target_variance_rate = dollar_gamma * dollar_gamma * variance,
                               .gas_usd = gas_usd,
                               .cost_ratio = 0.0005})
            .value();
    }
    double delta_usd() const {
        return amounts(w.seen.pools[0].value->curve, w.price(kEth)).x * w.price(kEth);
    }
    void hold_off_target(double usd) {
        w.account(kAave).position[kEth] = (-delta_usd() + usd) / w.price(kEth);
    }

    struct EthWorld : World {
        const PositionParams& settings_of() const { return params.positions.at(0); }
    };
    EthWorld w{eth_world()};
};

TEST_F(AutoBand, TradesAtItsTriggerAndOnlyToItsEdge) {
    const Band band = by_hand();
    ASSERT_GT(band.target_usd, 200);
    ASSERT_GT(band.trigger_usd, 1.2 * band.target_usd);
    w.settings().delta_band_usd = 0;
    for (const double sign : {-1.0, 1.0}) {
        hold_off_target(sign * 0.999 * band.trigger_usd);
        EXPECT_EQ(held_for(w.decide()), "band");
        hold_off_target(sign * 1.001 * band.trigger_usd);
        const auto d = w.decide();
        ASSERT_NE(adjust(d), nullptr) << held_for(d);
        EXPECT_NEAR(adjust(d)->order.delta_units * w.price(kEth),
                    sign * (band.target_usd - 1.001 * band.trigger_usd), 1e-3 * band.trigger_usd);
        EXPECT_NEAR(d.positions[0].figures.band->trigger_usd, band.trigger_usd, 1e-6 * band.trigger_usd);
    }
}

TEST_F(AutoBand, IsWideEnoughForTheDaysBudgetAndTheSmallestTrade) {
    w.seen.gas_unit_usd = 1e-9;  // next to nothing: it would trade all the time, by little
    const Band band = by_hand(0.0007);
    w.settings().delta_band_usd = 0;
    const auto trigger = [&] { return w.decide().positions[0].figures.band->trigger_usd; };
    w.settings().max_trades_per_day = 1;
    const double wide = trigger();
    EXPECT_GT(wide, 1.2 * band.trigger_usd);
    EXPECT_NEAR(w.decide().positions[0].figures.band->trades_per_day, 1, 1e-9);
    hold_off_target(0.999 * wide);
    EXPECT_EQ(held_for(w.decide()), "band");
    hold_off_target(1.001 * wide);
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d);
    // It still lands on the cheapest edge.
    EXPECT_NEAR(adjust(d)->order.delta_units * w.price(kEth), band.target_usd - 1.001 * wide, 2e-3 * wide);
    w.settings().max_trades_per_day = 1000;
    w.settings().min_trade_usd = 3'000;
    EXPECT_NEAR(trigger(), band.target_usd + 3'000, 1e-6 * band.target_usd);
}

TEST_F(AutoBand, ABegunHedgeDoesNotStopForItsGas) {
    const Band band = by_hand();
    w.settings().delta_band_usd = 0;
    hold_off_target(0.9 * band.trigger_usd);
    EXPECT_EQ(held_for(w.decide()), "band");
    w.facts().hedge_open = true;
    EXPECT_NE(adjust(w.decide()), nullptr);
}

TEST_F(AutoBand, IsAShareOfValueUntilItCanBeKnown) {
    hold_off_target(1'950);
    w.seen.panel = history(20);
    for (const bool gas_known : {true, false}) {
        if (!gas_known) {
            w.seen.panel = history();
            w.seen.gas_unit_usd = fail(Errc::stale, "no price of ETH");
        }
        const auto d = w.decide();
        ASSERT_NE(adjust(d), nullptr) << held_for(d);  // 1,950 is more than a tenth of 19,020
        EXPECT_FALSE(d.positions[0].figures.band);
        EXPECT_FALSE(d.positions[0].figures.no_band.empty());
        EXPECT_NEAR(d.positions[0].figures.band_usd, 1'902, 1e-6);
    }
}

TEST_F(AutoBand, ForceAfterCentres) {
    hold_off_target(300);
    w.settings().force_after = seconds(3600);
    w.facts().last_fill = kNow - seconds(3599);
    EXPECT_EQ(held_for(w.decide()), "band");
    w.facts().last_fill = kNow - seconds(3600);
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d);
    EXPECT_NEAR(adjust(d)->order.delta_units * w.price(kEth), -300, 1e-6);
}

}  // namespace
}  // namespace outrigger::decide_test
