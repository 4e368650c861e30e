// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "chain/base/result.hpp"
#include "hedge/band.hpp"

namespace outrigger {

/// What is held, what is wanted, and what moving costs.
/// Shape:   N assets, K instruments, each one of the assets
/// Units:   USD; variances and rates per day
struct ApproachInputs {
    Eigen::MatrixXd covariance;             // N x N
    std::vector<Eigen::Index> instruments;  // K columns of it
    Eigen::VectorXd target_usd;             // K
    Eigen::VectorXd held_usd;               // K
    Eigen::VectorXd cost_per_usd;           // K: fee and half spread
    Eigen::VectorXd target_variance_rate;   // K: D, how fast the target wanders
    Eigen::VectorXd lower_usd;              // K: a holding outside the limits goes back to them at once
    Eigen::VectorXd upper_usd;              // K
    std::optional<double> gross_limit_usd;  // of all instruments together
    double gas_usd = 0;                     // one trade
    double risk_aversion = 0;               // gamma, per USD
    double trades_per_day_max = 0;          // a band that would trade more often is widened; 0: no limit
    double min_trade_usd = 0;               // likewise
    std::vector<bool> member = {};          // K: false has no band of its own; empty: all have
};

/// Where to go from what is held, and what holding to this policy costs.
struct Approach {
    Eigen::VectorXd goal_usd;  // K; what is held where staying is cheaper than going
    std::vector<Band> bands;   // K: the no-trade band of each instrument alone
    double trigger_usd = 0;    // mean b of the members
    double trades_per_day = 0;
    double cost_usd_per_day = 0;  // of trading and of the deviation's risk
};

/// What to hold on the way to a target: the problem whose one-instrument solution is the band (b, a).
///
/// Deviations of correlated instruments that cancel are left alone. An instrument whose price never moved has
/// no band and is not traded, unless it is to be given back.
/// Errors:  as rebalance_band and minimise_variance
/// Source:  methods F.1, F.4
[[nodiscard]] Result<Approach> approach_target(const ApproachInputs& inputs);

/// Only what makes a holding smaller: `wanted`, brought between zero and what is held.
[[nodiscard]] Eigen::VectorXd only_reduced(const Eigen::VectorXd& wanted, const Eigen::VectorXd& held);

}  // namespace outrigger
