// SPDX-License-Identifier: Apache-2.0
#include "hedge/position_report.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;
using reference::kInfinity;
using reference::near;

constexpr AssetId kEth{0};
constexpr AssetId kUsdc{1};

LpView view_of(double liquidity, double lower, double upper, double price) {
    LpView v;
    v.curve = {kEth, kUsdc, liquidity, lower, upper};
    v.decimals0 = 18;
    v.decimals1 = 6;
    v.pool_price = price;
    v.fee_pips = 500;
    v.in_range = price >= lower && price < upper;
    return v;
}

ReportInputs priced(double price0, double price1) {
    ReportInputs in;
    in.price0_usd = price0;
    in.price1_usd = price1;
    return in;
}

/// One v2 position worth 100,000 USD at 2,000.
LpView constant_product(double price = 2000) {
    return view_of(50'000 / std::sqrt(2000.0), 0, kInfinity, price);
}

TEST(PositionReport, AmountsInWholeTokens) {
    LpView v = view_of(1000, 1500, 2500, 2000);
    v.principal = {U256(1'250'000'000'000'000'000ULL), U256(2'500'000)};
    v.uncollected_fees = {U256(10'000'000'000'000'000ULL), U256(1)};
    const auto r = report_position(v, priced(2000, 1));
    ASSERT_TRUE(r) << r.error().what;
    EXPECT_DOUBLE_EQ(r->principal0, 1.25);
    EXPECT_DOUBLE_EQ(r->principal1, 2.5);
    EXPECT_DOUBLE_EQ(r->fees0, 0.01);
    EXPECT_DOUBLE_EQ(r->fees1, 1e-6);
    EXPECT_DOUBLE_EQ(*r->fees_usd, 20 + 1e-6);
    EXPECT_DOUBLE_EQ(r->delta0->units, r->greeks->delta0 + 0.01);
    EXPECT_DOUBLE_EQ(r->delta0->usd, 2000 * r->delta0->units);
    ReportInputs apart = priced(2000, 1);
    apart.fees_in_exposure = false;
    const auto without = report_position(v, apart);
    ASSERT_TRUE(without);
    EXPECT_DOUBLE_EQ(without->delta0->units, r->greeks->delta0);
    EXPECT_DOUBLE_EQ(without->delta1->usd, r->greeks->delta1);
    EXPECT_DOUBLE_EQ(*without->fees_usd, 20 + 1e-6);
}

TEST(PositionReport, TheRangeIsLeftAtItsEdges) {
    const auto r = report_position(view_of(1000, 1500, 2500, 2000), {});
    ASSERT_TRUE(r);
    EXPECT_DOUBLE_EQ(r->lower->price, 1500);
    EXPECT_DOUBLE_EQ(r->lower->move, -0.25);
    EXPECT_DOUBLE_EQ(r->upper->price, 2500);
    EXPECT_DOUBLE_EQ(r->upper->move, 0.25);
    const auto whole = report_position(constant_product(), {});
    ASSERT_TRUE(whole);
    EXPECT_FALSE(whole->lower || whole->upper);
}

TEST(PositionReport, WhatIsNotGivenStaysUnknown) {
    ReportInputs in;
    in.price0_usd = 2000;  // one price alone values nothing
    in.relative_variance_per_day = 0.0025;
    const auto r = report_position(constant_product(), in);
    ASSERT_TRUE(r);
    EXPECT_FALSE(r->greeks || r->fees_usd || r->lvr_usd_per_day || r->arbitrage_usd_per_day || r->divergence);
    const auto no_variance = report_position(constant_product(), priced(2000, 1));
    ASSERT_TRUE(no_variance);
    EXPECT_TRUE(no_variance->greeks);
    EXPECT_FALSE(no_variance->lvr_usd_per_day || no_variance->arbitrage_usd_per_day);
    EXPECT_FALSE(no_variance->divergence);
}

TEST(PositionReport, NonsenseIsRefused) {
    LpView v = constant_product();
    v.pool_price = 0;
    EXPECT_EQ(report_position(v, {}).error().code, Errc::decode);
    EXPECT_EQ(report_position(constant_product(), priced(-1, 1)).error().code, Errc::decode);
    ReportInputs in = priced(2000, 1);
    in.relative_variance_per_day = 0;
    EXPECT_EQ(report_position(constant_product(), in).error().code, Errc::decode);
    in = priced(2000, 1);
    in.entry_price = 0;
    EXPECT_EQ(report_position(constant_product(), in).error().code, Errc::decode);
}

// Methods A.2: at 5 % a day a constant-product position loses 3.125 bp of its value a day.
TEST(PositionReport, LossAtFivePercentADay) {
    ReportInputs in = priced(2000, 1);
    in.relative_variance_per_day = 0.05 * 0.05;
    const auto r = report_position(constant_product(), in);
    ASSERT_TRUE(r);
    EXPECT_NEAR(r->greeks->value_usd, 100'000, 1e-6);
    EXPECT_NEAR(*r->lvr_usd_per_day / r->greeks->value_usd, 3.125e-4, 1e-15);
    EXPECT_FALSE(r->arbitrage_usd_per_day);  // the time between blocks was not given
}

TEST(PositionReport, LossesMatchReference) {
    const Json file = reference::load("02_lp_exposure.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    for (const char* kind : {"v2", "v3"}) {
        for (const Json& c : file[kind]) {
            const Json &i = c["input"], &s = i["Sigma"];
            ReportInputs in = priced(i["P0"], i["P1"]);
            in.relative_variance_per_day =
                s[0][0].get<double>() + s[1][1].get<double>() - 2 * s[0][1].get<double>();
            const LpView v = view_of(i["L"], i.value("pa", 0.0), i.value("pb", kInfinity),
                                     i["P0"].get<double>() / i["P1"].get<double>());
            const auto r = report_position(v, in);
            ASSERT_TRUE(r) << r.error().what;
            EXPECT_TRUE(near(*r->lvr_usd_per_day, c["output"]["lvr_usd_per_time"], tol)) << c;
            EXPECT_TRUE(near(r->greeks->delta0, c["output"]["amount0"], tol)) << c;
        }
    }
}

TEST(PositionReport, DivergenceMatchesReference) {
    const Json file = reference::load("02_lp_exposure.json");
    ASSERT_FALSE(file["divergence_loss"].empty());
    for (const Json& c : file["divergence_loss"]) {
        const double ratio = c["ratio"];
        // Value at the oracle's price, whatever the pool says; and at the pool's without an oracle.
        ReportInputs in = priced(2000 * ratio, 1);
        in.entry_price = 2000;
        const auto v2 = report_position(constant_product(), in);
        ASSERT_TRUE(v2);
        EXPECT_NEAR(v2->divergence->ratio, c["v2"].get<double>(), 1e-12) << c;
        ReportInputs by_pool;
        by_pool.entry_price = 2000;
        const auto v3 = report_position(view_of(1000, 1000, 4000, 2000 * ratio), by_pool);
        ASSERT_TRUE(v3);
        EXPECT_NEAR(v3->divergence->ratio, c["v3_half_double"].get<double>(), 1e-12) << c;
        EXPECT_FALSE(v3->divergence->usd);
    }
}

// Methods A.2: -5.7191 % at a doubled price. In dollars: 50,000 of each side became 100,000 + 50,000 if held.
TEST(PositionReport, DivergenceInDollars) {
    ReportInputs in = priced(4000, 1);
    in.entry_price = 2000;
    const auto r = report_position(constant_product(), in);
    ASSERT_TRUE(r);
    EXPECT_NEAR(r->divergence->ratio, -0.057191, 5e-7);
    EXPECT_NEAR(*r->divergence->usd, 100'000 * std::sqrt(2.0) - 150'000, 1e-6);
}

TEST(PositionReport, NothingDivergesFromNothing) {
    LpView v = view_of(0, 1000, 4000, 2000);
    v.state = PositionState::emptied;
    ReportInputs in = priced(2000, 1);
    in.entry_price = 1500;
    const auto r = report_position(v, in);
    ASSERT_TRUE(r);
    EXPECT_EQ(r->greeks->value_usd, 0);
    EXPECT_FALSE(r->divergence);
}

TEST(ArbitrageShare, MatchesReference) {
    const Json file = reference::load("02_lp_exposure.json");
    ASSERT_FALSE(file["arb_probability"].empty());
    for (const Json& c : file["arb_probability"]) {
        const double sigma = c["sigma_daily"], fee = std::expm1(c["fee_log"].get<double>());
        const double got = arbitrage_share(sigma * sigma, 86'400 / c["mean_interblock_s"].get<double>(), fee);
        EXPECT_TRUE(near(got, c["p_trade"], 1e-10)) << c;
    }
}

// Methods A.8: at 5 % a day and 12 s blocks, 5 bp of fee let 45.5 % of the loss through.
TEST(ArbitrageShare, IsTakenOffTheLoss) {
    ReportInputs in = priced(2000, 1);
    in.relative_variance_per_day = 0.0025;
    in.block_time_s = 12;
    const auto r = report_position(constant_product(), in);
    ASSERT_TRUE(r);
    EXPECT_NEAR(*r->arbitrage_usd_per_day / *r->lvr_usd_per_day, 0.455, 5e-4);
}

ReturnPanel panel_of(const Eigen::MatrixXd& returns, std::chrono::seconds bar) {
    ReturnPanel p;
    p.assets = {AssetId(0), AssetId(2)};
    p.returns = returns;
    p.bar = bar;
    return p;
}

TEST(RelativeVariance, OfADayFromTheBars) {
    Eigen::MatrixXd returns(2, 2);
    returns << 0.01, 0.01, -0.03, 0.01;
    const auto panel = panel_of(returns, std::chrono::hours(6));
    // Against a dollar: (0.01^2 + 0.03^2) / 2 a bar, four bars a day.
    EXPECT_NEAR(relative_variance_per_day(panel, AssetId(0), std::nullopt, 2).value(), 4 * 0.0005, 1e-15);
    EXPECT_NEAR(relative_variance_per_day(panel, std::nullopt, AssetId(0), 2).value(), 4 * 0.0005, 1e-15);
    // Against each other only what they do not share counts: (0 + 0.04^2) / 2.
    EXPECT_NEAR(relative_variance_per_day(panel, AssetId(0), AssetId(2), 2).value(), 4 * 0.0008, 1e-15);
}

TEST(RelativeVariance, IsUnknownRatherThanZero) {
    const auto panel = panel_of(Eigen::MatrixXd::Zero(5, 2), std::chrono::hours(1));
    EXPECT_EQ(relative_variance_per_day(panel, AssetId(0), std::nullopt, 6).error().code, Errc::stale);
    EXPECT_EQ(relative_variance_per_day(panel, AssetId(0), std::nullopt, 5).error().code, Errc::stale);
    EXPECT_EQ(relative_variance_per_day(panel, AssetId(1), std::nullopt, 1).error().code, Errc::not_found);
    EXPECT_EQ(relative_variance_per_day(panel, std::nullopt, std::nullopt, 1).error().code, Errc::not_found);
}

}  // namespace
}  // namespace outrigger
