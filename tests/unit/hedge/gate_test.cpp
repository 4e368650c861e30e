// SPDX-License-Identifier: Apache-2.0
#include "hedge/gate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "hedge/covariance.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::Json;
using reference::kNaN;
using reference::near;
using Hours = std::chrono::duration<double, std::ratio<3600>>;

TEST(Gate, FisherIntervalsMatchReference) {
    const Json file = reference::load("09_uncertainty.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    ASSERT_EQ(file["fisher"].size(), 6U);
    for (const Json& c : file["fisher"]) {
        ASSERT_EQ(c["conf"], 0.95);
        const auto got = correlation_interval(c["r"], c["n_eff"], c["k"],
                                              {.kurtosis = c["kappa"], .drift_inflation = c["drift"]});
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_TRUE(near(got->standard_error, c["se"], tol)) << c;
        EXPECT_TRUE(near(got->low, c["lo"], tol)) << c;
        EXPECT_TRUE(near(got->high, c["hi"], tol)) << c;
        EXPECT_TRUE(near(got->variance_reduction, c["vr_point"], tol)) << c;
        EXPECT_TRUE(near(got->variance_reduction_low, c["vr_lower"], tol)) << c;
    }
}

TEST(Gate, EffectiveSamplesMatchReference) {
    const Json file = reference::load("09_uncertainty.json");
    for (const Json& c : file["n_eff"]) {
        const double lambda = c["lam"];
        if (lambda > 0.99) continue;  // the reference's history is longer than the panel here
        ReturnPanel panel = reference::panel_of(MatrixXd::Zero(4000, 1));
        const auto weights = ewma_weights(panel, Hours{-std::log(2.0) / std::log(lambda)});
        EXPECT_NEAR(weights.sum(), 1, 1e-12);
        EXPECT_TRUE(near(effective_samples(weights), c["analytic"], 1e-9));
    }
}

TEST(Gate, QualityAndDecisionMatchPipeline) {
    const Json file = reference::load("14_pipeline.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    const ReturnPanel panel = reference::panel_of(reference::csv("returns_6x750.csv"));
    for (const Json& c : file["cases"]) {
        const Json& want = c["output"];
        const Json& params = c["input"]["params"];
        const VectorXd e = reference::vector(want["exposure_usd"]);
        const VectorXd h = reference::vector(want["h_target"]);
        VectorXd hedge = VectorXd::Zero(6);
        hedge.head(h.size()) = h;  // ETH, BTC(, SOL)
        const auto weights = ewma_weights(panel, Hours{params["hl_short"].get<double>()});
        const auto got =
            hedge_quality(panel, e, hedge, weights, static_cast<std::size_t>(h.size()), params["drift"]);
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_TRUE(near(got->interval.correlation, want["hedge_correlation"], tol));
        EXPECT_TRUE(near(got->kurtosis, want["kappa"], tol));
        EXPECT_TRUE(near(got->effective_samples, want["n_eff"], tol));
        EXPECT_TRUE(near(got->interval.standard_error, want["se_z"], tol));
        EXPECT_TRUE(near(got->interval.low, want["ci"][0], tol));
        EXPECT_TRUE(near(got->interval.high, want["ci"][1], tol));
        EXPECT_TRUE(near(got->interval.variance_reduction_low, want["vr_lower"], tol));

        const MatrixXd sigma = reference::matrix(want["Sigma_daily"]);
        EXPECT_TRUE(near(variance_reduction(sigma, e, hedge).value(), want["var_reduction_model"], tol));
        const GateDecision gate = hedge_gate(got->interval, want["var_unhedged_daily"], want["cost_usd"],
                                             {.risk_aversion = params["gamma_abs"],
                                              .min_variance_reduction = params["min_vr"],
                                              .hold = params["hold_days"]});
        EXPECT_TRUE(near(gate.benefit_usd, want["benefit_usd"], tol));
        EXPECT_EQ(gate.open, want["gate_open"].get<bool>());
    }
}

TEST(Gate, ClosesForACostlyOrDoubtfulHedge) {
    CorrelationInterval interval;
    interval.variance_reduction_low = 0.5;
    const GateSpec spec{.risk_aversion = 1e-4, .min_variance_reduction = 0.15, .hold = 7};
    EXPECT_TRUE(hedge_gate(interval, 1e6, 87.5, spec).open);  // benefit 175: exactly twice
    EXPECT_FALSE(hedge_gate(interval, 1e6, 87.6, spec).open);
    interval.variance_reduction_low = 0.149;
    EXPECT_FALSE(hedge_gate(interval, 1e12, 1, spec).open);
}

TEST(Gate, TheAssetItselfIsPerfectAndAMirrorIsWorthless) {
    const ReturnPanel panel = reference::panel_of(reference::csv("returns_6x750.csv"));
    VectorXd e = VectorXd::Zero(6);
    e[3] = 1e4;
    const auto weights = ewma_weights(panel, Hours{168});
    for (const double scale : {1e-9, 0.7, 1e9}) {
        const auto same = hedge_quality(panel, e, -scale * e, weights, 1);
        ASSERT_TRUE(same) << same.error().what;
        EXPECT_NEAR(same->interval.correlation, 1, 1e-15);
        EXPECT_NEAR(same->interval.variance_reduction_low, 1, 1e-6);
        EXPECT_TRUE(std::isfinite(same->kurtosis));
        const auto mirror = hedge_quality(panel, e, scale * e, weights, 1);
        ASSERT_TRUE(mirror);
        EXPECT_NEAR(mirror->interval.correlation, -1, 1e-15);
        EXPECT_EQ(mirror->interval.variance_reduction_low, 0);
    }
}

TEST(Gate, NearlyPerfectPairKeepsItsDigits) {
    // g = y + noise with noise variance 1e-18 of y's: 1 - rho is about 5e-19, lost if computed from rho.
    MatrixXd rows = reference::csv("returns_6x750.csv").leftCols(2);
    rows.col(1) = rows.col(0) + 1e-9 * rows.col(1);
    const ReturnPanel panel = reference::panel_of(rows);
    VectorXd e(2);
    VectorXd h(2);
    e << 1, 0;
    h << 0, -1;
    const auto got = hedge_quality(panel, e, h, ewma_weights(panel, Hours{168}), 1);
    ASSERT_TRUE(got);
    // The pair (ETH, BTC) has the same Mahalanobis distances whatever it is mixed into.
    MatrixXd plain = reference::csv("returns_6x750.csv").leftCols(2);
    const auto pair = hedge_quality(reference::panel_of(plain), e, h, ewma_weights(panel, Hours{168}), 1);
    ASSERT_TRUE(pair);
    EXPECT_NEAR(got->kurtosis, pair->kurtosis, 1e-4);
}

TEST(Gate, DegenerateInputsAreErrors) {
    const ReturnPanel panel = reference::panel_of(reference::csv("returns_6x750.csv"));
    const VectorXd weights = ewma_weights(panel, Hours{168});
    VectorXd e = VectorXd::Zero(6);
    e[0] = 1;
    VectorXd bad = e;
    bad[1] = kNaN;
    EXPECT_EQ(hedge_quality(panel, e, VectorXd::Zero(6), weights, 1).error().code, Errc::decode);
    EXPECT_EQ(hedge_quality(panel, VectorXd::Zero(6), e, weights, 1).error().code, Errc::decode);
    EXPECT_EQ(hedge_quality(panel, e, bad, weights, 1).error().code, Errc::decode);
    EXPECT_EQ(hedge_quality(panel, e, -e, ewma_weights(panel, Hours{0.5}), 1).error().code, Errc::stale);
    EXPECT_EQ(variance_reduction(MatrixXd::Identity(6, 6), VectorXd::Zero(6), e).error().code, Errc::decode);
    EXPECT_EQ(variance_reduction(MatrixXd::Identity(6, 6), bad, e).error().code, Errc::decode);
    EXPECT_EQ(correlation_interval(1.1, 100, 1, {}).error().code, Errc::decode);
    EXPECT_EQ(correlation_interval(kNaN, 100, 1, {}).error().code, Errc::decode);
    EXPECT_EQ(correlation_interval(0.5, 4, 1, {}).error().code, Errc::stale);
    EXPECT_EQ(correlation_interval(0.5, 100, 1, {.kurtosis = kNaN}).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger
