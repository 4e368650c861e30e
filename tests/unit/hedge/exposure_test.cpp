// SPDX-License-Identifier: Apache-2.0
#include "hedge/exposure.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;
using reference::kInfinity;
using reference::kNaN;
using reference::near;

ConcentratedCurve curve_of(const Json& in) {
    return {AssetId{0}, AssetId{1}, in["L"].get<double>(), in["pa"].get<double>(), in["pb"].get<double>()};
}

double relative_variance(const Json& sigma) {
    return sigma[0][0].get<double>() + sigma[1][1].get<double>() - 2 * sigma[0][1].get<double>();
}

void expect_matches(const LpGreeks& got, const Json& in, const Json& want, double tol) {
    EXPECT_TRUE(near(got.amount0, want["amount0"], tol)) << in;
    EXPECT_TRUE(near(got.amount1, want["amount1"], tol)) << in;
    EXPECT_TRUE(near(got.delta0 * in["P0"].get<double>(), want["exposure_usd"][0], tol)) << in;
    EXPECT_TRUE(near(got.delta1 * in["P1"].get<double>(), want["exposure_usd"][1], tol)) << in;
    EXPECT_TRUE(near(got.value_usd, want["value"], tol)) << in;
    EXPECT_TRUE(near(got.gamma00, want["hessian_usd"][0][0], tol)) << in;
    EXPECT_TRUE(near(got.gamma01, want["hessian_usd"][0][1], tol)) << in;
    EXPECT_TRUE(near(got.gamma11, want["hessian_usd"][1][1], tol)) << in;
    EXPECT_TRUE(near(got.dollar_gamma, want["dollar_gamma"][0][0], tol)) << in;
    EXPECT_TRUE(
        near(loss_versus_rebalancing(got, relative_variance(in["Sigma"])), want["lvr_usd_per_time"], tol))
        << in;
    EXPECT_EQ(got.in_range, want["dx_dp"].get<double>() < 0);
}

TEST(Exposure, ConcentratedMatchesReference) {
    const Json file = reference::load("02_lp_exposure.json");
    ASSERT_EQ(file["v3"].size(), 12U);
    for (const Json& c : file["v3"]) {
        const auto got = concentrated_greeks(curve_of(c["input"]), c["input"]["P0"], c["input"]["P1"]);
        ASSERT_TRUE(got) << got.error().what;
        expect_matches(*got, c["input"], c["output"], file["_meta"]["tolerance"]["relative"]);
    }
}

TEST(Exposure, ConstantProductMatchesReference) {
    const Json file = reference::load("02_lp_exposure.json");
    ASSERT_EQ(file["v2"].size(), 6U);
    for (const Json& c : file["v2"]) {
        const auto got = constant_product_greeks(c["input"]["L"], c["input"]["P0"], c["input"]["P1"]);
        ASSERT_TRUE(got) << got.error().what;
        expect_matches(*got, c["input"], c["output"], file["_meta"]["tolerance"]["relative"]);
    }
}

TEST(Exposure, HorizonAverageMatchesReference) {
    const Json file = reference::load("02_lp_exposure.json");
    const double tol = file["_meta"]["tolerance"]["horizon_relative"];
    ASSERT_EQ(file["v3_horizon_delta"].size(), 12U);
    for (const Json& c : file["v3_horizon_delta"]) {
        const ConcentratedCurve curve = curve_of(c["input"]);
        const double p = c["input"]["p"];
        const auto got = horizon_greeks(curve, p, 1.0, c["input"]["s"]);
        ASSERT_TRUE(got) << got.error().what;
        const double most =
            curve.liquidity * (1 / std::sqrt(curve.price_lower) - 1 / std::sqrt(curve.price_upper));
        EXPECT_TRUE(near(got->delta0, c["output"]["horizon_amount0"], tol, 1e-6 * most)) << c;
        // Far outside the range the reference itself loses digits (see FarTailKeepsItsDigits).
        const double inside = 0.5 * curve.liquidity / (p * std::sqrt(p));
        EXPECT_TRUE(near(got->gamma00, c["output"]["horizon_dx_dp"], tol, 1e-6 * inside)) << c;
        EXPECT_TRUE(near(got->amount0, c["output"]["spot_amount0"], tol)) << c;
        EXPECT_TRUE(near(got->delta0 * p + got->delta1, got->value_usd, 1e-14));
    }
}

TEST(Exposure, FarTailKeepsItsDigits) {
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 758284.584875, 4192.887037026386,
                                  6092.927279210928};
    const auto got = horizon_greeks(curve, 2497.389562, 1.0, 0.072215);
    ASSERT_TRUE(got);
    EXPECT_TRUE(near(got->gamma00, -6.474094468147050042739573959668e-13, 1e-12));  // mpmath, 40 digits
}

