// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "chain/base/result.hpp"

namespace outrigger {

struct KalmanBetaParams {
    double drift_variance = 1e-5;  // of each beta per bar: 1.5 % a day at hourly bars
    double prior_variance = 0.05;
    double noise_half_life = 72;  // bars; 0: the noise stays as given
    double outlier_cap = 16;      // a squared error counts at most this many times the noise
};

/// Betas that wander: y_t = x_t' b_t + noise, b_t a random walk. The state is a value; one bar costs O(k^2).
///
/// Its covariance is a live interval for the betas. Source: methods C.5; Durbin and Koopman (2012), ch. 4
class KalmanBeta {
  public:
    /// Betas believed to be `prior`, with a noise variance to start from.
    /// Errors: Errc::decode for an empty or non-finite prior, or a noise that is not positive
    static Result<KalmanBeta> from(const Eigen::VectorXd& prior, double noise_variance,
                                   const KalmanBetaParams& params = {});

    /// The prediction error of one more bar. Errors: Errc::decode for returns that are not finite or another
    /// number of them than betas; the state is then unchanged.
    Result<double> add(double y, const Eigen::VectorXd& x);

    [[nodiscard]] const Eigen::VectorXd& beta() const { return beta_; }
    [[nodiscard]] const Eigen::MatrixXd& covariance() const { return covariance_; }
    [[nodiscard]] double noise_variance() const { return noise_; }
    /// Of all bars so far, Gaussian.
    [[nodiscard]] double log_likelihood() const { return log_likelihood_; }

  private:
    KalmanBetaParams params_;
    Eigen::VectorXd beta_;
    Eigen::MatrixXd covariance_;
    double noise_ = 0;
    double log_likelihood_ = 0;
};

}  // namespace outrigger
