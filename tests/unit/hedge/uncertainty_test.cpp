// SPDX-License-Identifier: Apache-2.0
#include "hedge/uncertainty.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "hedge/covariance.hpp"
#include "hedge/gate.hpp"
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
using Hours = std::chrono::duration<double, std::ratio<3600>>;

constexpr Index kEth = 0;
constexpr Index kLink = 3;

const Json& uncertainty() {
    static const Json file = reference::load("09_uncertainty.json");
    return file;
}
double tolerance() {
    return uncertainty()["_meta"]["tolerance"]["relative"];
}
const MatrixXd& returns() {
    static const MatrixXd rows = reference::csv("returns_6x750.csv");
    return rows;
}
/// ETH and BTC against LINK at the half-life of a week, as in the reference.
Moments weekly_moments() {
    const auto covariance =
        ewma_covariance(reference::panel_of(returns()), {.half_life = Hours{168}}).value();
    return {covariance.per_bar.topLeftCorner(2, 2), covariance.per_bar.col(kLink).head(2)};
}

TEST(Uncertainty, WeightsAndFisherScaleMatchTheReference) {
    // The rest of these two tables is compared in gate_test.cpp.
    for (const Json& c : uncertainty()["fisher"]) {
        EXPECT_TRUE(near(correlation_gap_z(c["r"], 0, 1).value(), c["z"], tolerance())) << c;
    }
    for (const Json& c : uncertainty()["n_eff"]) {
        const double lambda = c["lam"];
        const ReturnPanel long_history = reference::panel_of(MatrixXd::Zero(20000, 1));
        const auto weights = ewma_weights(long_history, Hours{-std::log(2.0) / std::log(lambda)});
        EXPECT_TRUE(near(effective_samples(weights), c["analytic"], tolerance())) << c;
        EXPECT_TRUE(near(effective_samples(weights), c["numeric"], tolerance())) << c;
    }
}

TEST(Uncertainty, EffectiveSamplesUnderAutocorrelationMatchTheReference) {
    const Json& want = uncertainty()["n_eff_autocorr"];
    const VectorXd x = returns().col(kEth);
    const VectorXd y = returns().col(kLink);
    ASSERT_EQ(want["n"], x.size());
    const std::size_t lags = want["L"];
    EXPECT_LE(reference::distance(autocorrelations(x, lags).value(), reference::vector(want["acf_x"])),
              tolerance());
    EXPECT_LE(reference::distance(autocorrelations(y, lags).value(), reference::vector(want["acf_y"])),
              tolerance());
    EXPECT_TRUE(near(autocorrelated_effective_samples(x, y, lags).value(), want["n_star"], tolerance()));
    EXPECT_TRUE(near(autocorrelated_effective_samples(x.cwiseAbs2(), y.cwiseAbs2(), lags).value(),
                     want["n_star_squares"], tolerance()));
}

TEST(Uncertainty, EffectiveSamplesIgnoreUnitsOrderAndAntiPersistence) {
    const VectorXd x = returns().col(0);
    const VectorXd y = returns().col(5);
    const double plain = autocorrelated_effective_samples(x, y, 12).value();
    EXPECT_NEAR(autocorrelated_effective_samples(y, x, 12).value(), plain, 1e-9);
    EXPECT_NEAR(autocorrelated_effective_samples(-1e150 * x, (1e-150 * y).array() + 0.0, 12).value(), plain,
                1e-9);
    VectorXd turns(400);
    VectorXd trends(400);
    for (Index t = 0; t < 400; ++t) {
        turns[t] = t % 2 == 0 ? 1 : -1;
        trends[t] = t < 200 ? 1 : -1;
    }
    EXPECT_EQ(autocorrelated_effective_samples(turns, trends, 1).value(), 400);
    EXPECT_LT(autocorrelated_effective_samples(trends, trends, 50).value(), 10);
}

