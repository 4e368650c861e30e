// SPDX-License-Identifier: Apache-2.0
#include "hedge/run_length.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using reference::Json;
using reference::kInfinity;
using reference::kNaN;

const Json& monitors() {
    static const Json file = reference::load("10_monitors.json");
    return file;
}
double tolerance() {
    return monitors()["_meta"]["tolerance"]["bocpd_abs"];
}
/// The broken pair in units of each column's standard deviation over its first 300 rows.
const MatrixXd& standardised_pair() {
    static const MatrixXd rows = [] {
        MatrixXd pair = reference::csv("break_2x1000.csv");
        for (Index j = 0; j < 2; ++j) {
            const auto early = pair.col(j).head(300).array();
            const double sd = std::sqrt((early - early.mean()).square().mean());
            const double want =
                monitors()["bocpd_exact_12"]["scale_sd_rows_0_299"][static_cast<std::size_t>(j)];
            EXPECT_TRUE(reference::near(sd, want, 1e-8)) << sd << " " << want;
            pair.col(j) /= sd;
        }
        return pair;
    }();
    return rows;
}
RunLengthParams params_of(const Json& c) {
    return {.hazard = c["hazard"],
            .prior_degrees = c["nu0"],
            .prior_first = c["Psi0"][0][0],
            .prior_second = c["Psi0"][1][1],
            .prior_cross = c["Psi0"][1][0]};
}

TEST(RunLength, TwelvePointsMatchTheEnumerationOfAllSegmentations) {
    const Json& want = monitors()["bocpd_exact_12"];
    auto got = RunLength::from(params_of(want)).value();
    for (Index row = want["rows"][0]; row <= want["rows"][1]; ++row) {
        ASSERT_TRUE(got.add(standardised_pair()(row, 0), standardised_pair()(row, 1)));
    }
    EXPECT_NEAR(got.log_evidence(), want["log_evidence"].get<double>(), tolerance());
    const auto runs = got.runs();
    const Json& posterior = want["posterior_points_before_current"];
    ASSERT_EQ(runs.size(), posterior.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
        EXPECT_EQ(runs[i].before, i);
        EXPECT_NEAR(runs[i].probability, posterior[i].get<double>(), tolerance());
    }
}

TEST(RunLength, FourHundredPointsMatchTheReference) {
    const Json& want = monitors()["bocpd_400"];
    auto got = RunLength::from(params_of(want)).value();
    std::size_t next = 0;
    for (Index row = want["rows"][0]; row <= want["rows"][1]; ++row) {
        ASSERT_TRUE(got.add(standardised_pair()(row, 0), standardised_pair()(row, 1)));
        if (next == want["at_rows"].size() || want["at_rows"][next] != row) continue;
        EXPECT_EQ(got.most_probable(), want["map_run_length"][next]) << row;
        EXPECT_NEAR(got.probability_below(24), want["prob_run_lt_24"][next].get<double>(), tolerance())
            << row;
        ++next;
    }
    EXPECT_EQ(next, want["at_rows"].size());
    EXPECT_NEAR(got.log_evidence(), want["log_evidence"].get<double>(), tolerance());
}

TEST(RunLength, OrderAndUnitsOfThePairDoNotMatter) {
    // Densities change with the units, runs do not.
    auto plain = RunLength::from({.prior_first = 3, .prior_second = 5, .prior_cross = 1}).value();
    auto swapped = RunLength::from({.prior_first = 5, .prior_second = 3, .prior_cross = 1}).value();
    auto scaled = RunLength::from({.prior_first = 300, .prior_second = 500, .prior_cross = 100}).value();
    const MatrixXd& rows = standardised_pair();
    for (Index row = 550; row < 650; ++row) {
        ASSERT_TRUE(plain.add(rows(row, 0), rows(row, 1)));
        ASSERT_TRUE(swapped.add(rows(row, 1), rows(row, 0)));
        ASSERT_TRUE(scaled.add(10 * rows(row, 0), 10 * rows(row, 1)));
    }
    EXPECT_NEAR(swapped.log_evidence(), plain.log_evidence(), 1e-10);
    EXPECT_NEAR(scaled.log_evidence(), plain.log_evidence() - 100 * std::log(100.0), 1e-9);
    EXPECT_NEAR(swapped.probability_below(24), plain.probability_below(24), 1e-12);
    EXPECT_NEAR(scaled.probability_below(24), plain.probability_below(24), 1e-12);
}

TEST(RunLength, ForgettingChangesLittleAndKeepsALongCalm) {
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal;
    auto kept = RunLength::from({.runs_max = 100000}).value();
    auto forgetful = RunLength::from({.runs_max = 50}).value();
    for (int bar = 0; bar < 700; ++bar) {
        const double rho = bar < 600 ? 0.9 : -0.5;
        const double x = normal(random);
        const double y = rho * x + std::sqrt(1 - rho * rho) * normal(random);
        ASSERT_TRUE(kept.add(x, y));
        ASSERT_TRUE(forgetful.add(x, y));
        double sum = 0;
        for (const auto& run : forgetful.runs()) sum += run.probability;
        ASSERT_NEAR(sum, 1, 1e-12);
        if (bar != 599) continue;
        EXPECT_EQ(forgetful.runs().size(), 50U);
        EXPECT_GT(forgetful.most_probable(), 500U);
        EXPECT_EQ(forgetful.most_probable(), kept.most_probable());
        EXPECT_LT(forgetful.probability_below(24), 0.1);
    }
    EXPECT_NEAR(static_cast<double>(forgetful.most_probable()), 99, 5);
    EXPECT_EQ(forgetful.most_probable(), kept.most_probable());
    EXPECT_NEAR(forgetful.log_evidence(), kept.log_evidence(), 0.1);
}

TEST(RunLength, UselessParametersAndReturnsAreErrors) {
    EXPECT_EQ(RunLength::from({.hazard = 0}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.hazard = 1}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.hazard = kNaN}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.prior_degrees = 1}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.prior_first = 0}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.prior_cross = 4}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.prior_second = kInfinity}).error().code, Errc::config);
    EXPECT_EQ(RunLength::from({.runs_max = 1}).error().code, Errc::config);
    auto got = RunLength::from().value();
    EXPECT_TRUE(got.runs().empty());
    EXPECT_EQ(got.probability_below(24), 0);
    EXPECT_EQ(got.most_probable(), 0U);
    ASSERT_TRUE(got.add(1, 1));
    EXPECT_NEAR(got.probability_below(1), 1, 1e-15);
    for (const double bad : {kNaN, kInfinity, 1e101}) {
        EXPECT_EQ(got.add(bad, 1).error().code, Errc::decode);
        EXPECT_EQ(got.add(1, bad).error().code, Errc::decode);
    }
    EXPECT_EQ(got.runs().size(), 1U);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(std::isfinite(got.add(i % 7 == 0 ? 1e100 : 0, 1e100).value()));
    EXPECT_TRUE(std::isfinite(got.add(0, 0).value()));
    EXPECT_TRUE(std::isfinite(got.probability_below(24)));
}

}  // namespace
}  // namespace outrigger
