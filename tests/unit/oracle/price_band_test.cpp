// SPDX-License-Identifier: Apache-2.0
#include "oracle/price_band.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace outrigger {
namespace {

constexpr PriceBandLimits kTenPercent{0.10};

Price at(std::int64_t minute, double usd) {
    Price p;
    p.usd = usd;
    p.published = TimePoint{std::chrono::minutes{minute}};
    return p;
}

/// Prices one after the other; which of them were believed.
std::string believed(const std::vector<Price>& prices, std::uint32_t sources = 1) {
    PriceBand band;
    std::string out;
    for (const Price& p : prices) {
        const auto step = judge_price(band, p, sources, kTenPercent);
        band = step.band;
        out += step.price ? 'y' : 'n';
    }
    return out;
}

TEST(PriceBand, TheFirstPriceAndSmallMovesAreBelieved) {
    EXPECT_EQ(believed({at(0, 100), at(1, 109), at(2, 100), at(2, 100)}), "yyyy");
}

TEST(PriceBand, AJumpWaitsForTheNextPublication) {
    EXPECT_EQ(believed({at(0, 100), at(1, 50), at(1, 50), at(1, 50), at(2, 51)}), "ynnny")
        << "the same publication again confirms nothing";
    EXPECT_EQ(believed({at(0, 100), at(1, 50), at(2, 100), at(3, 50)}), "ynyn") << "and a slip is forgotten";
    EXPECT_EQ(believed({at(0, 100), at(1, 50), at(2, 25), at(3, 26)}), "ynny") << "each jump anew";
    EXPECT_EQ(believed({at(0, 100), at(1, 200)}), "yn") << "upwards too";
}

TEST(PriceBand, ASecondSourceConfirmsAtOnce) {
    EXPECT_EQ(believed({at(0, 100), at(1, 50)}, 2), "yy");
}

TEST(PriceBand, TheBandWidensWithTheSquareRootOfTime) {
    const auto edge = [](double minutes) { return 100 * std::exp(std::log(1.1) * std::sqrt(minutes)); };
    for (const std::int64_t minutes : {1, 4, 60, 1440}) {
        const double e = edge(static_cast<double>(minutes));
        EXPECT_EQ(believed({at(0, 100), at(minutes, e * 0.999)}), "yy") << minutes;
        EXPECT_EQ(believed({at(0, 100), at(minutes, e * 1.001)}), "yn") << minutes;
    }
}

TEST(PriceBand, TheReasonSaysFromWhereToWhere) {
    const auto step = judge_price({at(0, 3000), {}}, at(1, 1500), 1, kTenPercent);
    ASSERT_FALSE(step.price);
    EXPECT_EQ(step.price.error().code, Errc::rejected);
    EXPECT_NE(step.price.error().what.find("from 3000 to 1500 USD in 60 s"), std::string::npos)
        << step.price.error().what;
}

}  // namespace
}  // namespace outrigger
