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
    if (size() < capacity_) {
        panel_.returns.conservativeResize(panel_.returns.rows() + 1, r.size());
        panel_.ends.emplace_back();
    }
    panel_.ends[next_] = end;
    panel_.returns.row(static_cast<Index>(next_)) = r.transpose();
    next_ = (next_ + 1) % capacity_;
}

}  // namespace outrigger::study
