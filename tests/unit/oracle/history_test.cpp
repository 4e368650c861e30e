// SPDX-License-Identifier: Apache-2.0
#include "oracle/history.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

namespace outrigger {
namespace {

[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=240 max_success=500", 0);

using std::chrono::seconds;
constexpr AssetId kEth(1);
constexpr AssetId kArb(2);
constexpr ChainId kChain(10);

TimePoint at(std::int64_t s) {
    return TimePoint(seconds(s));
}
SeenAt seen(std::uint64_t number, std::uint8_t fork = 0) {
    return {kChain, BlockNumber(number), BlockHash{{fork, static_cast<std::uint8_t>(number)}}};
}
RecordedTick tick(std::int64_t t, double usd, std::optional<SeenAt> s = std::nullopt) {
    return {{at(t), usd}, s};
}
BlockRef block(std::uint64_t number, std::int64_t t, std::uint8_t fork = 0) {
    const auto s = seen(number, fork);
    return {.chain = s.chain, .number = s.number, .hash = s.hash, .timestamp = at(t)};
}
std::vector<PriceTick> plain(std::span<const RecordedTick> ticks) {
    std::vector<PriceTick> out;
    for (const auto& t : ticks) out.push_back(t.tick);
    return out;
}

TEST(PriceHistory, IsOrderedHoweverItArrives) {
    PriceHistory h;
    EXPECT_TRUE(*h.add(kEth, tick(300, 3)));
    EXPECT_TRUE(*h.add(kEth, tick(100, 1)));
    EXPECT_TRUE(*h.add(kEth, tick(200, 2)));
    EXPECT_TRUE(*h.add(kArb, tick(150, 9)));
    EXPECT_EQ(plain(h.ticks(kEth)), (std::vector<PriceTick>{{at(100), 1}, {at(200), 2}, {at(300), 3}}));
    EXPECT_EQ(h.newest(kEth)->tick.usd, 3);
    EXPECT_EQ(h.newest(AssetId(9)), std::nullopt);
    EXPECT_TRUE(h.ticks(AssetId(9)).empty());
}

TEST(PriceHistory, TheSameRoundTwiceIsOneTickWithItsEarliestEvidence) {
    PriceHistory h;
    EXPECT_TRUE(*h.add(kEth, tick(100, 1, seen(7))));
    EXPECT_FALSE(*h.add(kEth, tick(100, 1, seen(8))));
    EXPECT_EQ(h.newest(kEth)->seen, seen(7));
    EXPECT_TRUE(*h.add(kEth, tick(100, 1, seen(6))));
    EXPECT_EQ(h.newest(kEth)->seen, seen(6));
    EXPECT_TRUE(*h.add(kEth, tick(100, 1)));  // settled elsewhere
    EXPECT_EQ(h.newest(kEth)->seen, std::nullopt);
    EXPECT_FALSE(*h.add(kEth, tick(100, 1, seen(9))));
    EXPECT_EQ(h.ticks(kEth).size(), 1U);
}

TEST(PriceHistory, OfTwoPricesAtOneTimeTheLastCounts) {
    PriceHistory h;
    const std::vector both{tick(100, 1, seen(7)), tick(100, 2, seen(8))};
    EXPECT_EQ(*h.add_all(kEth, both), 2U);
    ASSERT_EQ(h.ticks(kEth).size(), 1U);
    EXPECT_EQ(h.newest(kEth)->tick.usd, 2);
    EXPECT_EQ(h.newest(kEth)->seen, seen(8));
}

TEST(PriceHistory, OneUnusablePriceAddsNothing) {
    PriceHistory h;
    for (const double bad : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
        const std::vector ticks{tick(100, 1), tick(200, bad)};
        EXPECT_EQ(h.add_all(kEth, ticks).error().code, Errc::decode);
        EXPECT_EQ(h.add(kEth, ticks[1]).error().code, Errc::decode);
    }
    EXPECT_TRUE(h.ticks(kEth).empty());
}

TEST(PriceHistory, AReorganisationTakesWhatOnlyTheLostBlocksShowed) {
    PriceHistory h;
    ASSERT_TRUE(h.add(kEth, tick(100, 1, seen(5))));  // below the fork
    ASSERT_TRUE(h.add(kEth, tick(110, 2, seen(7))));  // read above, published before the ancestor: its past
    ASSERT_TRUE(h.add(kEth, tick(125, 3, seen(7))));  // published on the lost branch
    ASSERT_TRUE(h.add(kEth, tick(130, 4)));           // settled
    ASSERT_TRUE(h.add(kArb, tick(140, 5, seen(8))));  // lost as well
    ASSERT_TRUE(h.add(kArb, {{at(150), 6}, SeenAt{ChainId(99), BlockNumber(8), {}}}));  // another chain
    EXPECT_EQ(h.drop_after(block(6, 120)), 2U);
    EXPECT_EQ(plain(h.ticks(kEth)), (std::vector<PriceTick>{{at(100), 1}, {at(110), 2}, {at(130), 4}}));
    EXPECT_EQ(plain(h.ticks(kArb)), (std::vector<PriceTick>{{at(150), 6}}));
    EXPECT_EQ(h.drop_after(block(6, 120)), 0U);
}

TEST(PriceHistory, ABlockOfTheAncestorsHeightButAnotherHashIsLost) {
    const auto mine = tick(130, 1, seen(6, 1));
    EXPECT_TRUE(lost_in_reorg(mine, block(6, 120, 2)));
    EXPECT_FALSE(lost_in_reorg(mine, block(6, 120, 1)));
    EXPECT_FALSE(lost_in_reorg(mine, block(7, 120, 2)));
}

TEST(PriceHistory, FinalBlocksSettleWhatTheyShowed) {
    PriceHistory h;
    ASSERT_TRUE(h.add(kEth, tick(100, 1, seen(5))));
    ASSERT_TRUE(h.add(kEth, tick(200, 2, seen(6))));
    h.settle(block(5, 100));
    EXPECT_EQ(h.ticks(kEth)[0].seen, std::nullopt);
    EXPECT_EQ(h.ticks(kEth)[1].seen, seen(6));
    EXPECT_EQ(h.drop_after(block(1, 0)), 1U);
    EXPECT_EQ(plain(h.ticks(kEth)), (std::vector<PriceTick>{{at(100), 1}}));
}

TEST(PriceHistory, SeriesStartsWithThePriceInForce) {
    PriceHistory h;
    for (const int t : {100, 200, 300}) ASSERT_TRUE(h.add(kEth, tick(t, t)));
    const auto first = [&](std::int64_t from) {
        return h.series(kEth, seconds(3600), at(from)).ticks.front().at;
    };
    EXPECT_EQ(first(50), at(100));
    EXPECT_EQ(first(100), at(100));
    EXPECT_EQ(first(199), at(100));
    EXPECT_EQ(first(200), at(200));
    EXPECT_EQ(first(999), at(300));
    const auto all = h.series(kEth, seconds(3600), at(0));
    EXPECT_EQ(all.asset, kEth);
    EXPECT_EQ(all.heartbeat, seconds(3600));
    EXPECT_EQ(all.ticks.size(), 3U);
    EXPECT_TRUE(h.series(kArb, seconds(1), at(0)).ticks.empty());
}

TEST(PriceHistory, TrimKeepsThePriceInForce) {
    PriceHistory h;
    for (const int t : {100, 200, 300}) ASSERT_TRUE(h.add(kEth, tick(t, t)));
    h.trim(at(50));
    EXPECT_EQ(h.ticks(kEth).size(), 3U);
    h.trim(at(250));
    EXPECT_EQ(plain(h.ticks(kEth)), (std::vector<PriceTick>{{at(200), 200}, {at(300), 300}}));
    h.trim(at(900));
    EXPECT_EQ(h.ticks(kEth).size(), 1U);
}

/// Against the obvious model: a map from time to price. Also: what a panel accepts.
RC_GTEST_PROP(PriceHistory, IsAMapByTime, ()) {
    const auto arrivals = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 30), rc::gen::inRange(1, 5)));
    PriceHistory h;
    std::map<TimePoint, double> model;
    for (const auto& [t, usd] : arrivals) {
        RC_ASSERT(h.add(kEth, tick(t, usd)).has_value());
        model[at(t)] = usd;
    }
    const auto known = h.ticks(kEth);
    RC_ASSERT(known.size() == model.size());
    RC_ASSERT(std::equal(known.begin(), known.end(), model.begin(), [](const RecordedTick& a, const auto& b) {
        return a.tick.at == b.first && std::equal_to<>()(a.tick.usd, b.second);
    }));
}

/// The history feeds the estimator's panel.
TEST(PriceHistory, MakesPanels) {
    PriceHistory h;
    for (int i = 0; i <= 10; ++i) {
        ASSERT_TRUE(h.add(kEth, tick(3600 * i, 3000 * std::exp(0.01 * i))));
        ASSERT_TRUE(h.add(kArb, tick(3600 * i, 1.2 * std::exp(-0.02 * i))));
    }
    const std::vector series{h.series(kEth, seconds(3600), at(0)), h.series(kArb, seconds(3600), at(0))};
    const auto panel =
        make_panel(series, {.bar = seconds(3600), .grace = seconds(120), .from = at(0), .to = at(36000)});
    ASSERT_TRUE(panel) << panel.error().what;
    ASSERT_EQ(panel->returns.rows(), 10);
    EXPECT_NEAR(panel->returns(3, 0), 0.01, 1e-12);
    EXPECT_NEAR(panel->returns(3, 1), -0.02, 1e-12);
}

}  // namespace
}  // namespace outrigger
