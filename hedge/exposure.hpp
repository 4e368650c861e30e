// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <span>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/lp.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// What an LP position is worth at two USD prices, and how that changes with them.
///
/// The amounts are those the pool holds for the position once its price is p = price0 / price1, whatever its
/// reserves say now. By the envelope theorem the first derivatives are the amounts themselves.
struct LpGreeks {
    double amount0 = 0;  // whole tokens
    double amount1 = 0;
    double value_usd = 0;
    double delta0 = 0;  // dV/dP0, whole tokens
    double delta1 = 0;
    double gamma00 = 0;  // d2V/dP0dP0, tokens per USD; never positive
    double gamma01 = 0;
    double gamma11 = 0;
    double dollar_gamma =
        0;  // P0^2 d2V/dP0^2, USD; the matrix in relative prices is this times [[1,-1],[-1,1]]
    bool in_range = false;  // p strictly inside the range, where gamma lives
};

/// Greeks of a concentrated position at the oracles' cross price.
///
/// Units:   USD per whole token in
/// Errors:  Errc::decode when a price is not positive and finite, or the curve is not a curve
/// Source:  methods A.1, A.3
[[nodiscard]] Result<LpGreeks> concentrated_greeks(const ConcentratedCurve& curve, double price0_usd,
                                                   double price1_usd);

/// Greeks of a full-range (constant product) position with x y = liquidity^2 in whole tokens.
///
/// Errors:  Errc::decode when a price is not positive and finite or the liquidity is negative
/// Source:  methods A.2
[[nodiscard]] Result<LpGreeks> constant_product_greeks(double liquidity, double price0_usd,
                                                       double price1_usd);

/// Greeks of a concentrated position averaged over where the price may be at the next decision: ln p moves by
/// a normal step of standard deviation `sd` with no drift in p. Value stays today's; below sd = 1e-4 it is
/// the spot.
///
/// Errors:  as concentrated_greeks, and Errc::decode when sd is negative or not finite
/// Source:  methods A.4
[[nodiscard]] Result<LpGreeks> horizon_greeks(const ConcentratedCurve& curve, double price0_usd,
                                              double price1_usd, double sd);

/// The same position with tokens owed to it (uncollected fees): they add value and delta, no gamma.
[[nodiscard]] LpGreeks with_owed(LpGreeks greeks, double owed0, double owed1, double price0_usd,
                                 double price1_usd);

/// Expected loss to arbitrage per unit time of the variance of ln(P0/P1), before fees; USD, never negative.
///
/// Source:  Milionis, Moallemi, Roughgarden and Zhang (2022); methods A.1
[[nodiscard]] double loss_versus_rebalancing(const LpGreeks& greeks, double relative_variance);

/// A portfolio's first and second derivatives by relative price moves, in the order of `assets`.
struct FactorExposure {
    std::vector<AssetId> assets;
    Eigen::VectorXd usd;           // N: dV/d ln P
    Eigen::MatrixXd dollar_gamma;  // N x N: Pi Pj d2V/dPidPj
};

/// A position's place in a portfolio.
struct PositionGreeks {
    AssetId asset0;
    AssetId asset1;
    LpGreeks greeks;
    double price0_usd = 0;
    double price1_usd = 0;
};

/// The exposures of all positions together. An asset outside `assets` (the quote currency) carries no risk
/// and is left out; positions that oppose each other net.
[[nodiscard]] FactorExposure factor_exposure(std::span<const AssetId> assets,
                                             std::span<const PositionGreeks> positions);

}  // namespace outrigger
