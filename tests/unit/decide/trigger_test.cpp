// SPDX-License-Identifier: Apache-2.0
// The printed trigger prices are where the answer changes: decide is asked just inside and just outside.
#include <sstream>

#include "tests/unit/decide/random_world.hpp"

namespace outrigger::decide_test {
namespace {

/// The world at another price of an asset, its pools in line with it as before.
World at(World w, AssetId asset, double usd) {
    const double factor = usd / w.price(asset);
    w.seen.prices.at(asset).value->usd = usd;
    for (auto& pool : w.seen.pools) {
        if (pool.value->curve.asset0 == asset) pool.value->pool_price *= factor;
        if (pool.value->curve.asset1 == asset) pool.value->pool_price /= factor;
    }
    return w;
}

/// A hedged position: on target, all gates but the band open.
World hedged() {
    World w = eth_world();
    w.fill(adjust(w.decide())->order);
    return w;
}

TEST(Trigger, IsWhereTheBandIsCrossed) {
    const World w = hedged();
    const auto t = trigger_prices(w.seen, w.state, w.params, 0);
    ASSERT_TRUE(t.below_usd && t.above_usd);
    const double held = amounts(eth_curve(), 3152.40).x;
    for (const double price : {*t.below_usd, *t.above_usd}) {  // the band's own equation
        const double off = std::abs(amounts(eth_curve(), price).x - held) * price;
        EXPECT_NEAR(off, 0.10 * value_usd(eth_curve(), price, 1), 1e-3) << price;
    }
    EXPECT_LT(*t.below_usd, 3119.06);  // the manual's example: holds at 3119.06, acts at 3098.85
    EXPECT_GT(*t.below_usd, 3098.85);
    EXPECT_GT(*t.above_usd, 3152.40);
}

TEST(Trigger, ThereIsNoneWhenItActsAlready) {
    const auto t = trigger_prices(eth_world().seen, {}, eth_world().params, 0);
    EXPECT_FALSE(t.below_usd);
    EXPECT_FALSE(t.above_usd);
}

TEST(Trigger, ThereIsNoneWhenAnotherGateHolds) {
    World w = hedged();
    w.facts().paused = true;
    auto t = trigger_prices(w.seen, w.state, w.params, 0);
    EXPECT_FALSE(t.below_usd || t.above_usd);
    w = hedged();
    w.seen.pools[0].value = fail(Errc::rpc, "no answer");
    t = trigger_prices(w.seen, w.state, w.params, 0);
    EXPECT_FALSE(t.below_usd || t.above_usd);
    w = hedged();
    w.seen.prices.erase(kEth);
    t = trigger_prices(w.seen, w.state, w.params, 0);
    EXPECT_FALSE(t.below_usd || t.above_usd);
}

TEST(Trigger, ABandNothingCanLeaveHasNone) {
    World w = hedged();
    w.settings().delta_band_usd = 1e6;
    const auto t = trigger_prices(w.seen, w.state, w.params, 0);
    EXPECT_FALSE(t.below_usd || t.above_usd);
}

TEST(Trigger, OfAMemberIsItsGroups) {
    World w = eth_world();
    w.add_position("second", curve_worth(kEth, kUsdc, 2500, 4000, 10'000, 3152.40, 1), {leg(kAave, kEth)});
    w.fill(adjust(w.decide())->order);
    const auto leader = trigger_prices(w.seen, w.state, w.params, 0);
    const auto member = trigger_prices(w.seen, w.state, w.params, 1);
    ASSERT_TRUE(leader.below_usd);
    EXPECT_EQ(leader.below_usd, member.below_usd);
    EXPECT_EQ(leader.above_usd, member.above_usd);
}

AssetId first_risky(const World& w) {
    const auto& c = w.seen.pools[0].value->curve;
    return c.asset0 == kUsdc ? c.asset1 : c.asset0;
}

void the_answer_changes_there() {
    World w = willing_world();
    for (auto d = w.decide(); d.act_on; d = w.decide()) w.fill(adjust(d, *d.act_on)->order);  // come to rest
    const auto t = trigger_prices(w.seen, w.state, w.params, 0);
    const auto asset = first_risky(w);
    const auto acts = [&](double usd) { return adjust(at(w, asset, usd).decide(), 0) != nullptr; };
    RC_CLASSIFY(t.below_usd.has_value(), "below");
    RC_CLASSIFY(t.above_usd.has_value(), "above");
    constexpr double kJust = 1e-7;
    if (t.below_usd) {
        RC_ASSERT(*t.below_usd < w.price(asset));
        RC_ASSERT(acts(*t.below_usd * (1 - kJust)));
        RC_ASSERT(!acts(*t.below_usd * (1 + kJust)));
    }
    if (t.above_usd) {
        RC_ASSERT(*t.above_usd > w.price(asset));
        RC_ASSERT(acts(*t.above_usd * (1 + kJust)));
        RC_ASSERT(!acts(*t.above_usd * (1 - kJust)));
    }
}

/// Each trigger price is some hundred decisions, so fewer cases than the other properties have.
TEST(TriggerProperty, TheAnswerChangesExactlyThere) {
    rc::detail::TestParams params;
    params.seed = 20261;
    params.maxSuccess = 250;
    const auto result =
        rc::detail::checkTestable(the_answer_changes_there, rc::detail::TestMetadata{}, params);
    std::ostringstream text;
    rc::detail::printResultMessage(result, text);
    EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << text.str();
}

}  // namespace
}  // namespace outrigger::decide_test
