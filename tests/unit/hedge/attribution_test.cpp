// SPDX-License-Identifier: Apache-2.0
#include "hedge/attribution.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace outrigger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A full-range position of liquidity 1,000 in WETH against a dollar, hedged short, at a price.
HoldingPoint at_price(double usd, double fees_weth, double hedge, int hour) {
    HoldingPoint p;
    p.at = TimePoint{hours{400'000 + hour}};
    p.principal = {{"WETH", 1000 / std::sqrt(usd)}, {"USDC", 1000 * std::sqrt(usd)}};
    p.fees = {{"WETH", fees_weth}, {"USDC", 0}};
    p.hedge = {{"WETH", hedge}};
    p.price_usd = {{"WETH", usd}, {"USDC", 1}};
    p.liquidity = "1000";
    return p;
}

TEST(Attribution, TakesApartAllOfIt) {
    const auto before = at_price(2500, 0.01, -20, 0);
    auto after = at_price(2600, 0.03, -20, 1);
    after.gas_usd = 4;
    const auto a = attribute(before, after).value();
    // What it was worth, fees and hedge included, by the whitepaper's V = 2 L sqrt(P).
    const double lp = 2000 * (std::sqrt(2600.0) - std::sqrt(2500.0));
    EXPECT_NEAR(a.unhedged_usd(), lp + 0.03 * 2600 - 0.01 * 2500, 1e-9);
    EXPECT_NEAR(a.delta_usd, (20 + 0.01) * 100, 1e-9);
    EXPECT_NEAR(a.fees_usd, 0.02 * 2600, 1e-9);
    EXPECT_LT(a.gamma_usd, 0);  // loss versus rebalancing
    EXPECT_NEAR(a.hedge_usd, -2000, 1e-9);
    EXPECT_NEAR(a.hedged_usd(), a.unhedged_usd() - 2000 - 4, 1e-9);
    EXPECT_FALSE(a.carry_usd);
}

TEST(Attribution, CarryIsWhatTheEquityDidBeyondTheMove) {
    auto before = at_price(2500, 0, -2, 0);
    auto after = at_price(2600, 0, -2, 1);
    before.venue_equity_usd = 10'000;
    after.venue_equity_usd = 10'000 - 200 - 1.25;  // an hour's borrow
    EXPECT_NEAR(attribute(before, after)->carry_usd.value(), -1.25, 1e-9);
    after.writes = 1;  // money may have moved
    EXPECT_FALSE(attribute(before, after)->carry_usd);
}

TEST(Attribution, InterestIsApartFromFunding) {
    auto before = at_price(2500, 0, -5, 0);  // two borrowed, three of a perpetual
    auto after = at_price(2600, 0, -5, 1);
    before.venue_equity_usd = 10'000 + 4'000;
    before.loans = VenueHolding{10'000, {{"WETH", -2}}};
    after.venue_equity_usd = (10'000 - 200 - 1.25) + (4'000 - 300 + 0.75);
    after.loans = VenueHolding{10'000 - 200 - 1.25, {{"WETH", -2.0005}}};
    const auto a = attribute(before, after).value();
    EXPECT_NEAR(a.interest_usd.value(), -1.25, 1e-9);
    EXPECT_NEAR(a.funding_usd().value(), 0.75, 1e-9);
    after.loans.reset();
    EXPECT_FALSE(attribute(before, after)->funding_usd());
}

TEST(Attribution, AnotherHoldingIsNotExplained) {
    const auto before = at_price(2500, 0.01, -2, 0);
    auto more = at_price(2500, 0.01, -2, 1);
    more.liquidity = "2000";
    EXPECT_EQ(attribute(before, more).error().code, Errc::unsupported);
    EXPECT_EQ(attribute(before, at_price(2500, 0, -2, 1)).error().code, Errc::unsupported);  // collected
    EXPECT_EQ(attribute(before, before).error().code, Errc::decode);
    auto blind = at_price(2500, 0.02, -2, 1);
    blind.price_usd.erase("WETH");
    EXPECT_EQ(attribute(before, blind).error().code, Errc::decode);
    blind.price_usd["WETH"] = std::nan("");
    EXPECT_EQ(attribute(before, blind).error().code, Errc::decode);
}

TEST(Attribution, AddsUpByBar) {
    std::vector<Attribution> parts;
    const TimePoint start{hours{400'000}};
    for (int i = 0; i < 5; ++i) {
        Attribution a;
        a.from = start + minutes{30 * i};
        a.to = a.from + minutes{30};
        a.delta_usd = 1 << i;
        if (i != 1) a.carry_usd = 0.5;
        parts.push_back(a);
    }
    const auto bars = by_bar(parts, hours{1});
    ASSERT_EQ(bars.size(), 3U);
    EXPECT_EQ(bars[0].delta_usd, 3);
    EXPECT_EQ(bars[1].delta_usd, 12);
    EXPECT_EQ(bars[2].delta_usd, 16);
    EXPECT_FALSE(bars[0].carry_usd);
    EXPECT_EQ(bars[1].carry_usd, 1.0);
    EXPECT_EQ(bars[0].from, start);
    EXPECT_EQ(sum_of(parts).delta_usd, 31);
    EXPECT_EQ(sum_of(parts).carry_usd, 2.0);
    EXPECT_EQ(sum_of({}).delta_usd, 0);
}

}  // namespace
}  // namespace outrigger
