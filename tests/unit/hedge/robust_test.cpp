// SPDX-License-Identifier: Apache-2.0
#include "hedge/robust.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "hedge/estimator.hpp"
#include "hedge/special_functions.hpp"
#include "hedge/tail_dependence.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::distance;
using reference::Json;
using reference::kNaN;
using reference::matrix;
using reference::near;

const Json& scipy() {
    static const Json all = reference::load("06_robust_stress_corr.json");
    return all;
}
const Json& in_r() {
    static const Json all = reference::load("06b_robust_R.json");
    return all;
}
const MatrixXd& returns() {
    static const MatrixXd all = reference::csv("returns_6x750.csv");
    return all;
}
double tolerance() {
    return scipy()["_meta"]["tolerance"]["relative"];
}

TEST(Robust, RankCorrelationsMatchScipy) {
    const MatrixXd rho = spearman(returns()).value();
    const MatrixXd tau = kendall(returns()).value();
    EXPECT_LT(distance(rho, matrix(scipy()["spearman"])), tolerance());
    EXPECT_LT(distance(tau, matrix(scipy()["kendall_tau_b"])), tolerance());
    EXPECT_LT(distance(pearson_of_kendall(tau), matrix(scipy()["pearson_implied_by_kendall_sin(pi tau/2)"])),
              tolerance());
    EXPECT_LT(
        distance(pearson_of_spearman(rho), matrix(scipy()["pearson_implied_by_spearman_2sin(pi rho/6)"])),
        tolerance());
    EXPECT_LT(distance(gaussian_rank(returns()).value(), matrix(scipy()["gaussian_rank_corr"])), tolerance());
    EXPECT_LT(distance(quadrant(returns()).value(), matrix(scipy()["quadrant_corr"])), tolerance());
}

TEST(Robust, TiesAreAllowedFor) {
    MatrixXd x(5, 2);
    x << 1, 1, 2, 1, 2, 3, 4, 3, 5, 0;
    // By hand: pairs 10, one tie in x, two in y; concordant 3, discordant 4.
    EXPECT_NEAR(kendall(x).value()(0, 1), (3.0 - 4.0) / std::sqrt(9.0 * 8.0), 1e-15);
    EXPECT_NEAR(spearman(x).value()(0, 1), spearman(x).value()(1, 0), 1e-15);
}

TEST(Robust, ScalesMatchR) {
    const double tol = in_r()["_meta"]["tolerance"]["relative"];
    for (Eigen::Index i = 0; i < 6; ++i) {
        const auto k = static_cast<std::size_t>(i);
        EXPECT_TRUE(near(median_scale(returns().col(i)).scale, scipy()["mad_scaled"][k], tolerance()));
        EXPECT_TRUE(near(median_scale(returns().col(i)).scale, in_r()["mad"][k], tol));
        EXPECT_TRUE(near(tau_scale(returns().col(i)).scale, in_r()["scaleTau2"][k], tol));
    }
}

TEST(Robust, OgkMatchesRobustbase) {
    const double tol = in_r()["_meta"]["tolerance"]["relative"];
    const auto tau = ogk(returns());
    ASSERT_TRUE(tau) << tau.error().what;
    EXPECT_LT(distance(tau->raw, matrix(in_r()["ogk_tau"]["cov_raw"])), tol);
    EXPECT_LT(distance(tau->reweighted, matrix(in_r()["ogk_tau"]["cov_reweighted"])), tol);
    EXPECT_LT(distance(ogk(returns(), median_scale)->raw, matrix(in_r()["ogk_mad"]["cov_raw"])), tol);
}

TEST(Robust, StudentScatterMatchesReferenceAndMass) {
    const double tol = scipy()["_meta"]["tolerance"]["student_t_relative"];
    for (const Json& c : scipy()["student_t"]) {
        const double nu = c["nu"];
        const auto got = student_scatter(returns(), nu).value();
        EXPECT_LT(distance(got.scatter, matrix(c["scatter"])), tol);
        EXPECT_LT(distance(nu / (nu - 2) * got.scatter, matrix(c["covariance"])), tol);
    }
    const auto located = student_scatter(returns(), 5, Mean::estimated).value();
    const double r_tol = in_r()["_meta"]["tolerance"]["relative"];
    EXPECT_LT(distance(located.scatter, matrix(in_r()["cov_trob_nu5"]["scatter"])), r_tol);
    EXPECT_LT(distance(located.centre, reference::vector(in_r()["cov_trob_nu5"]["center"])), r_tol);
}

TEST(Robust, ShapeAndKurtosisMatchReference) {
    EXPECT_LT(distance(tyler_shape(returns()).value(), matrix(scipy()["tyler_shape_trace_p"])), tolerance());
    EXPECT_TRUE(near(elliptical_kurtosis(returns()).value(), scipy()["elliptical_kurtosis_kappa"]["all6"],
                     tolerance()));
    MatrixXd pair(750, 2);
    pair << returns().col(0), returns().col(3);
    EXPECT_TRUE(near(elliptical_kurtosis(pair).value(), scipy()["elliptical_kurtosis_kappa"]["ETH_LINK"],
                     tolerance()));
}

