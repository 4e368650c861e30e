// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "hedge/estimator.hpp"
#include "hedge/study/walk.hpp"

/// Simple ways to hedge, to be better than. Source: methods G.2
namespace outrigger::study {

/// A hedge of fixed shares of the exposure's sum: (1, 0) is one to one in the first instrument. No shares at
/// all is no hedge.
std::unique_ptr<HedgeRule> fixed_rule(Eigen::VectorXd shares);

/// What the closed-form minimum-variance hedge is computed from.
enum class Moments : std::uint8_t {
    rolling_ols,          // the last `window`, centred: ordinary least squares with an intercept
    rolling_ledoit_wolf,  // the same, shrunk towards a multiple of the identity
    ewma                  // all, halving every `window`, not centred
};
/// The hedge of least variance under those moments, traded to at every decision, without limits. Before a
/// window is full, and while its instruments cannot be told apart, nothing is held.
/// Pre:     window a multiple of the bar
std::unique_ptr<HedgeRule> moments_rule(Moments moments, std::chrono::seconds window,
                                        std::chrono::seconds bar, std::vector<Eigen::Index> instruments);

/// The hedge of least variance under any estimator's covariance of the last `window`, likewise.
/// Pre:     window a multiple of the bar
std::unique_ptr<HedgeRule> estimator_rule(Estimator estimator, std::chrono::seconds window,
                                          std::chrono::seconds bar, std::vector<Eigen::Index> instruments);

/// The hedge by betas that walk at random (Kalman), from equal shares on. Source: methods C.5
std::unique_ptr<HedgeRule> kalman_rule(Eigen::VectorXd exposure_usd, std::vector<Eigen::Index> instruments);

}  // namespace outrigger::study