/// E[x(P)] by brute force over the normal step: an oracle for the closed form.
double average_amount0(const ConcentratedCurve& curve, double p, double sd) {
    double total = 0;
    double weight = 0;
    constexpr int kSteps = 400'000;
    for (int i = 0; i < kSteps; ++i) {
        const double z = -12 + 24 * (i + 0.5) / kSteps;
        const double w = std::exp(-0.5 * z * z);
        const double price = p * std::exp(-0.5 * sd * sd + sd * z);
        const double s = std::sqrt(std::clamp(price, curve.price_lower, curve.price_upper));
        total += w * curve.liquidity * (1 / s - 1 / std::sqrt(curve.price_upper));
        weight += w;
    }
    return total / weight;
}

TEST(Exposure, HorizonAverageIsTheAverage) {
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 1e6, 1900, 2100};
    for (const double p : {1700.0, 1900.0, 1999.0, 2100.0, 2300.0}) {
        for (const double sd : {0.002, 0.03, 0.3}) {
            const auto got = horizon_greeks(curve, p, 1.0, sd);
            ASSERT_TRUE(got);
            EXPECT_TRUE(near(got->delta0, average_amount0(curve, p, sd), 1e-7, 1.0)) << p << " " << sd;
        }
    }
}

TEST(Exposure, HorizonOfNothingIsTheSpot) {
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 1e6, 1900, 2100};
    const auto spot = concentrated_greeks(curve, 2000, 1);
    const auto still = horizon_greeks(curve, 2000, 1, 0);
    const auto short_step = horizon_greeks(curve, 2000, 1, 1.0001e-4);
    ASSERT_TRUE(spot && still && short_step);
    EXPECT_EQ(spot->delta0, still->delta0);
    EXPECT_NEAR(short_step->delta0 / spot->delta0, 1, 1e-6);
    EXPECT_NEAR(short_step->gamma00 / spot->gamma00, 1, 1e-6);
}

double value_at(const ConcentratedCurve& curve, double p0, double p1) {
    return concentrated_greeks(curve, p0, p1).value().value_usd;
}

TEST(Exposure, DerivativesAreFiniteDifferencesOfTheValue) {
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 5e4, 0.004, 0.009};
    for (const double p0 : {9.0, 14.0, 17.5, 25.0}) {
        const double p1 = 2500;
        const auto g = concentrated_greeks(curve, p0, p1);
        ASSERT_TRUE(g);
        const double h0 = 1e-4 * p0;
        const double h1 = 1e-4 * p1;
        const double up0 = value_at(curve, p0 + h0, p1);
        const double down0 = value_at(curve, p0 - h0, p1);
        const double up1 = value_at(curve, p0, p1 + h1);
        const double down1 = value_at(curve, p0, p1 - h1);
        const double size = g->value_usd;
        EXPECT_NEAR((up0 - down0) / (2 * h0) * p0, g->delta0 * p0, 1e-6 * size);
        EXPECT_NEAR((up1 - down1) / (2 * h1) * p1, g->delta1 * p1, 1e-6 * size);
        EXPECT_NEAR((up0 - 2 * g->value_usd + down0) / (h0 * h0) * p0 * p0, g->dollar_gamma, 1e-5 * size);
        EXPECT_NEAR((up1 - 2 * g->value_usd + down1) / (h1 * h1) * p1 * p1, g->gamma11 * p1 * p1,
                    1e-5 * size);
        const double cross = (value_at(curve, p0 + h0, p1 + h1) - value_at(curve, p0 + h0, p1 - h1) -
                              value_at(curve, p0 - h0, p1 + h1) + value_at(curve, p0 - h0, p1 - h1)) /
                             (4 * h0 * h1);
        EXPECT_NEAR(cross * p0 * p1, g->gamma01 * p0 * p1, 1e-5 * size);
    }
}

TEST(Exposure, AtAndBesideTheEdges) {
    const double low = 1900;
    const double high = 2100;
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 1e6, low, high};
    const auto at_low = concentrated_greeks(curve, low, 1);
    const auto at_high = concentrated_greeks(curve, high, 1);
    ASSERT_TRUE(at_low && at_high);
    EXPECT_EQ(at_low->amount1, 0);
    EXPECT_EQ(at_high->amount0, 0);
    EXPECT_FALSE(at_low->in_range);
    EXPECT_FALSE(at_high->in_range);
    EXPECT_EQ(at_low->gamma00, 0);
    EXPECT_FALSE(std::signbit(at_low->gamma11));

    // One ulp inside, the sliver of the other token keeps its digits: x ~ L (pb - p) / (2 pb^(3/2)).
    const double inside = std::nextafter(high, 0.0);
    const auto sliver = concentrated_greeks(curve, inside, 1);
    ASSERT_TRUE(sliver);
    EXPECT_TRUE(sliver->in_range);
    EXPECT_NEAR(sliver->amount0 / (1e6 * (high - inside) / (2 * high * std::sqrt(high))), 1, 1e-12);
}

TEST(Exposure, OwedTokensAddDeltaButNoGamma) {
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, 1e6, 1900, 2100};
    const auto g = concentrated_greeks(curve, 2000, 1);
    ASSERT_TRUE(g);
    const LpGreeks owed = with_owed(*g, 0.5, 100, 2000, 1);
    EXPECT_DOUBLE_EQ(owed.delta0, g->delta0 + 0.5);
    EXPECT_DOUBLE_EQ(owed.delta1, g->delta1 + 100);
    EXPECT_NEAR(owed.value_usd, g->value_usd + 1100, 1e-6);
    EXPECT_EQ(owed.gamma00, g->gamma00);
}

TEST(Exposure, PortfolioNetsPositionsAndLeavesOutTheQuote) {
    const ConcentratedCurve curve{AssetId{3}, AssetId{1}, 1000, 0.004, 0.009};
    const auto g = concentrated_greeks(curve, 15, 2500);
    ASSERT_TRUE(g);
    const std::vector<AssetId> factors{AssetId{1}, AssetId{2}, AssetId{3}};
    const std::vector<PositionGreeks> positions{{AssetId{3}, AssetId{1}, *g, 15, 2500},
                                                {AssetId{3}, AssetId{0}, *g, 15, 1}};  // 0: quote
    const FactorExposure e = factor_exposure(factors, positions);
    EXPECT_DOUBLE_EQ(e.usd[0], g->delta1 * 2500);
    EXPECT_EQ(e.usd[1], 0);
    EXPECT_DOUBLE_EQ(e.usd[2], 2 * g->delta0 * 15);
    EXPECT_DOUBLE_EQ(e.dollar_gamma(0, 0), g->dollar_gamma);
    EXPECT_DOUBLE_EQ(e.dollar_gamma(0, 2), -g->dollar_gamma);
    EXPECT_DOUBLE_EQ(e.dollar_gamma(2, 2), 2 * g->dollar_gamma);
    EXPECT_EQ(e.dollar_gamma(1, 1), 0);
}

TEST(Exposure, BadInputIsAnError) {
    const ConcentratedCurve good{AssetId{0}, AssetId{1}, 1e6, 1900, 2100};
    const auto code = [](const ConcentratedCurve& c, double p0, double p1) {
        const auto r = concentrated_greeks(c, p0, p1);
        return r ? std::optional<Errc>{} : std::optional(r.error().code);
    };
    for (const double bad : {0.0, -1.0, kNaN, kInfinity}) {
        EXPECT_EQ(code(good, bad, 1), Errc::decode);
        EXPECT_EQ(code(good, 2000, bad), Errc::decode);
        EXPECT_FALSE(constant_product_greeks(1, bad, 1));
    }
    EXPECT_EQ(code({AssetId{0}, AssetId{1}, 1e6, 2100, 1900}, 2000, 1), Errc::decode);
    EXPECT_EQ(code({AssetId{0}, AssetId{1}, 1e6, 0, 1900}, 2000, 1), Errc::decode);
    EXPECT_EQ(code({AssetId{0}, AssetId{1}, -1, 1900, 2100}, 2000, 1), Errc::decode);
    EXPECT_EQ(code({AssetId{0}, AssetId{1}, 1e308, 1e-300, 1e300}, 1e-9, 1e290), Errc::decode);
    EXPECT_FALSE(horizon_greeks(good, 2000, 1, -0.1));
    EXPECT_FALSE(horizon_greeks(good, 2000, 1, kNaN));
    const auto empty = concentrated_greeks({AssetId{0}, AssetId{1}, 0, 1900, 2100}, 2000, 1);
    ASSERT_TRUE(empty);
    EXPECT_EQ(empty->value_usd, 0);
}

RC_GTEST_PROP(ExposureProperty, ValueIsHomogeneousAndGammaHasItsNullVector, ()) {
    const auto exponent = [](int low, int high) {
        return std::exp2(*rc::gen::inRange(low * 16, high * 16) / 16.0);
    };
    const double middle = exponent(-20, 20);
    const double width = 1 + exponent(-10, 4);
    const ConcentratedCurve curve{AssetId{0}, AssetId{1}, exponent(-20, 60), middle / width, middle * width};
    const double p1 = exponent(-20, 20);
    const double p0 = p1 * middle * exponent(-3, 3);
    const double scale = exponent(-5, 5);
    const auto g = concentrated_greeks(curve, p0, p1);
    const auto h = concentrated_greeks(curve, p0 * scale, p1 * scale);
    RC_ASSERT(g && h);
    RC_ASSERT(near(h->value_usd, g->value_usd * scale, 1e-10));
    RC_ASSERT(g->amount0 >= 0 && g->amount1 >= 0 && g->gamma00 <= 0);
    RC_ASSERT(near(g->gamma00 * p0, -g->gamma01 * p1, 1e-12));
    RC_ASSERT(near(g->gamma01 * p0, -g->gamma11 * p1, 1e-12));
    RC_ASSERT(near(g->delta0 * p0 + g->delta1 * p1, g->value_usd, 1e-12));
}

}  // namespace
}  // namespace outrigger
