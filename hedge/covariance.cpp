// SPDX-License-Identifier: Apache-2.0
#include "hedge/covariance.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kMeanStartRows = 60;
// An eigenvalue this far below the largest is rounding, not a negative variance and not information.
constexpr double kEigenvalueNoise = 1e-13;

Result<void> check_panel(const ReturnPanel& panel) {
    const Index rows = panel.returns.rows();
    const Index cols = panel.returns.cols();
    OR_ASSERT(cols == std::ssize(panel.assets) && rows == std::ssize(panel.ends));
    if (cols == 0) return fail(Errc::stale, "the return panel has no assets");
    if (rows < cols + 2) {
        return fail(Errc::stale,
                    fmt::format("{} bars cannot estimate the covariance of {} assets: at least {} "
                                "are needed",
                                rows, cols, cols + 2));
    }
    if (!panel.returns.allFinite()) {
        return fail(Errc::decode, "the return panel holds a value that is not a finite number");
    }
    return {};
}

/// Covariance under the given weights (which sum to one).
MatrixXd weighted_covariance(const MatrixXd& returns, const VectorXd& weights, Mean mean) {
    if (mean == Mean::zero) return returns.transpose() * weights.asDiagonal() * returns;
    const Eigen::RowVectorXd centre = weights.transpose() * returns;
    const MatrixXd centred = returns.rowwise() - centre;
    const double lost = weights.squaredNorm();  // 1/T for equal weights: the familiar T - 1
    return (centred.transpose() * weights.asDiagonal() * centred) / (1.0 - lost);
}

Result<Covariance> finish(const ReturnPanel& panel, MatrixXd matrix, double shrinkage, double samples) {
    Covariance out;
    out.per_bar = 0.5 * (matrix + matrix.transpose());
    out.condition = OR_TRY(condition_number(out.per_bar));
    out.assets = panel.assets;
    out.bar = panel.bar;
    out.shrinkage = shrinkage;
    out.effective_samples = samples;
    return out;
}

/// The returns less their column means when those are estimated.
MatrixXd centred_returns(const ReturnPanel& panel, Mean mean) {
    if (mean == Mean::zero) return panel.returns;
    return panel.returns.rowwise() - panel.returns.colwise().mean();
}

double decay(std::chrono::duration<double> elapsed, std::chrono::duration<double> half_life) {
    return std::exp2(-(elapsed / half_life));
}

/// The weights that unrolling S <- lambda S + (1 - lambda) r r' gives to each row.
VectorXd recursive_weights(const ReturnPanel& panel, std::chrono::duration<double> half_life,
                           Index start_rows) {
    const Index rows = panel.returns.rows();
    VectorXd weights(rows);
    double later = 1;  // product of the lambdas after the row
    for (Index t = rows - 1; t >= start_rows; --t) {
        const auto i = static_cast<std::size_t>(t);
        const double lambda = decay(panel.ends[i] - panel.ends[i - 1], half_life);
        weights[t] = later * (1.0 - lambda);
        later *= lambda;
    }
    weights.head(start_rows).setConstant(later / static_cast<double>(start_rows));
    return weights;
}

/// Mean off-diagonal correlation over the assets that moved.
double mean_correlation(const MatrixXd& covariance) {
    double sum = 0;
    double pairs = 0;
    for (Index i = 0; i < covariance.rows(); ++i) {
        for (Index j = 0; j < i; ++j) {
            if (covariance(i, i) <= 0 || covariance(j, j) <= 0) continue;
            sum += covariance(i, j) / (std::sqrt(covariance(i, i)) * std::sqrt(covariance(j, j)));
            pairs += 1;
        }
    }
    return pairs > 0 ? sum / pairs : 0.0;
}

MatrixXd constant_correlation_target(const MatrixXd& covariance, double rbar) {
    const VectorXd sd = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
    MatrixXd target = rbar * (sd * sd.transpose());
    target.diagonal() = covariance.diagonal();
    return target;
}

