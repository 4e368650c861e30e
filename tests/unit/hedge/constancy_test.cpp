// SPDX-License-Identifier: Apache-2.0
#include "hedge/constancy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hedge/change_detector.hpp"
#include "hedge/least_squares.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::Json;
using reference::kInfinity;
using reference::kNaN;
using reference::near;

const Json& monitors() {
    static const Json file = reference::load("10_monitors.json");
    return file;
}
const Json& structural() {
    static const Json file = reference::load("10b_structural_change_R.json");
    return file;
}
double tolerance() {
    return monitors()["_meta"]["tolerance"]["relative"];
}
double r_tolerance() {
    return structural()["_meta"]["tolerance"]["relative"];
}
/// x: the hedge's returns, y: the hedged ones; the correlation falls after row 599.
const MatrixXd& broken_pair() {
    static const MatrixXd rows = reference::csv("break_2x1000.csv");
    return rows;
}
MatrixXd design(Index rows = 1000) {
    return with_intercept(broken_pair().topLeftCorner(rows, 1));
}
VectorXd hedged(Index rows = 1000) {
    return broken_pair().col(1).head(rows);
}
/// The residuals of the hedge fitted to the first 300 rows, through the origin.
VectorXd residuals() {
    const double beta = least_squares(broken_pair().topLeftCorner(300, 1), hedged(300))->beta[0];
    EXPECT_TRUE(near(beta, monitors()["residual_z"]["beta_rows_0_299"], tolerance()));
    return broken_pair().col(1) - beta * broken_pair().col(0);
}

TEST(Constancy, CorrelationConstancyMatchesTheReference) {
    ASSERT_EQ(monitors()["wkd"].size(), 3U);
    for (const Json& c : monitors()["wkd"]) {
        const Index from = c["rows"][0];
        const Index to = c["rows"][1];
        const MatrixXd rows = broken_pair().middleRows(from, to - from);
        const auto got = correlation_constancy(rows.col(0), rows.col(1));
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_TRUE(near(got->statistic, c["stat"], tolerance())) << got->statistic;
        EXPECT_EQ(from + static_cast<Index>(got->split) - 1, c["argmax_row"]);
        EXPECT_TRUE(near(got->correlation, c["rho"], tolerance()));
        EXPECT_TRUE(near(got->hac_variance, c["hac_var"], tolerance())) << got->hac_variance;
        EXPECT_TRUE(near(got->p_value, c["p_asymptotic"], tolerance())) << got->p_value;
    }
}

TEST(Constancy, CorrelationConstancyIgnoresUnitsOrderAndSign) {
    const VectorXd x = broken_pair().col(0);
    const VectorXd y = broken_pair().col(1);
    const auto plain = correlation_constancy(x, y).value();
    const auto swapped = correlation_constancy(y, x).value();
    EXPECT_NEAR(swapped.statistic, plain.statistic, 1e-10);
    const auto moved = correlation_constancy((1e120 * x).array() + 3e119, -1e-120 * y).value();
    EXPECT_NEAR(moved.statistic, plain.statistic, 1e-8);
    EXPECT_NEAR(moved.correlation, -plain.correlation, 1e-10);
    EXPECT_EQ(moved.split, plain.split);
}

TEST(Constancy, ChowMatchesTheReferences) {
    const auto got = chow_test(design(), hedged(), 600);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_TRUE(near(got->statistic, monitors()["chow_at_600"]["F"], tolerance()));
    EXPECT_TRUE(near(got->p_value, monitors()["chow_at_600"]["p"], tolerance())) << got->p_value;
    EXPECT_TRUE(near(got->statistic, structural()["chow_600"]["F"], r_tolerance()));
    EXPECT_NEAR(got->p_value, structural()["chow_600"]["p_value"], 1e-15);
}

