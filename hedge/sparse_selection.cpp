// SPDX-License-Identifier: Apache-2.0
#include "hedge/sparse_selection.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <optional>

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The problem in the assets' own standard deviations, so that "collinear" has a scale.
struct Standardised {
    MatrixXd correlation;
    VectorXd cross;  // of each asset with the exposure, over both standard deviations
};

Standardised standardise(const MatrixXd& s, const VectorXd& e) {
    const VectorXd sd = s.diagonal().cwiseMax(0).cwiseSqrt();
    const VectorXd inverse = sd.unaryExpr([](double x) { return x > 0 ? 1 / x : 0.0; });
    const VectorXd with = s * e;
    return {inverse.asDiagonal() * s * inverse.asDiagonal(),
            (inverse.asDiagonal() * with) / std::sqrt(e.dot(with))};
}

/// R^2 of the exposure on the members: a pivoted factor leaves out what the others already span.
double removed(const Standardised& problem, const std::vector<Index>& members) {
    const auto k = std::ssize(members);
    if (k == 0) return 0;
    MatrixXd own(k, k);
    VectorXd cross(k);
    for (Index i = 0; i < k; ++i) {
        cross[i] = problem.cross[members[static_cast<std::size_t>(i)]];
        for (Index j = 0; j < k; ++j)
            own(i, j) = problem.correlation(members[static_cast<std::size_t>(i)],
                                            members[static_cast<std::size_t>(j)]);
    }
    constexpr double kSingular = 1e-10;
    const Eigen::LDLT<MatrixXd> factor(own);
    if (factor.info() != Eigen::Success) return 0;
    // Solve through the pivots that carry something.
    VectorXd work = factor.transpositionsP() * cross;
    factor.matrixL().solveInPlace(work);
    double out = 0;
    for (Index i = 0; i < k; ++i) {
        const double pivot = factor.vectorD()[i];
        if (pivot > kSingular) out += work[i] * work[i] / pivot;
    }
    return std::clamp(out, 0.0, 1.0);
}

std::vector<Index> without(std::vector<Index> members, std::size_t at) {
    members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
    return members;
}

std::vector<Index> with(std::vector<Index> members, Index added) {
    members.push_back(added);
    std::sort(members.begin(), members.end());
    return members;
}

struct Move {
    std::vector<Index> members;
    double removed = 0;
};

/// The best single addition, or exchange when all legs are taken.
std::optional<Move> best_move(const Standardised& problem, const std::vector<Index>& candidates,
                              const std::vector<Index>& members, std::size_t legs) {
    std::optional<Move> best;
    const auto consider = [&](std::vector<Index> to) {
        const double share = removed(problem, to);
        if (!best || share > best->removed) best = Move{std::move(to), share};
    };
    for (const Index c : candidates) {
        if (std::find(members.begin(), members.end(), c) != members.end()) continue;
        if (members.size() < legs) {
            consider(with(members, c));
        } else {
            for (std::size_t i = 0; i < members.size(); ++i) consider(with(without(members, i), c));
        }
    }
    return best;
}

/// Members that add next to nothing leave; what remains explains as much.
std::vector<Index> thinned(const Standardised& problem, std::vector<Index> members, double worth) {
    for (;;) {
        const double all = removed(problem, members);
        std::optional<std::size_t> least;
        double loss = worth;
        for (std::size_t i = 0; i < members.size(); ++i) {
            const double lost = all - removed(problem, without(members, i));
            if (lost < loss) {
                loss = lost;
                least = i;
            }
        }
        if (!least) return members;
        members = without(std::move(members), *least);
    }
}

/// The choice nobody is attached to: forward, then exchanges while any helps.
double unreluctant(const Standardised& problem, const std::vector<Index>& candidates, std::size_t legs) {
    std::vector<Index> members;
    double share = 0;
    for (std::size_t round = 0; round < 4 * legs + candidates.size(); ++round) {
        auto move = best_move(problem, candidates, members, legs);
        if (!move || move->removed <= share + 1e-12) break;
        share = move->removed;
        members = std::move(move->members);
    }
    return share;
}

}  // namespace

double share_removed(const MatrixXd& covariance, const VectorXd& exposure_usd,
                     const std::vector<Index>& members) {
    return removed(standardise(covariance, exposure_usd), members);
}

Result<SparseChoice> choose_instruments(const MatrixXd& covariance, const VectorXd& exposure_usd,
                                        const std::vector<Index>& candidates,
                                        const std::vector<Index>& current, const SparseSpec& spec) {
    const double variance = exposure_usd.dot(covariance * exposure_usd);
    if (!std::isfinite(variance) || !covariance.allFinite())
        return fail(Errc::decode, "a covariance or an exposure is not a finite number");
    if (!(variance > 0))
        return fail(Errc::decode, "the exposure has no variance, so no instrument can hedge it");
    const Standardised problem = standardise(covariance, exposure_usd);
    SparseChoice out;
    out.members = thinned(problem, current, spec.min_gain / 2);
    out.variance_removed = removed(problem, out.members);
    // Trading one leg out and another in, each about as large as the exposure.
    const double switching = 2 * (spec.fixed_cost_usd + spec.cost_per_usd * exposure_usd.cwiseAbs().sum());
    // Every move gains something, so it ends; the bound is for a gain of zero asked for.
    for (std::size_t round = 0; round < 4 * spec.legs + candidates.size(); ++round) {
        auto move = best_move(problem, candidates, out.members, spec.legs);
        if (!move) break;
        const double gain = move->removed - out.variance_removed;
        const double worth = 0.5 * spec.risk_aversion * variance * gain * spec.hold;
        if (gain <= 1e-12 || gain < spec.min_gain || worth < 2 * switching) break;
        out.members = std::move(move->members);
        out.variance_removed = move->removed;
    }
    out.best_removed = std::max(out.variance_removed, unreluctant(problem, candidates, spec.legs));
    return out;
}

}  // namespace outrigger
