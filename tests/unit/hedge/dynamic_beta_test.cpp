// SPDX-License-Identifier: Apache-2.0
// Kalman betas, GARCH and DCC against statsmodels and an independent R implementation.
#include <gtest/gtest.h>

#include <cmath>

#include "hedge/dcc_garch.hpp"
#include "hedge/kalman_beta.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;

const Json& dynamic() {
    static const Json file = reference::load("05_dynamic_beta.json");
    return file;
}
const Eigen::MatrixXd& returns() {
    static const Eigen::MatrixXd rows = reference::csv("returns_6x750.csv");
    return rows;
}
void expect_close(const Eigen::MatrixXd& got, const Json& want, double tolerance) {
    const Eigen::MatrixXd matrix = reference::matrix(want);
    ASSERT_EQ(got.rows(), matrix.rows());
    EXPECT_LE((got - matrix).cwiseAbs().maxCoeff(), tolerance * matrix.cwiseAbs().maxCoeff());
}

TEST(KalmanBeta, MatchesStatsmodelsWithFixedNoise) {
    for (const auto& want : dynamic()["kalman_random_walk_beta"]) {
        const double drift = want["q"];
        // Its prior is for the first bar, ours for the moment before: one drift less.
        const KalmanBetaParams params{
            .drift_variance = drift, .prior_variance = 1 - drift, .noise_half_life = 0};
        auto filter = *KalmanBeta::from(Eigen::Vector2d::Zero(), want["r"].get<double>(), params);
        std::size_t next = 0;
        for (Eigen::Index t = 0; t < returns().rows(); ++t) {
            ASSERT_TRUE(filter.add(returns()(t, 3), returns().row(t).head(2).transpose()));
            const auto& rows = want["filtered_beta_rows"];
            if (next < rows.size() && rows[next] == t) {
                const Eigen::VectorXd beta = reference::vector(want["filtered_beta"][next++]);
                EXPECT_LE((filter.beta() - beta).cwiseAbs().maxCoeff(), 1e-8) << t;
            }
        }
        EXPECT_EQ(next, want["filtered_beta_rows"].size());
        expect_close(filter.covariance(), want["filtered_cov_final"], 1e-8);
        EXPECT_NEAR(filter.log_likelihood(), want["loglik"].get<double>(), 1e-6);
    }
}

TEST(KalmanBeta, MatchesTheReferenceWithAdaptiveNoise) {
    const Json& want = dynamic()["kalman_adaptive_r"];
    const Eigen::VectorXd first = returns().col(3).head(60);
    const double noise = (first.array() - first.mean()).square().mean();
    auto filter = *KalmanBeta::from(Eigen::Vector2d::Zero(), noise);
    for (Eigen::Index t = 0; t < returns().rows(); ++t)
        ASSERT_TRUE(filter.add(returns()(t, 3), returns().row(t).head(2).transpose()));
    EXPECT_LE((filter.beta() - reference::vector(want["beta_final"])).cwiseAbs().maxCoeff(), 1e-8);
    expect_close(filter.covariance(), want["P_final"], 1e-8);
    EXPECT_NEAR(filter.noise_variance() / want["r_final"].get<double>(), 1, 1e-8);
}

TEST(KalmanBeta, UselessInputIsRefusedAndChangesNothing) {
    auto filter = *KalmanBeta::from(Eigen::Vector2d{1, 2}, 1e-4);
    EXPECT_FALSE(filter.add(reference::kNaN, Eigen::Vector2d{1, 1}));
    EXPECT_FALSE(filter.add(0.1, Eigen::Vector2d{1, reference::kInfinity}));
    EXPECT_FALSE(filter.add(0.1, Eigen::VectorXd::Ones(3)));
    EXPECT_EQ(filter.beta(), Eigen::Vector2d(1, 2));
    for (int i = 0; i < 100000; ++i) ASSERT_TRUE(std::isfinite(*filter.add(0, Eigen::Vector2d{0, 0})));
    EXPECT_TRUE(filter.covariance().allFinite());
    EXPECT_FALSE(KalmanBeta::from(Eigen::VectorXd(), 1));
    EXPECT_FALSE(KalmanBeta::from(Eigen::Vector2d{1, 2}, 0));
}

/// Returns divided by the reference's own volatilities.
Eigen::MatrixXd standardised() {
    Eigen::MatrixXd out = returns();
    for (Eigen::Index i = 0; i < out.cols(); ++i) {
        const Json& model = dynamic()["garch11"][static_cast<std::size_t>(i)];
        const auto path = *garch_path(returns().col(i), {model["omega"], model["alpha"], model["beta"]});
        out.col(i).array() /= path.variance.array().sqrt();
    }
    return out;
}

TEST(Garch, MatchesTheReference) {
    for (Eigen::Index i = 0; i < returns().cols(); ++i) {
        const Json& want = dynamic()["garch11"][static_cast<std::size_t>(i)];
        const auto path = *garch_path(returns().col(i), {want["omega"], want["alpha"], want["beta"]});
        EXPECT_NEAR(path.log_likelihood, want["loglik"].get<double>(), 1e-6);
        EXPECT_NEAR(path.next / want["h_next"].get<double>(), 1, 1e-8);
        for (std::size_t k = 0; k < want["h_rows"].size(); ++k) {
            const double h = path.variance[want["h_rows"][k].get<Eigen::Index>()];
            EXPECT_NEAR(h / want["h"][k].get<double>(), 1, 1e-8);
        }
    }
}

TEST(Garch, TheFitIsAtATop) {
    const Eigen::VectorXd series = returns().col(0);
    const auto fit = *fit_garch(series);
    const double best = garch_path(series, fit)->log_likelihood;
    const double variance = series.squaredNorm() / static_cast<double>(series.size());
    for (const double da : {-1e-3, 1e-3}) {
        for (const double db : {-1e-3, 1e-3}) {
            const Garch near{variance * (1 - fit.alpha - da - fit.beta - db), fit.alpha + da, fit.beta + db};
            if (near.alpha < 0 || near.beta < 0 || near.omega <= 0) continue;
            EXPECT_GE(best, garch_path(series, near)->log_likelihood);
        }
    }
    EXPECT_FALSE(garch_path(series, {1e-6, 0.5, 0.6}));
    EXPECT_FALSE(fit_garch(Eigen::VectorXd::Zero(100)));
}

TEST(Dcc, MatchesTheReference) {
    const Eigen::MatrixXd z = standardised();
    for (const auto& want : dynamic()["dcc11"]) {
        const Dcc model{want["a"], want["b"]};
        const auto path = *dcc_path(z, model);
        EXPECT_NEAR(path.log_likelihood, want["corr_loglik"].get<double>(), 1e-6);
        expect_close(path.last, want["R_last"], 1e-8);
        expect_close(path.next, want["R_next"], 1e-8);
        for (const auto& ahead : want["forecast"])
            expect_close(dcc_forecast(path, model, ahead["k"].get<int>()), ahead["R"], 1e-8);
    }
    EXPECT_FALSE(dcc_path(z, {0.5, 0.5}));
    Eigen::MatrixXd twins(z.rows(), 2);
    twins << z.col(0), z.col(0);
    EXPECT_FALSE(dcc_path(twins, {0.02, 0.9}));
}

}  // namespace
}  // namespace outrigger
