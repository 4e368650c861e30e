// SPDX-License-Identifier: Apache-2.0
// What is traded: size, side, venue, price limit.
#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

/// dV/dP of the test's own white-paper formula, by a central difference.
double finite_delta(const ConcentratedCurve& c, double price) {
    const double h = 1e-4 * price;
    return (value_usd(c, price + h, 1) - value_usd(c, price - h, 1)) / (2 * h);
}

TEST(Order, OpensTheDirectHedgeOneForOne) {
    const World w = eth_world();
    const auto d = w.decide();
    const auto* act = adjust(d);
    ASSERT_NE(act, nullptr) << held_for(d);
    EXPECT_NEAR(-act->order.delta_units, 2.871, 0.0005);  // the example of the operator's manual
    EXPECT_NEAR(-act->order.delta_units, finite_delta(eth_curve(), 3152.40), 1e-6);
    EXPECT_EQ(act->order.venue, kAave);
    EXPECT_EQ(act->order.asset, kEth);
    EXPECT_EQ(act->order.deadline, kNow + seconds(120));
    EXPECT_EQ(d.act_on, std::size_t{0});
    EXPECT_FALSE(d.tidy);
    EXPECT_NEAR(d.positions[0].figures.value_usd, 19'020, 1e-6);
    EXPECT_NEAR(d.positions[0].figures.band_usd, 1902, 1e-6);
    EXPECT_FALSE(d.positions[0].figures.cross);
    EXPECT_EQ(d.positions[0].figures.r_squared, 1);
    EXPECT_NE(act->detail.find("sell"), std::string::npos);
    EXPECT_NE(act->detail.find("ETH"), std::string::npos);
}

TEST(Order, FollowsTheManualsFallingPrice) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -2.871;
    w.move_price(kEth, 3119.06);  // +0.413 ETH = 6.8 %: inside
    EXPECT_EQ(held_for(w.decide()), "band");
    EXPECT_NEAR(w.decide().positions[0].figures.residual_usd, 0.413 * 3119.06, 2);
    w.move_price(kEth, 3098.85);  // +0.666 ETH = 10.9 %: outside
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d);
    EXPECT_NEAR(adjust(d)->order.delta_units, -0.666, 0.001);
}

TEST(Order, GammaIsTheSlopeOfDelta) {
    const auto figures = eth_world().decide().positions[0].figures;
    const double h = 0.05;
    const double slope =
        (finite_delta(eth_curve(), 3152.40 + h) - finite_delta(eth_curve(), 3152.40 - h)) / (2 * h);
    EXPECT_NEAR(figures.gamma_units_per_usd.at(kEth), slope, 1e-4 * std::abs(slope));
    EXPECT_LT(slope, 0);
}

TEST(Order, BuysBackWhenTooShort) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -4.0;
    const auto d = w.decide();
    const auto* act = adjust(d);
    ASSERT_NE(act, nullptr) << held_for(d);
    EXPECT_NEAR(act->order.delta_units, 4.0 - 2.8709, 0.0005);
    EXPECT_LT(d.positions[0].figures.residual_usd, 0);  // too short
    EXPECT_NE(act->detail.find("buy"), std::string::npos);
}

TEST(Order, PriceLimitIsOnTheWorseSideBySlippage) {
    World w = eth_world();
    EXPECT_DOUBLE_EQ(adjust(w.decide())->order.limit_usd, 3152.40 * 0.995);  // a sale accepts no less
    w.account(kAave).position[kEth] = -6;
    EXPECT_DOUBLE_EQ(adjust(w.decide())->order.limit_usd, 3152.40 * 1.005);  // a purchase pays no more
}

TEST(Order, NoLargerThanOneTradeMayBe) {
    World w = eth_world();
    w.settings().max_trade_usd = 3000;
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr);
    EXPECT_NEAR(adjust(d)->order.delta_units * 3152.40, -3000, 1e-9);
    EXPECT_NE(adjust(d)->detail.find("first part"), std::string::npos);
    EXPECT_NEAR(d.positions[0].figures.legs.at(0).target_units, -2.871, 0.0005);  // the aim stays
}

