// SPDX-License-Identifier: Apache-2.0
#include "hedge/uncertainty.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "hedge/least_squares.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kReciprocalConditionMin = 1e-14;

bool positive(double x) {
    return x > 0 && std::isfinite(x);
}
bool not_negative(double x) {
    return x >= 0 && std::isfinite(x);
}

/// A symmetric positive definite system whose unknowns may have very different sizes.
class ScaledSystem {
  public:
    static Result<ScaledSystem> from(const MatrixXd& matrix) {
        const VectorXd diagonal = matrix.diagonal();
        if (!matrix.allFinite() || !(diagonal.minCoeff() > 0)) return singular();
        ScaledSystem out;
        out.scale_ = diagonal.cwiseSqrt().cwiseInverse();
        const MatrixXd unit = out.scale_.asDiagonal() * matrix * out.scale_.asDiagonal();
        out.factor_.compute(unit);
        if (!unit.allFinite() || out.factor_.info() != Eigen::Success ||
            out.factor_.rcond() < kReciprocalConditionMin) {
            return singular();
        }
        return out;
    }
    [[nodiscard]] MatrixXd solve(const MatrixXd& right) const {
        return scale_.asDiagonal() * factor_.solve(scale_.asDiagonal() * right);
    }

  private:
    static tl::unexpected<Error> singular() {
        return fail(Errc::decode, "an instrument never moved, or the instruments are a mix of each other");
    }
    VectorXd scale_;
    Eigen::LLT<MatrixXd> factor_;
};

Result<void> check_moments(const Moments& moments, const VectorXd& beta) {
    const Index k = beta.size();
    if (k == 0 || moments.xx.rows() != k || moments.xx.cols() != k || moments.xy.size() != k) {
        return fail(Errc::decode, "the moments and the betas are not of the same instruments");
    }
    if (!moments.xx.allFinite() || !moments.xy.allFinite() || !beta.allFinite()) {
        return fail(Errc::decode, "a moment or a beta is not a finite number");
    }
    return {};
}

}  // namespace

Result<VectorXd> autocorrelations(const VectorXd& x, std::size_t lags) {
    const Index rows = x.size();
    if (lags >= static_cast<std::size_t>(rows)) {
        return fail(Errc::stale, fmt::format("{} rows have no autocorrelation over {} rows", rows, lags));
    }
    if (!x.allFinite()) return fail(Errc::decode, "a value is not a finite number");
    if (x.maxCoeff() == x.minCoeff())
        return fail(Errc::decode, "a series that never moved has no autocorrelation");
    VectorXd centred = x.array() - x.mean();
    centred /= centred.cwiseAbs().maxCoeff();  // first, so that squares neither overflow nor vanish
    const double square = centred.squaredNorm();
    VectorXd out(static_cast<Index>(lags));
    for (Index j = 1; j <= out.size(); ++j) {
        out[j - 1] = centred.head(rows - j).dot(centred.tail(rows - j)) / square;
    }
    if (!out.allFinite()) return fail(Errc::decode, "the values are too large to correlate");
    return out;
}

Result<double> autocorrelated_effective_samples(const VectorXd& x, const VectorXd& y, std::size_t lags) {
    if (x.size() != y.size()) return fail(Errc::decode, "the two return series differ in length");
    const VectorXd of_x = OR_TRY(autocorrelations(x, lags));
    const VectorXd of_y = OR_TRY(autocorrelations(y, lags));
    const auto rows = static_cast<double>(x.size());
    double excess = 0;
    for (Index j = 0; j < of_x.size(); ++j) {
        excess += (1 - static_cast<double>(j + 1) / rows) * of_x[j] * of_y[j];
    }
    return rows / (1 + 2 * std::max(excess, 0.0));
}

Result<double> nested_gap_variance(double samples_short, double samples_long, double kurtosis) {
    if (!std::isfinite(samples_short) || !std::isfinite(samples_long) || samples_short > samples_long ||
        !not_negative(kurtosis)) {
        return fail(Errc::decode, "the short window must be the end of the long one, the kurtosis from 0");
    }
    if (samples_short <= 3) {
        return fail(Errc::stale, fmt::format("{} samples cannot judge a correlation: more than 3 are needed",
                                             samples_short));
    }
    return (1 + kurtosis) * (1 / (samples_short - 3) - 1 / (samples_long - 3));
}

