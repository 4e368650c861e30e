// SPDX-License-Identifier: Apache-2.0
#include "hedge/regime.hpp"

#include <gtest/gtest.h>

#include <random>

namespace outrigger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr TimePoint kStart{std::chrono::seconds{1'700'000'000}};

struct RegimeTest : ::testing::Test {
    /// One bar later.
    const std::string& after(std::chrono::seconds wait, const RegimeEvidence& seen) {
        now += wait;
        step = next_regime(step.state, seen, params, now);
        return step.why;
    }
    Regime regime() const { return step.state.regime; }

    RegimeParams params{.min_variance_removed = 0.2};
    RegimeStep step{{.since = kStart}, ""};
    TimePoint now = kStart;
    RegimeEvidence quiet{.prices_confirmed = true, .variance_removed_low = 0.5, .variance_removed_high = 0.9};
};

TEST_F(RegimeTest, AnAlarmAloneNeverBreaks) {
    RegimeEvidence alarm = quiet;
    alarm.correlation_alarm = true;
    EXPECT_FALSE(after(hours{1}, alarm).empty());
    for (int i = 0; i < 100; ++i) after(hours{1}, alarm);
    EXPECT_EQ(regime(), Regime::decorr);
}

TEST_F(RegimeTest, AHedgeShownNotToPayIsBroken) {
    RegimeEvidence alarm = quiet;
    alarm.correlation_alarm = true;
    after(hours{1}, alarm);
    alarm.variance_removed_high = 0.19;
    EXPECT_NE(after(hours{1}, alarm).find("19 %"), std::string::npos) << step.why;
    EXPECT_EQ(regime(), Regime::broken);
}

TEST_F(RegimeTest, ARealisedLossCountsOnlyOverEnoughBars) {
    RegimeEvidence alarm = quiet;
    alarm.correlation_alarm = true;
    after(hours{1}, alarm);
    alarm.realised_variance_removed = -0.3;
    alarm.realised_bars = 47;
    after(hours{1}, alarm);
    EXPECT_EQ(regime(), Regime::decorr);
    alarm.realised_bars = 48;
    after(hours{1}, alarm);
    EXPECT_EQ(regime(), Regime::broken);
}

TEST_F(RegimeTest, WithoutAnAlarmBadFiguresDoNotBreak) {
    RegimeEvidence poor = quiet;
    poor.variance_removed_high = 0.0;
    after(hours{1}, poor);
    EXPECT_EQ(regime(), Regime::calm);
}

TEST_F(RegimeTest, CalmIsEarned) {
    RegimeEvidence alarm = quiet;
    alarm.correlation_alarm = true;
    after(hours{1}, alarm);
    after(hours{71}, quiet);
    EXPECT_EQ(regime(), Regime::decorr);
    RegimeEvidence unknown = quiet;
    unknown.variance_removed_low.reset();
    after(hours{1}, unknown);  // 72 h without an alarm, but nobody knows whether the hedge pays
    EXPECT_EQ(regime(), Regime::decorr);
    RegimeEvidence barely = quiet;
    barely.variance_removed_low = 0.30;
    after(hours{1}, barely);
    EXPECT_EQ(regime(), Regime::decorr);
    EXPECT_FALSE(after(hours{1}, quiet).empty());
    EXPECT_EQ(regime(), Regime::calm);
}

TEST_F(RegimeTest, AShockHoldsAndGivesWayToWhatItInterrupted) {
    RegimeEvidence wild = quiet;
    wild.residual_alarm = true;
    after(hours{1}, wild);
    ASSERT_EQ(regime(), Regime::vol_stress);
    RegimeEvidence shock = quiet;
    shock.shock = true;
    after(hours{1}, shock);
    ASSERT_EQ(regime(), Regime::shock);
    after(minutes{59}, quiet);
    EXPECT_EQ(regime(), Regime::shock);
    RegimeEvidence alone = quiet;
    alone.prices_confirmed = false;
    after(hours{5}, alone);
    EXPECT_EQ(regime(), Regime::shock);
    after(minutes{1}, quiet);
    EXPECT_EQ(regime(), Regime::vol_stress);
}

TEST_F(RegimeTest, BlindnessIsNoEvidence) {
    RegimeEvidence blind;
    blind.blind = true;
    blind.correlation_alarm = true;
    blind.shock = true;
    after(hours{1}, blind);
    EXPECT_EQ(regime(), Regime::blind);
    EXPECT_FALSE(step.state.last_alarm);
    after(hours{1}, quiet);
    EXPECT_EQ(regime(), Regime::calm);
    EXPECT_EQ(step.state.since, kStart);
}

TEST_F(RegimeTest, AStatisticAtItsThresholdCannotMakeItFlap) {
    std::mt19937_64 random(3);
    int changes = 0;
    for (int hour = 0; hour < 24 * 365; ++hour) {
        RegimeEvidence seen = quiet;
        seen.correlation_alarm = random() % 2 == 0;
        seen.variance_removed_low = random() % 2 == 0 ? 0.29 : 0.31;
        changes += after(hours{1}, seen).empty() ? 0 : 1;
    }
    EXPECT_EQ(changes, 1);
}

TEST(Slices, NeverToZeroInOneStep) {
    const Slices way{.from = -8, .to = 0, .start = kStart, .apart = minutes{15}, .count = 4};
    EXPECT_EQ(way.at(kStart - minutes{1}), -8);
    EXPECT_EQ(way.at(kStart), -6);
    EXPECT_EQ(way.at(kStart + minutes{14}), -6);
    EXPECT_EQ(way.at(kStart + minutes{15}), -4);
    EXPECT_EQ(way.at(kStart + minutes{45}), 0);
    EXPECT_EQ(way.at(kStart + hours{45}), 0);
}

TEST(DecorrelatedShare, IsBetweenNothingAndAll) {
    EXPECT_DOUBLE_EQ(decorrelated_share(0.4, 0.8), 0.5);
    EXPECT_EQ(decorrelated_share(-0.1, 0.8), 0);
    EXPECT_EQ(decorrelated_share(0.9, 0.8), 1);
}

}  // namespace
}  // namespace outrigger
