// SPDX-License-Identifier: Apache-2.0
// The whole hedge decision in the order of operations of methods P, against its reference values.
#include <gtest/gtest.h>

#include "hedge/band.hpp"
#include "hedge/covariance.hpp"
#include "hedge/exposure.hpp"
#include "hedge/gate.hpp"
#include "hedge/min_variance.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::distance;
using reference::Json;
using reference::near;
using Hours = std::chrono::duration<double, std::ratio<3600>>;

const std::vector<std::string> kFactors{"ETH", "BTC", "SOL", "LINK", "ARB", "AAVE"};
constexpr AssetId kQuote{99};

AssetId asset(const std::string& name) {
    const auto found = std::find(kFactors.begin(), kFactors.end(), name);
    return found == kFactors.end() ? kQuote : AssetId{static_cast<std::uint16_t>(found - kFactors.begin())};
}

const ReturnPanel& panel() {
    static const ReturnPanel loaded = reference::panel_of(reference::csv("returns_6x750.csv"));
    return loaded;
}

FactorExposure exposure_of(const Json& in) {
    std::vector<PositionGreeks> positions;
    for (const Json& p : in["positions"]) {
        const double price0 = in["prices"][p["token0"].get<std::string>()];
        const double price1 = in["prices"][p["token1"].get<std::string>()];
        const ConcentratedCurve curve{asset(p["token0"]), asset(p["token1"]), p["L"], p["pa"], p["pb"]};
        const LpGreeks greeks = concentrated_greeks(curve, price0, price1).value();
        positions.push_back({curve.asset0, curve.asset1,
                             with_owed(greeks, p["fees0"], p["fees1"], price0, price1), price0, price1});
    }
    return factor_exposure(panel().assets, positions);
}

MatrixXd covariance_of(const Json& params, const char* half_life) {
    const auto ewma = ewma_covariance(panel(), {.half_life = Hours{params[half_life].get<double>()}});
    return per_day(shrink_to_constant_correlation(ewma.value(), params["cc_shrink"]).value());
}

class Pipeline : public testing::TestWithParam<std::size_t> {
  protected:
    void SetUp() override {
        file_ = reference::load("14_pipeline.json");
        in_ = file_["cases"][GetParam()]["input"];
        want_ = file_["cases"][GetParam()]["output"];
        params_ = in_["params"];
        tol_ = file_["_meta"]["tolerance"]["relative"];
        for (const Json& name : in_["hedge_assets"]) instruments_.push_back(asset(name));
        held_ = reference::vector(in_["h_now"]);
    }

    void expect_money(const VectorXd& got, const char* key) {
        const double scale = want_.contains("exposure_usd")
                                 ? reference::vector(want_["exposure_usd"]).cwiseAbs().maxCoeff()
                                 : 0.0;
        EXPECT_LT((got - reference::vector(want_[key])).cwiseAbs().maxCoeff(), 1e-6 * scale) << key;
    }

    /// Limits and risk of every quadratic problem of the pipeline.
    HedgeProblem problem(const MatrixXd& covariance, const VectorXd& exposure) {
        HedgeProblem p;
        p.covariance = covariance;
        p.exposure_usd = exposure;
        p.loading = selection(panel().assets, instruments_).value();
        p.risk_aversion = params_["gamma_abs"];
        return p;
    }

    HedgeProblem limited(HedgeProblem p) {
        p.lower_usd = reference::vector(params_["lo"]);
        p.upper_usd = reference::vector(params_["up"]);
        p.gross_limit_usd = params_["gross_cap"].get<double>();
        return p;
    }

    VectorXd solve(const HedgeProblem& p) {
        const auto got = minimise_variance(p);
        EXPECT_TRUE(got) << got.error().what;
        return got->target_usd;
    }

    /// Each instrument's band against the reference, and the mean horizon and gas they calibrate the
    /// follow-up to.
    std::pair<double, double> expect_bands(const MatrixXd& sigma, const VectorXd& rates, double gas,
                                           double eps) {
        double horizon = 0;
        double gas_effective = 0;
        for (Eigen::Index i = 0; i < rates.size(); ++i) {
            const auto instrument =
                static_cast<Eigen::Index>(instruments_[static_cast<std::size_t>(i)].value);
            const BandInputs inputs{.risk_aversion = params_["gamma_abs"],
                                    .variance = sigma(instrument, instrument),
                                    .target_variance_rate = rates[i],
                                    .gas_usd = gas,
                                    .cost_ratio = eps};
            const Band band = rebalance_band(inputs).value();
            const Json& pair = want_["bands_b_a"][static_cast<std::size_t>(i)];
            EXPECT_TRUE(near(band.trigger_usd, pair[0], tol_));
            EXPECT_TRUE(near(band.target_usd, pair[1], tol_));
            const BandCalibration calibration = calibrate(band, inputs);
            horizon += calibration.horizon / static_cast<double>(rates.size());
            gas_effective += calibration.gas_usd / static_cast<double>(rates.size());
        }
        return {horizon, gas_effective};
    }

