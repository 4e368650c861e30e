// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/walk.hpp"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <cmath>
#include <functional>

#include "hedge/study/baseline_rules.hpp"
#include "hedge/study/summary.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::VectorXd;
using std::chrono::hours;

/// The reference returns as hourly bars.
StudyBars bars(Index rows = 750) {
    StudyBars out;
    out.names = {"ETH", "BTC", "SOL", "LINK", "ARB", "AAVE"};
    out.bar = hours{1};
    out.first = TimePoint{hours{24 * 1000}};
    const auto all = reference::panel_of(reference::csv("returns_6x750.csv")).returns;
    out.returns = (all.topRows(rows).array().exp() - 1).matrix();
    for (Index t = 0; t < rows; ++t) out.ends.push_back(out.first + hours{t + 1});
    out.after_gap.assign(static_cast<std::size_t>(rows), false);
    return out;
}

WalkSpec spec() {
    WalkSpec out;
    out.exposure_usd = VectorXd::Zero(6);
    out.exposure_usd[4] = 10'000;
    out.instruments = {0, 1};
    out.warm_up = hours{240};
    return out;
}

std::unique_ptr<HedgeRule> ols(hours window = hours{120}) {
    return moments_rule(Moments::rolling_ols, window, hours{1}, {0, 1});
}

