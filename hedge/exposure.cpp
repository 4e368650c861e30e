// SPDX-License-Identifier: Apache-2.0
#include "hedge/exposure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <optional>

namespace outrigger {
namespace {

// Narrower than this the average over the horizon is the spot, and its formula is only cancellation.
constexpr double kSpotBelow = 1e-4;

Result<void> check_price(const char* name, double usd) {
    if (std::isfinite(usd) && usd > 0) return {};
    return fail(Errc::decode, fmt::format("{} must be a positive number of USD, it is {}", name, usd));
}

Result<void> check_prices(double price0, double price1) {
    OR_TRY(check_price("price0", price0));
    OR_TRY(check_price("price1", price1));
    const double cross = price0 / price1;
    if (!std::isfinite(cross) || cross <= 0) {
        return fail(Errc::decode, fmt::format("the prices {} and {} have no usable ratio", price0, price1));
    }
    return {};
}

Result<void> check_liquidity(double liquidity) {
    if (std::isfinite(liquidity) && liquidity >= 0) return {};
    return fail(Errc::decode, fmt::format("liquidity must not be negative, it is {}", liquidity));
}

Result<void> check_curve(const ConcentratedCurve& curve) {
    OR_TRY(check_liquidity(curve.liquidity));
    if (!std::isfinite(curve.price_lower) || !std::isfinite(curve.price_upper) || curve.price_lower <= 0 ||
        curve.price_upper <= curve.price_lower) {
        return fail(Errc::decode, fmt::format("the range {} to {} is not a price range", curve.price_lower,
                                              curve.price_upper));
    }
    return {};
}

bool is_whole_line(const ConcentratedCurve& curve) {
    return curve.price_lower == 0 && std::isinf(curve.price_upper) && curve.price_upper > 0;
}

/// Everything follows from the amounts, the prices and dx/dp.
Result<LpGreeks> assemble(double amount0, double amount1, double slope, double price0, double price1) {
    const double p = price0 / price1;
    LpGreeks g;
    g.amount0 = amount0;
    g.amount1 = amount1;
    g.value_usd = amount0 * price0 + amount1 * price1;
    g.delta0 = amount0;
    g.delta1 = amount1;
    g.in_range = slope < 0;
    if (g.in_range) {  // outside, 0 rather than -0
        g.gamma00 = slope / price1;
        g.gamma01 = -p * g.gamma00;
        g.gamma11 = p * p * g.gamma00;
        g.dollar_gamma = slope * p * price0;
    }
    if (!std::isfinite(g.value_usd) || !std::isfinite(g.gamma00) || !std::isfinite(g.gamma11) ||
        !std::isfinite(g.dollar_gamma)) {
        return fail(Errc::decode,
                    fmt::format("a position of {} and {} tokens at {} and {} USD is too large to "
                                "be valued",
                                amount0, amount1, price0, price1));
    }
    return g;
}

double upper_tail(double z) {
    return 0.5 * std::erfc(z / std::numbers::sqrt2);
}

/// Phi(b) - Phi(a) for a <= b without losing the tail.
double normal_between(double a, double b) {
    return a > 0 ? upper_tail(a) - upper_tail(b) : upper_tail(-b) - upper_tail(-a);
}

std::optional<Eigen::Index> index_of(std::span<const AssetId> assets, AssetId asset) {
    const auto found = std::find(assets.begin(), assets.end(), asset);
    if (found == assets.end()) return std::nullopt;
    return std::distance(assets.begin(), found);
}

}  // namespace

Result<LpGreeks> concentrated_greeks(const ConcentratedCurve& curve, double price0_usd, double price1_usd) {
    if (is_whole_line(curve)) return constant_product_greeks(curve.liquidity, price0_usd, price1_usd);
    OR_TRY(check_prices(price0_usd, price1_usd));
    OR_TRY(check_curve(curve));
    const double p = price0_usd / price1_usd;
    const double clamped = std::clamp(p, curve.price_lower, curve.price_upper);
    const double s = std::sqrt(clamped);
    const double low = std::sqrt(curve.price_lower);
    const double high = std::sqrt(curve.price_upper);
    // 1/s - 1/high and s - low, written so that neither loses its digits beside an edge.
    const double amount0 = curve.liquidity * ((curve.price_upper - clamped) / ((high + s) * high * s));
    const double amount1 = curve.liquidity * ((clamped - curve.price_lower) / (s + low));
    const bool inside = p > curve.price_lower && p < curve.price_upper;
    const double slope = inside ? -0.5 * curve.liquidity / (p * s) : 0.0;
    auto greeks = OR_TRY(assemble(amount0, amount1, slope, price0_usd, price1_usd));
    greeks.in_range = inside;
    return greeks;
}

Result<LpGreeks> constant_product_greeks(double liquidity, double price0_usd, double price1_usd) {
    OR_TRY(check_prices(price0_usd, price1_usd));
    OR_TRY(check_liquidity(liquidity));
    const double p = price0_usd / price1_usd;
    const double s = std::sqrt(p);
    auto greeks =
        OR_TRY(assemble(liquidity / s, liquidity * s, -0.5 * liquidity / (p * s), price0_usd, price1_usd));
    greeks.in_range = true;
    return greeks;
}

Result<LpGreeks> horizon_greeks(const ConcentratedCurve& curve, double price0_usd, double price1_usd,
                                double sd) {
    LpGreeks spot = OR_TRY(concentrated_greeks(curve, price0_usd, price1_usd));
    if (!std::isfinite(sd) || sd < 0) {
        return fail(Errc::decode,
                    fmt::format("the price's standard deviation must not be negative, it is {}", sd));
    }
    // The whole line has no edge for the average to soften.
    if (sd < kSpotBelow || is_whole_line(curve)) return spot;

    const double p = price0_usd / price1_usd;
    const double mean = std::log(p) - 0.5 * sd * sd;
    const double da = (std::log(curve.price_lower) - mean) / sd;
    const double db = (std::log(curve.price_upper) - mean) / sd;
    const double low = std::sqrt(curve.price_lower);
    const double high = std::sqrt(curve.price_upper);
    const double below = (high - low) / (low * high) * upper_tail(-da);
    const double inverse_root = std::exp(-0.5 * mean + 0.125 * sd * sd);  // E[p^-1/2]
    const double moved = inverse_root * normal_between(da + 0.5 * sd, db + 0.5 * sd);
    const double inside = std::max(moved - normal_between(da, db) / high, 0.0);
    const double amount0 = curve.liquidity * (below + inside);
    const double slope = -0.5 * curve.liquidity / p * moved;

    LpGreeks average = OR_TRY(assemble(amount0, (spot.value_usd - amount0 * price0_usd) / price1_usd, slope,
                                       price0_usd, price1_usd));
    average.amount0 = spot.amount0;
    average.amount1 = spot.amount1;
    average.value_usd = spot.value_usd;
    average.in_range = spot.in_range;
    return average;
}

LpGreeks with_owed(LpGreeks greeks, double owed0, double owed1, double price0_usd, double price1_usd) {
    greeks.amount0 += owed0;
    greeks.amount1 += owed1;
    greeks.delta0 += owed0;
    greeks.delta1 += owed1;
    greeks.value_usd += owed0 * price0_usd + owed1 * price1_usd;
    return greeks;
}

double loss_versus_rebalancing(const LpGreeks& greeks, double relative_variance) {
    return greeks.dollar_gamma < 0 ? -0.5 * greeks.dollar_gamma * relative_variance : 0.0;
}

FactorExposure factor_exposure(std::span<const AssetId> assets, std::span<const PositionGreeks> positions) {
    const Eigen::Index n = std::ssize(assets);
    FactorExposure out{{assets.begin(), assets.end()}, Eigen::VectorXd::Zero(n), Eigen::MatrixXd::Zero(n, n)};
    for (const PositionGreeks& position : positions) {
        const auto i = index_of(assets, position.asset0);
        const auto j = index_of(assets, position.asset1);
        const double gamma = position.greeks.dollar_gamma;
        if (i) {
            out.usd[*i] += position.greeks.delta0 * position.price0_usd;
            out.dollar_gamma(*i, *i) += gamma;
        }
        if (j) {
            out.usd[*j] += position.greeks.delta1 * position.price1_usd;
            out.dollar_gamma(*j, *j) += gamma;
        }
        if (i && j) {
            out.dollar_gamma(*i, *j) -= gamma;
            out.dollar_gamma(*j, *i) -= gamma;
        }
    }
    return out;
}

}  // namespace outrigger