/// Intensity of Ledoit and Wolf (2003); x is centred as wanted, s = x'x/T.
double constant_correlation_intensity(const MatrixXd& x, const MatrixXd& s, const MatrixXd& target,
                                      double rbar) {
    const double t = static_cast<double>(x.rows());
    const MatrixXd x2 = x.cwiseAbs2();
    const MatrixXd pi = (x2.transpose() * x2) / t - s.cwiseAbs2();
    const MatrixXd x3 = x2.cwiseProduct(x);
    MatrixXd theta = (x3.transpose() * x) / t;
    for (Index i = 0; i < s.rows(); ++i) theta.row(i) -= s(i, i) * s.row(i);
    const VectorXd sd = s.diagonal().cwiseMax(0.0).cwiseSqrt();
    double rho = pi.diagonal().sum();
    for (Index i = 0; i < s.rows(); ++i) {
        for (Index j = 0; j < s.rows(); ++j) {
            if (i != j && sd[i] > 0) rho += rbar * sd[j] / sd[i] * theta(i, j);
        }
    }
    const double gamma = (s - target).squaredNorm();
    if (gamma <= 0) return 0;  // the data is already its target
    return std::clamp((pi.sum() - rho) / (gamma * t), 0.0, 1.0);
}

MatrixXd mix_with_identity(const MatrixXd& s, double intensity) {
    const double mu = s.trace() / static_cast<double>(s.rows());
    MatrixXd out = (1.0 - intensity) * s;
    out.diagonal().array() += intensity * mu;
    return out;
}

}  // namespace

Result<Covariance> sample_covariance(const ReturnPanel& panel, Mean mean) {
    OR_TRY(check_panel(panel));
    const double t = static_cast<double>(panel.returns.rows());
    const MatrixXd x = centred_returns(panel, mean);
    return finish(panel, (x.transpose() * x) / (mean == Mean::zero ? t : t - 1), 0, t);
}

Result<Covariance> ewma_covariance(const ReturnPanel& panel, const EwmaSpec& spec) {
    OR_TRY(check_panel(panel));
    if (!(spec.half_life.count() > 0) || !std::isfinite(spec.half_life.count())) {
        return fail(Errc::config,
                    fmt::format("the half-life must be positive, it is {} s", spec.half_life.count()));
    }
    const Index start_rows = spec.start == EwmaStart::mean_of_60 ? kMeanStartRows : 1;
    if (panel.returns.rows() < start_rows) {
        return fail(Errc::config, fmt::format("an estimate that starts at the mean of {} bars has only {}",
                                              start_rows, panel.returns.rows()));
    }
    const VectorXd weights = spec.start == EwmaStart::normalised
                                 ? ewma_weights(panel, spec.half_life)
                                 : recursive_weights(panel, spec.half_life, start_rows);
    const double samples = effective_samples(weights);
    if (spec.mean == Mean::estimated && samples < 1 + 1e-9) {
        return fail(Errc::stale, "the half-life is so short that a single bar has all the weight");
    }
    return finish(panel, weighted_covariance(panel.returns, weights, spec.mean), 0, samples);
}

Result<Covariance> ledoit_wolf(const ReturnPanel& panel, Mean mean) {
    OR_TRY(check_panel(panel));
    const double t = static_cast<double>(panel.returns.rows());
    const double n = static_cast<double>(panel.returns.cols());
    const MatrixXd x = centred_returns(panel, mean);
    const MatrixXd s = (x.transpose() * x) / t;
    const MatrixXd x2 = x.cwiseAbs2();
    const double mu = s.trace() / n;
    const double spread = s.squaredNorm();
    const double noise = (x2.rowwise().sum().squaredNorm() / t - spread) / (n * t);  // beta^2 of the paper
    const double distance = (spread - n * mu * mu) / n;                              // delta^2
    const bool single = panel.returns.cols() == 1;  // its own target: nothing to shrink to
    const double intensity =
        single || noise <= 0 || distance <= 0 ? 0.0 : std::min(noise, distance) / distance;
    return finish(panel, mix_with_identity(s, intensity), intensity, t);
}

Result<Covariance> ledoit_wolf_constant_correlation(const ReturnPanel& panel, Mean mean) {
    OR_TRY(check_panel(panel));
    const double t = static_cast<double>(panel.returns.rows());
    const MatrixXd x = centred_returns(panel, mean);
    const MatrixXd s = (x.transpose() * x) / t;
    const double rbar = mean_correlation(s);
    const MatrixXd target = constant_correlation_target(s, rbar);
    const double intensity = constant_correlation_intensity(x, s, target, rbar);
    return finish(panel, (1.0 - intensity) * s + intensity * target, intensity, t);
}