TEST(Constancy, SingleBreakMatchesTheReferences) {
    const auto got = single_break(design(), hedged());
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_TRUE(near(got->sup_wald, monitors()["sup_wald_trim15"]["wald"], tolerance()));
    EXPECT_EQ(got->first_regime, monitors()["sup_wald_trim15"]["break_row"]);
    const Json& r = structural();
    EXPECT_TRUE(near(got->sup_wald, r["supF"]["statistic"], r_tolerance()));
    EXPECT_NEAR(got->p_value, r["supF"]["p_value"], 1e-15);
    EXPECT_EQ(got->first_regime, r["supF"]["first_regime"]);
    EXPECT_TRUE(near(got->mean_wald, r["aveF"], r_tolerance()));
    EXPECT_TRUE(near(got->exp_wald, r["expF"], r_tolerance()));
    EXPECT_EQ(got->first_regime, r["single_break_dating"]["first_regime"]);
    // The reference's sum of squares is not that of the two fits but of its table's first segment, rows 0 to
    // 149.
    EXPECT_TRUE(near(least_squares(design(150), hedged(150))->residual_squares,
                     r["single_break_dating"]["rss"], r_tolerance()));
    const auto side = [](Index from, Index rows) {
        return least_squares(design().middleRows(from, rows), hedged().segment(from, rows))->residual_squares;
    };
    EXPECT_NEAR(got->residual_squares, side(0, 614) + side(614, 386), 1e-14);
    for (const Index other : {150, 600, 613, 615, 850}) {
        EXPECT_LT(got->residual_squares, side(0, other) + side(other, 1000 - other));
    }

    const auto through_origin = single_break(broken_pair().leftCols(1), hedged());
    EXPECT_TRUE(
        near(through_origin->sup_wald, monitors()["sup_wald_trim15_no_intercept"]["wald"], tolerance()));
    EXPECT_EQ(through_origin->first_regime, monitors()["sup_wald_trim15_no_intercept"]["break_row"]);

    const auto calm = single_break(design(600), hedged(600));
    EXPECT_TRUE(near(calm->sup_wald, r["supF_null_rows_1_600"]["statistic"], r_tolerance()));
    // Two approximations of one limit: the reference's is a fitted response surface (Hansen 1997).
    EXPECT_NEAR(calm->p_value, r["supF_null_rows_1_600"]["p_value"], 0.01);
}

TEST(Constancy, ABreakInReversedTimeIsTheSameBreak) {
    const MatrixXd x = design().colwise().reverse();
    const VectorXd y = hedged().reverse();
    const SingleBreak forward = single_break(design(), hedged()).value();
    const SingleBreak backward = single_break(x, 1e3 * y).value();
    EXPECT_EQ(backward.first_regime, 1000 - forward.first_regime);
    EXPECT_NEAR(backward.sup_wald, forward.sup_wald, 1e-8);
    EXPECT_NEAR(backward.exp_wald, forward.exp_wald, 1e-8);
    MatrixXd swapped(1000, 2);
    swapped << 1e4 * design().col(1), design().col(0);
    EXPECT_NEAR(single_break(swapped, hedged())->sup_wald, forward.sup_wald, 1e-8);
    const double there = chow_test(design(), hedged(), forward.first_regime)->statistic;
    EXPECT_NEAR(2 * there, forward.sup_wald, 1e-9);
}

TEST(Constancy, CumulativeSumsMatchTheReference) {
    const auto ols = ols_cusum(design(), hedged());
    EXPECT_TRUE(near(ols->statistic, structural()["ols_cusum"]["statistic"], r_tolerance()));
    EXPECT_TRUE(near(ols->p_value, structural()["ols_cusum"]["p_value"], r_tolerance()));
    const auto rec = recursive_cusum(design(), hedged());
    EXPECT_TRUE(near(rec->statistic, structural()["rec_cusum"]["statistic"], r_tolerance()));
    EXPECT_TRUE(near(rec->p_value, structural()["rec_cusum"]["p_value"], r_tolerance()));
    EXPECT_NEAR(recursive_cusum(1e5 * design(), -1e-3 * hedged())->statistic, rec->statistic, 1e-9);
}

TEST(Constancy, CriticalValuesMatchTheReferenceAndTheTails) {
    const Json& bridge = monitors()["kolmogorov_critical"];
    EXPECT_EQ(kBridgeCritical.ten_percent, bridge["0.10"]);
    EXPECT_EQ(kBridgeCritical.five_percent, bridge["0.05"]);
    EXPECT_EQ(kBridgeCritical.one_percent, bridge["0.01"]);
    const auto tails_are = [](const CriticalValues& at, const auto& tail, double relative) {
        EXPECT_TRUE(near(tail(at.ten_percent), 0.10, relative)) << tail(at.ten_percent);
        EXPECT_TRUE(near(tail(at.five_percent), 0.05, relative)) << tail(at.five_percent);
        EXPECT_TRUE(near(tail(at.one_percent), 0.01, relative)) << tail(at.one_percent);
    };
    tails_are(kBridgeCritical, bridge_tail, 5e-4);
    tails_are(kRecursiveCusumCritical, recursive_cusum_tail, 0.01);
    const Json& wald = structural()["sup_wald_critical_values"];
    const double apart = structural()["_meta"]["tolerance"]["critical_values_abs"];
    ASSERT_EQ(wald.size(), kSupWaldCritical.size());
    for (std::size_t k = 1; k <= kSupWaldCritical.size(); ++k) {
        const CriticalValues& at = kSupWaldCritical[k - 1];
        const Json& want = wald[std::to_string(k)];
        EXPECT_NEAR(at.ten_percent, want[0], apart);
        EXPECT_NEAR(at.five_percent, want[1], apart);
        EXPECT_NEAR(at.one_percent, want[2], apart);
        tails_are(
            at, [&](double x) { return sup_wald_tail(x, k); }, 0.2);
    }
}

