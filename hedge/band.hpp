// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "chain/base/result.hpp"

namespace outrigger {

/// The cheapest no-trade band around a target: trade when the deviation reaches `trigger_usd`, back to
/// `target_usd` on the same side.
struct Band {
    double trigger_usd = 0;  // b
    double target_usd = 0;   // a, never above b
};

/// Units:   per one unit of time, the same one throughout
struct BandInputs {
    double risk_aversion = 0;         // gamma, per USD
    double variance = 0;              // sigma^2 of the hedge instrument's return
    double target_variance_rate = 0;  // D: how fast the wanted hedge wanders, USD squared
    double gas_usd = 0;               // K, a trade
    double cost_ratio = 0;            // eps, of notional
};

/// The band that minimises risk plus cost in the long run.
///
/// A target that does not move (D = 0) and trades that cost nothing both give a band of zero.
/// Errors:  Errc::config when gamma sigma^2 is not positive or another input is negative; Errc::decode when
/// one is
///          not finite
/// Source:  methods F.1
[[nodiscard]] Result<Band> rebalance_band(const BandInputs& inputs);

/// What holding to a band costs per unit of time: risk of the deviation plus trading.
///
/// Pre:     trigger > target, or no gas
[[nodiscard]] double band_cost_rate(const Band& band, const BandInputs& inputs);

/// The horizon and gas with which the one-asset hedge problem trades exactly when and where the band does.
struct BandCalibration {
    double horizon = 0;  // T*
    double gas_usd = 0;  // K_eff
};

/// Pre:     inputs.target_variance_rate > 0 and the band is that of these inputs
/// Source:  methods F.4
[[nodiscard]] BandCalibration calibrate(const Band& band, const BandInputs& inputs);

/// D by instrument: the variance per unit of time of the unconstrained hedge as gamma moves the exposure.
///
/// Shape:   covariance and dollar_gamma N x N, loading N x K, result K
/// Errors:  Errc::decode when the instruments' covariance is singular
/// Source:  methods F.2
[[nodiscard]] Result<Eigen::VectorXd> target_variance_rate(const Eigen::MatrixXd& covariance,
                                                           const Eigen::MatrixXd& loading,
                                                           const Eigen::MatrixXd& dollar_gamma);

}  // namespace outrigger
