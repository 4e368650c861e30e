// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "hedge/covariance.hpp"

namespace outrigger {

/// The hedge h (USD per instrument, negative is short) that minimises, over the horizon T,
///
///   (gamma T/2) (e + B h)' S (e + B h)               variance of what remains
/// + (gamma T tau/2) (h - hp)' diag(B' S B) (h - hp)  ridge towards a preferred hedge
/// + sum c |h - h0| + 1/2 (h - h0)' diag(impact) (h - h0)   cost of getting there
/// + T f' h + T b' max(-h, 0)                         funding and borrow while held
///
/// subject to lower <= h <= upper, sum |h| <= gross limit, sum mu |h| <= margin limit.
/// A vector left empty means zeros, an empty bound means none.
/// Units:   USD; the covariance, funding and borrow per one unit of time, the horizon in that unit
/// Source:  methods D.2
struct HedgeProblem {
    Eigen::MatrixXd covariance;     // S, N x N
    Eigen::VectorXd exposure_usd;   // e, N: what is held without the hedge
    Eigen::MatrixXd loading;        // B, N x K: factor exposure of one USD of an instrument
    double risk_aversion = 1;       // gamma, per USD
    double horizon = 1;             // T
    double ridge = 0;               // tau
    Eigen::VectorXd preferred_usd;  // hp, K
    Eigen::VectorXd held_usd;       // h0, K
    Eigen::VectorXd cost_per_usd;   // c, K: fee and half spread
    Eigen::VectorXd impact;         // K: cost per USD squared traded, times two
    Eigen::VectorXd funding;        // f, K: paid by longs per unit of time
    Eigen::VectorXd borrow;         // b, K: paid on shorts per unit of time
    Eigen::VectorXd lower_usd;      // K
    Eigen::VectorXd upper_usd;      // K
    std::optional<double> gross_limit_usd;
    Eigen::VectorXd margin_ratio;  // mu, K
    std::optional<double> margin_limit_usd;
};

struct HedgeSolution {
    Eigen::VectorXd target_usd;  // K, exactly on a bound, a kink or zero where it belongs there
    double objective = 0;
    double variance_before = 0;  // e' S e, USD squared per unit of time
    double variance_after = 0;   // (e + B h)' S (e + B h)
    double kkt_residual = 0;     // largest violation of optimality, relative to the gradient's terms
    std::uint32_t iterations = 0;
};

/// The optimal hedge, exact to rounding. Of instruments that are copies of each other, each takes its share.
///
/// Every answer is checked before it is returned: feasible, optimal (kkt_residual) and no worse than standing
/// still when that is allowed.
/// Errors:  Errc::config when no hedge satisfies the limits or the problem makes no sense; Errc::decode when
/// a
///          number is not finite, the covariance is not one, or an instrument's price never moved;
///          Errc::unsupported when the solver could not prove its answer
[[nodiscard]] Result<HedgeSolution> minimise_variance(const HedgeProblem& problem);

/// The same, starting from a guess (yesterday's answer); the result does not depend on it.
[[nodiscard]] Result<HedgeSolution> minimise_variance(const HedgeProblem& problem,
                                                      const Eigen::VectorXd& start_usd);

/// The common case: hedge with some of the covariance's own assets, within bounds, costs aside.
///
/// Shape:   exposure in the covariance's order; instruments, bounds and result in the instruments' order
/// Units:   variances per bar
/// Errors:  also Errc::not_found when an instrument is not in the covariance
[[nodiscard]] Result<HedgeSolution> minimise_variance(const Covariance& covariance,
                                                      const Eigen::VectorXd& exposure_usd,
                                                      std::span<const AssetId> instruments,
                                                      const Eigen::VectorXd& lower_usd,
                                                      const Eigen::VectorXd& upper_usd);

/// The loading that makes hedge instruments of some of the covariance's own assets: one USD is one USD.
///
/// Errors:  Errc::not_found when an instrument is not among the assets, Errc::config when one appears twice
[[nodiscard]] Result<Eigen::MatrixXd> selection(std::span<const AssetId> assets,
                                                std::span<const AssetId> instruments);

/// What minimise_variance minimises, at any hedge, limits aside.
[[nodiscard]] double hedge_objective(const HedgeProblem& problem, const Eigen::VectorXd& hedge_usd);

struct GasSolution {
    HedgeSolution hedge;              // objective without gas
    std::vector<std::size_t> traded;  // instruments that trade, ascending
    double objective_with_gas = 0;
};

/// The optimal hedge when every instrument that trades at all costs a fixed sum more: exact, by enumeration.
/// An instrument that does not trade stays at held_usd.
///
/// Pre:     at most 12 instruments
/// Errors:  as minimise_variance
/// Source:  methods D.8
[[nodiscard]] Result<GasSolution> minimise_variance_with_gas(const HedgeProblem& problem, double gas_usd);

}  // namespace outrigger
