// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "hedge/returns.hpp"

namespace outrigger {

/// A covariance of bar returns and how far it can be trusted.
struct Covariance {
    std::vector<AssetId> assets;  // order of rows and columns
    Eigen::MatrixXd per_bar;      // N x N, symmetric, positive semidefinite; log return squared per bar
    std::chrono::seconds bar{0};
    double shrinkage = 0;  // 0: the data alone; 1: the target alone
    double condition = 0;  // largest over smallest eigenvalue; infinity when an asset or a mix never moved
    double effective_samples = 0;  // (sum w)^2 / sum w^2 of the rows' weights
};

/// What returns are measured against.
enum class Mean : std::uint8_t {
    zero,       // uncentred, divisor sum of weights: the default, a mean of hourly returns is noise
    estimated,  // centred on the (weighted) mean and corrected for its estimation
};

/// How an exponentially weighted estimate begins.
enum class EwmaStart : std::uint8_t {
    normalised,  // weights sum to one by division; pandas ewm(adjust=True)
    first_row,   // recursion started at the first outer product; pandas ewm(adjust=False)
    mean_of_60,  // recursion started at the mean of the first 60 outer products
};

struct EwmaSpec {
    std::chrono::duration<double> half_life{0};
    EwmaStart start = EwmaStart::normalised;
    Mean mean = Mean::zero;
};

// Every estimator below:
// Shape:   panel T x N, oldest first; result N x N in panel order
// Pre:     one column an asset, one end a row
// Errors:  Errc::stale when T < N + 2; Errc::decode when a return is not finite or its square overflows.
//          A column that never moved is no error: its row and column are zero and the condition is infinite.

/// The equally weighted covariance of the panel.
[[nodiscard]] Result<Covariance> sample_covariance(const ReturnPanel& panel, Mean mean = Mean::zero);

/// The exponentially weighted covariance; a row's weight halves with every half_life of time, gaps included.
///
/// Errors:  also Errc::config when half_life is not positive or the start needs more rows
/// Source:  RiskMetrics (1996); methods C.1, B.4
[[nodiscard]] Result<Covariance> ewma_covariance(const ReturnPanel& panel, const EwmaSpec& spec);

/// The sample covariance shrunk towards a multiple of the identity.
///
/// Source:  Ledoit and Wolf (2004), J. Multivariate Analysis 88, 365-411
[[nodiscard]] Result<Covariance> ledoit_wolf(const ReturnPanel& panel, Mean mean = Mean::zero);

/// The sample covariance shrunk towards equal correlations.
///
/// Source:  Ledoit and Wolf (2003), Honey, I shrunk the sample covariance matrix; methods C.3
[[nodiscard]] Result<Covariance> ledoit_wolf_constant_correlation(const ReturnPanel& panel,
                                                                  Mean mean = Mean::zero);

/// The sample covariance shrunk towards a multiple of the identity, for Gaussian data.
///
/// Source:  Chen, Wiesel, Eldar and Hero (2010), IEEE Trans. Signal Processing 58, 5016-5029
[[nodiscard]] Result<Covariance> oracle_approximating(const ReturnPanel& panel, Mean mean = Mean::zero);

/// The covariance mixed with its own constant-correlation target by a fixed intensity.
///
/// Pre:     0 <= intensity <= 1
/// Source:  methods C.3
[[nodiscard]] Result<Covariance> shrink_to_constant_correlation(const Covariance& covariance,
                                                                double intensity);

/// The covariance of one day's returns: per_bar times the bars of a day.
[[nodiscard]] Eigen::MatrixXd per_day(const Covariance& covariance);

/// Correlations; zero between an asset that never moved and the others, one on the diagonal.
[[nodiscard]] Eigen::MatrixXd correlation(const Eigen::MatrixXd& covariance);

/// The weights of the panel's rows, halving with every half_life before the newest end, in whatever
/// order the rows are; they sum to one.
///
/// Pre:     at least one row, half_life > 0
[[nodiscard]] Eigen::VectorXd ewma_weights(const ReturnPanel& panel, std::chrono::duration<double> half_life);

/// The number of equally weighted rows that would estimate as well: (sum w)^2 / sum w^2.
[[nodiscard]] double effective_samples(const Eigen::VectorXd& weights);

/// The ratio of the largest to the smallest eigenvalue; infinity when the matrix is singular.
///
/// Errors:  Errc::decode when the matrix is not square, finite, symmetric and positive semidefinite
[[nodiscard]] Result<double> condition_number(const Eigen::MatrixXd& covariance);

}  // namespace outrigger
