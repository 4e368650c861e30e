// SPDX-License-Identifier: Apache-2.0
// Unreadable is never zero: every missing, failed or nonsensical input holds, and is named.
#include <functional>

#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

struct Case {
    std::string label;
    std::string named;  // what the sentence must contain
    std::function<void(World&)> spoil;
};

const tl::unexpected<Error> kDown = fail(Errc::transport, "connection refused");

std::vector<Case> shared_cases() {
    std::vector<Case> out{
        {"pool", "connection refused", [](World& w) { w.seen.pools[0].value = kDown; }},
        {"pool names the position", "usdc", [](World& w) { w.seen.pools[0].value = kDown; }},
        {"liquidity NaN", "usdc", [](World& w) { w.pool().curve.liquidity = kNan; }},
        {"liquidity negative", "usdc", [](World& w) { w.pool().curve.liquidity = -1; }},
        {"range upside down", "usdc",
         [](World& w) { w.pool().curve.price_upper = w.pool().curve.price_lower / 2; }},
        {"USDC missing", "USDC", [](World& w) { w.seen.prices.erase(kUsdc); }},
        {"USDC failed", "USDC", [](World& w) { w.seen.prices.at(kUsdc).value = kDown; }},
        {"USDC stale", "USDC",
         [](World& w) { w.seen.prices.at(kUsdc).value->published = kNow - seconds(86401); }},
        {"ETH missing", "ETH", [](World& w) { w.seen.prices.erase(kEth); }},
        {"ETH failed", "ETH", [](World& w) { w.seen.prices.at(kEth).value = kDown; }},
        {"ETH from the future", "in the future",
         [](World& w) { w.seen.prices.at(kEth).value->published = kNow + seconds(61); }},
        {"ETH stale", "4321 s",
         [](World& w) { w.seen.prices.at(kEth).value->published = kNow - seconds(4321); }},
    };
    for (const double bad : {kNan, 0.0, -3152.40, kInfinity, -kInfinity}) {
        out.push_back({"ETH " + std::to_string(bad), "ETH",
                       [bad](World& w) { w.seen.prices.at(kEth).value->usd = bad; }});
    }
    for (const double bad : {kNan, 0.0, -1.0, kInfinity}) {
        out.push_back(
            {"pool price " + std::to_string(bad), "usdc", [bad](World& w) { w.pool().pool_price = bad; }});
    }
    return out;
}

std::vector<Case> account_cases(VenueId venue) {
    const auto name = "venue " + std::to_string(venue.value);
    return {
        {"account missing", name, [=](World& w) { w.seen.accounts.erase(venue); }},
        {"account failed", name + ": connection refused",
         [=](World& w) { w.seen.accounts.at(venue).value = kDown; }},
        {"no ETH at the venue", "ETH", [=](World& w) { w.account(venue).position.erase(kEth); }},
        {"held NaN", "ETH", [=](World& w) { w.account(venue).position[kEth] = kNan; }},
        {"held infinite", "ETH", [=](World& w) { w.account(venue).position[kEth] = -kInfinity; }},
        {"health NaN", name, [=](World& w) { w.account(venue).health = kNan; }},
    };
}

std::vector<Case> panel_cases() {
    return {
        {"no history", "price history",
         [](World& w) { w.seen.panel = fail(Errc::stale, "no price history yet"); }},
        {"too short", "model.min_bars", [](World& w) { w.seen.panel = history(23); }},
        {"ARB unknown", "arb-usdc", [](World& w) { w.seen.panel->assets[2] = AssetId(9); }},
        {"NaN return", "arb-usdc", [](World& w) { w.seen.panel->returns(17, 2) = kNan; }},
        {"ARB failed", "ARB", [](World& w) { w.seen.prices.at(kArb).value = kDown; }},
        {"BTC failed", "BTC", [](World& w) { w.seen.prices.at(kBtc).value = kDown; }},
        {"BTC zero", "BTC", [](World& w) { w.seen.prices.at(kBtc).value->usd = 0; }},
        {"ETH never moved", "arb-usdc", [](World& w) { w.seen.panel->returns.col(0).setZero(); }},
        {"no leg at all", "venue", [](World& w) { w.settings().legs.clear(); }},
    };
}

