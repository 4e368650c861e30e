// SPDX-License-Identifier: Apache-2.0
#include "hedge/sparse_selection.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <limits>

#include "hedge/covariance.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

MatrixXd covariance() {
    return per_day(sample_covariance(reference::panel_of(reference::csv("returns_6x750.csv"))).value());
}

const std::vector<Index> kAll{0, 1, 2, 3, 5};

SparseSpec eager(std::size_t legs) {
    return {.legs = legs, .min_gain = 0, .risk_aversion = 1e-3};
}

/// The best of all subsets of a size, by solving each.
double exhaustive(const MatrixXd& s, const VectorXd& e, std::size_t size) {
    double best = 0;
    for (unsigned mask = 0; mask < 1U << kAll.size(); ++mask) {
        std::vector<Index> members;
        for (std::size_t i = 0; i < kAll.size(); ++i)
            if ((mask >> i & 1U) != 0) members.push_back(kAll[i]);
        if (members.size() != size) continue;
        const MatrixXd own = s(members, members);
        const VectorXd cross = (s * e)(members);
        best = std::max(best, cross.dot(own.fullPivLu().solve(cross)) / e.dot(s * e));
    }
    return best;
}

TEST(SparseSelection, FindsTheBestSubset) {
    const MatrixXd s = covariance();
    const VectorXd e = VectorXd::Unit(6, 4) * 1e4;
    for (std::size_t legs = 1; legs <= 5; ++legs) {
        const auto got = choose_instruments(s, e, kAll, {}, eager(legs)).value();
        EXPECT_EQ(got.members.size(), legs);
        EXPECT_NEAR(got.variance_removed, exhaustive(s, e, legs), 1e-9) << legs;
        EXPECT_NEAR(got.variance_removed, share_removed(s, e, got.members), 1e-12);
        EXPECT_EQ(got.best_removed, got.variance_removed);
    }
}

TEST(SparseSelection, ChangesReluctantly) {
    const MatrixXd s = covariance();
    const VectorXd e = VectorXd::Unit(6, 4) * 1e4;
    const auto best = choose_instruments(s, e, kAll, {}, eager(2)).value();
    std::vector<Index> other;
    for (const Index i : kAll)
        if (std::find(best.members.begin(), best.members.end(), i) == best.members.end() && other.size() < 2)
            other.push_back(i);
    EXPECT_EQ(choose_instruments(s, e, kAll, other, eager(2))->members, best.members);
    SparseSpec spec = eager(2);
    spec.cost_per_usd = 10;  // nothing is worth this
    EXPECT_EQ(choose_instruments(s, e, kAll, other, spec)->members, other);
    EXPECT_EQ(choose_instruments(s, e, kAll, best.members, {.legs = 2, .risk_aversion = 1e-3})->members,
              best.members);
}

TEST(SparseSelection, CopiesAndStillPricesAddNothing) {
    MatrixXd s = covariance();
    s.row(1) = s.row(0);
    s.col(1) = s.col(0);
    s.row(2).setZero();
    s.col(2).setZero();
    const VectorXd e = VectorXd::Unit(6, 4) * 1e4;
    EXPECT_NEAR(share_removed(s, e, {0, 1, 2}), share_removed(s, e, {0}), 1e-9);
    const auto got = choose_instruments(s, e, kAll, {0, 1, 2}, {.legs = 4, .risk_aversion = 1e-3}).value();
    EXPECT_EQ(std::count(got.members.begin(), got.members.end(), 2), 0);
    EXPECT_LE(std::count(got.members.begin(), got.members.end(), 0) +
                  std::count(got.members.begin(), got.members.end(), 1),
              1);
}

TEST(SparseSelection, RefusesWhatIsNoRisk) {
    const VectorXd e = VectorXd::Unit(6, 4);
    EXPECT_EQ(choose_instruments(MatrixXd::Zero(6, 6), e, kAll, {}, eager(2)).error().code, Errc::decode);
    MatrixXd s = covariance();
    s(0, 0) = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(choose_instruments(s, e, kAll, {}, eager(2)).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger
