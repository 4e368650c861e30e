// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <span>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "hedge/covariance.hpp"

namespace outrigger {

/// A choice of hedge instruments and what it leaves.
struct InstrumentChoice {
    std::vector<AssetId> instruments;  // in the order of the candidates
    Eigen::VectorXd hedge_usd;         // unconstrained minimum-variance hedge with them
    double residual_variance = 0;      // per bar
    double variance_reduction = 0;     // share of the exposure's variance removed
};

/// The best `size` of the candidates for hedging the exposure without limits or costs, by trying every
/// subset.
///
/// A tie goes to the earlier candidates. Costs and limits belong to minimise_variance, once the choice is
/// made.
///
/// Shape:   exposure in the covariance's order
/// Pre:     1 <= size <= candidates
/// Errors:  Errc::config with more than a million subsets; else as minimise_variance, and Errc::decode when
///          the exposure has no variance
/// Source:  methods D.6
[[nodiscard]] Result<InstrumentChoice> best_instruments(const Covariance& covariance,
                                                        const Eigen::VectorXd& exposure_usd,
                                                        std::span<const AssetId> candidates,
                                                        std::size_t size);

}  // namespace outrigger