TEST(Uncertainty, GapsMatchTheReference) {
    ASSERT_EQ(uncertainty()["gap"].size(), 4U);
    for (const Json& c : uncertainty()["gap"]) {
        if (c["kind"] == "two EWMAs") {
            const auto got = ewma_gap_variance(c["hl_short"], c["hl_long"], c["kappa"]);
            EXPECT_TRUE(near(got.value(), c["var"], tolerance())) << c;
            continue;
        }
        const auto recent = [&](Index rows) {
            MatrixXd pair(rows, 2);
            pair << returns().col(kEth).tail(rows), returns().col(kLink).tail(rows);
            return correlation(sample_covariance(reference::panel_of(pair), Mean::estimated)->per_bar)(0, 1);
        };
        const double r_short = recent(c["n_short"]);
        const double r_long = recent(c["n_long"]);
        EXPECT_TRUE(near(r_short, c["r_short"], tolerance()));
        EXPECT_TRUE(near(r_long, c["r_long"], tolerance()));
        const double variance = nested_gap_variance(c["n_short"], c["n_long"], c["kappa"]).value();
        EXPECT_TRUE(near(variance, c["var"], tolerance()));
        EXPECT_TRUE(near(correlation_gap_z(r_short, r_long, variance).value(), c["z"], tolerance()));
    }
}

TEST(Uncertainty, TwoEqualMemoriesHaveNoGapAndAnEndlessOneOnlyTheShortOnes) {
    EXPECT_EQ(nested_gap_variance(60, 60, 2).value(), 0);
    EXPECT_NEAR(ewma_gap_variance(48, 48, 2).value(), 0, 1e-15);
    EXPECT_NEAR(ewma_gap_variance(48, 336, 2).value(), ewma_gap_variance(336, 48, 2).value(), 1e-15);
    const double lambda = std::exp2(-1.0 / 48);
    EXPECT_NEAR(ewma_gap_variance(48, 1e12, 0).value(), (1 - lambda) / (1 + lambda), 1e-10);
}

TEST(Uncertainty, CopasFactorMatchesTheReference) {
    ASSERT_EQ(uncertainty()["shrinkage"].size(), 3U);
    for (const Json& c : uncertainty()["shrinkage"]) {
        ASSERT_EQ(c["target"], "LINK");
        const Index rows = c["last_n"];
        MatrixXd x(rows, std::ssize(c["regressors_idx"]));
        for (Index j = 0; j < x.cols(); ++j) {
            x.col(j) = returns().col(c["regressors_idx"][static_cast<std::size_t>(j)]).tail(rows);
        }
        const VectorXd y = returns().col(kLink).tail(rows);
        EXPECT_LE(reference::distance(least_squares(x, y)->beta, reference::vector(c["beta"])), tolerance());
        EXPECT_TRUE(near(copas_factor(x, y).value(), c["copas_factor"], tolerance()));
        EXPECT_NEAR(copas_factor(x, -1e6 * y).value(), c["copas_factor"], 1e-9);
    }
}

TEST(Uncertainty, CopasFactorOfNothingIsZeroAndOfCertaintyOne) {
    const MatrixXd x = returns().leftCols(3);
    EXPECT_NEAR(copas_factor(x, x * VectorXd::Ones(3)).value(), 1, 1e-12);
    EXPECT_EQ(copas_factor(returns().leftCols(2), returns().col(kLink)).value(), 1);
    const LeastSquares fit = least_squares(x, returns().col(kLink)).value();
    EXPECT_EQ(copas_factor(x, fit.residuals).value(), 0);  // what the regressors cannot explain
}

TEST(Uncertainty, PosteriorBetaMatchesTheReference) {
    ASSERT_EQ(uncertainty()["posterior"].size(), 3U);
    const Moments moments = weekly_moments();
    const MatrixXd all = ewma_covariance(reference::panel_of(returns()), {.half_life = Hours{168}})->per_bar;
    for (const Json& c : uncertainty()["posterior"]) {
        const VectorXd fit = ridge_to_long_run(moments, VectorXd::Zero(2), 0).value();
        EXPECT_LE(reference::distance(fit, reference::vector(c["beta_ls"])), tolerance());
        EXPECT_TRUE(near(all(kLink, kLink) - fit.dot(moments.xy), c["s2e"], tolerance()));
        const BetaPrior prior{reference::vector(c["prior_mean"]), c["prior_sd"]};
        const BetaPosterior got = posterior_beta(moments, c["s2e"], c["n_eff"], prior).value();
        EXPECT_LE(reference::distance(got.mean, reference::vector(c["post_mean"])), tolerance());
        EXPECT_LE(reference::distance(got.covariance, reference::matrix(c["post_cov"])), tolerance());
        EXPECT_TRUE(near(got.predictive_variance, c["predictive_resid_var"], tolerance()));
    }
}

