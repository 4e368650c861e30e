// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/memory.hpp"

namespace outrigger::study {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

MatrixXd Memory::covariance(double constant_correlation) const {
    MatrixXd s = square_ / weight_;
    const auto n = s.rows();
    if (n < 2 || constant_correlation <= 0) return s;
    const VectorXd sd = s.diagonal().cwiseSqrt();
    const MatrixXd rho = correlation(s);
    const double mean = (rho.sum() - static_cast<double>(n)) / static_cast<double>(n * (n - 1));
    MatrixXd target = mean * sd * sd.transpose();
    target.diagonal() = s.diagonal();
    return (1 - constant_correlation) * s + constant_correlation * target;
}

void Past::add(TimePoint end, const VectorXd& r) {
    if (panel_.returns.size() == 0) panel_.returns.resize(0, r.size());
    if (size() < capacity_) {
        if (panel_.returns.rows() == std::ssize(panel_.ends)) {
            const auto grown = std::min<Index>(static_cast<Index>(capacity_), 2 * panel_.returns.rows() + 64);
            panel_.returns.conservativeResize(grown, Eigen::NoChange);
            panel_.returns.bottomRows(grown - std::ssize(panel_.ends)).setZero();
        }
        panel_.ends.push_back(end);
        panel_.returns.row(std::ssize(panel_.ends) - 1) = r.transpose();
    } else {
        panel_.ends[next_] = end;
        panel_.returns.row(static_cast<Index>(next_)) = r.transpose();
    }
    next_ = (next_ + 1) % capacity_;
    last_ = end;
}

VectorXd Past::weights(std::chrono::duration<double> half_life) const {
    // Rows not yet filled are zeros of weight zero.
    VectorXd out = VectorXd::Zero(panel_.returns.rows());
    for (std::size_t t = 0; t < size(); ++t)
        out[static_cast<Index>(t)] =
            std::exp2(-std::chrono::duration<double>(last_ - panel_.ends[t]) / half_life);
    return out / out.sum();
}

MatrixXd Past::in_order(std::optional<TimePoint> after) const {
    std::vector<Index> rows;
    const std::size_t oldest = size() < capacity_ ? 0 : next_;
    for (std::size_t i = 0; i < size(); ++i) {
        const std::size_t at = (oldest + i) % size();
        if (!after || panel_.ends[at] > *after) rows.push_back(static_cast<Index>(at));
    }
    MatrixXd out(std::ssize(rows), panel_.returns.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.row(static_cast<Index>(i)) = panel_.returns.row(rows[i]);
    return out;
}

}  // namespace outrigger::study