TEST(Constancy, TailsFallFromOneToZero) {
    EXPECT_EQ(bridge_tail(0), 1);
    EXPECT_NEAR(bridge_tail(1 - 1e-12), bridge_tail(1 + 1e-12), 1e-11);
    EXPECT_NEAR(bridge_tail(0.82757), 0.5, 1e-4);  // the median of Kolmogorov's distribution
    EXPECT_NEAR(f_tail(2.5, 2, 30), std::pow(1 + 2 * 2.5 / 30, -15), 1e-14);
    EXPECT_NEAR(f_tail(1, 7, 7), 0.5, 1e-14);
    EXPECT_NEAR(f_tail(0.3, 5, 11), 1 - f_tail(1 / 0.3, 11, 5), 1e-14);
    for (std::size_t k = 1; k <= 6; ++k) {
        double last[4] = {1, 1, 1, 1};
        for (double x = 0; x < 80; x += 0.05) {
            const double now[4] = {bridge_tail(x), recursive_cusum_tail(x), sup_wald_tail(x, k),
                                   f_tail(x, static_cast<double>(k), 50)};
            for (int i = 0; i < 4; ++i) {
                EXPECT_GE(now[i], 0);
                EXPECT_LE(now[i], last[i] + 1e-15) << i << " " << x << " " << k;
                last[i] = now[i];
            }
        }
        for (const double end : last) EXPECT_LT(end, 1e-6);
        EXPECT_TRUE(std::isfinite(f_tail(1e300, static_cast<double>(k), 5e5)));
    }
}

TEST(Constancy, PageCusumMatchesTheReference) {
    const Json& want = monitors()["cusum_on_e_over_sd300"];
    const VectorXd e = residuals();
    const double sd = std::sqrt(e.head(300).squaredNorm() / 300);
    PageCusum cusum({.slack = want["k"], .threshold = want["h"]});
    const Index start = want["start_row"];
    std::size_t next = 0;
    std::optional<Index> first_alarm;
    for (Index row = start; row < e.size(); ++row) {
        ASSERT_TRUE(cusum.add(e[row] / sd));
        if (!first_alarm && cusum.alarmed()) first_alarm = row;
        if (next == want["upper_rows"].size() || want["upper_rows"][next] != row - start) continue;
        EXPECT_TRUE(near(cusum.upper(), want["upper"][next], tolerance(), 1)) << row << " " << cusum.upper();
        EXPECT_TRUE(near(cusum.lower(), want["lower"][next], tolerance(), 1)) << row << " " << cusum.lower();
        ++next;
    }
    EXPECT_EQ(next, want["upper_rows"].size());
    EXPECT_EQ(first_alarm.value_or(-1), want["first_alarm_row"].get<Index>());
}

TEST(Constancy, PageHinkleyMatchesTheReference) {
    const Json& want = monitors()["page_hinkley_on_z2"];
    const VectorXd e = residuals();
    const double sd = std::sqrt(e.head(300).squaredNorm() / 300);  // z as in the cumulative sum's reference
    PageHinkley test({.slack = want["delta"], .threshold = want["lam"]});
    const Index start = want["start_row"];
    std::size_t next = 0;
    std::optional<Index> first_alarm;
    for (Index row = start; row < e.size(); ++row) {
        const double z = e[row] / sd;
        const double statistic = test.add(z * z).value();
        if (!first_alarm && test.alarmed()) first_alarm = row;
        if (next == want["stat_rows"].size() || want["stat_rows"][next] != row - start) continue;
        EXPECT_TRUE(near(statistic, want["stat"][next], tolerance(), 1)) << row << " " << statistic;
        ++next;
    }
    EXPECT_EQ(next, want["stat_rows"].size());
    EXPECT_EQ(first_alarm.value_or(-1), want["first_alarm_row"].get<Index>());
}