TEST(Walk, BooksFixedSharesAsByHand) {
    const auto b = bars();
    auto one = fixed_rule(VectorXd::Unit(2, 0));
    const auto steps = walk(b, spec(), *one).value();
    ASSERT_EQ(steps.size(), 749U);
    EXPECT_EQ(steps[0].traded_usd, 10'000);
    for (std::size_t t = 0; t < steps.size(); ++t) {
        const auto next = static_cast<Index>(t + 1);
        const double arb = b.returns(next, 4);
        const double eth = b.returns(next, 0);
        EXPECT_NEAR(steps[t].unhedged_usd, 10'000 * arb, 1e-9);
        EXPECT_NEAR(steps[t].hedged_usd, 10'000 * (arb - eth), 1e-9);
        EXPECT_EQ(steps[t].counted, t >= 240) << t;
        if (t + 1 < steps.size()) {
            EXPECT_NEAR(steps[t + 1].traded_usd, 10'000 * std::abs(1 - (1 + eth) / (1 + arb)), 1e-9);
        }
    }
}

TEST(Walk, HedgesByTheRegressionOfTheWindowBefore) {
    const auto b = bars();
    auto rule = ols();
    const auto steps = walk(b, spec(), *rule).value();
    EXPECT_TRUE(steps[118].held_usd.isZero(0));
    for (const Index t : {Index{119}, Index{400}, Index{700}}) {
        Eigen::MatrixXd x(120, 3);
        x << Eigen::VectorXd::Ones(120), b.returns.block(t - 119, 0, 120, 2);
        const VectorXd beta = x.colPivHouseholderQr().solve(b.returns.block(t - 119, 4, 120, 1));
        const auto& held = steps[static_cast<std::size_t>(t)].held_usd;
        EXPECT_NEAR(held[0], -10'000 * beta[1], 1e-6);
        EXPECT_NEAR(held[1], -10'000 * beta[2], 1e-6);
    }
}

/// Every decision of the shorter history is also the longer one's.
void expect_blind_to_the_future(const std::function<std::unique_ptr<HedgeRule>()>& rule) {
    auto whole = rule();
    auto part = rule();
    const auto all = walk(bars(), spec(), *whole).value();
    const auto some = walk(bars(500), spec(), *part).value();
    for (std::size_t t = 0; t < some.size(); ++t) {
        EXPECT_EQ(some[t].held_usd, all[t].held_usd) << t;
        EXPECT_EQ(some[t].traded_usd, all[t].traded_usd) << t;
        EXPECT_EQ(some[t].hedged_usd, all[t].hedged_usd) << t;
    }
}

TEST(Walk, NeverLooksAhead) {
    for (const auto moments : {Moments::rolling_ols, Moments::rolling_ledoit_wolf, Moments::ewma}) {
        expect_blind_to_the_future([&] { return moments_rule(moments, hours{120}, hours{1}, {0, 1}); });
    }
}

TEST(Walk, DecidesAsOftenAsItIsTold) {
    auto daily = spec();
    daily.every = hours{24};
    auto rule = fixed_rule(VectorXd::Unit(2, 0));
    const auto b = bars();
    const auto steps = walk(b, daily, *rule).value();
    ASSERT_EQ(steps.size(), 750U / 24 - 1);
    const double arb = (1 + b.returns.block(24, 4, 24, 1).array()).prod() - 1;
    EXPECT_NEAR(steps[0].unhedged_usd, 10'000 * arb, 1e-8);
    EXPECT_EQ(steps[0].until - steps[0].at, hours{24});
    EXPECT_EQ(steps[9].counted, false);  // ten days of warm-up after the first whole one
    EXPECT_EQ(steps[10].counted, true);
}

TEST(Walk, AFullRangePositionMovesWithTheRootOfThePrice) {
    auto lp = spec();
    lp.held = Held::full_range_lp;
    auto rule = fixed_rule({});
    const auto b = bars();
    const auto steps = walk(b, lp, *rule).value();
    EXPECT_NEAR(steps[0].unhedged_usd, 20'000 * (std::sqrt(1 + b.returns(1, 4)) - 1), 1e-9);
    EXPECT_EQ(position_value(lp), 20'000);
}

TEST(Walk, RefusesWhatDoesNotFit) {
    auto rule = ols();
    auto wrong = spec();
    wrong.instruments = {0, 6};
    EXPECT_EQ(walk(bars(), wrong, *rule).error().code, Errc::config);
    wrong = spec();
    wrong.exposure_usd.setZero();
    EXPECT_EQ(walk(bars(), wrong, *rule).error().code, Errc::config);
    wrong = spec();
    wrong.every = std::chrono::minutes{90};
    EXPECT_EQ(walk(bars(), wrong, *rule).error().code, Errc::config);
    wrong = spec();
    wrong.warm_up = hours{749};
    EXPECT_EQ(walk(bars(), wrong, *rule).error().code, Errc::stale);
}

TEST(Walk, InstrumentsThatCannotBeToldApartAreNotTraded) {
    auto b = bars();
    b.returns.col(1) = b.returns.col(0);
    auto rule = ols();
    const auto steps = walk(b, spec(), *rule).value();
    for (const auto& step : steps) EXPECT_TRUE(step.held_usd.isZero(0));
    b.returns.col(0).setZero();
    auto still = moments_rule(Moments::ewma, hours{120}, hours{1}, {0});
    auto one = spec();
    one.instruments = {0};
    const auto unmoved = walk(b, one, *still).value();
    for (const auto& step : unmoved) EXPECT_TRUE(step.held_usd.isZero(0));
}

TEST(Summary, IsWhatTheStepsSay) {
    auto rule = fixed_rule(VectorXd::Unit(2, 0));
    const auto steps = walk(bars(), spec(), *rule).value();
    const auto got = summarise(steps, spec()).value();
    EXPECT_EQ(got.decisions, 749U - 240U);
    EXPECT_NEAR(got.gross_ratio, 1, 1e-12);
    double traded = 0;
    for (const auto& step : steps) traded += step.counted ? step.traded_usd : 0;
    EXPECT_NEAR(got.turnover, traded / 509 * 365 * 24 / 10'000, 1e-9);
    auto none = fixed_rule({});
    const auto nothing = summarise(walk(bars(), spec(), *none).value(), spec()).value();
    EXPECT_EQ(nothing.variance_reduction, 0);
    EXPECT_EQ(nothing.turnover, 0);
    EXPECT_EQ(nothing.trades_per_year, 0);
}

}  // namespace
}  // namespace outrigger::study
