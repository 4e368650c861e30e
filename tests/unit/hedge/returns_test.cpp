// SPDX-License-Identifier: Apache-2.0
#include "hedge/returns.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::kInfinity;
using reference::kNaN;
using std::chrono::seconds;

TimePoint at(std::int64_t s) {
    return TimePoint{seconds{s}};
}

PriceSeries series(std::uint16_t asset, std::vector<PriceTick> ticks, std::int64_t heartbeat = 100) {
    return {AssetId{asset}, seconds{heartbeat}, std::move(ticks)};
}

PanelSpec spec(std::int64_t from, std::int64_t to, std::int64_t bar = 100, std::int64_t grace = 0) {
    return {.bar = seconds{bar}, .grace = seconds{grace}, .from = at(from), .to = at(to)};
}

TEST(ReturnPanel, MatchesReferencePreviousTickBars) {
    const auto want = reference::load("03_async_returns.json");
    const double tolerance = want["_meta"]["tolerance"]["relative"];
    ASSERT_EQ(want["assets"], (reference::Json{"ETH", "BTC", "LINK"}));
    const auto ticks = reference::ticks(seconds{1'000'000});  // the reference does not judge staleness
    TimePoint from{};
    TimePoint to = TimePoint::max();
    for (const PriceSeries& s : ticks) {
        from = std::max(from, s.ticks.front().at);
        to = std::min(to, s.ticks.back().at);
    }
    for (const auto& c : want["previous_tick"]) {
        PanelSpec wanted;
        wanted.bar = seconds{c["bar_s"].get<std::int64_t>()};
        wanted.from = from;
        wanted.to = to;
        const auto panel = make_panel(ticks, wanted);
        ASSERT_TRUE(panel) << panel.error().what;
        const auto t = panel->returns.rows();
        EXPECT_EQ(t, c["n_returns"].get<Eigen::Index>());
        EXPECT_EQ((panel->ends.front() - wanted.bar).time_since_epoch().count(),
                  c["grid_first"].get<std::int64_t>());
        EXPECT_EQ(panel->dropped, 0U);
        EXPECT_LT(reference::distance(panel->returns.colwise().sum().transpose(),
                                      reference::vector(c["sum_returns"])),
                  1e-8);  // telescoped: 1e3 roundings
        const Eigen::MatrixXd covariance =
            panel->returns.transpose() * panel->returns / static_cast<double>(t);
        EXPECT_LT(reference::distance(covariance, reference::matrix(c["cov_per_bar_uncentered"])), tolerance);
    }
}

TEST(ReturnPanel, GridIsUtcAlignedAndIncludesTicksOnIt) {
    const std::vector<PriceSeries> one{
        series(7, {{at(50), 1.0}, {at(100), 2.0}, {at(199), 3.0}, {at(201), 4.0}})};
    const auto panel = make_panel(one, spec(0, 250));
    ASSERT_TRUE(panel) << panel.error().what;
    ASSERT_EQ(panel->returns.rows(), 1);
    EXPECT_EQ(panel->assets, std::vector{AssetId{7}});
    EXPECT_EQ(panel->ends, std::vector{at(200)});
    EXPECT_DOUBLE_EQ(panel->returns(0, 0), std::log(1.5));
}

TEST(ReturnPanel, StalePriceDropsTheRowOfEveryAssetAndNoReturnSpansTheGap) {
    const std::vector<PriceSeries> two{
        series(
            0,
            {{at(0), 1.0}, {at(100), 1.1}, {at(200), 1.2}, {at(300), 1.3}, {at(400), 1.4}, {at(500), 1.5}}),
        series(1,
               {{at(0), 2.0}, {at(100), 2.2}, {at(400), 2.8}, {at(500), 3.0}}),  // stale at 300, fresh at 200
    };
    const auto panel = make_panel(two, spec(0, 500));
    ASSERT_TRUE(panel) << panel.error().what;
    EXPECT_EQ(panel->ends, (std::vector{at(100), at(200), at(500)}));
    EXPECT_EQ(panel->dropped, 2U);
    EXPECT_DOUBLE_EQ(panel->returns(1, 1), 0.0);  // heartbeat kept, no move: a real zero
    EXPECT_DOUBLE_EQ(panel->returns(2, 0), std::log(1.5 / 1.4));
    EXPECT_DOUBLE_EQ(panel->returns(2, 1), std::log(3.0 / 2.8));
}