TEST(Uncertainty, RidgeMatchesTheReference) {
    const Json& want = uncertainty()["ridge_to_long_run"];
    const Moments moments = weekly_moments();
    const VectorXd beta_long = reference::vector(want["beta_long"]);
    EXPECT_LE(reference::distance(ridge_to_long_run(moments, beta_long, 0).value(),
                                  reference::vector(want["beta_short"])),
              tolerance());
    EXPECT_LE(reference::distance(ridge_to_long_run(moments, beta_long, want["tau"]).value(),
                                  reference::vector(want["beta"])),
              tolerance());
}

TEST(Uncertainty, BeliefMovesFromTheDataToThePrior) {
    const Moments moments = weekly_moments();
    VectorXd prior(2);
    prior << 0.2, -3;
    const VectorXd fit = ridge_to_long_run(moments, prior, 0).value();
    EXPECT_LE(reference::distance(ridge_to_long_run(moments, prior, 1e12).value(), prior), 1e-9);
    EXPECT_LE(reference::distance(posterior_beta(moments, 1e-5, 500, {prior, 1e-9})->mean, prior), 1e-9);
    EXPECT_LE(reference::distance(posterior_beta(moments, 1e-5, 500, {prior, 1e9})->mean, fit), 1e-9);
    // A ridge is the posterior mean whose prior precision is tau n W / s2e; here W = v I.
    const Moments equal{2e-4 * MatrixXd{{1, 0.4}, {0.4, 1}}, moments.xy};
    const double tau = 0.3;
    const double width = std::sqrt(1e-5 / (tau * 500 * 2e-4));
    EXPECT_LE(reference::distance(posterior_beta(equal, 1e-5, 500, {prior, width})->mean,
                                  ridge_to_long_run(equal, prior, tau).value()),
              1e-12);
    // Two copies of one instrument have no separate betas, but a belief about them does.
    const Moments twins{2e-4 * MatrixXd::Ones(2, 2), VectorXd::Constant(2, 1e-4)};
    EXPECT_EQ(ridge_to_long_run(twins, prior, 0).error().code, Errc::decode);
    const auto believed = posterior_beta(twins, 1e-5, 500, {VectorXd::Zero(2), 0.5});
    EXPECT_NEAR(believed->mean[0], believed->mean[1], 1e-12);
    const auto pulled = ridge_to_long_run(twins, VectorXd::Zero(2), 1);
    EXPECT_NEAR((*pulled)[0], (*pulled)[1], 1e-12);
}

TEST(Uncertainty, ExpectedR2MatchesTheReference) {
    ASSERT_EQ(uncertainty()["oos_r2"].size(), 3U);
    for (const Json& c : uncertainty()["oos_r2"]) {
        const ExpectedR2 got = expected_r2(c["r2_in"], c["n"], c["k"]).value();
        EXPECT_TRUE(near(got.population, c["r2_pop"], tolerance())) << c;
        EXPECT_TRUE(near(got.out_of_sample, c["r2_oos"], tolerance())) << c;
        EXPECT_LT(got.out_of_sample, got.population);
    }
}

TEST(Uncertainty, BreakEvenCorrelationMatchesTheReference) {
    ASSERT_EQ(uncertainty()["break_even_rho"].size(), 3U);
    for (const Json& c : uncertainty()["break_even_rho"]) {
        const auto got = break_even_correlation(c["gamma_abs"], c["var_rate_usd2_per_day"], c["horizon_days"],
                                                c["cost_usd"]);
        ASSERT_TRUE(got) << got.error().what;
        ASSERT_EQ(got->has_value(), !c["rho_min"].is_null()) << c;
        if (*got) {
            EXPECT_TRUE(near(**got, c["rho_min"], tolerance())) << c;
            // At this correlation the gate's benefit is the cost.
            CorrelationInterval interval;
            interval.variance_reduction_low = **got * **got;
            const GateDecision gate =
                hedge_gate(interval, c["var_rate_usd2_per_day"], 0,
                           {.risk_aversion = c["gamma_abs"], .hold = c["horizon_days"]});
            EXPECT_TRUE(near(gate.benefit_usd, c["cost_usd"], 1e-12)) << c;
        }
    }
    EXPECT_EQ(break_even_correlation(1e-4, 6e6, 7, 0).value(), 0.0);
}