Result<Covariance> oracle_approximating(const ReturnPanel& panel, Mean mean) {
    OR_TRY(check_panel(panel));
    const double t = static_cast<double>(panel.returns.rows());
    const double n = static_cast<double>(panel.returns.cols());
    const MatrixXd x = centred_returns(panel, mean);
    const MatrixXd s = (x.transpose() * x) / t;
    const double mu = s.trace() / n;
    const double alpha = s.squaredNorm() / (n * n);
    const double denominator = (t + 1.0) * (alpha - mu * mu / n);
    double intensity = denominator > 0 ? std::min((alpha + mu * mu) / denominator, 1.0) : 1.0;
    if (panel.returns.cols() == 1) intensity = 0;
    return finish(panel, mix_with_identity(s, intensity), intensity, t);
}

Result<Covariance> shrink_to_constant_correlation(const Covariance& covariance, double intensity) {
    OR_ASSERT(intensity >= 0 && intensity <= 1);
    const MatrixXd& s = covariance.per_bar;
    Covariance out = covariance;
    out.per_bar = (1.0 - intensity) * s + intensity * constant_correlation_target(s, mean_correlation(s));
    out.condition = OR_TRY(condition_number(out.per_bar));
    out.shrinkage = 1.0 - (1.0 - covariance.shrinkage) * (1.0 - intensity);
    return out;
}

MatrixXd per_day(const Covariance& covariance) {
    OR_ASSERT(covariance.bar.count() > 0);
    return covariance.per_bar * (86400.0 / static_cast<double>(covariance.bar.count()));
}

MatrixXd correlation(const MatrixXd& covariance) {
    const VectorXd sd = covariance.diagonal().cwiseMax(0.0).cwiseSqrt();
    MatrixXd out = MatrixXd::Identity(covariance.rows(), covariance.cols());
    for (Index i = 0; i < out.rows(); ++i) {
        for (Index j = 0; j < out.cols(); ++j) {
            if (i == j) continue;
            out(i, j) = sd[i] > 0 && sd[j] > 0 ? covariance(i, j) / sd[i] / sd[j] : 0.0;
        }
    }
    return out;
}

VectorXd ewma_weights(const ReturnPanel& panel, std::chrono::duration<double> half_life) {
    OR_ASSERT(!panel.ends.empty() && half_life.count() > 0);
    const TimePoint newest = *std::max_element(panel.ends.begin(), panel.ends.end());
    VectorXd weights(std::ssize(panel.ends));
    for (Index t = 0; t < weights.size(); ++t) {
        weights[t] = decay(newest - panel.ends[static_cast<std::size_t>(t)], half_life);
    }
    return weights / weights.sum();
}

double effective_samples(const VectorXd& weights) {
    const double sum = weights.sum();
    return sum * sum / weights.squaredNorm();
}

Result<double> condition_number(const MatrixXd& covariance) {
    if (covariance.rows() != covariance.cols() || covariance.rows() == 0) {
        return fail(Errc::decode, fmt::format("a covariance must be square, this one is {} x {}",
                                              covariance.rows(), covariance.cols()));
    }
    if (!covariance.allFinite()) {
        return fail(Errc::decode, "a covariance entry is not a finite number");
    }
    const double size = covariance.cwiseAbs().maxCoeff();
    if (size <= 0) return std::numeric_limits<double>::infinity();
    const MatrixXd scaled = covariance / size;  // so that tiny variances do not underflow
    if ((scaled - scaled.transpose()).cwiseAbs().maxCoeff() > 1e-10) {
        return fail(Errc::decode, "a covariance must be symmetric");
    }
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(scaled, Eigen::EigenvaluesOnly);
    if (solver.info() != Eigen::Success) return fail(Errc::decode, "the covariance has no eigenvalues");
    const double low = solver.eigenvalues().minCoeff();
    const double high = solver.eigenvalues().maxCoeff();
    const double noise = kEigenvalueNoise * static_cast<double>(covariance.rows()) * high;
    if (low < -1e3 * noise) {
        return fail(
            Errc::decode,
            fmt::format("a covariance must not have a negative eigenvalue, this one has {:.3g} beside "
                        "{:.3g}: its numbers do not come from one set of returns",
                        low * size, high * size));
    }
    return low <= noise ? std::numeric_limits<double>::infinity() : high / low;
}

}  // namespace outrigger
