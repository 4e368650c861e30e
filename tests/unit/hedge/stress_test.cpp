// SPDX-License-Identifier: Apache-2.0
#include "hedge/stress.hpp"

#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::Json;

TEST(Stress, NearestCorrelationsAreHighamsAndRs) {
    const Json ours = reference::load("13_stress.json");
    const Json r = reference::load("13b_nearPD_R.json");
    const double tol = ours["_meta"]["tolerance"]["nearest_correlation_abs"];
    ASSERT_EQ(ours["nearest_correlation"].size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        const Json& c = ours["nearest_correlation"][i];
        const MatrixXd input = reference::matrix(c["input"]);
        const auto got = nearest_correlation(input);
        ASSERT_TRUE(got) << c["name"];
        EXPECT_LT((*got - reference::matrix(c["output"])).cwiseAbs().maxCoeff(), tol) << c["name"];
        EXPECT_LT((*got - reference::matrix(r["cases"][i]["tight"])).cwiseAbs().maxCoeff(), 1e-7)
            << c["name"];
        EXPECT_NEAR((*got - input).norm(), c["frobenius_distance"].get<double>(), 1e-8);
        EXPECT_EQ(got->diagonal(), VectorXd::Ones(input.rows()));
        EXPECT_GT(Eigen::SelfAdjointEigenSolver<MatrixXd>(*got).eigenvalues()[0], -1e-8);
    }
    const MatrixXd already = reference::matrix(ours["R_base"]);
    EXPECT_LT((*nearest_correlation(already) - already).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_FALSE(nearest_correlation(MatrixXd::Ones(2, 3)));
    EXPECT_FALSE(nearest_correlation(MatrixXd::Constant(2, 2, reference::kNaN)));
}

TEST(Stress, PathsMatchReference) {
    const Json file = reference::load("13_stress.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    const MatrixXd r = reference::matrix(file["R_base"]);
    const VectorXd e = reference::vector(file["path_inputs"]["exposure_usd"]);
    const VectorXd vol = reference::vector(file["path_inputs"]["vol_daily"]);
    struct Path {
        const char* name;
        CorrelationTarget target;
    };
    for (const Json& p : file["paths"]) {
        for (const auto& [name, target] : {Path{"toward_ones", CorrelationTarget::ones},
                                           {"toward_identity", CorrelationTarget::identity},
                                           {"adversarial_sign", CorrelationTarget::against},
                                           {"decouple_asset3", CorrelationTarget::alone}}) {
            const MatrixXd got = stressed(r, correlation_target(r, target, e, 3), p["theta"]);
            EXPECT_LT(reference::distance(got, reference::matrix(p[name]), 1), tol) << name;
            if (!p["variance_usd2_daily"].contains(name)) continue;
            const double want = p["variance_usd2_daily"][name];
            EXPECT_NEAR(std::pow(portfolio_sd(got, vol, e), 2), want, tol * want) << name;
        }
    }
    const MatrixXd worst = correlation_target(r, CorrelationTarget::against, e);
    const double bound = file["path_inputs"]["adversarial_bound_usd"];
    EXPECT_NEAR(portfolio_sd(worst, vol, e), bound, tol * bound);
}

TEST(Stress, TheMarginIsWhereTheHedgeStopsPaying) {
    const Json file = reference::load("13_stress.json");
    const MatrixXd r = reference::matrix(file["R_base"]);
    const VectorXd vol = reference::vector(file["path_inputs"]["vol_daily"]);
    VectorXd e = VectorXd::Zero(6);
    e[3] = 50'000;
    VectorXd h = VectorXd::Zero(6);
    h[0] = -40'000;
    const auto removed = [&](const MatrixXd& c) {
        return 1 - std::pow(portfolio_sd(c, vol, e + h) / portfolio_sd(c, vol, e), 2);
    };
    ASSERT_GT(removed(r), 0.3);
    for (const double least : {0.0, 0.15}) {
        const MatrixXd apart = correlation_target(r, CorrelationTarget::alone, e, 3);
        const auto margin = breakdown_margin(r, apart, vol, e, h, least);
        ASSERT_TRUE(margin);
        EXPECT_GT(*margin, 0);
        EXPECT_LT(*margin, 1);
        EXPECT_NEAR(removed(stressed(r, apart, *margin)), least, 1e-12);
        EXPECT_FALSE(breakdown_margin(r, MatrixXd::Ones(6, 6), vol, e, h, least));  // it only gets better
    }
    EXPECT_EQ(breakdown_margin(r, r, vol, e, h, 0.99), 0.0);
}

}  // namespace
}  // namespace outrigger