TEST(Uncertainty, DegenerateSeriesAreErrors) {
    const VectorXd x = returns().col(0);
    const VectorXd flat = VectorXd::Constant(750, 0.1);
    VectorXd bad = x;
    bad[9] = kNaN;
    EXPECT_EQ(autocorrelations(flat, 3).error().code, Errc::decode);
    EXPECT_EQ(autocorrelations(bad, 3).error().code, Errc::decode);
    EXPECT_EQ(autocorrelations(x.head(3), 3).error().code, Errc::stale);
    EXPECT_EQ(autocorrelations(VectorXd(), 0).error().code, Errc::stale);
    EXPECT_EQ(autocorrelated_effective_samples(x, flat, 3).error().code, Errc::decode);
    EXPECT_EQ(autocorrelated_effective_samples(x, x.head(700), 3).error().code, Errc::decode);
    EXPECT_EQ(copas_factor(returns().leftCols(3), VectorXd::Zero(750)).error().code, Errc::decode);
    EXPECT_EQ(copas_factor(returns().topLeftCorner(3, 3), x.head(3)).error().code, Errc::stale);
}

TEST(Uncertainty, DegenerateNumbersAreErrors) {
    EXPECT_EQ(nested_gap_variance(3, 750, 0).error().code, Errc::stale);
    EXPECT_EQ(nested_gap_variance(60, 50, 0).error().code, Errc::decode);
    EXPECT_EQ(nested_gap_variance(kNaN, 50, 0).error().code, Errc::decode);
    EXPECT_EQ(nested_gap_variance(20, 50, -1).error().code, Errc::decode);
    EXPECT_EQ(ewma_gap_variance(0, 50, 0).error().code, Errc::decode);
    EXPECT_EQ(ewma_gap_variance(20, kInfinity, 0).error().code, Errc::decode);
    EXPECT_EQ(ewma_gap_variance(20, 50, kNaN).error().code, Errc::decode);
    EXPECT_EQ(correlation_gap_z(1, 0.5, 0.1).error().code, Errc::decode);
    EXPECT_EQ(correlation_gap_z(0.5, kNaN, 0.1).error().code, Errc::decode);
    EXPECT_EQ(correlation_gap_z(0.5, 0.5, 0).error().code, Errc::decode);
    EXPECT_EQ(expected_r2(1.1, 100, 1).error().code, Errc::decode);
    EXPECT_EQ(expected_r2(0.5, kNaN, 1).error().code, Errc::decode);
    EXPECT_EQ(expected_r2(0.5, 4, 3).error().code, Errc::stale);
    EXPECT_EQ(break_even_correlation(0, 1, 1, 1).error().code, Errc::decode);
    EXPECT_EQ(break_even_correlation(-1, -1, 1, 1).error().code, Errc::decode);
    EXPECT_EQ(break_even_correlation(1, 1, 1, kNaN).error().code, Errc::decode);
    const Moments moments = weekly_moments();
    const VectorXd zero = VectorXd::Zero(2);
    EXPECT_EQ(ridge_to_long_run(moments, VectorXd::Zero(3), 1).error().code, Errc::decode);
    EXPECT_EQ(ridge_to_long_run(moments, zero, -1).error().code, Errc::decode);
    EXPECT_EQ(ridge_to_long_run({MatrixXd::Zero(2, 2), zero}, zero, 1).error().code, Errc::decode);
    EXPECT_EQ(ridge_to_long_run({moments.xx, VectorXd::Constant(2, kNaN)}, zero, 1).error().code,
              Errc::decode);
    EXPECT_EQ(posterior_beta(moments, 0, 100, {zero, 1}).error().code, Errc::decode);
    EXPECT_EQ(posterior_beta(moments, 1, kNaN, {zero, 1}).error().code, Errc::decode);
    EXPECT_EQ(posterior_beta(moments, 1, 100, {zero, 0}).error().code, Errc::decode);
    EXPECT_EQ(posterior_beta({-moments.xx, moments.xy}, 1e-5, 1e6, {zero, 1}).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger
