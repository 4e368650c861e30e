// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/prices.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace outrigger::study {
namespace {

TimePoint at(std::int64_t seconds) {
    return TimePoint{std::chrono::seconds{seconds}};
}

TEST(Prices, LongAndWideSayTheSame) {
    const auto tall = parse_prices(
        "timestamp,asset,market,close\n3600,BTC,spot,20000\n3600,ETH,spot,1000\n7200,ETH,spot,1100.5\n");
    const auto wide = parse_prices("timestamp,BTC,ETH\r\n3600,20000,1000\r\n7200,,1100.5");
    ASSERT_TRUE(tall) << tall.error().what;
    ASSERT_TRUE(wide) << wide.error().what;
    for (const auto* table : {&*tall, &*wide}) {
        EXPECT_EQ(table->names, (std::vector<std::string>{"BTC", "ETH"}));
        EXPECT_EQ(table->at, (std::vector<TimePoint>{at(3600), at(7200)}));
        EXPECT_EQ(table->usd(0, 0), 20000);
        EXPECT_TRUE(std::isnan(table->usd(1, 0)));
        EXPECT_EQ(table->usd(1, 1), 1100.5);
    }
}

TEST(Prices, SayWhereTheyAreWrong) {
    const std::string wide = "timestamp,ETH\n";
    for (const auto& [text, line, word] : std::vector<std::tuple<std::string, std::string, std::string>>{
             {"", "", "empty"},
             {"timestamp,ETH\n", "", "no rows"},
             {"time,ETH\n1,2\n", "line 1", "timestamp"},
             {"timestamp,asset,volume\n", "line 1", "close"},
             {"timestamp,ETH,ETH\n1,2,3\n", "line 1", "once"},
             {wide + "1,2\nx,3\n", "line 3", "whole seconds"},
             {wide + "1.5,2\n", "line 2", "whole seconds"},
             {wide + "1,2,3\n", "line 2", "3 cells"},
             {wide + "1,2\n\n", "line 3", "1 cells"},
             {wide + "1,0\n", "line 2", "positive"},
             {wide + "1,-2\n", "line 2", "positive"},
             {wide + "1,nan\n", "line 2", "positive"},
             {wide + "1,inf\n", "line 2", "positive"},
             {wide + "1,1e400\n", "line 2", "positive"},
             {wide + "2,1\n1,1\n", "line 3", "older"},
             {wide + "1,1\n1,1\n", "line 3", "second price"},
             {"timestamp,asset,close\n1,ETH,1\n1,ETH,2\n", "line 3", "second price"},
             {"timestamp,asset,close\n1,,1\n", "line 2", "no name"}}) {
        const auto got = parse_prices(text);
        ASSERT_FALSE(got) << text;
        EXPECT_NE(got.error().what.find(line), std::string::npos) << got.error().what;
        EXPECT_NE(got.error().what.find(word), std::string::npos) << got.error().what;
    }
}

TEST(Bars, TakeTheLastPriceInsideEachAndSpanGaps) {
    // ETH ticks twice in the first hour; the third hour has no BTC.
    const auto table = parse_prices(
        "timestamp,ETH,BTC\n3600,100,10\n5400,150,\n7200,110,11\n10800,121,\n14400,133.1,12.1\n18000,133.1,"
        "12.1\n");
    const auto bars = bars_of(*table, {.names = {"BTC", "ETH"}});
    ASSERT_TRUE(bars) << bars.error().what;
    EXPECT_EQ(bars->first, at(3600));
    EXPECT_EQ(bars->ends, (std::vector<TimePoint>{at(7200), at(14400), at(18000)}));
    EXPECT_EQ(bars->after_gap, (std::vector<bool>{false, true, false}));
    EXPECT_NEAR(bars->returns(0, 0), 0.1, 1e-12);
    EXPECT_NEAR(bars->returns(0, 1), 0.1, 1e-12);
    EXPECT_NEAR(bars->returns(1, 1), 0.21, 1e-12);
    EXPECT_EQ(bars->returns(2, 1), 0);
}

TEST(Bars, RefuseWhatTheyCannotForm) {
    const auto table = parse_prices("timestamp,ETH\n3600,1\n7200,2\n10800,3\n");
    EXPECT_EQ(bars_of(*table, {.names = {"BTC"}}).error().code, Errc::not_found);
    EXPECT_EQ(bars_of(*table, {.names = {"ETH", "ETH"}}).error().code, Errc::config);
    EXPECT_EQ(bars_of(*table, {.names = {}}).error().code, Errc::config);
    EXPECT_EQ(bars_of(*table, {.names = {"ETH"}, .bar = std::chrono::seconds{0}}).error().code, Errc::config);
    EXPECT_EQ(bars_of(*table, {.names = {"ETH"}, .from = at(7200), .to = at(7200)}).error().code,
              Errc::config);
    EXPECT_EQ(bars_of(*table, {.names = {"ETH"}, .from = at(7200)}).error().code, Errc::stale);
}

}  // namespace
}  // namespace outrigger::study