TEST(Order, UncollectedFeesAreHeldToo) {
    World w = eth_world();
    w.pool().uncollected_fees = {U256(250'000'000'000'000'000ULL), U256(40'000'000)};  // 0.25 ETH and 40 USDC
    const auto d = w.decide();
    EXPECT_NEAR(d.positions[0].figures.fees_usd, 0.25 * 3152.40 + 40, 1e-9);
    EXPECT_NEAR(d.positions[0].figures.value_usd, 19'020 + 0.25 * 3152.40 + 40, 1e-6);
    EXPECT_NEAR(adjust(d)->order.delta_units, -(2.8709 + 0.25), 0.0005);
}

TEST(Order, FeesKeptApartAreShownAndNotHedged) {
    World w = eth_world();
    w.pool().uncollected_fees = {U256(250'000'000'000'000'000ULL), U256(40'000'000)};
    w.settings().fees_in_exposure = false;
    const auto d = w.decide();
    EXPECT_NEAR(d.positions[0].figures.fees_usd, 0.25 * 3152.40 + 40, 1e-9);
    EXPECT_NEAR(d.positions[0].figures.value_usd, 19'020, 1e-6);
    EXPECT_NEAR(adjust(d)->order.delta_units, -2.8709, 0.0005);
}

TEST(Order, NothingToHedgeAboveTheRangeEverythingBelowIt) {
    World w = eth_world();
    w.move_price(kEth, 3500);
    EXPECT_EQ(held_for(w.decide()), "band");
    EXPECT_EQ(w.decide().positions[0].figures.legs.at(0).target_units, 0);
    w.account(kAave).position[kEth] = -3;
    EXPECT_DOUBLE_EQ(adjust(w.decide())->order.delta_units, 3.0);
    w.move_price(kEth, 2500);
    w.account(kAave).position[kEth] = 0;
    EXPECT_NEAR(adjust(w.decide())->order.delta_units, -amounts(eth_curve(), 2500).x, 1e-9);
}

TEST(Order, TheOtherTokenOrderIsTheSameHedge) {
    World w = market();  // USDC/WETH: price is WETH per USDC
    const auto curve = curve_worth(kUsdc, kEth, 1 / 3400.0, 1 / 2900.0, 19'020, 1, 3152.40);
    w.add_position("usdc-eth", curve, {leg(kAave, kEth)});
    w.pool().decimals0 = 6;
    w.pool().decimals1 = 18;
    ASSERT_NE(adjust(w.decide()), nullptr) << held_for(w.decide());
    EXPECT_NEAR(adjust(w.decide())->order.delta_units, adjust(eth_world().decide())->order.delta_units, 1e-9);
}

TEST(Order, TwoRiskyTokensAreHedgedEachInItself) {
    World w = market();
    const double p = 64'000 / 3152.40;
    const auto curve = curve_worth(kBtc, kEth, p * 0.9, p * 1.1, 20'000, 64'000, 3152.40);
    w.add_position("btc-eth", curve, {leg(kAave, kEth), leg(kAave, kBtc)});
    const auto a = amounts(curve, p);
    for (int i = 0; i < 2; ++i) {
        const auto d = w.decide();
        ASSERT_NE(adjust(d), nullptr) << held_for(d);
        w.fill(adjust(d)->order);
    }
    EXPECT_EQ(held_for(w.decide()), "band");
    EXPECT_NEAR(w.account(kAave).position[kBtc], -a.x, 1e-9);
    EXPECT_NEAR(w.account(kAave).position[kEth], -a.y, 1e-9);
}

TEST(Order, ALegIsNeverAskedToGoLong) {
    World w = market();
    w.add_position("arb-usdc", arb_curve(), {leg(kPerp, kEth), leg(kPerp, kBtc)});
    auto& panel = *w.seen.panel;
    panel.returns.col(2) = -panel.returns.col(2);  // ARB moves against everything: a long would hedge it
    const auto d = w.decide();
    for (const auto& l : d.positions[0].figures.legs) EXPECT_LE(l.target_units, 0);
    EXPECT_EQ(adjust(d), nullptr);
}

TEST(Order, LargestHedgeOfAPosition) {
    World w = eth_world();
    w.settings().legs = {leg(kAave, kEth, 4000)};
    EXPECT_NEAR(adjust(w.decide())->order.delta_units * 3152.40, -4000, 1e-9);
    // A second venue is a second place, not a second allowance.
    w.settings().legs = {leg(kAave, kEth, 4000), leg(kPerp, kEth, 4000)};
    double wanted = 0;
    for (const auto& l : legs_of(w.decide())) wanted += l.target_usd;
    EXPECT_NEAR(wanted, -4000, 1e-9);
}

TEST(Order, LargestHedgeCountsEveryInstrument) {
    World w = market();
    const double p = 64'000 / 3152.40;
    w.add_position("btc-eth", curve_worth(kBtc, kEth, p * 0.9, p * 1.1, 20'000, 64'000, 3152.40),
                   {leg(kAave, kEth, 6000), leg(kAave, kBtc, 6000)});
    double gross = 0;
    for (const auto& l : legs_of(w.decide())) gross += std::abs(l.target_usd);
    EXPECT_LE(gross, 6000 * (1 + 1e-9));
    EXPECT_NEAR(gross, 6000, 1);
    World x = arb_world();
    x.settings().legs = {leg(kPerp, kEth, 3000), leg(kPerp, kBtc, 3000)};
    gross = 0;
    for (const auto& l : legs_of(x.decide())) gross += std::abs(l.target_usd);
    EXPECT_LE(gross, 3000 * (1 + 1e-9));
    EXPECT_NEAR(gross, 3000, 1);
}

TEST(Order, NoTradeSmallerThanTheSmallest) {
    World w = market();  // two legs, each off by less than the smallest trade, together by more
    const double p = 64'000 / 3152.40;
    const auto curve = curve_worth(kBtc, kEth, p * 0.9, p * 1.1, 20'000, 64'000, 3152.40);
    w.add_position("btc-eth", curve, {leg(kAave, kEth), leg(kAave, kBtc)});
    const auto a = amounts(curve, p);
    w.account(kAave).position = {{kEth, -a.y + 80 / 3152.40}, {kBtc, -a.x + 80 / 64'000.0}};
    w.settings().delta_band_ratio = 0;
    w.settings().delta_band_usd = 50;
    EXPECT_EQ(held_for(w.decide()), "size");
}

TEST(Order, NothingIsNotAnOrder) {
    World w = eth_world();
    w.fill(adjust(w.decide())->order);
    w.account(kAave).position[kEth] = w.decide().positions[0].figures.legs.at(0).target_units;
    w.settings().min_trade_usd = 0;
    w.facts().hedge_open = true;  // opens the band
    const auto d = w.decide();
    EXPECT_EQ(adjust(d), nullptr);
}

}  // namespace
}  // namespace outrigger::decide_test
