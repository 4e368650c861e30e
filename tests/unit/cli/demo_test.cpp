// SPDX-License-Identifier: Apache-2.0
// The demo's prices and its bookkeeping.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "keeper/cli/demo_ledger.hpp"
#include "keeper/cli/demo_scenario.hpp"
#include "tests/unit/shell/fake_venue.hpp"

namespace outrigger::cli {
namespace {

TEST(Scenario, IsTheSameEveryTimeAndStartsWhereItIsTold) {
    const auto a = falling_and_recovering(3152.4, 64'000, 1.1);
    const auto b = falling_and_recovering(3152.4, 64'000, 1.1);
    ASSERT_EQ(a.size(), b.size());
    ASSERT_EQ(a.size(), 121U);  // two hours, minute by minute
    EXPECT_EQ(a[0].eth, 3152.4);
    EXPECT_EQ(a[0].btc, 64'000);
    EXPECT_EQ(a[0].arb, 1.1);
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].minute, static_cast<int>(i));
        EXPECT_EQ(a[i].eth, b[i].eth);
        EXPECT_EQ(a[i].btc, b[i].btc);
        EXPECT_EQ(a[i].arb, b[i].arb);
    }
}

TEST(Scenario, FallsSomeNinePerCentAndComesMostOfTheWayBack) {
    const auto steps = falling_and_recovering(3000, 60'000, 1);
    const auto low = std::min_element(steps.begin(), steps.end(),
                                      [](const auto& x, const auto& y) { return x.eth < y.eth; });
    const double fall = 1 - low->eth / 3000;
    EXPECT_GT(fall, 0.08);
    EXPECT_LT(fall, 0.10);
    EXPECT_GT(low->minute, 20);
    EXPECT_LT(low->minute, 80);
    EXPECT_GT(steps.back().eth - low->eth, 0.6 * (3000 - low->eth));
    for (std::size_t i = 1; i < steps.size(); ++i) {  // no minute is a crash
        EXPECT_LT(std::abs(std::log(steps[i].eth / steps[i - 1].eth)), 0.02);
        EXPECT_LT(std::abs(std::log(steps[i].arb / steps[i - 1].arb)), 0.03);
    }
}

TEST(Scenario, ScalesWithItsStart) {
    const auto one = falling_and_recovering(1, 1, 1);
    const auto other = falling_and_recovering(3000, 60'000, 0.5);
    for (std::size_t i = 0; i < one.size(); ++i) {
        EXPECT_NEAR(other[i].eth / 3000, one[i].eth, 1e-12);
        EXPECT_NEAR(other[i].btc / 60'000, one[i].btc, 1e-12);
        EXPECT_NEAR(other[i].arb / 0.5, one[i].arb, 1e-12);
    }
}

TEST(Scenario, ArbMovesWithEthAndAlsoOnItsOwn) {
    const auto steps = falling_and_recovering(3000, 60'000, 1);
    double ee = 0, aa = 0, ea = 0;
    for (std::size_t i = 1; i < steps.size(); ++i) {
        const double e = std::log(steps[i].eth / steps[i - 1].eth);
        const double a = std::log(steps[i].arb / steps[i - 1].arb);
        ee += e * e;
        aa += a * a;
        ea += e * a;
    }
    EXPECT_GT(ea / std::sqrt(ee * aa), 0.6);
    EXPECT_LT(ea / std::sqrt(ee * aa), 0.97);
}

constexpr AssetId kEth{0};
constexpr VenueId kAave{0}, kPerp{1};

/// Two positions, each with a venue of its own and one wallet between them.
Market demo_market() {
    Market m;
    m.universe.assets = {{"ETH", false, {}}};
    m.params.assets = m.universe.assets;
    m.venues.push_back(std::make_unique<shell_test::FakeVenue>(kAave, "aave", std::vector{kEth}));
    m.venues.push_back(std::make_unique<shell_test::FakeVenue>(kPerp, "perp", std::vector{kEth}));
    for (const auto venue : {kAave, kPerp}) {
        PositionParams p;
        p.name = venue == kAave ? "direct" : "cross";
        p.legs = {{venue, kEth, 1e6, 0}};
        m.params.positions.push_back(p);
    }
    return m;
}

struct Money {
    double lp = 0;
    double held = 0;
    double equity = 0;
};

RoundReport round_of(double eth, double wallet, Money direct, Money cross) {
    RoundReport r;
    r.seen.prices[kEth] = {Price{eth, 0, {}}, {}};
    for (const auto& [venue, money] : {std::pair{kAave, direct}, std::pair{kPerp, cross}}) {
        VenueAccount account;
        account.position[kEth] = money.held;
        account.equity_usd = money.equity;
        account.available_usd = wallet;
        r.seen.accounts[venue] = {account, {}};
        PositionDecision d;
        d.figures.known = true;
        d.figures.value_usd = money.lp;
        if (venue == kPerp) d.figures.cross.emplace();
        r.decision.positions.push_back(d);
    }
    return r;
}

RoundReport settled(RoundReport r, const std::string& venue, double gas) {
    Settled s;
    s.tx.venue = venue;
    s.verified = true;
    s.gas_usd = gas;
    r.settled.settled.push_back(s);
    return r;
}

TEST(Ledger, AddsUp) {
    const Market market = demo_market();
    DemoLedger ledger(market);
    ledger.observe(round_of(3000, 10'000, {20'000, 0, 0}, {8000, 0, 0}));
    ledger.end_step();
    // aave takes 6,000 from the wallet and opens -2 ETH; 3 lost to fees, 0.50 to gas.
    ledger.observe(settled(round_of(3000, 4000, {20'000, -2, 5997}, {8000, 0, 0}), "aave", 0.5));
    ledger.end_step();
    // ETH falls by 100: LP -230, hedge +200 less 1 of interest; perp takes 1,000, opens -1, 2 lost, 0.25 gas.
    ledger.observe(settled(round_of(2900, 3000, {19'770, -2, 6196}, {7900, -1, 998}), "perp", 0.25));
    ledger.end_step();
    // Down another 50; aave is closed, 6,290 come home (6 lost), 0.50 gas.
    ledger.observe(settled(round_of(2850, 9290, {19'640, 0, 0}, {7850, -1, 1047}), "aave", 0.5));
    ledger.end_step();
    const auto& direct = ledger.positions()[0];
    const auto& cross = ledger.positions()[1];
    EXPECT_EQ(direct.venue, "aave");
    EXPECT_EQ(direct.hedge, "direct");
    EXPECT_EQ(cross.hedge, "cross");
    EXPECT_TRUE(ledger.complete());
    EXPECT_EQ(direct.unhedged, (std::vector<double>{0, 0, -230, -360}));
    EXPECT_EQ(cross.unhedged, (std::vector<double>{0, 0, -100, -150}));
    // Hedge P&L by hand, from the wallet's point of view: what is at the venue plus what came back less what
    // went in.
    const std::vector<double> direct_pnl{0, -3.5, 195.5, 6290 - 6000 - 1.0};
    const std::vector<double> cross_pnl{0, 0, -2.25, 46.75};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(direct.hedged[i] - direct.unhedged[i], direct_pnl[i], 1e-9) << i;
        EXPECT_NEAR(cross.hedged[i] - cross.unhedged[i], cross_pnl[i], 1e-9) << i;
    }
    EXPECT_NEAR(direct.ideal_usd, 2 * 150, 1e-9);
    EXPECT_NEAR(cross.ideal_usd, 1 * 50, 1e-9);
    EXPECT_NEAR(ledger.cost_usd(0), 300 - 289, 1e-9);
    EXPECT_NEAR(ledger.cost_usd(1), 50 - 46.75, 1e-9);
    EXPECT_NEAR(ledger.gas_usd(0), 1.0, 1e-12);
    EXPECT_NEAR(ledger.gas_usd(1), 0.25, 1e-12);
}

TEST(Ledger, WithoutAHedgeBothSeriesAreTheSame) {
    const Market market = demo_market();
    DemoLedger ledger(market);
    for (const double eth : {3000.0, 2900.0, 3100.0}) {
        ledger.observe(round_of(eth, 500, {eth * 5, 0, 0}, {eth, 0, 0}));
        ledger.end_step();
    }
    EXPECT_EQ(ledger.positions()[0].hedged, ledger.positions()[0].unhedged);
    EXPECT_EQ(ledger.positions()[0].unhedged, (std::vector<double>{0, -500, 500}));
    EXPECT_EQ(ledger.cost_usd(0), 0);
}

TEST(Ledger, WhatWasInTheWalletBeforeIsNoProfit) {
    const Market market = demo_market();
    DemoLedger ledger(market);
    ledger.observe(settled(round_of(3000, 10'000, {20'000, -2, 6000}, {8000, 0, 0}), "aave", 0));
    ledger.end_step();
    EXPECT_EQ(ledger.positions()[0].hedged.front(), 0);
}

TEST(Ledger, SaysWhenSomethingWasUnreadable) {
    const Market market = demo_market();
    for (int what = 0; what < 3; ++what) {
        DemoLedger ledger(market);
        ledger.observe(round_of(3000, 10'000, {20'000, 0, 0}, {8000, 0, 0}));
        EXPECT_TRUE(ledger.complete());
        auto r = round_of(2900, 10'000, {19'000, 0, 0}, {7900, 0, 0});
        if (what == 0) r.decision.positions[1].figures.known = false;
        if (what == 1) r.seen.accounts.at(kPerp).value = fail(Errc::rpc, "no answer");
        if (what == 2) {
            for (auto& [venue, account] : r.seen.accounts) account.value = fail(Errc::rpc, "no answer");
        }
        ledger.observe(r);
        ledger.end_step();
        EXPECT_FALSE(ledger.complete()) << what;
    }
}

}  // namespace
}  // namespace outrigger::cli
