// SPDX-License-Identifier: Apache-2.0
#include "oracle/aggregate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <cstdlib>

namespace outrigger {
namespace {

[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=5400 max_success=500", 0);

using std::chrono::seconds;
constexpr TimePoint kNow{seconds(1'700'000'000)};

BlockRef block(TimePoint t = kNow) {
    return {.chain = ChainId(1), .number = BlockNumber(100), .hash = BlockHash{{9}}, .timestamp = t};
}
FeedReading reading(const std::string& name, double usd, seconds age = seconds(60), double half_width = 1.0) {
    return {.name = name,
            .price = {.value = Price{.usd = usd, .half_width_usd = half_width, .published = kNow - age},
                      .as_of = block()},
            .max_age = seconds(4320),
            .newest_known = std::nullopt};
}
FeedReading broken(const std::string& name, Errc code) {
    auto r = reading(name, 1);
    r.price.value = fail(code, "no answer");
    return r;
}
const AggregateLimits kLimits{.max_deviation_ratio = 0.01, .quorum = 0, .future_slack = seconds(15)};

TEST(Aggregate, OneFreshSourcePassesThrough) {
    const std::vector feeds{reading("ETH/USD", 3152.4, seconds(12))};
    const auto price = aggregate(feeds, kLimits, kNow);
    ASSERT_TRUE(price.value);
    EXPECT_EQ(price.value->usd, 3152.4);
    EXPECT_EQ(price.value->half_width_usd, 1.0);
    EXPECT_EQ(price.value->published, kNow - seconds(12));
    EXPECT_EQ(price.as_of, block());
}

TEST(Aggregate, AStalePriceSaysHowStale) {
    const std::vector feeds{reading("ETH/USD", 3152.4, seconds(5400))};
    const auto price = aggregate(feeds, kLimits, kNow);
    ASSERT_FALSE(price.value);
    EXPECT_EQ(price.value.error().code, Errc::stale);
    EXPECT_EQ(price.value.error().what, "ETH/USD is 5,400 s old (limit 4,320 s)");
    EXPECT_TRUE(aggregate(std::vector{reading("ETH/USD", 1, seconds(4320))}, kLimits, kNow).value);
    EXPECT_FALSE(aggregate(std::vector{reading("ETH/USD", 1, seconds(4321))}, kLimits, kNow).value);
    const std::vector ancient{reading("X/USD", 1, seconds(1'234'567'890))};
    EXPECT_NE(aggregate(ancient, kLimits, kNow).value.error().what.find("1,234,567,890 s"),
              std::string::npos);
}

TEST(Aggregate, TheFutureIsNotBelieved) {
    EXPECT_TRUE(aggregate(std::vector{reading("A", 1, seconds(-15))}, kLimits, kNow).value);
    const auto late = aggregate(std::vector{reading("A", 1, seconds(-16))}, kLimits, kNow);
    EXPECT_EQ(late.value.error().code, Errc::decode);
    EXPECT_EQ(late.value.error().what, "A is dated 16 s in the future");
    // Ahead of the block it was read at, although not of our clock.
    auto ahead = reading("A", 1, seconds(0));
    ahead.price.as_of = block(kNow - seconds(100));
    EXPECT_EQ(aggregate(std::vector{ahead}, kLimits, kNow).value.error().code, Errc::decode);
}

TEST(Aggregate, AStepBackIsNotBelieved) {
    auto r = reading("A", 1, seconds(60));
    r.newest_known = kNow - seconds(60);
    EXPECT_TRUE(aggregate(std::vector{r}, kLimits, kNow).value);
    r.newest_known = kNow - seconds(59);
    EXPECT_EQ(aggregate(std::vector{r}, kLimits, kNow).value.error().code, Errc::decode);
}

TEST(Aggregate, UnreadableSourcesKeepTheirReason) {
    const auto price = aggregate(std::vector{broken("ETH/USD", Errc::timeout)}, kLimits, kNow);
    EXPECT_EQ(price.value.error().code, Errc::timeout);
    EXPECT_EQ(price.value.error().what, "ETH/USD: no answer");
    const auto none = aggregate({}, kLimits, kNow);
    EXPECT_EQ(none.value.error().code, Errc::config);
}

TEST(Aggregate, NumbersThatAreNoPriceAreRefused) {
    for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(aggregate(std::vector{reading("A", bad)}, kLimits, kNow).value.error().code, Errc::decode)
            << bad;
    }
    for (const double bad : {-1.0, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(aggregate(std::vector{reading("A", 5, seconds(1), bad)}, kLimits, kNow).value.error().code,
                  Errc::decode);
    }
}

TEST(Aggregate, MedianAndItsDoubts) {
    const auto odd =
        aggregate(std::vector{reading("A", 100.5, seconds(10), 0.1), reading("B", 100.0, seconds(500), 0.2),
                              reading("C", 100.2, seconds(20), 0.1)},
                  kLimits, kNow);
    ASSERT_TRUE(odd.value);
    EXPECT_DOUBLE_EQ(odd.value->usd, 100.2);
    EXPECT_NEAR(odd.value->half_width_usd, 0.3, 1e-12);
    EXPECT_EQ(odd.value->published, kNow - seconds(500));
    const auto even = aggregate(std::vector{reading("A", 100.0), reading("B", 100.4)}, kLimits, kNow);
    EXPECT_DOUBLE_EQ(even.value->usd, 100.2);
}

TEST(Aggregate, DisagreementIsNoPrice) {
    const auto price =
        aggregate(std::vector{reading("chainlink", 3000), reading("pyth", 3096)}, kLimits, kNow);
    ASSERT_FALSE(price.value);
    EXPECT_EQ(price.value.error().code, Errc::rejected);
    EXPECT_EQ(price.value.error().what,
              "sources disagree by 3.15 % (limit 1.00 %): chainlink 3000 USD, pyth 3096 USD");
    // A limit that was never set, or is not a number, allows nothing but equality.
    const std::vector near{reading("A", 100), reading("B", 100.001)};
    EXPECT_FALSE(aggregate(near, {}, kNow).value);
    EXPECT_FALSE(aggregate(near, {.max_deviation_ratio = std::nan("")}, kNow).value);
}

TEST(Aggregate, AMissedQuorumIsNoPrice) {
    const std::vector feeds{reading("A", 100), broken("B", Errc::transport),
                            reading("C", 100.1, seconds(9999))};
    const auto all = aggregate(feeds, kLimits, kNow);
    EXPECT_EQ(all.value.error().code, Errc::transport);
    EXPECT_EQ(all.value.error().what, "B: no answer (1 of 3 sources usable, 3 needed)");
    AggregateLimits limits = kLimits;
    limits.quorum = 2;
    EXPECT_FALSE(aggregate(feeds, limits, kNow).value);
    limits.quorum = 1;
    EXPECT_EQ(aggregate(feeds, limits, kNow).value->usd, 100);
    limits.quorum = 4;
    EXPECT_EQ(aggregate(std::vector{reading("A", 100)}, limits, kNow).value.error().code, Errc::config);
}

RC_GTEST_PROP(Aggregate, TheOrderOfSourcesDoesNotMatter, ()) {
    const auto ticks = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 90)));
    std::vector<FeedReading> feeds;
    for (const int t : ticks) feeds.push_back(reading("F", 100 + 0.01 * t, seconds(t), 0.0));
    const auto forward = aggregate(feeds, kLimits, kNow);
    std::reverse(feeds.begin(), feeds.end());
    const auto backward = aggregate(feeds, kLimits, kNow);
    RC_ASSERT(forward.value.has_value());
    RC_ASSERT(forward.value->usd == backward.value->usd);
    RC_ASSERT(forward.value->half_width_usd == backward.value->half_width_usd);
    RC_ASSERT(forward.value->published == backward.value->published);
    // Every source's price lies within the stated doubt.
    for (const auto& f : feeds)
        RC_ASSERT(std::abs(f.price.value->usd - forward.value->usd) <= forward.value->half_width_usd);
}

TEST(PoolGap, IsSignedBasisPoints) {
    EXPECT_NEAR(*pool_gap_bps(3000, 3000, 1), 0, 1e-9);
    EXPECT_NEAR(*pool_gap_bps(3000 * std::exp(0.0006), 3000, 1), 6.0, 1e-9);
    EXPECT_NEAR(*pool_gap_bps(2500 * std::exp(-0.03), 5000, 2), -300.0, 1e-9);
    EXPECT_NEAR(*pool_gap_bps(1e-30, 1e-15, 1e15), 0, 1e-9);
    for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        EXPECT_EQ(pool_gap_bps(bad, 1, 1).error().code, Errc::decode);
        EXPECT_EQ(pool_gap_bps(1, bad, 1).error().code, Errc::decode);
        EXPECT_EQ(pool_gap_bps(1, 1, bad).error().code, Errc::decode);
    }
}

}  // namespace
}  // namespace outrigger