TEST(ReturnPanel, GraceDecidesTheEdgeOfStaleness) {
    const std::vector<PriceSeries> one{series(0, {{at(0), 1.0}, {at(95), 1.1}}, 80)};
    EXPECT_FALSE(make_panel(one, spec(100, 200, 100, 24)));  // 105 s old, 104 allowed
    const auto panel = make_panel(one, spec(100, 200, 100, 25));
    ASSERT_TRUE(panel) << panel.error().what;
    EXPECT_EQ(panel->returns.rows(), 1);
}

TEST(ReturnPanel, LastOfTicksWithOneTimestampCounts) {
    const std::vector<PriceSeries> one{series(0, {{at(0), 1.0}, {at(100), 5.0}, {at(100), 2.0}})};
    const auto panel = make_panel(one, spec(0, 100));
    ASSERT_TRUE(panel) << panel.error().what;
    EXPECT_DOUBLE_EQ(panel->returns(0, 0), std::log(2.0));
}

TEST(ReturnPanel, NeverLooksAhead) {
    std::vector<PriceSeries> one{series(0, {{at(0), 1.0}, {at(100), 1.1}, {at(200), 1.2}})};
    const auto before = make_panel(one, spec(0, 200));
    one[0].ticks.push_back({at(201), 99.0});
    const auto after = make_panel(one, spec(0, 200));
    ASSERT_TRUE(before && after);
    EXPECT_EQ(before->returns, after->returns);
}

TEST(ReturnPanel, HistoryBeforeTheFirstTickIsNotAGap) {
    const std::vector<PriceSeries> one{series(0, {{at(1000), 1.0}, {at(1100), 1.1}})};
    const auto panel = make_panel(one, spec(0, 1100));
    ASSERT_TRUE(panel) << panel.error().what;
    EXPECT_EQ(panel->dropped, 0U);
    EXPECT_EQ(panel->returns.rows(), 1);
}

TEST(ReturnPanel, WorksBeforeTheEpochToo) {
    const std::vector<PriceSeries> one{series(0, {{at(-250), 1.0}, {at(-150), 2.0}})};
    PanelSpec wanted = spec(-250, -100, 100, 60);
    const auto panel = make_panel(one, wanted);
    ASSERT_TRUE(panel) << panel.error().what;
    EXPECT_EQ(panel->ends, std::vector{at(-100)});
    EXPECT_DOUBLE_EQ(panel->returns(0, 0), std::log(2.0));
}

struct BadInput {
    const char* name;
    std::vector<PriceSeries> series;
    PanelSpec spec;
    Errc code;
};

TEST(ReturnPanel, BadInputIsAnError) {
    const std::vector<PriceTick> good{{at(0), 1.0}, {at(100), 1.1}, {at(200), 1.2}};
    PanelSpec many = spec(0, 200);
    many.min_bars = 3;
    const std::vector<BadInput> cases{
        {"no assets", {}, spec(0, 200), Errc::config},
        {"no ticks", {series(0, {})}, spec(0, 200), Errc::stale},
        {"too few bars", {series(0, good)}, many, Errc::stale},
        {"nothing in the window", {series(0, good)}, spec(1000, 2000), Errc::stale},
        {"window the wrong way round", {series(0, good)}, spec(200, 0), Errc::stale},
        {"zero price", {series(0, {{at(0), 0.0}, {at(100), 1.0}})}, spec(0, 100), Errc::decode},
        {"negative price", {series(0, {{at(0), 1.0}, {at(100), -1.0}})}, spec(0, 100), Errc::decode},
        {"NaN price", {series(0, {{at(0), kNaN}, {at(100), 1.0}})}, spec(0, 100), Errc::decode},
        {"infinite price", {series(0, {{at(0), kInfinity}, {at(100), 1.0}})}, spec(0, 100), Errc::decode},
        {"unordered", {series(0, {{at(100), 1.0}, {at(0), 1.0}})}, spec(0, 100), Errc::decode},
        {"asset twice", {series(0, good), series(0, good)}, spec(0, 200), Errc::decode},
        {"zero bar", {series(0, good)}, spec(0, 200, 0), Errc::config},
        {"negative grace", {series(0, good)}, spec(0, 200, 100, -1), Errc::config},
        {"negative heartbeat", {series(0, good, -1)}, spec(0, 200), Errc::config},
        {"far too many bars", {series(0, good)}, spec(0, 4'000'000'000, 1), Errc::config},
        {"absurd change", {series(0, {{at(0), 5e-324}, {at(100), 1e308}})}, spec(0, 100), Errc::decode},
    };
    for (const BadInput& c : cases) {
        const auto panel = make_panel(c.series, c.spec);
        ASSERT_FALSE(panel) << c.name;
        EXPECT_EQ(panel.error().code, c.code) << c.name << ": " << panel.error().what;
    }
}

}  // namespace
}  // namespace outrigger