TEST(Robust, OneWildBarMovesThemLittle) {
    MatrixXd wild = returns();
    wild(100, 0) = 3;
    wild(100, 1) = -3;
    const auto corr = [](const MatrixXd& c) { return correlation(c)(0, 1); };
    EXPECT_LT(corr(wild.transpose() * wild), 0);  // the plain one turns round
    EXPECT_NEAR(corr(ogk(wild)->reweighted), corr(ogk(returns())->reweighted), 0.01);
    EXPECT_NEAR(corr(student_scatter(wild, 4)->scatter), corr(student_scatter(returns(), 4)->scatter), 0.01);
    EXPECT_NEAR(spearman(wild).value()(0, 1), spearman(returns()).value()(0, 1), 0.01);
}

TEST(Robust, DegenerateReturnsAreErrors) {
    MatrixXd still = returns();
    still.col(2).setZero();
    MatrixXd broken = returns();
    broken(3, 3) = kNaN;
    MatrixXd copies(750, 2);
    copies << returns().col(0), returns().col(0);
    for (const auto& x : {still, broken, MatrixXd(returns().topRows(4))}) {
        EXPECT_FALSE(spearman(x));
        EXPECT_FALSE(kendall(x));
        EXPECT_FALSE(gaussian_rank(x));
        EXPECT_FALSE(quadrant(x));
        EXPECT_FALSE(ogk(x));
        EXPECT_FALSE(student_scatter(x, 4));
        EXPECT_FALSE(tyler_shape(x));
        EXPECT_FALSE(elliptical_kurtosis(x));
    }
    EXPECT_FALSE(student_scatter(copies, 4));
    EXPECT_FALSE(tyler_shape(copies));
    EXPECT_FALSE(elliptical_kurtosis(copies));
    EXPECT_NEAR(kendall(copies).value()(0, 1), 1, 1e-15);
}

TEST(TailDependence, MatchesReference) {
    const Json& c = scipy()["stress_ETH_LINK"];
    const VectorXd x = returns().col(0);
    const VectorXd y = returns().col(3);
    const auto side = [](const Json& j) { return j["side"].get<int>() < 0 ? Side::falls : Side::rises; };
    for (const Json& e : c["exceedance"]) {
        const auto got = exceedance_correlation(x, y, e["q"], side(e)).value();
        EXPECT_EQ(got.rows, e["n"].get<std::size_t>()) << e;
        EXPECT_TRUE(near(got.correlation, e["corr"], tolerance())) << e;
    }
    for (const Json& e : c["tail_dependence"])
        EXPECT_TRUE(near(tail_dependence(x, y, e["u"], side(e)).value(), e["chi"], tolerance())) << e;
    EXPECT_TRUE(near(semi_correlation(x, y, Side::falls).value(), c["downside_semi_corr"], tolerance()));
    EXPECT_TRUE(near(semi_correlation(x, y, Side::rises).value(), c["upside_semi_corr"], tolerance()));
    const Json& fr = c["forbes_rigobon_top_abs_decile"];
    EXPECT_TRUE(near(volatility_adjusted(fr["corr_conditional"], 1 + fr["delta"].get<double>()),
                     fr["corr_adjusted"], tolerance()));
    for (const Json& t : scipy()["t_copula_lambda"])
        EXPECT_TRUE(near(t_copula_tail_dependence(t["nu"], t["rho"]), t["lam"], tolerance())) << t;
    VectorXd still = x;  // a feed that often stands still
    still.head(400).setZero();
    EXPECT_LE(tail_dependence(still, still, 0.05, Side::falls).value(), 1);
    EXPECT_FALSE(exceedance_correlation(x, y, 1e-9, Side::falls));
    EXPECT_FALSE(tail_dependence(x, y, 1e-4, Side::falls));
    EXPECT_FALSE(semi_correlation(x, returns().col(1).head(20), Side::falls));
    EXPECT_FALSE(semi_correlation(VectorXd::Zero(20), VectorXd::Zero(20), Side::falls));
}

TEST(SpecialFunctions, AreKnownAtKnownPoints) {
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
    EXPECT_NEAR(normal_quantile(0.75), 0.6744897501960817, 1e-15);
    EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-12);
    EXPECT_NEAR(chi_squared_quantile(0.9, 6), 10.64464067566842, 1e-11);
    EXPECT_NEAR(chi_squared_quantile(0.5, 1), 0.4549364231195728, 1e-13);
    EXPECT_NEAR(chi_squared_quantile(0.99, 30), 50.89218131151707, 1e-10);
}

TEST(Estimators, EachIsACovarianceOfThePanel) {
    const auto panel = reference::panel_of(returns());
    for (const auto& e : estimators()) {
        const auto got = estimate_covariance(e.id, panel, std::chrono::hours{168});
        ASSERT_TRUE(got) << e.name << ": " << got.error().what;
        EXPECT_EQ(got->assets, panel.assets);
        EXPECT_EQ(got->per_bar, got->per_bar.transpose()) << e.name;
        EXPECT_GT(Eigen::SelfAdjointEigenSolver<MatrixXd>(got->per_bar).eigenvalues()[0], 0) << e.name;
        // All see the same market: correlations of a few percent's difference, volatilities within a half.
        const MatrixXd plain = sample_covariance(panel)->per_bar;
        EXPECT_NEAR(correlation(got->per_bar)(0, 1), correlation(plain)(0, 1), 0.2) << e.name;
        EXPECT_NEAR(got->per_bar(0, 0) / plain(0, 0), 1, 0.6) << e.name;
    }
}

}  // namespace
}  // namespace outrigger