Result<double> ewma_gap_variance(double half_life_short, double half_life_long, double kurtosis) {
    if (!positive(half_life_short) || !positive(half_life_long) || !not_negative(kurtosis)) {
        return fail(Errc::decode, "a half-life must be positive and the kurtosis from 0");
    }
    const double step_short = -std::expm1(-std::log(2.0) / half_life_short);  // 1 - lambda
    const double step_long = -std::expm1(-std::log(2.0) / half_life_long);
    const double common = step_short + step_long - step_short * step_long;  // 1 - the lambdas' product
    const double gap =
        step_short / (2 - step_short) + step_long / (2 - step_long) - 2 * step_short * step_long / common;
    return (1 + kurtosis) * std::max(gap, 0.0);
}

Result<double> correlation_gap_z(double correlation_short, double correlation_long, double gap_variance) {
    if (!(std::abs(correlation_short) < 1) || !(std::abs(correlation_long) < 1) || !positive(gap_variance)) {
        return fail(Errc::decode, "a gap needs two correlations inside (-1, 1) and a positive variance");
    }
    return (std::atanh(correlation_short) - std::atanh(correlation_long)) / std::sqrt(gap_variance);
}

Result<double> copas_factor(const MatrixXd& x, const VectorXd& y) {
    const LeastSquares fit = OR_TRY(least_squares(x, y));
    if (!(fit.explained_squares + fit.residual_squares > 0)) {
        return fail(Errc::decode, "the return to explain never moved");
    }
    const auto k = static_cast<double>(x.cols());
    const double free = static_cast<double>(x.rows()) - k;
    if (k < 3) return 1.0;
    if (!(fit.explained_squares > 0)) return 0.0;
    const double inverse_f = (fit.residual_squares / free) / (fit.explained_squares / k);
    return std::max(0.0, 1 - (k - 2) / k * free / (free + 2) * inverse_f);
}

Result<VectorXd> ridge_to_long_run(const Moments& recent, const VectorXd& beta_long, double tau) {
    OR_TRY(check_moments(recent, beta_long));
    if (!not_negative(tau)) return fail(Errc::decode, "the pull to the long run must be a number from 0");
    const VectorXd pull = tau * recent.xx.diagonal();
    const auto system = OR_TRY(ScaledSystem::from(recent.xx + MatrixXd(pull.asDiagonal())));
    return VectorXd(system.solve(recent.xy + pull.cwiseProduct(beta_long)));
}

Result<BetaPosterior> posterior_beta(const Moments& data, double residual_variance, double effective_samples,
                                     const BetaPrior& prior) {
    OR_TRY(check_moments(data, prior.mean));
    if (!positive(residual_variance) || !positive(effective_samples) || !positive(prior.standard_deviation)) {
        return fail(Errc::decode,
                    "the residual variance, the samples and the prior's width must be positive");
    }
    const double weight = effective_samples / residual_variance;
    const double belief = 1 / (prior.standard_deviation * prior.standard_deviation);
    const Index k = prior.mean.size();
    const auto system = OR_TRY(ScaledSystem::from(weight * data.xx + belief * MatrixXd::Identity(k, k)));
    BetaPosterior out;
    out.mean = system.solve(weight * data.xy + belief * prior.mean);
    const MatrixXd inverse = system.solve(MatrixXd::Identity(k, k));
    out.covariance = 0.5 * (inverse + inverse.transpose());
    out.predictive_variance = residual_variance + data.xx.cwiseProduct(out.covariance).sum();
    if (!out.mean.allFinite() || !(out.predictive_variance > 0)) {
        return fail(Errc::decode, "the moments of the instruments are not those of any returns");
    }
    return out;
}

Result<ExpectedR2> expected_r2(double r2_in_sample, double samples, std::size_t regressors) {
    if (!(r2_in_sample >= 0 && r2_in_sample <= 1) || !std::isfinite(samples)) {
        return fail(Errc::decode, fmt::format("{} is no R^2 of {} samples", r2_in_sample, samples));
    }
    const auto k = static_cast<double>(regressors);
    if (samples <= k + 1) {
        return fail(Errc::stale,
                    fmt::format("{:.1f} samples cannot judge {} regressors: more than {} are needed", samples,
                                regressors, regressors + 1));
    }
    ExpectedR2 out;
    out.population = 1 - (1 - r2_in_sample) * samples / (samples - k);
    out.out_of_sample = 1 - (1 - out.population) * (1 + k / (samples - k - 1));
    return out;
}

Result<std::optional<double>> break_even_correlation(double risk_aversion, double unhedged_variance,
                                                     double horizon, double cost_usd) {
    const double risk = risk_aversion * unhedged_variance * horizon;
    if (!(risk_aversion > 0) || !(unhedged_variance > 0) || !positive(risk) || !not_negative(cost_usd)) {
        return fail(Errc::decode, "risk aversion, variance and horizon must be positive and the cost from 0");
    }
    const double least = std::sqrt(2 * cost_usd / risk);
    return least <= 1 ? std::optional(least) : std::nullopt;
}

}  // namespace outrigger
