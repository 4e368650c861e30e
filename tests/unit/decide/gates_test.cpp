// SPDX-License-Identifier: Apache-2.0
// Each gate stops on its own, says so, and names the key that would open it.
#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

struct Case {
    std::string gate;
    std::string key;
    std::function<World()> world;
};

World with(World w, const std::function<void(World&)>& change) {
    change(w);
    return w;
}

/// The position is gone, its hedge is not, and its pool has become worthless as a witness.
World gone_world(PositionState state) {
    World w = eth_world();
    w.pool().state = state;
    w.pool().curve.liquidity = 0;
    w.pool().pool_price *= 3;
    w.account(kAave).position[kEth] = -2;
    return w;
}

std::vector<Case> cases() {
    return {
        {"band", "thresholds.delta_band_ratio",
         [] { return with(eth_world(), [](World& w) { w.account(kAave).position[kEth] = -2.8; }); }},
        {"size", "limits.min_trade_usd",
         [] {
             return with(eth_world(), [](World& w) {
                 w.settings().delta_band_ratio = 0;
                 w.account(kAave).position[kEth] = -2.8709 + 80 / 3152.40;
             });
         }},
        {"cooldown", "thresholds.rehedge_cooldown",
         [] { return with(eth_world(), [](World& w) { w.facts().last_fill = kNow - seconds(119); }); }},
        {"trades", "limits.max_trades_per_day",
         [] { return with(eth_world(), [](World& w) { w.facts().trades_today = 20; }); }},
        {"proxy", "model.min_variance_removed",
         [] {
             return with(arb_world(), [](World& w) { w.settings().pipeline.min_variance_removed = 0.99; });
         }},
        {"pool_gap", "oracle.max_pool_gap_bps",
         [] { return with(eth_world(), [](World& w) { w.pool().pool_price *= std::exp(0.0081); }); }},
        {"pool_gap", "oracle.max_pool_gap_bps",
         [] { return with(eth_world(), [](World& w) { w.pool().pool_price *= std::exp(-0.0081); }); }},
        {"position", "when_gone",
         [] {
             World w = gone_world(PositionState::burned);
             w.settings().when_gone = WhenGone::hold;
             return w;
         }},
        {"health", "venues.health_factor_floor",
         [] { return with(eth_world(), [](World& w) { w.account(kAave).health = 1.599; }); }},
        {"data_age", "guard.max_data_age",
         [] {
             return with(eth_world(), [](World& w) { w.seen.pins[kChain].timestamp = kNow - seconds(61); });
         }},
        {"data_age", "guard.max_data_age",
         [] { return with(eth_world(), [](World& w) { w.seen.pins.clear(); }); }},
        {"failures", "limits.max_failed_tx_in_a_row",
         [] { return with(eth_world(), [](World& w) { w.facts().failures_in_a_row = 3; }); }},
        {"in_flight", "",
         [] { return with(eth_world(), [](World& w) {
                  w.seen.in_flight.push_back({{}, kNow});
              }); }},
        {"guard", "", [] { return with(eth_world(), [](World& w) { w.state.halted = true; }); }},
        {"guard", "", [] { return with(eth_world(), [](World& w) { w.facts().paused = true; }); }},
    };
}

const Gate& gate(const Decision& d, const std::string& name, std::size_t i = 0) {
    const auto& gates = d.positions.at(i).gates;
    const auto found =
        std::find_if(gates.begin(), gates.end(), [&](const Gate& g) { return g.name == name; });
    EXPECT_NE(found, gates.end()) << name;
    return *found;
}

TEST(Gates, AllPassWhenItActs) {
    for (const auto& w : {eth_world(), arb_world()}) {
        const auto d = w.decide();
        ASSERT_NE(adjust(d), nullptr) << held_for(d);
        for (const auto& g : d.positions[0].gates) EXPECT_EQ(g.state, GateState::pass) << g.name;
        EXPECT_EQ(d.positions[0].gates.size(), d.positions[0].figures.cross ? 13U : 12U);
    }
}

TEST(Gates, EachStopsAloneAndNamesItsKey) {
    for (const auto& c : cases()) {
        SCOPED_TRACE(c.gate);
        const auto d = c.world().decide();
        EXPECT_EQ(held_for(d), c.gate);
        EXPECT_FALSE(d.act_on);
        for (const auto& g : d.positions[0].gates)
            EXPECT_EQ(g.state == GateState::stop, g.name == c.gate) << g.name;
        EXPECT_EQ(gate(d, c.gate).key, c.key);
        EXPECT_FALSE(gate(d, c.gate).now.empty());
        EXPECT_FALSE(gate(d, c.gate).limit.empty());
        ASSERT_NE(hold(d), nullptr);
        EXPECT_NE(hold(d)->detail.find(gate(d, c.gate).now), std::string::npos) << hold(d)->detail;
    }
}