void expect_unreadable(const World& good, const Case& c, bool begun) {
    SCOPED_TRACE(c.label);
    World w = good;
    w.facts().hedge_open = begun;  // a begun hedge opens gates; it must not open this one
    c.spoil(w);
    const auto d = w.decide();
    EXPECT_EQ(held_for(d), "unreadable");
    EXPECT_FALSE(d.act_on);
    EXPECT_FALSE(d.positions[0].figures.known);
    EXPECT_EQ(d.next.blind_rounds, 1U);
    if (const auto* h = hold(d)) {
        EXPECT_NE(h->detail.find(c.named), std::string::npos) << h->detail;
    }
}

TEST(Unreadable, EveryInputOfADirectHedgeHolds) {
    ASSERT_NE(adjust(eth_world().decide()), nullptr);
    for (const bool begun : {false, true}) {
        for (const auto& c : shared_cases()) expect_unreadable(eth_world(), c, begun);
        for (const auto& c : account_cases(kAave)) expect_unreadable(eth_world(), c, begun);
    }
}

TEST(Unreadable, EveryInputOfACrossHedgeHolds) {
    ASSERT_NE(adjust(arb_world().decide()), nullptr);
    for (const bool begun : {false, true}) {
        for (const auto& c : shared_cases()) expect_unreadable(arb_world(), c, begun);
        for (const auto& c : account_cases(kPerp)) expect_unreadable(arb_world(), c, begun);
        for (const auto& c : panel_cases()) expect_unreadable(arb_world(), c, begun);
    }
}

TEST(Unreadable, WhatIsNotNeededMayBeUnreadable) {
    World w = eth_world();
    w.seen.panel = fail(Errc::stale, "no price history yet");  // hedged one for one
    w.seen.prices.at(kBtc).value = kDown;
    w.seen.prices.erase(kArb);
    w.seen.accounts.at(kPerp).value = kDown;
    EXPECT_NE(adjust(w.decide()), nullptr) << held_for(w.decide());
}

TEST(Unreadable, OneBlindPositionDoesNotBlindTheOthers) {
    World w = eth_world();
    w.add_position("arb-usdc", arb_curve(), {leg(kPerp, kEth)});
    w.seen.pools[1].value = kDown;
    const auto d = w.decide();
    EXPECT_NE(adjust(d, 0), nullptr);
    EXPECT_EQ(held_for(d, 1), "unreadable");
    EXPECT_EQ(d.act_on, std::size_t{0});
    EXPECT_EQ(d.next.blind_rounds, 1U);
}

TEST(Unreadable, AGroupIsBlindWhenAnyMemberIs) {
    World w = eth_world();
    w.add_position("second-usdc", eth_curve(), {leg(kAave, kEth)});
    w.seen.pools[1].value = kDown;
    const auto d = w.decide();
    EXPECT_EQ(held_for(d, 0), "unreadable");
    EXPECT_EQ(held_for(d, 1), "unreadable");
    EXPECT_NE(hold(d, 0)->detail.find("second-usdc"), std::string::npos) << hold(d, 0)->detail;
}

TEST(Unreadable, BlindRoundsCountHaltAndRecover) {
    World w = eth_world();
    const World good = w;
    w.seen.prices.at(kEth).value = kDown;
    for (std::uint32_t round = 1; round <= 5; ++round) {
        const auto d = w.decide();
        EXPECT_EQ(d.next.blind_rounds, round);
        EXPECT_FALSE(d.act_on);
        const auto* halt = std::get_if<Halt>(&d.positions[0].action);
        EXPECT_EQ(halt != nullptr, round >= 3) << round;
        if (halt != nullptr) {
            EXPECT_EQ(halt->reason, "blind");
            EXPECT_NE(halt->detail.find("ETH"), std::string::npos);
        }
        w.state = d.next;
    }
    w.seen = good.seen;
    const auto d = w.decide();
    EXPECT_EQ(d.next, State{});
    EXPECT_NE(adjust(d), nullptr);
}

TEST(Unreadable, ZeroMeansNeverHalting) {
    World w = eth_world();
    w.params.blind_rounds_max = 0;
    w.state.blind_rounds = 1000;
    w.seen.pools[0].value = kDown;
    EXPECT_EQ(held_for(w.decide()), "unreadable");
}

}  // namespace
}  // namespace outrigger::decide_test
