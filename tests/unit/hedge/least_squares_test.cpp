// SPDX-License-Identifier: Apache-2.0
#include "hedge/least_squares.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::Json;
using reference::kInfinity;
using reference::kNaN;

/// The first rows of the broken pair, as the regression y ~ 1 + x of the reference.
struct Regression {
    MatrixXd x;
    VectorXd y;
};
Regression first_rows(Index rows) {
    const MatrixXd pair = reference::csv("break_2x1000.csv").topRows(rows);
    return {with_intercept(pair.leftCols(1)), pair.col(1)};
}
MatrixXd six_assets() {
    return reference::csv("returns_6x750.csv");
}

TEST(LeastSquares, CoefficientsAndTheirErrorsMatchTheReference) {
    const Json file = reference::load("10b_structural_change_R.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    const Json& want = file["hac_vcov_first600"];
    const auto [x, y] = first_rows(600);
    const LeastSquares fit = least_squares(x, y).value();
    EXPECT_LE(reference::distance(fit.beta, reference::vector(want["coef"])), tol);
    EXPECT_LE(reference::distance(newey_west_covariance(x, fit, 5).value(),
                                  reference::matrix(want["NeweyWest_lag5_prewhite_no"])),
              tol);
    EXPECT_LE(reference::distance(hc3_covariance(x, fit).value(), reference::matrix(want["HC3"])), tol);
}

TEST(LeastSquares, RecursiveResidualsAreTheErrorsOfThePredictions) {
    const auto [x, y] = first_rows(60);
    const RecursiveResiduals got = recursive_residuals(x, y).value();
    EXPECT_EQ(got.determined, 2U);
    for (Index t = 3; t < 60; ++t) {
        const LeastSquares before = least_squares(x.topRows(t), y.head(t)).value();
        const double spread = std::sqrt(1 + (x.row(t) * before.inverse * x.row(t).transpose()).value());
        EXPECT_NEAR(got.values[t], (y[t] - x.row(t).dot(before.beta)) / spread, 1e-13) << t;
        EXPECT_NEAR(got.values.head(t).squaredNorm(), before.residual_squares, 1e-16) << t;
    }
}

TEST(LeastSquares, RecursiveResidualsWaitForARegressorThatBeginsLater) {
    auto [x, y] = first_rows(60);
    x.col(1).head(30).setZero();
    const RecursiveResiduals got = recursive_residuals(x, y).value();
    EXPECT_EQ(got.determined, 31U);
    EXPECT_NEAR(got.values.squaredNorm(), least_squares(x, y)->residual_squares, 1e-16);
}

TEST(LeastSquares, UnitsAndOrderOfRegressorsDoNotMatter) {
    const MatrixXd rows = six_assets();
    const MatrixXd x = rows.leftCols(3);
    const VectorXd y = rows.col(3);
    const LeastSquares fit = least_squares(x, y).value();
    MatrixXd moved(x.rows(), 3);
    moved << 1e9 * x.col(2), 1e-9 * x.col(0), x.col(1);
    const LeastSquares other = least_squares(moved, y).value();
    EXPECT_NEAR(other.beta[0] * 1e9, fit.beta[2], 1e-12);
    EXPECT_NEAR(other.beta[1] * 1e-9, fit.beta[0], 1e-12);
    EXPECT_NEAR(other.residual_squares, fit.residual_squares, 1e-12 * fit.residual_squares);
    const MatrixXd hac = newey_west_covariance(x, fit, 4).value();
    const MatrixXd moved_hac = newey_west_covariance(moved, other, 4).value();
    EXPECT_NEAR(moved_hac(0, 2) * 1e9, hac(2, 1), 1e-10 * std::abs(hac(2, 1)));
    EXPECT_LE(reference::distance(hac, hac.transpose(), 1e-9), 1e-12);
    EXPECT_LE((x.transpose() * fit.residuals).cwiseAbs().maxCoeff(), 1e-15);
}

TEST(LeastSquares, DegenerateRegressionsAreErrors) {
    auto [x, y] = first_rows(100);
    EXPECT_EQ(least_squares(x.topRows(2), y.head(2)).error().code, Errc::stale);
    EXPECT_EQ(recursive_residuals(x.topRows(2), y.head(2)).error().code, Errc::stale);
    EXPECT_EQ(least_squares(x, y.head(99)).error().code, Errc::decode);
    EXPECT_EQ(least_squares(MatrixXd(100, 0), y).error().code, Errc::decode);
    for (const double bad : {kNaN, kInfinity, 1e200}) {
        MatrixXd broken = x;
        broken(50, 1) = bad;
        EXPECT_EQ(least_squares(broken, y).error().code, Errc::decode);
        EXPECT_EQ(recursive_residuals(broken, y).error().code, Errc::decode);
        VectorXd wild = y;
        wild[3] = bad;
        EXPECT_EQ(least_squares(x, wild).error().code, Errc::decode);
    }
    for (const double constant : {0.0, 0.1, 3.0}) {  // beside the intercept
        MatrixXd flat = x;
        flat.col(1).setConstant(constant);
        EXPECT_EQ(least_squares(flat, y).error().code, Errc::decode) << constant;
        EXPECT_EQ(recursive_residuals(flat, y).error().code, Errc::decode) << constant;
    }
    const LeastSquares fit = least_squares(x, y).value();
    EXPECT_EQ(newey_west_covariance(x, fit, 100).error().code, Errc::stale);
    MatrixXd alone = x;
    alone.col(1).setZero();
    alone(7, 1) = 1;
    EXPECT_EQ(hc3_covariance(alone, least_squares(alone, y).value()).error().code, Errc::decode);
}

TEST(LeastSquares, LongRunVarianceIsThePlainOneForWhiteRowsAndNeverNegative) {
    VectorXd u(6);
    u << 1, -1, 1, -1, 1, -1;
    EXPECT_DOUBLE_EQ(long_run_variance(u, 0).value(), 1);
    EXPECT_DOUBLE_EQ(long_run_variance(u, 1).value(), 1 - 5.0 / 6);
    for (std::size_t lags = 0; lags < 6; ++lags) EXPECT_GE(long_run_variance(u, lags).value(), 0);
    EXPECT_EQ(long_run_variance(VectorXd::Constant(9, 4.2), 3).value(), 0);
    EXPECT_EQ(long_run_variance(u, 6).error().code, Errc::stale);
    EXPECT_EQ(long_run_variance(VectorXd(), 0).error().code, Errc::stale);
    u[2] = kNaN;
    EXPECT_EQ(long_run_variance(u, 1).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger
