// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "chain/base/result.hpp"
#include "hedge/covariance.hpp"

/// Estimates that a few wild bars cannot move far: diagnostics beside the estimators that trade, since it is
/// the large moves that say most about a hedge. Source: methods C.8
namespace outrigger {

// Below, where a matrix of returns goes in:
// Shape:   T x N; result N x N
// Errors:  Errc::stale when T < N + 2; Errc::decode when a return is not finite or a column never moved

/// Ranks from one, equal values sharing the mean of theirs.
[[nodiscard]] Eigen::VectorXd shared_ranks(const Eigen::VectorXd& x);

/// Correlations of ranks, ties sharing theirs. Source: Spearman (1904)
[[nodiscard]] Result<Eigen::MatrixXd> spearman(const Eigen::MatrixXd& returns);

/// Concordant pairs less discordant ones, ties allowed for (tau b); O(T log T) a pair of columns.
/// Source:  Kendall (1945); Knight (1966), J. American Statistical Association 61, 436-439
[[nodiscard]] Result<Eigen::MatrixXd> kendall(const Eigen::MatrixXd& returns);

/// The correlation that elliptical returns with that Kendall's tau have: sin(pi tau/2).
[[nodiscard]] Eigen::MatrixXd pearson_of_kendall(const Eigen::MatrixXd& tau);
/// The same of Gaussian returns with that Spearman correlation: 2 sin(pi rho/6).
[[nodiscard]] Eigen::MatrixXd pearson_of_spearman(const Eigen::MatrixXd& rho);

/// Correlations of the normal scores of the ranks. Source: Boudt, Cornelissen and Croux (2012)
[[nodiscard]] Result<Eigen::MatrixXd> gaussian_rank(const Eigen::MatrixXd& returns);

/// How much more often than not two returns lie on the same side of their medians. Source: Mosteller (1946)
[[nodiscard]] Result<Eigen::MatrixXd> quadrant(const Eigen::MatrixXd& returns);

/// A location and a scale that half of the data may be wrong about.
struct RobustScale {
    double centre = 0;
    double scale = 0;  // of Gaussian data, the standard deviation
};
/// The median, and the median distance from it. Pre: at least one finite value
[[nodiscard]] RobustScale median_scale(const Eigen::VectorXd& x);
/// Weighted by nearness to the median, truncated at three. Pre: at least one finite value
/// Source:  Yohai and Zamar (1988); Maronna and Zamar (2002), Technometrics 44, 307-317 (tau scale)
[[nodiscard]] RobustScale tau_scale(const Eigen::VectorXd& x);

struct Ogk {
    Eigen::MatrixXd raw;         // N x N
    Eigen::MatrixXd reweighted;  // of the rows that the raw one does not find far away
};
/// The orthogonalised Gnanadesikan-Kettenring covariance: pairwise robust covariances made positive definite.
/// Pairs are always by the tau scale; `scale` is that of single columns and combinations.
///
/// Errors:  also Errc::decode when a scale is zero: more than half of a column does not move
/// Source:  Maronna and Zamar (2002)
[[nodiscard]] Result<Ogk> ogk(const Eigen::MatrixXd& returns,
                              RobustScale (*scale)(const Eigen::VectorXd&) = tau_scale);

struct StudentScatter {
    Eigen::MatrixXd scatter;  // N x N; the covariance is nu/(nu - 2) times it
    Eigen::VectorXd centre;   // N, zero when it was not to be estimated
};
/// The most likely scatter of multivariate Student t returns with `nu` degrees of freedom.
/// Pre:     nu > 0
/// Errors:  also Errc::unsupported when the iteration does not settle
/// Source:  Lange, Little and Taylor (1989), J. American Statistical Association 84, 881-896
[[nodiscard]] Result<StudentScatter> student_scatter(const Eigen::MatrixXd& returns, double nu,
                                                     Mean mean = Mean::zero);

/// The shape of elliptical returns, whatever their tails; trace N. Source: Tyler (1987), Annals of Statistics
/// 15
///
/// Errors:  also Errc::unsupported when the iteration does not settle
[[nodiscard]] Result<Eigen::MatrixXd> tyler_shape(const Eigen::MatrixXd& returns);

/// Excess kurtosis of the rows taken as elliptical, about zero: what makes intervals honest.
/// Source:  Muirhead (1982); methods C.8
[[nodiscard]] Result<double> elliptical_kurtosis(const Eigen::MatrixXd& returns);

}  // namespace outrigger
