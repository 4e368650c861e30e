// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include "hedge/covariance.hpp"

namespace outrigger::study {

/// A covariance of returns about zero whose rows halve in weight with every half-life of time; the state is a
/// value, one row costs O(N^2), and the same rows in one batch give the same (ewma_covariance, normalised).
/// Source:  methods B.4, C.1
class Memory {
  public:
    explicit Memory(std::chrono::duration<double> half_life) : half_life_(half_life) {}

    void add(TimePoint end, const Eigen::VectorXd& r) {
        if (square_.size() == 0) square_ = Eigen::MatrixXd::Zero(r.size(), r.size());
        const double keep =
            weight_ > 0 ? std::exp2(-std::chrono::duration<double>(end - last_) / half_life_) : 0;
        square_ *= keep;
        square_.noalias() += r * r.transpose();
        weight_ = weight_ * keep + 1;
        last_ = end;
    }

    /// Per bar, mixed with its own constant-correlation target. Pre: at least one row
    [[nodiscard]] Eigen::MatrixXd covariance(double constant_correlation) const;

  private:
    std::chrono::duration<double> half_life_;
    TimePoint last_{};
    double weight_ = 0;
    Eigen::MatrixXd square_;
};

/// The last rows of returns, for what needs more of them than two moments.
class Past {
  public:
    explicit Past(std::size_t rows) : capacity_(rows) {}
    void add(TimePoint end, const Eigen::VectorXd& r);
    [[nodiscard]] std::size_t size() const { return panel_.ends.size(); }
    /// In no particular order.
    [[nodiscard]] const ReturnPanel& panel() const { return panel_; }

  private:
    std::size_t capacity_;
    std::size_t next_ = 0;
    ReturnPanel panel_;
};

}  // namespace outrigger::study
