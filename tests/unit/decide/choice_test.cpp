// SPDX-License-Identifier: Apache-2.0
// One thing at a time: which hedge, or tidying up, or nothing.
#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

/// ETH at aave and BTC at perp: two groups.
World two_groups() {
    World w = eth_world();
    w.add_position("btc-usdc", curve_worth(kBtc, kUsdc, 58'000, 70'000, 20'000, 64'000, 1),
                   {leg(kPerp, kBtc)});
    return w;
}

TEST(Choice, TheOneFurthestOutsideItsBand) {
    World w = two_groups();
    ASSERT_NE(adjust(w.decide(), 0), nullptr);
    ASSERT_NE(adjust(w.decide(), 1), nullptr);
    w.settings(0).delta_band_ratio = 0.05;  // twice as far outside
    EXPECT_EQ(w.decide().act_on, std::size_t{0});
    w.settings(1).delta_band_ratio = 0.01;
    EXPECT_EQ(w.decide().act_on, std::size_t{1});
}

TEST(Choice, ABegunHedgeGoesFirst) {
    World w = two_groups();
    w.settings(0).delta_band_ratio = 0.001;
    w.account(kPerp).position[kBtc] = -0.14;
    w.facts(1).hedge_open = true;
    ASSERT_NE(adjust(w.decide(), 1), nullptr) << held_for(w.decide(), 1);
    EXPECT_EQ(w.decide().act_on, std::size_t{1});
    w.settings(0).delta_band_ratio = 0;  // a band of nothing is infinitely exceeded, and still waits
    w.settings(0).delta_band_usd = 0;
    EXPECT_EQ(w.decide().act_on, std::size_t{1});
}

TEST(Choice, DeviationsThatCancelAreStillDeviations) {
    World w = two_groups();
    const double p = 64'000 / 3152.40;
    const auto curve = curve_worth(kBtc, kEth, p * 0.9, p * 1.1, 20'000, 64'000, 3152.40);
    w.add_position("btc-eth", curve, {leg(kPerp, kEth), leg(kAave, kBtc)});
    const auto a = amounts(curve, p);
    // $8,000 too long in one, $8,000 too short in the other: nothing in sum, a lot to do.
    w.account(kPerp).position[kEth] = -a.y + 8000 / 3152.40;
    w.account(kAave).position[kBtc] = -a.x - 8000 / 64'000.0;
    w.account(kAave).position[kEth] = -2.0;  // eth-usdc: $2,746 off
    w.account(kPerp).position[kBtc] = -amounts(w.pool(1).curve, 64'000).x;
    ASSERT_NE(adjust(w.decide(), 0), nullptr);
    ASSERT_NE(adjust(w.decide(), 2), nullptr) << held_for(w.decide(), 2);
    EXPECT_EQ(w.decide().act_on, std::size_t{2});
}

TEST(Tidying, OnlyWhenNothingIsToBeHedged) {
    World w = two_groups();
    w.account(kPerp).untidy = true;
    w.account(kPerp).health = 5;
    auto d = w.decide();
    EXPECT_TRUE(d.act_on);
    EXPECT_FALSE(d.tidy);
    while (d.act_on) {
        w.fill(adjust(d, *d.act_on)->order);
        d = w.decide();
    }
    ASSERT_TRUE(d.tidy);
    EXPECT_EQ(d.tidy->venue, kPerp);
}

TEST(Tidying, AnAccountWithoutDebtToo) {
    World w = eth_world();
    w.move_price(kEth, 3500);  // nothing to hedge, the debt repaid, the collateral still there
    w.account(kAave).untidy = true;
    w.account(kAave).health = kInfinity;
    ASSERT_EQ(held_for(w.decide()), "band");
    ASSERT_TRUE(w.decide().tidy) << "idle collateral would stay at the venue for ever";
    EXPECT_EQ(w.decide().tidy->venue, kAave);
}

TEST(Tidying, ThinCollateralBeforeAnyHedge) {
    World w = two_groups();
    w.account(kAave).untidy = true;
    w.account(kAave).health = 5;
    w.account(kPerp).untidy = true;
    w.account(kPerp).health = 1.5;
    const auto d = w.decide();
    ASSERT_NE(adjust(d, 0), nullptr);  // wanted, and it waits
    EXPECT_FALSE(d.act_on);
    ASSERT_TRUE(d.tidy);
    EXPECT_EQ(d.tidy->venue, kPerp);  // the thin one, not the first
}

TEST(Choice, NothingWhileSomethingIsInFlight) {
    World w = two_groups();
    w.account(kPerp).untidy = true;
    w.account(kPerp).health = 1.1;
    w.seen.in_flight.push_back({HedgeOrder{kAave, kEth, -1, 3000, kNow}, kNow});
    const auto d = w.decide();
    EXPECT_FALSE(d.act_on);
    EXPECT_FALSE(d.tidy);
}

TEST(Choice, NothingWhenHalted) {
    World w = two_groups();
    w.account(kPerp).untidy = true;
    w.account(kPerp).health = 1.1;
    w.state.halted = true;
    const auto d = w.decide();
    EXPECT_FALSE(d.act_on);
    EXPECT_FALSE(d.tidy);
    EXPECT_TRUE(d.next.halted);
}

TEST(Choice, AnUnreadableAccountIsNotTidied) {
    World w = eth_world();
    w.seen.accounts.at(kPerp).value = fail(Errc::rpc, "no answer");
    w.account(kAave).position[kEth] = -2.87;
    EXPECT_FALSE(w.decide().tidy);
}

}  // namespace
}  // namespace outrigger::decide_test
