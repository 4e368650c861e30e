// SPDX-License-Identifier: Apache-2.0
#include "hedge/kalman_beta.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace outrigger {

namespace {
constexpr double kNoiseMin = 1e-300;  // a perfect fit still divides by something
}

Result<KalmanBeta> KalmanBeta::from(const Eigen::VectorXd& prior, double noise_variance,
                                    const KalmanBetaParams& params) {
    if (prior.size() == 0 || !prior.allFinite())
        return fail(Errc::decode, "the prior betas are not finite numbers");
    if (!std::isfinite(noise_variance) || noise_variance <= 0)
        return fail(Errc::decode, "the noise variance must be positive");
    KalmanBeta out;
    out.params_ = params;
    out.beta_ = prior;
    out.covariance_ = params.prior_variance * Eigen::MatrixXd::Identity(prior.size(), prior.size());
    out.noise_ = noise_variance;
    return out;
}

Result<double> KalmanBeta::add(double y, const Eigen::VectorXd& x) {
    if (x.size() != beta_.size()) return fail(Errc::decode, "one return an instrument is needed");
    if (!std::isfinite(y) || !x.allFinite()) return fail(Errc::decode, "a return is not a finite number");
    const auto n = beta_.size();
    const Eigen::MatrixXd prior = covariance_ + params_.drift_variance * Eigen::MatrixXd::Identity(n, n);
    const Eigen::VectorXd px = prior * x;
    const double spread = x.dot(px) + noise_;
    const Eigen::VectorXd gain = px / spread;
    const double error = y - x.dot(beta_);
    const Eigen::MatrixXd keep = Eigen::MatrixXd::Identity(n, n) - gain * x.transpose();
    beta_ += gain * error;
    // Joseph's form: stays symmetric and positive whatever the rounding.
    covariance_ = keep * prior * keep.transpose() + noise_ * gain * gain.transpose();
    log_likelihood_ -= 0.5 * (std::log(2 * std::numbers::pi * spread) + error * error / spread);
    if (params_.noise_half_life > 0) {
        const double old = std::exp2(-1.0 / params_.noise_half_life);
        const double seen = std::min(error * error, params_.outlier_cap * noise_);
        noise_ = std::max(old * noise_ + (1 - old) * seen, kNoiseMin);
    }
    return error;
}

}  // namespace outrigger
