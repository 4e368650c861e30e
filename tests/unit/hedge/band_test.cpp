// SPDX-License-Identifier: Apache-2.0
#include "hedge/band.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "hedge/min_variance.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;
using reference::kInfinity;
using reference::kNaN;
using reference::near;

constexpr double kVariance = 4e-4;

/// The reference moves the target through gamma of the hedged asset: D = dollar gamma squared times variance.
BandInputs inputs_of(const Json& c) {
    const double gamma = c["dollar_gamma"];
    return {.risk_aversion = c["gamma_abs"],
            .variance = kVariance,
            .target_variance_rate = gamma * gamma * kVariance,
            .gas_usd = c["gas_usd"],
            .cost_ratio = c["eps"]};
}

TEST(Band, MatchesReference) {
    const Json file = reference::load("11_policy.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    ASSERT_EQ(file["ab_band"].size(), 11U);
    for (const Json& c : file["ab_band"]) {
        const auto got = rebalance_band(inputs_of(c));
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_TRUE(near(got->trigger_usd, c["trigger_b"], tol)) << c;
        EXPECT_TRUE(near(got->target_usd, c["target_a"], tol, tol * got->trigger_usd)) << c;
        EXPECT_TRUE(near(band_cost_rate(*got, inputs_of(c)), c["cost_rate_at_sigma2_4e4"], tol)) << c;
    }
}

TEST(Band, LimitsAreContinuous) {
    BandInputs in{.risk_aversion = 1e-4,
                  .variance = 1e-3,
                  .target_variance_rate = 1e6,
                  .gas_usd = 0,
                  .cost_ratio = 1e-3};
    const auto no_gas = rebalance_band(in);
    in.gas_usd = 1e-30;
    const auto hardly_any_gas = rebalance_band(in);
    ASSERT_TRUE(no_gas && hardly_any_gas);
    EXPECT_EQ(no_gas->trigger_usd, no_gas->target_usd);
    EXPECT_NEAR(no_gas->trigger_usd, std::cbrt(3 * 1e-3 * 1e6 / (2 * 1e-7)), 1e-6);
    EXPECT_NEAR(hardly_any_gas->trigger_usd / no_gas->trigger_usd, 1, 1e-6);

    in = {
        .risk_aversion = 1e-4, .variance = 1e-3, .target_variance_rate = 1e6, .gas_usd = 2, .cost_ratio = 0};
    const auto no_cost = rebalance_band(in);
    in.cost_ratio = 1e-18;
    const auto hardly_any_cost = rebalance_band(in);
    ASSERT_TRUE(no_cost && hardly_any_cost);
    EXPECT_EQ(no_cost->target_usd, 0);
    EXPECT_NEAR(no_cost->trigger_usd, std::pow(12 * 1e6 * 2 / 1e-7, 0.25), 1e-6);
    EXPECT_GT(hardly_any_cost->target_usd, 0);
    EXPECT_LT(hardly_any_cost->target_usd, 1e-9);

    in = {
        .risk_aversion = 1e-4, .variance = 1e-3, .target_variance_rate = 0, .gas_usd = 2, .cost_ratio = 1e-3};
    EXPECT_EQ(rebalance_band(in)->trigger_usd, 0);
    in = {.risk_aversion = 1e-4, .variance = 1e-3, .target_variance_rate = 1, .gas_usd = 0, .cost_ratio = 0};
    EXPECT_EQ(rebalance_band(in)->trigger_usd, 0);
}

TEST(Band, BadInputIsAnError) {
    const BandInputs good{
        .risk_aversion = 1e-4, .variance = 1e-3, .target_variance_rate = 1, .gas_usd = 1, .cost_ratio = 0};
    const auto code = [&](auto&& spoil) {
        BandInputs in = good;
        spoil(in);
        const auto got = rebalance_band(in);
        return got ? std::optional<Errc>{} : std::optional(got.error().code);
    };
    EXPECT_EQ(code([](BandInputs& i) { i.variance = 0; }), Errc::config);
    EXPECT_EQ(code([](BandInputs& i) { i.risk_aversion = 0; }), Errc::config);
    EXPECT_EQ(code([](BandInputs& i) { i.gas_usd = -1; }), Errc::config);
    EXPECT_EQ(code([](BandInputs& i) { i.gas_usd = kNaN; }), Errc::decode);
    EXPECT_EQ(code([](BandInputs& i) { i.target_variance_rate = kInfinity; }), Errc::decode);
    EXPECT_EQ(code([](BandInputs& i) {
                  i.variance = 1e-300;
                  i.target_variance_rate = 1e300;
              }),
              Errc::decode);
}

RC_GTEST_PROP(BandProperty, NoOtherBandIsCheaper, ()) {
    const auto power = [](int low, int high) {
        return std::pow(10.0, *rc::gen::inRange(low * 8, high * 8) / 8.0);
    };
    const BandInputs in{.risk_aversion = power(-6, -2),
                        .variance = power(-5, -2),
                        .target_variance_rate = power(2, 9),
                        .gas_usd = power(-3, 2),
                        .cost_ratio = power(-5, -2)};
    const auto band = rebalance_band(in);
    RC_ASSERT(band.has_value());
    RC_ASSERT(band->target_usd >= 0 && band->target_usd < band->trigger_usd);
    const double best = band_cost_rate(*band, in);
    for (const double da : {-0.1, -1e-3, 0.0, 1e-3, 0.1}) {
        for (const double db : {-0.1, -1e-3, 0.0, 1e-3, 0.1}) {
            const Band other{band->trigger_usd * (1 + db), band->target_usd * (1 + da)};
            if (other.target_usd < other.trigger_usd)
                RC_ASSERT(band_cost_rate(other, in) >= best * (1 - 1e-10));
        }
    }
}

RC_GTEST_PROP(BandProperty, TheCalibratedHedgeProblemTradesWhereTheBandDoes, ()) {
    const auto power = [](int low, int high) {
        return std::pow(10.0, *rc::gen::inRange(low * 8, high * 8) / 8.0);
    };
    const BandInputs in{.risk_aversion = power(-5, -3),
                        .variance = power(-4, -2),
                        .target_variance_rate = power(5, 8),
                        .gas_usd = power(-2, 1),
                        .cost_ratio = power(-4, -2)};
    const auto band = rebalance_band(in);
    RC_ASSERT(band.has_value());
    const BandCalibration calibration = calibrate(*band, in);
    HedgeProblem p;
    p.covariance = Eigen::MatrixXd::Constant(1, 1, in.variance);
    p.exposure_usd = Eigen::VectorXd::Constant(1, -*rc::gen::inRange(-50'000, 50'000));
    p.loading = Eigen::MatrixXd::Identity(1, 1);
    p.risk_aversion = in.risk_aversion;
    p.horizon = calibration.horizon;
    p.cost_per_usd = Eigen::VectorXd::Constant(1, in.cost_ratio);
    const double target = -p.exposure_usd[0];
    for (const double beside : {0.999, 1.001}) {
        p.held_usd = Eigen::VectorXd::Constant(1, target + beside * band->trigger_usd);
        const auto got = minimise_variance_with_gas(p, calibration.gas_usd);
        RC_ASSERT(got.has_value());
        const double landed = got->hedge.target_usd[0] - target;
        const double want = beside < 1 ? beside * band->trigger_usd : band->target_usd;
        RC_ASSERT(std::abs(landed - want) <= 1e-6 * band->trigger_usd + 1e-6);
    }
}

TEST(Band, TargetVarianceRateMatchesPipeline) {
    const Json file = reference::load("14_pipeline.json");
    for (const Json& c : file["cases"]) {
        const Json& want = c["output"];
        const auto k = static_cast<Eigen::Index>(want["h_target"].size());
        const auto got =
            target_variance_rate(reference::matrix(want["Sigma_daily"]), Eigen::MatrixXd::Identity(6, k),
                                 reference::matrix(want["dollar_gamma"]));
        ASSERT_TRUE(got) << got.error().what;
        const Eigen::VectorXd noise = reference::vector(c["input"]["params"]["beta_noise_var_per_day"]);
        EXPECT_LT(reference::distance(*got + noise, reference::vector(want["target_var_rate_D"])), 1e-6);
    }
    Eigen::MatrixXd twice(2, 2);
    twice << 1, 1, 1, 1;
    EXPECT_FALSE(
        target_variance_rate(twice, Eigen::MatrixXd::Identity(2, 2), Eigen::MatrixXd::Identity(2, 2)));
}

}  // namespace
}  // namespace outrigger
