// SPDX-License-Identifier: Apache-2.0
#include "oracle/price_csv.hpp"

#include <gtest/gtest.h>

namespace outrigger {
namespace {

TimePoint at(std::int64_t s) {
    return TimePoint{std::chrono::seconds{s}};
}

TEST(PriceCsv, BothFormsOfFileAndOfTime) {
    const auto one =
        parse_price_csv("time,price\r\n1700000000,2000.5\r\n\r\n2023-11-14T23:13:20Z,2001\n", "ETH");
    ASSERT_TRUE(one) << one.error().what;
    EXPECT_EQ(one->at("ETH"), (std::vector<PriceTick>{{at(1700000000), 2000.5}, {at(1700003600), 2001}}));
    const auto two = parse_price_csv("asset,time,price\nBTC,2,5\nETH,1,3\nBTC,1,4\nBTC,1,4\n", "");
    ASSERT_TRUE(two) << two.error().what;
    EXPECT_EQ(two->at("BTC"), (std::vector<PriceTick>{{at(1), 4}, {at(2), 5}})) << "in order, each once";
    EXPECT_EQ(two->at("ETH").size(), 1U);
}

TEST(PriceCsv, IsReadBackAsItWasWritten) {
    const std::map<std::string, std::vector<PriceTick>> prices{
        {"ARB", {{at(1700000001), 0.1 + 0.2}, {at(1800000000), 1e-9}}}, {"ETH", {{at(0), 3152.4}}}};
    EXPECT_EQ(parse_price_csv(to_price_csv(prices), "").value(), prices);
}

TEST(PriceCsv, EverythingElseIsRefusedWithItsLine) {
    const auto why = [](const char* text, const char* asset = "ETH") {
        const auto read = parse_price_csv(text, asset);
        return read ? std::string("accepted") : read.error().what;
    };
    EXPECT_EQ(why(""), "it is empty");
    EXPECT_NE(why("1700000000,2000\n").find("line 1: the columns must be"), std::string::npos);
    EXPECT_NE(why("time,price\n1,2\n", "").find("whose prices"), std::string::npos);
    EXPECT_NE(why("time,price\n1,2\n1,2,3\n").find("line 3: it has 3 cells"), std::string::npos);
    for (const char* bad :
         {"1,0", "1,-1", "1,nan", "1,inf", "1,", ",1", "1,2x", "1, 2", "-1,2", "1e3,2", "0x10,2",
          "2026-13-01T00:00:00Z,2", "2026-02-30T00:00:00Z,2", "2026-01-01T24:00:00Z,2",
          "2026-01-01 00:00:00,2", "2026-01-01T00:00:00+01,2", "1,1e999"})
        EXPECT_NE(why((std::string("time,price\n1,2\n") + bad + "\n").c_str()).find("line 3: "),
                  std::string::npos)
            << bad;
    EXPECT_NE(why("time,price\n7,2\n7,3\n").find("two prices at 1970-01-01T00:00:07Z: 2 and 3"),
              std::string::npos);
    EXPECT_NE(why("asset,time,price\nET;H,7,2\n").find("no asset's symbol"), std::string::npos);
}

TEST(PriceCsv, EveryDayThereIs) {
    // Against the C library's own calendar.
    for (std::int64_t s = 0; s < 4'102'444'800; s += 86'399 * 7) {
        const std::time_t t = s;
        std::tm tm{};
        gmtime_r(&t, &tm);
        std::array<char, 32> text{};
        std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &tm);
        ASSERT_EQ(parse_time(text.data()).value(), at(s)) << text.data();
    }
}

}  // namespace
}  // namespace outrigger
