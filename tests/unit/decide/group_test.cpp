// SPDX-License-Identifier: Apache-2.0
// Positions that share an instrument are one portfolio; venues that share an asset are one hedge.
#include "keeper/decide/group.hpp"

#include "keeper/decide/group_hedge.hpp"
#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

using Members = std::vector<std::vector<std::size_t>>;

Members members(const std::vector<std::vector<LegParams>>& legs,
                const std::vector<std::size_t>& disabled = {}) {
    Params params;
    for (const auto& l : legs) {
        params.positions.emplace_back();
        params.positions.back().legs = l;
    }
    for (const auto i : disabled) params.positions[i].enabled = false;
    Members out;
    for (const auto& g : make_groups(params)) out.push_back(g.members);
    return out;
}

TEST(Groups, ShareAnInstrumentNotMerelyAVenueOrAnAsset) {
    const auto ae = leg(kAave, kEth), ab = leg(kAave, kBtc), pe = leg(kPerp, kEth), pb = leg(kPerp, kBtc);
    EXPECT_EQ(members({{ae}, {ae}}), (Members{{0, 1}}));
    EXPECT_EQ(members({{ae}, {ab}}), (Members{{0}, {1}}));
    EXPECT_EQ(members({{ae}, {pe}}), (Members{{0}, {1}}));
    EXPECT_EQ(members({{ae}, {pb}, {ae, pb}}), (Members{{0, 1, 2}}));  // the third joins the first two
    EXPECT_EQ(members({{ae}, {ab}, {pe}, {ab, pe}}), (Members{{0}, {1, 2, 3}}));
    EXPECT_EQ(members({{ae, pb}, {ab}, {pb, ab}, {pe}}), (Members{{0, 1, 2}, {3}}));
    EXPECT_EQ(members({{ae}, {ae}, {ae}}, {0}), (Members{{1, 2}}));  // disabled: not hedged, not the leader
    EXPECT_EQ(members({{}, {}}), (Members{{0}, {1}}));
    EXPECT_EQ(members({}), Members{});
}

TEST(Groups, TheirLegsAreTheUnionOnce) {
    Params params;
    params.positions.resize(2);
    params.positions[0].legs = {leg(kAave, kEth, 5000), leg(kPerp, kEth, 5000)};
    params.positions[1].legs = {leg(kPerp, kEth, 7000), leg(kPerp, kBtc, 7000)};
    const auto groups = make_groups(params);
    ASSERT_EQ(groups.size(), 1U);
    ASSERT_EQ(groups[0].legs.size(), 3U);
    EXPECT_EQ(groups[0].legs[0].venue, kAave);
    EXPECT_EQ(groups[0].legs[1].venue, kPerp);
    EXPECT_EQ(groups[0].legs[2].asset, kBtc);
}

