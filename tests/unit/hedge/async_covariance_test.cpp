// SPDX-License-Identifier: Apache-2.0
#include "hedge/async_covariance.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <random>

#include "hedge/bar_choice.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using reference::Json;
using reference::kNaN;
using std::chrono::seconds;

TimePoint at(std::int64_t s) {
    return TimePoint{seconds{s}};
}

PriceSeries series(std::uint16_t asset, std::vector<PriceTick> ticks) {
    return {AssetId{asset}, seconds{86'400}, std::move(ticks)};
}

const Json& file() {
    static const Json all = reference::load("03_async_returns.json");
    return all;
}

double tolerance() {
    return file()["_meta"]["tolerance"]["relative"];
}

TEST(AsyncCovariance, MatchesReferenceOverAllOverlaps) {
    const auto got = hayashi_yoshida(reference::ticks(seconds{14'400}));
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_LT(reference::distance(got->total(), reference::matrix(file()["hayashi_yoshida"]["total"])),
              tolerance());
    EXPECT_LT(reference::distance(got->correlation(), reference::matrix(file()["hayashi_yoshida"]["corr"])),
              tolerance());
    for (const Json& c : file()["hy_exponential"]) {
        const seconds half_life{c["halflife_s"].get<std::int64_t>()};
        const auto decayed = hayashi_yoshida(reference::ticks(seconds{14'400}), half_life);
        EXPECT_LT(reference::distance(decayed->total(), reference::matrix(c["matrix_at_last_tick"])),
                  tolerance());
    }
}

TEST(AsyncCovariance, TheHandExampleTiesIncluded) {
    const Json& c = file()["hand_example"];
    std::vector<PriceSeries> two{series(0, {}), series(1, {})};
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& t = c[i == 0 ? "t1" : "t2"];
        const auto& x = c[i == 0 ? "x1" : "x2"];
        for (std::size_t k = 0; k < t.size(); ++k)
            two[i].ticks.push_back({at(t[k].get<std::int64_t>()), std::exp(x[k].get<double>())});
    }
    EXPECT_NEAR(hayashi_yoshida(two)->total()(0, 1), c["hy"].get<double>(), 1e-15);
    const auto times = refresh_times(two).value();
    ASSERT_EQ(times.size(), c["refresh_times"].size());
    for (std::size_t i = 0; i < times.size(); ++i)
        EXPECT_EQ(times[i].time_since_epoch().count(), c["refresh_times"][i].get<std::int64_t>());
}

/// Brute force: every pair of intervals that overlap, by the definition.
double overlaps(const PriceSeries& a, const PriceSeries& b) {
    double sum = 0;
    for (std::size_t i = 1; i < a.ticks.size(); ++i) {
        for (std::size_t j = 1; j < b.ticks.size(); ++j) {
            const bool meet =
                std::max(a.ticks[i - 1].at, b.ticks[j - 1].at) < std::min(a.ticks[i].at, b.ticks[j].at);
            if (meet)
                sum += std::log(a.ticks[i].usd / a.ticks[i - 1].usd) *
                       std::log(b.ticks[j].usd / b.ticks[j - 1].usd);
        }
    }
    return sum;
}

TEST(AsyncCovariance, IsTheSumOverOverlapsWhateverTheTies) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 50; ++round) {
        std::vector<PriceSeries> three{series(0, {}), series(1, {}), series(2, {})};
        for (auto& one : three) {
            double x = 0;
            for (std::int64_t t = 0; t < 60; ++t) {  // whole seconds, so that many fall together
                if (random() % 3 != 0 && t > 0) continue;
                x += 0.01 * std::normal_distribution<double>()(random);
                one.ticks.push_back({at(t + static_cast<std::int64_t>(random() % 2)), std::exp(x)});
            }
            std::sort(one.ticks.begin(), one.ticks.end(), [](auto& l, auto& r) { return l.at < r.at; });
            one.ticks.erase(std::unique(one.ticks.begin(), one.ticks.end(),
                                        [](auto& l, auto& r) { return l.at == r.at; }),
                            one.ticks.end());
            if (one.ticks.size() < 2) one.ticks.push_back({at(100), 1.0});
        }
        const auto got = hayashi_yoshida(three).value().total();
        for (Eigen::Index i = 0; i < 3; ++i) {
            for (Eigen::Index j = 0; j < i; ++j) {
                const double want =
                    overlaps(three[static_cast<std::size_t>(i)], three[static_cast<std::size_t>(j)]);
                EXPECT_NEAR(got(i, j), want, 1e-14);
                EXPECT_EQ(got(i, j), got(j, i));
            }
        }
    }
}

TEST(AsyncCovariance, RefreshTimesMatchReference) {
    const Json& c = file()["refresh_time"];
    const auto ticks = reference::ticks(seconds{14'400});
    const auto times = refresh_times(ticks).value();
    ASSERT_EQ(times.size(), c["n_refresh"].get<std::size_t>());
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(times[i].time_since_epoch().count(), c["first5"][i].get<std::int64_t>());
        EXPECT_EQ(times[times.size() - 5 + i].time_since_epoch().count(), c["last5"][i].get<std::int64_t>());
    }
    const auto panel = refresh_panel(ticks).value();
    EXPECT_EQ(panel.ends.size(), times.size() - 1);
    const MatrixXd total = panel.returns.transpose() * panel.returns;
    EXPECT_LT(reference::distance(total, reference::matrix(c["realised_cov_total"])), tolerance());
}

TEST(AsyncCovariance, UnseenMovesMatchReference) {
    constexpr double kYear = 365 * 86'400.0;
    for (const Json& c : file()["stale_error_sd"]) {
        const FeedQuiet feed{c["sigma_annual"].get<double>() / std::sqrt(kYear), c["dev"],
                             seconds{c["heartbeat_s"].get<std::int64_t>()}};
        const double want = c["sd"];
        EXPECT_NEAR(unseen_move(feed, seconds{c["age_s"].get<std::int64_t>()}), want, tolerance() * want)
            << c;
    }
}

TEST(AsyncCovariance, WhatIsNoPriceIsRefusedAndChangesNothing) {
    AsyncCovariance c(2);
    ASSERT_TRUE(c.add(0, at(10), 100));
    ASSERT_TRUE(c.add(1, at(10), 5));
    const MatrixXd before = c.total();
    EXPECT_EQ(c.add(0, at(9), 100).error().code, Errc::decode);
    EXPECT_EQ(c.add(2, at(11), 100).error().code, Errc::decode);
    for (const double wrong : {0.0, -1.0, kNaN, reference::kInfinity})
        EXPECT_EQ(c.add(0, at(11), wrong).error().code, Errc::decode);
    EXPECT_EQ(c.total(), before);
    EXPECT_TRUE(c.correlation().isIdentity());  // nothing has moved
    EXPECT_EQ(hayashi_yoshida(std::vector{series(0, {{at(1), 1.0}})}).error().code, Errc::stale);
    EXPECT_EQ(hayashi_yoshida({}).error().code, Errc::stale);
    EXPECT_EQ(refresh_times(std::vector{series(0, {{at(2), 1.0}, {at(1), 1.0}})}).error().code, Errc::decode);
    EXPECT_EQ(refresh_panel(std::vector{series(0, {{at(2), 1.0}})}).error().code, Errc::stale);
    const auto twice =
        refresh_panel(std::vector{series(0, {{at(1), 1.0}, {at(2), 9.0}, {at(2), 2.0}})}).value();
    EXPECT_DOUBLE_EQ(twice.returns(0, 0), std::log(2.0));  // of two at one moment the last counts
}

TEST(AsyncCovariance, ClippingMakesACorrelation) {
    MatrixXd wild(3, 3);
    wild << 1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1;
    const MatrixXd got = clipped_correlation(wild).value();
    EXPECT_TRUE(got.diagonal().isOnes(1e-12));
    EXPECT_GT(Eigen::SelfAdjointEigenSolver<MatrixXd>(got).eigenvalues()[0], 0);
    const MatrixXd fine = reference::matrix(file()["hayashi_yoshida"]["corr"]);
    EXPECT_LT((clipped_correlation(fine).value() - fine).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_FALSE(clipped_correlation(MatrixXd::Constant(2, 2, kNaN)));
    EXPECT_FALSE(clipped_correlation(-MatrixXd::Identity(2, 2)));
}

TEST(BarChoice, IsEightIntervalsOfTheSlowestSource) {
    const auto ticks = reference::ticks(seconds{14'400});
    const std::vector<std::string> names{"ETH", "BTC", "LINK"};
    const auto choice = choose_bar(ticks, names, {.min_bars = 10});
    ASSERT_TRUE(choice) << choice.error().what;
    EXPECT_NEAR(choice->interval.count(), file()["mean_interval_s"][2].get<double>(), 1e-9);
    EXPECT_EQ(choice->slowest, AssetId{2});
    EXPECT_EQ(choice->bar, seconds{28'800});  // 8 x 3,018 s are 6.7 h
    EXPECT_NE(choice->why.find("LINK"), std::string::npos) << choice->why;
    ASSERT_GE(choice->candidates.size(), 4U);
    EXPECT_LT(choice->candidates[0].correlation_kept, 0.6);  // Epps
    EXPECT_GT(choice->candidates[3].correlation_kept, choice->candidates[0].correlation_kept);
    const auto none = choose_bar(ticks, names, {.min_bars = 1'000});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Errc::stale);
    EXPECT_NE(none.error().what.find("LINK"), std::string::npos);
}

TEST(BarChoice, DenseSourcesAreNotMadeNoisierThanAnHour) {
    std::vector<PriceSeries> two{series(0, {}), series(1, {})};
    std::mt19937_64 random(8);
    std::normal_distribution<double> normal;
    double a = 0;
    double b = 0;
    for (std::int64_t t = 0; t < 20 * 86'400; t += 30) {
        const double common = 0.0004 * normal(random);
        a += common + 0.0002 * normal(random);
        b += common;
        two[0].ticks.push_back({at(t), std::exp(a)});
        two[1].ticks.push_back({at(t), std::exp(b)});
    }
    const std::vector<std::string> names{"A", "B"};
    EXPECT_EQ(choose_bar(two, names)->bar, seconds{3'600});
    EXPECT_EQ(choose_bar(two, names, {.shortest = seconds{1}})->bar, seconds{300});
}

}  // namespace
}  // namespace outrigger