TEST(Constancy, UnweightedCorrelationDetectorMatchesTheReference) {
    // The rest of the detectors' reference is compared in change_detector_test.cpp. Endless degrees of
    // freedom weigh every bar the same.
    const Json& want = monitors()["acg_sr_unweighted_baseline"];
    const MatrixXd& rows = broken_pair();
    const std::vector<double> x(rows.col(0).data(), rows.col(0).data() + 100);
    const std::vector<double> y(rows.col(1).data(), rows.col(1).data() + 100);
    auto detector = CorrelationDetector::from(y, x, {.tail_nu = 1e12}).value();
    EXPECT_NEAR(alarm_threshold(2160), want["threshold"].get<double>(), 1e-12);
    std::size_t next = 0;
    std::optional<Index> first_alarm;
    for (Index row = 100; row < 1000; ++row) {
        const double baseline = detector.baseline();
        const double statistic = detector.add(rows(row, 1), rows(row, 0)).value();
        if (!first_alarm && detector.alarmed()) first_alarm = row;
        if (next == want["rows"].size() || want["rows"][next] != row) continue;
        EXPECT_TRUE(near(baseline, want["rho0"][next], 1e-8)) << row;
        const double reference_statistic = want["stat"][next];
        if (reference_statistic < 20) {  // far beyond any alarm the detector caps its evidence
            EXPECT_TRUE(near(statistic, reference_statistic, 1e-8)) << row << " " << statistic;
        } else {
            EXPECT_GE(statistic, 20) << row;
        }
        ++next;
    }
    EXPECT_EQ(next, want["rows"].size());
    EXPECT_EQ(first_alarm.value_or(-1), want["first_alarm_row"].get<Index>());
}

TEST(Constancy, DegenerateCorrelationsAreErrors) {
    const VectorXd x = broken_pair().col(0);
    const VectorXd y = broken_pair().col(1);
    VectorXd bad = x;
    bad[500] = kNaN;
    EXPECT_EQ(correlation_constancy(x, VectorXd::Constant(1000, 0.1)).error().code, Errc::decode);
    EXPECT_EQ(correlation_constancy(bad, y).error().code, Errc::decode);
    EXPECT_EQ(correlation_constancy(x, -2 * x).error().code, Errc::decode);
    EXPECT_EQ(correlation_constancy(x, y.head(999)).error().code, Errc::decode);
    EXPECT_EQ(correlation_constancy(x.head(39), y.head(39)).error().code, Errc::stale);
    VectorXd late = x;
    late.head(300).setZero();
    const auto got = correlation_constancy(late, y);
    ASSERT_TRUE(got);
    EXPECT_TRUE(std::isfinite(got->statistic));
    EXPECT_GT(got->split, 300U);
}

TEST(Constancy, DegenerateRegressionsAreErrors) {
    const MatrixXd x = design(60);
    const VectorXd y = hedged(60);
    EXPECT_EQ(chow_test(x, y, 2).error().code, Errc::stale);
    EXPECT_EQ(chow_test(x, y, 58).error().code, Errc::stale);
    EXPECT_EQ(chow_test(x, y, 1000).error().code, Errc::stale);
    EXPECT_EQ(single_break(design(12), hedged(12)).error().code, Errc::stale);
    EXPECT_EQ(single_break(x, y, 0.5).error().code, Errc::config);
    EXPECT_EQ(single_break(x, y, kNaN).error().code, Errc::config);
    MatrixXd late = x;
    late.col(1).head(30).setConstant(0.002);
    EXPECT_EQ(chow_test(late, y, 25).error().code, Errc::decode);
    EXPECT_TRUE(chow_test(late, y, 40));
    EXPECT_EQ(single_break(late, y).error().code, Errc::decode);
    const VectorXd explained = x * VectorXd::Ones(2);
    VectorXd bad = y;
    bad[7] = kInfinity;
    MatrixXd flat = x;
    flat.col(1).setConstant(0.3);
    for (const auto& [regressors, values] :
         {std::pair{x, explained}, {x, bad}, {flat, y}, {x, VectorXd(VectorXd::Zero(60))}}) {
        EXPECT_EQ(chow_test(regressors, values, 30).error().code, Errc::decode);
        EXPECT_EQ(single_break(regressors, values).error().code, Errc::decode);
        EXPECT_EQ(ols_cusum(regressors, values).error().code, Errc::decode);
        EXPECT_EQ(recursive_cusum(regressors, values).error().code, Errc::decode);
    }
    EXPECT_EQ(recursive_cusum(x.topRows(3), y.head(3)).error().code, Errc::stale);
}

TEST(Constancy, UselessValuesLeaveASequentialTestAsItWas) {
    PageCusum cusum;
    PageHinkley test;
    ASSERT_TRUE(cusum.add(3));
    ASSERT_TRUE(test.add(3));
    const double upper = cusum.upper();
    const double before = test.statistic();
    for (const double bad : {kNaN, kInfinity, -kInfinity, 1e101}) {
        EXPECT_EQ(cusum.add(bad).error().code, Errc::decode);
        EXPECT_EQ(test.add(bad).error().code, Errc::decode);
    }
    EXPECT_EQ(cusum.upper(), upper);
    EXPECT_EQ(cusum.lower(), 0);
    EXPECT_EQ(test.statistic(), before);
}

}  // namespace
}  // namespace outrigger