    Json file_, in_, want_, params_;
    double tol_ = 0;
    std::vector<AssetId> instruments_;
    VectorXd held_;
};

TEST_P(Pipeline, EveryStepMatchesReference) {
    // 1. exposures
    const FactorExposure exposure = exposure_of(in_);
    EXPECT_LT(distance(exposure.usd, reference::vector(want_["exposure_usd"])), tol_);
    EXPECT_LT(distance(exposure.dollar_gamma, reference::matrix(want_["dollar_gamma"])), tol_);

    // 2. covariances
    const MatrixXd sigma = covariance_of(params_, "hl_short");
    const MatrixXd sigma_long = covariance_of(params_, "hl_long");
    EXPECT_LT(distance(sigma, reference::matrix(want_["Sigma_daily"])), tol_);
    EXPECT_LT(distance(sigma_long, reference::matrix(want_["Sigma_long_daily"])), tol_);

    // 3. hedges: long-run, minimum variance, with carry
    const VectorXd long_run = solve(problem(sigma_long, exposure.usd));
    expect_money(long_run, "h_long_run");
    HedgeProblem plain = limited(problem(sigma, exposure.usd));
    plain.horizon = params_["horizon_days"];
    plain.ridge = params_["tau"];
    plain.preferred_usd = long_run;
    const VectorXd minimum = solve(plain);
    expect_money(minimum, "h_min_variance");
    HedgeProblem carried = plain;
    carried.funding = reference::vector(params_["funding_per_day"]);
    const VectorXd tilt = params_["carry_tilt"].get<double>() * minimum.cwiseAbs();
    carried.lower_usd = plain.lower_usd.cwiseMax(minimum - tilt);
    carried.upper_usd = plain.upper_usd.cwiseMin(minimum + tilt);
    const VectorXd target = solve(carried);
    expect_money(target, "h_target");
    const VectorXd hedge = plain.loading * target;
    EXPECT_TRUE(
        near(variance_reduction(sigma, exposure.usd, hedge).value(), want_["var_reduction_model"], tol_));

    // 4. gate
    const VectorXd weights = ewma_weights(panel(), Hours{params_["hl_short"].get<double>()});
    const auto quality =
        hedge_quality(panel(), exposure.usd, hedge, weights, instruments_.size(), params_["drift"]);
    ASSERT_TRUE(quality) << quality.error().what;
    EXPECT_TRUE(near(quality->interval.correlation, want_["hedge_correlation"], tol_));
    EXPECT_TRUE(near(quality->interval.variance_reduction_low, want_["vr_lower"], tol_));
    const double gas = params_["gas"];
    const double eps = params_["eps"];
    const VectorXd move = target - held_;
    const double cost = eps * move.cwiseAbs().sum() + gas * static_cast<double>((move.array() != 0).count());
    EXPECT_TRUE(near(cost, want_["cost_usd"], tol_));
    const GateDecision gate = hedge_gate(quality->interval, exposure.usd.dot(sigma * exposure.usd), cost,
                                         {.risk_aversion = params_["gamma_abs"],
                                          .min_variance_reduction = params_["min_vr"],
                                          .hold = params_["hold_days"]});
    EXPECT_TRUE(near(gate.benefit_usd, want_["benefit_usd"], tol_));
    EXPECT_EQ(gate.open, want_["gate_open"].get<bool>());

    // 5. bands and their calibration
    const VectorXd rates = target_variance_rate(sigma, plain.loading, exposure.dollar_gamma).value() +
                           reference::vector(params_["beta_noise_var_per_day"]);
    EXPECT_LT(distance(rates, reference::vector(want_["target_var_rate_D"])), tol_);
    const auto [horizon, gas_effective] = expect_bands(sigma, rates, gas, eps);
    EXPECT_TRUE(near(horizon, want_["horizon_T_star_days"], tol_));
    EXPECT_TRUE(near(gas_effective, want_["gas_multiplied"], tol_));

    // 6. trades: follow the target, by enumeration; the exposure that the target hedges exactly is -B h*
    HedgeProblem follow = limited(problem(sigma, -hedge));
    follow.horizon = horizon;
    follow.held_usd = held_;
    follow.cost_per_usd = VectorXd::Constant(held_.size(), eps);
    const auto traded = minimise_variance_with_gas(follow, gas_effective);
    ASSERT_TRUE(traded) << traded.error().what;
    EXPECT_EQ(traded->traded, want_["qp_traded_subset"].get<std::vector<std::size_t>>());
    expect_money(gate.open ? VectorXd(traded->hedge.target_usd - held_) : VectorXd::Zero(held_.size()),
                 "trades");
}

INSTANTIATE_TEST_SUITE_P(Reference, Pipeline, testing::Range<std::size_t>(0, 4));

}  // namespace
}  // namespace outrigger