/// Two positions on one instrument.
World pair_world() {
    World w = eth_world();
    w.add_position("second", curve_worth(kEth, kUsdc, 2500, 4000, 10'000, 3152.40, 1), {leg(kAave, kEth)});
    return w;
}

TEST(Groups, HedgeTheSumOnce) {
    const World w = pair_world();
    const auto d = w.decide();
    const double sum = amounts(eth_curve(), 3152.40).x + amounts(w.seen.pools[1].value->curve, 3152.40).x;
    ASSERT_NE(adjust(d, 0), nullptr) << held_for(d);
    EXPECT_NEAR(adjust(d, 0)->order.delta_units, -sum, 1e-9);
    EXPECT_EQ(held_for(d, 1), "netted");
    EXPECT_NE(hold(d, 1)->detail.find("eth-usdc"), std::string::npos);
    EXPECT_EQ(d.act_on, std::size_t{0});
    EXPECT_NEAR(d.positions[0].figures.value_usd, 29'020, 1e-6);
    EXPECT_NEAR(d.positions[0].figures.band_usd, 2902, 1e-6);
    EXPECT_NEAR(d.positions[1].figures.value_usd, 10'000, 1e-6);  // a member's figures are its own
}

TEST(Groups, EachPositionBringsItsAllowance) {
    World w = pair_world();
    w.settings(0).legs = {leg(kAave, kEth, 6000)};
    w.settings(1).legs = {leg(kAave, kEth, 3000)};
    EXPECT_NEAR(w.decide().positions[0].figures.legs.at(0).target_usd, -9000, 1e-9);
}

TEST(Groups, OppositeExposuresCancel) {
    // A uniswap position is never short, but two targets oppose each other through the covariance:
    // hedge_group is where they meet.
    const Group group{{0, 1}, {leg(kAave, kEth)}};
    const auto target = [&](double usd) {
        HedgeMemory memory;
        GroupExposure exposure;
        exposure.value_usd = 16'000;
        exposure.usd = {{kEth, usd}};
        const auto hedge =
            hedge_group(exposure, group, eth_world().settings(), fail(Errc::stale, "none"), memory);
        return hedge ? hedge->target_usd.at(kEth) : kNan;
    };
    EXPECT_EQ(target(8000.0 - 8000.0), 0);
    EXPECT_EQ(target(-500), 0);  // short already: a long is not asked for
}

TEST(Groups, MembersThatMoveAgainstEachOtherNeedLess) {
    // ARB against ETH: in the group's panel ARB is minus ETH, so the two positions hedge each other.
    World w = eth_world();
    w.add_position("anti", arb_curve(), {leg(kAave, kEth)});
    w.seen.panel->returns.col(2) = -w.seen.panel->returns.col(0);
    const auto d = w.decide();
    const double eth_usd = amounts(eth_curve(), 3152.40).x * 3152.40;
    const double arb_usd = amounts(arb_curve(), 1).x;
    EXPECT_NEAR(d.positions[0].figures.legs.at(0).target_usd, -(eth_usd - arb_usd), 1e-5);
}

TEST(Groups, AnyMembersPauseStopsTheGroup) {
    World w = pair_world();
    w.facts(1).paused = true;
    const auto d = w.decide();
    EXPECT_EQ(adjust(d, 0), nullptr) << "paused by the operator, traded all the same";
    EXPECT_FALSE(d.act_on);
}

World two_venues() {
    World w = market();
    w.add_position("eth-usdc", eth_curve(), {leg(kAave, kEth), leg(kPerp, kEth)});
    return w;
}

TEST(Venues, ThePreferredOneTakesTheDifference) {
    World w = two_venues();
    const double x = amounts(eth_curve(), 3152.40).x;
    auto d = w.decide();
    EXPECT_EQ(adjust(d)->order.venue, kAave);
    EXPECT_NEAR(adjust(d)->order.delta_units, -x, 1e-9);
    w.account(kPerp).position[kEth] = -1.0;  // held elsewhere: it counts, and stays
    d = w.decide();
    EXPECT_EQ(adjust(d)->order.venue, kAave);
    EXPECT_NEAR(adjust(d)->order.delta_units, -(x - 1.0), 1e-9);
    EXPECT_EQ(d.positions[0].figures.legs.at(1).target_units, -1.0);
    w.fill(adjust(d)->order);
    EXPECT_EQ(held_for(w.decide()), "band");
    std::swap(w.settings().legs[0], w.settings().legs[1]);
    w.account(kAave).position[kEth] = 0;
    EXPECT_EQ(adjust(w.decide())->order.venue, kPerp);
}

TEST(Venues, TooMuchElsewhereIsGivenBack) {
    World w = two_venues();
    w.account(kPerp).position[kEth] = -5.0;  // more than the whole hedge, at the second choice
    const double x = amounts(eth_curve(), 3152.40).x;
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d) << ": over-hedged, and nothing would ever be done about it";
    EXPECT_EQ(adjust(d)->order.venue, kPerp);
    EXPECT_NEAR(adjust(d)->order.delta_units, 5.0 - x, 1e-9);
    EXPECT_LT(d.positions[0].figures.residual_usd, 0);
    // Whatever the preferred one holds goes first.
    w.account(kAave).position[kEth] = -2.0;
    w.account(kPerp).position[kEth] = -4.0;
    for (int i = 0; i < 2; ++i) w.fill(adjust(w.decide())->order);
    EXPECT_NEAR(w.account(kAave).position[kEth], 0, 1e-12);
    EXPECT_NEAR(w.account(kPerp).position[kEth], -x, 1e-9);
    EXPECT_EQ(held_for(w.decide()), "band");
}

TEST(Venues, TheWeakestHealthCounts) {
    World w = two_venues();
    w.account(kPerp).health = 1.2;
    EXPECT_EQ(held_for(w.decide()), "health");
}

TEST(Horizon, TheDeltaIsTheMeanOfWhereThePriceMayBe) {
    World w = eth_world();  // 2,900 to 3,400
    w.settings().delta_horizon = std::chrono::hours(12);
    for (const double price : {2'905.0, 3'152.4, 3'395.0}) {
        w.move_price(kEth, price);
        const auto d = w.decide();
        const auto& f = d.positions[0].figures;
        // Half a day of the panel's own variance, summed by hand.
        double squares = 0;
        const auto& returns = w.seen.panel->returns;
        for (Eigen::Index t = 0; t < returns.rows(); ++t) squares += returns(t, 0) * returns(t, 0);
        const double sd = std::sqrt(12.0 * squares / static_cast<double>(returns.rows()));
        EXPECT_NEAR(f.likely_move, sd, 0.02 * sd);
        double mean = 0;
        double weight = 0;
        for (int i = -600; i <= 600; ++i) {  // the whitepaper's amounts, averaged by rectangles
            const double z = 0.01 * i;
            const double p = price * std::exp(f.likely_move * z - 0.5 * f.likely_move * f.likely_move);
            mean += std::exp(-0.5 * z * z) * amounts(eth_curve(), p).x;
            weight += std::exp(-0.5 * z * z);
        }
        EXPECT_NEAR(f.delta_units.at(kEth), mean / weight, 1e-4 * mean / weight) << price;
        EXPECT_GT(std::abs(f.delta_units.at(kEth) - amounts(eth_curve(), price).x), 1e-3) << price;
    }
    w.settings().delta_horizon = seconds(0);
    EXPECT_NEAR(w.decide().positions[0].figures.delta_units.at(kEth), amounts(eth_curve(), 3'395).x, 1e-9);
}

TEST(Horizon, AWideRangeOrAShortHistoryIsTakenAsItIs) {
    World wide = arb_world();  // 0.80 to 1.25: more than half
    wide.settings().delta_horizon = std::chrono::hours(12);
    EXPECT_EQ(wide.decide().positions[0].figures.likely_move, 0);
    World young = eth_world();
    young.settings().delta_horizon = std::chrono::hours(12);
    young.seen.panel = history(10);
    EXPECT_EQ(young.decide().positions[0].figures.likely_move, 0);
    EXPECT_NEAR(young.decide().positions[0].figures.delta_units.at(kEth), amounts(eth_curve(), 3'152.4).x,
                1e-9);
}

}  // namespace
}  // namespace outrigger::decide_test
