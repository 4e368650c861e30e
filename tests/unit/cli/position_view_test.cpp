// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/position_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"

namespace outrigger::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// WETH/USDC at 2,000, between 1,500 and 2,500; its amounts are the curve's own at that price.
PositionStory story(double price = 2000, double lower = 1500, double upper = 2500) {
    PositionStory s;
    s.name = "eth-usdc";
    s.ref = {"uniswap-v3", 7, {}, {}, {}, {}};
    s.token0 = "WETH";
    s.token1 = "USDC";
    s.view.curve = {AssetId(0), AssetId(1), 1000, lower, upper};
    s.view.decimals0 = 18;
    s.view.decimals1 = 6;
    s.view.pool_price = price;
    s.view.fee_pips = 500;
    s.view.tick_lower = Tick(-100);
    s.view.tick_upper = Tick(100);
    s.view.tick = Tick(price < lower ? -101 : (price >= upper ? 100 : 0));
    s.view.in_range = price >= lower && price < upper;
    s.view.liquidity = U256(1);
    s.view.principal = {U256(2'360'679'774'997'896'964ULL), U256(5'991'374'000)};
    s.view.uncollected_fees = {U256(10'000'000'000'000'000ULL), U256(5'000'000)};
    s.volatility_note = "--volatility";
    s.entry_note = "give it with --entry-price";
    return s;
}

PositionStory valued(PositionStory s, ReportInputs in = {}) {
    in.price0_usd = s.inverted ? 1 : s.view.pool_price;
    in.price1_usd = s.inverted ? 1 / s.view.pool_price : 1;
    const auto report = report_position(s.view, in);
    EXPECT_TRUE(report) << report.error().what;
    s.report = report.value_or(PositionReport{});
    return s;
}

std::string all(const PositionStory& s) {
    std::string out;
    for (const auto& line : in_full(s)) out += line + "\n";
    return out;
}

TEST(PositionView, InRangeSaysWhenItIsLeft) {
    const auto s = valued(story());
    EXPECT_EQ(standing(s), "in range 1,500.00–2,500.00 USDC per WETH, now 2,000.00");
    EXPECT_THAT(all(s),
                HasSubstr("left below 1,500.00 (-25.0 %) and above 2,500.00 (+25.0 %) USDC per WETH"));
    EXPECT_THAT(all(s), HasSubstr("2.3607 WETH + 5,991.37 USDC"));
    EXPECT_THAT(all(s), HasSubstr("0.01000 WETH + 5.0000 USDC ($25.00) uncollected; they count as exposure"));
    EXPECT_THAT(in_brief(s), StartsWith("Uniswap v3 NFT 7 · fee 0.05 % · $"));
}

TEST(PositionView, OutOfRangeSaysWhatItIsAndWhereTheRangeIs) {
    EXPECT_EQ(standing(valued(story(3000))),
              "out of range: all USDC; back in range below 2,500.00 USDC per WETH (-16.7 %)");
    EXPECT_EQ(standing(valued(story(1000))),
              "out of range: all WETH; back in range above 1,500.00 USDC per WETH (+50.0 %)");
}

TEST(PositionView, PricesAreQuotedInDollarsWhicheverTokenIsFirst) {
    auto s = story(1 / 2000.0, 1 / 2500.0, 1 / 1500.0);
    s.token0 = "USDC";
    s.token1 = "WETH";
    s.inverted = true;
    EXPECT_EQ(standing(valued(s)), "in range 1,500.00–2,500.00 USDC per WETH, now 2,000.00");
    EXPECT_THAT(all(valued(s)), HasSubstr("left below 1,500.00 (-25.0 %) and above 2,500.00 (+25.0 %)"));
    EXPECT_THAT(all(valued(s)), HasSubstr(": 5,991.37 WETH + 2.3607 USDC"));  // whose price it is comes first
    const auto price = position_document(valued(s)).at("price");
    EXPECT_EQ(price.at("unit"), "USDC per WETH");
    EXPECT_NEAR(price.at("lower").at("price"), 1500, 1e-9);
    EXPECT_NEAR(price.at("lower").at("move"), -0.25, 1e-12);
    auto above = story(1 / 3000.0, 1 / 2500.0, 1 / 1500.0);  // WETH is dear: the position is all USDC, token0
    above.token0 = "USDC";
    above.token1 = "WETH";
    above.inverted = true;
    EXPECT_EQ(standing(valued(above)),
              "out of range: all USDC; back in range below 2,500.00 USDC per WETH (-16.7 %)");
}

TEST(PositionView, AFullRangeHasNoEdge) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto pair = valued(story(2000, 0, kInfinity));
    EXPECT_EQ(standing(pair), "in range at every price, now 2,000.00 USDC per WETH");
    const auto widest = valued(story(2000, 3e-39, 3e38));
    EXPECT_EQ(standing(widest), standing(pair));
    EXPECT_THAT(all(widest), HasSubstr("range       has no edge"));
    EXPECT_TRUE(position_document(pair)["price"]["lower"].is_null());
}

TEST(PositionView, WhatBecameOfItIsSaid) {
    auto s = story();
    s.view.curve.liquidity = 0;
    s.view.principal = {};
    s.view.state = PositionState::emptied;
    EXPECT_THAT(standing(valued(s)), HasSubstr("only fees that were not collected yet"));
    s.view.uncollected_fees = {};
    EXPECT_THAT(standing(valued(s)), HasSubstr("there is nothing to hedge"));
    s.view.state = PositionState::burned;
    EXPECT_EQ(all(valued(s)), "burned: the NFT no longer exists, there is nothing left to hedge\n");
    EXPECT_EQ(
        in_brief(valued(s)),
        "Uniswap v3 NFT 7 · fee 0.05 % · burned: the NFT no longer exists, there is nothing left to hedge");
    s.view.state = PositionState::transferred;
    s.view.owner = parse_address("0xa478c2975ab1ea89e8196811f51a7b7ade33eb11").value();
    EXPECT_THAT(standing(valued(s)),
                HasSubstr("it belongs to 0xA478c2975Ab1Ea89e8196811F51A7B7Ade33eB11 now"));
}

TEST(PositionView, TheUnknownIsNamedAndNeverANumber) {
    auto s = story();
    s.unpriced = "no price feed of FOO";
    s.report = report_position(s.view, {}).value();
    EXPECT_THAT(all(s), HasSubstr("in USD unknown: no price feed of FOO"));
    EXPECT_THAT(all(s), HasSubstr("arbitrage   its cost is unknown: no price feed of FOO"));
    EXPECT_THAT(all(s), HasSubstr("divergence  from holding is unknown: give it with --entry-price"));
    EXPECT_THAT(all(s), Not(HasSubstr("delta")));
    const auto document = position_document(s);
    for (const char* key : {"value_usd", "fees_usd", "lvr_usd_per_day", "arbitrage_usd_per_day", "divergence",
                            "volatility_per_year"})
        EXPECT_TRUE(document.at(key).is_null()) << key;
    EXPECT_TRUE(document.at("tokens").at(0).at("delta_usd").is_null());
    EXPECT_EQ(document.at("unpriced"), "no price feed of FOO");
    auto known = story();
    known.volatility_note = "no price history";
    EXPECT_THAT(all(valued(known)), HasSubstr("arbitrage   its cost is unknown: no price history"));
}

TEST(PositionView, LossesAreInDollarsAndSayWhereTheyComeFrom) {
    auto s = story();
    s.volatility = 0.05 * std::sqrt(365.0);
    s.entry_price = 1000;
    s.entry_note = "from --entry-price";
    ReportInputs in;
    in.relative_variance_per_day = 0.0025;
    in.entry_price = 1000;
    in.block_time_s = 12;
    s = valued(s, in);
    EXPECT_THAT(all(s), HasSubstr("past the pool's fee; at 96 % a year, --volatility"));
    EXPECT_THAT(all(s), HasSubstr("against holding since 1,000.00 USDC per WETH, from --entry-price"));
    const auto document = position_document(s);
    EXPECT_NEAR(document.at("lvr_usd_per_day").get<double>(), 0.5 * 0.0025 * -s.report.greeks->dollar_gamma,
                1e-9);
    EXPECT_EQ(document.at("divergence").at("entry_price"), 1000);
    EXPECT_LT(document.at("divergence").at("ratio"), 0);
    EXPECT_EQ(document.at("tokens").at(0).at("principal_base_units"), "2360679774997896964");
    EXPECT_EQ(document.at("reference").at("id"), "7");
}

TEST(PositionView, AmountsKeepTheDigitsThatMatter) {
    EXPECT_EQ(token_amount(0), "0");
    EXPECT_EQ(token_amount(12345.678), "12,345.68");
    EXPECT_EQ(token_amount(2.87091), "2.8709");
    EXPECT_EQ(token_amount(0.000012346), "0.00001235");
    EXPECT_EQ(token_amount(1e-18), "0.000000000000000001");
}

}  // namespace
}  // namespace outrigger::cli
