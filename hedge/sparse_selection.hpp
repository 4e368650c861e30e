// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "chain/base/result.hpp"

namespace outrigger {

/// How many instruments to use of many, and what it takes to change one.
struct SparseSpec {
    std::size_t legs = 4;       // at most
    double min_gain = 0.02;     // in the share of variance removed, before a member is added or replaced
    double risk_aversion = 0;   // gamma, per USD; with `hold` what a gain is worth
    double hold = 7;            // in the covariance's unit of time
    double cost_per_usd = 0;    // of trading in or out
    double fixed_cost_usd = 0;  // gas of one trade
};

struct SparseChoice {
    std::vector<Eigen::Index> members;  // ascending
    double variance_removed = 0;        // share, by this covariance, with the members' best hedge
    double best_removed = 0;            // share an unreluctant choice of as many would remove
};

/// The few of many instruments that together hedge best, changed reluctantly.
///
/// From the current members one instrument at a time is dropped when it adds less than half the gain asked
/// for, and added or exchanged while that gains at least min_gain of the exposure's variance and its worth
/// over the hold is twice the cost of switching. A choice thus differs from the current one only for a
/// reason, and costs O(legs N) small solves instead of all subsets.
///
/// Shape:   covariance N x N; exposure N; candidates and current are indices into them, current a subset of
///          candidates of at most spec.legs; result likewise
/// Errors:  Errc::decode when the exposure has no variance or a number is not finite
/// Source:  methods D.6; Miller (2002), Subset Selection in Regression, ch. 3 (sequential replacement)
[[nodiscard]] Result<SparseChoice> choose_instruments(const Eigen::MatrixXd& covariance,
                                                      const Eigen::VectorXd& exposure_usd,
                                                      const std::vector<Eigen::Index>& candidates,
                                                      const std::vector<Eigen::Index>& current,
                                                      const SparseSpec& spec);

/// The share of e' S e that the best hedge with some of the assets removes; collinear members count once.
/// Pre:     e' S e > 0
[[nodiscard]] double share_removed(const Eigen::MatrixXd& covariance, const Eigen::VectorXd& exposure_usd,
                                   const std::vector<Eigen::Index>& members);

}  // namespace outrigger