TEST(Gates, TheirKeysAreOnesTheConfigurationHas) {
    std::ifstream file(OUTRIGGER_SOURCE_DIR "/docs/configuration.md");
    std::stringstream text;
    text << file.rdbuf();
    for (const auto& c : cases()) {
        if (c.key.empty()) continue;
        const auto last = c.key.substr(c.key.rfind('.') + 1);
        EXPECT_NE(text.str().find("`" + last + "`"), std::string::npos) << c.key;
    }
}

TEST(Gates, TheHedgeOfAGonePositionFollowsItToNothing) {
    for (const auto state : {PositionState::burned, PositionState::transferred}) {
        const auto d = gone_world(state).decide();
        ASSERT_NE(adjust(d), nullptr) << held_for(d);
        EXPECT_EQ(d.positions[0].figures.value_usd, 0);
        ASSERT_EQ(legs_of(d).size(), 1U);
        EXPECT_EQ(legs_of(d)[0].target_units, 0);
    }
    // Emptied is not gone: its owner may fill it again, and its pool still has a say.
    EXPECT_EQ(held_for(gone_world(PositionState::emptied).decide()), "pool_gap");
}

TEST(Gates, LimitsThemselvesAreAllowed) {
    World w = eth_world();
    w.facts().last_fill = kNow - seconds(120);
    w.facts().trades_today = 19;
    w.facts().failures_in_a_row = 2;
    w.account(kAave).health = 1.6;
    w.seen.pins[kChain].timestamp = kNow - seconds(60);
    EXPECT_NE(adjust(w.decide()), nullptr) << held_for(w.decide());
}

TEST(Gates, LaterGatesAreAnsweredToo) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -2.8;
    w.facts().trades_today = 20;
    const auto d = w.decide();
    EXPECT_EQ(held_for(d), "band");
    EXPECT_EQ(gate(d, "trades").state, GateState::stop);
}

TEST(Gates, TheLargerOfTheTwoBandsCounts) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -2.0;  // $2,746 off, beyond 10 %
    EXPECT_NE(adjust(w.decide()), nullptr);
    w.settings().delta_band_usd = 3000;
    EXPECT_EQ(held_for(w.decide()), "band");
    EXPECT_EQ(w.decide().positions[0].figures.band_usd, 3000);
}

TEST(Gates, ForceAfterReCentresInsideTheBand) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -2.8;
    w.settings().force_after = seconds(3600);
    EXPECT_EQ(held_for(w.decide()), "band");  // never hedged: nothing to count from
    w.facts().last_fill = kNow - seconds(3599);
    EXPECT_EQ(held_for(w.decide()), "band");
    w.facts().last_fill = kNow - seconds(3600);
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d);
    EXPECT_NE(gate(d, "band").now.find("force_after"), std::string::npos);
    w.account(kAave).position[kEth] = -2.85;  // $66: due, and still too small to trade
    EXPECT_EQ(held_for(w.decide()), "size");
}

TEST(Gates, ABegunHedgeIsFinishedWhateverBandAndCooldownSay) {
    World w = eth_world();
    w.account(kAave).position[kEth] = -2.8;
    w.facts().last_fill = kNow - seconds(1);
    EXPECT_EQ(held_for(w.decide()), "band");
    w.facts().hedge_open = true;
    EXPECT_NE(adjust(w.decide()), nullptr) << held_for(w.decide());
    w.facts().trades_today = 20;  // the begun one is the twentieth, not the twenty-first
    EXPECT_NE(adjust(w.decide()), nullptr) << held_for(w.decide());
    w.facts().trades_today = 21;
    EXPECT_EQ(held_for(w.decide()), "trades");
    w.facts().trades_today = 0;
    w.facts().paused = true;  // but not against the operator
    EXPECT_EQ(held_for(w.decide()), "guard");
}

TEST(Gates, DisabledPositionsAreLeftAlone) {
    World w = eth_world();
    w.settings().enabled = false;
    w.seen.pools[0].value = fail(Errc::rpc, "not asked");
    const auto d = w.decide();
    EXPECT_EQ(held_for(d), "disabled");
    EXPECT_EQ(d.next.blind_rounds, 0U);
}

}  // namespace
}  // namespace outrigger::decide_test
