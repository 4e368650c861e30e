// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "chain/base/result.hpp"

namespace outrigger {

struct RunLengthParams {
    double hazard = 0.004;  // chance that a bar begins a new run: one in 250
    double prior_degrees = 6;
    double prior_first = 4;  // the inverse-Wishart prior's scale matrix
    double prior_second = 4;
    double prior_cross = 2;
    std::size_t runs_max = 500;
};

/// How long ago a pair of returns last changed its covariance, as a distribution: Bayesian online
/// change-point detection. Within a run the pair is Gaussian with mean zero and a covariance of its own.
///
/// For returns divided by their volatility, and for display: Gaussian tails take a shock for a change. Of
/// more than runs_max possible beginnings the least probable is forgotten, never the newest, so that a calm
/// longer than runs_max bars is still one run. The state is a value. Source: Adams and MacKay (2007),
/// arXiv:0710.3742; methods E.6
class RunLength {
  public:
    /// Errors: Errc::config for a hazard outside (0, 1), prior degrees of 1 or less, a prior scale that is
    /// not positive definite or runs_max below 2
    static Result<RunLength> from(const RunLengthParams& params = {});

    /// The log density of one more pair given those before it. Costs O(runs). Errors: Errc::decode for a
    /// value that is not finite or above 1e100; the state is then unchanged.
    Result<double> add(double x, double y);

    /// A beginning of the current run.
    struct Run {
        std::size_t before = 0;  // bars of the run before the current one
        double probability = 0;
    };
    /// Shortest first; probabilities sum to one. Empty before the first bar.
    [[nodiscard]] std::vector<Run> runs() const;
    /// The chance that fewer than `bars` bars of the run lie before the current one. Zero before the first
    /// bar.
    [[nodiscard]] double probability_below(std::size_t bars) const;
    /// The bars before the current one in the most probable run.
    [[nodiscard]] std::size_t most_probable() const;
    /// Of all pairs so far.
    [[nodiscard]] double log_evidence() const { return log_evidence_; }

  private:
    struct Hypothesis {
        std::size_t before = 0;
        double log_probability = 0;
        double l11 = 0;  // lower Cholesky factor of the posterior scale matrix
        double l21 = 0;
        double l22 = 0;
    };
    [[nodiscard]] double take_in(Hypothesis& run, double degrees, double x, double y) const;
    void forget_the_least();

    RunLengthParams params_;
    Hypothesis prior_;
    std::vector<Hypothesis> runs_;  // shortest first
    double log_evidence_ = 0;
};

}  // namespace outrigger
