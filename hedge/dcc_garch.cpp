// SPDX-License-Identifier: Apache-2.0
#include "hedge/dcc_garch.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <numbers>
#include <optional>

#include "hedge/covariance.hpp"

namespace outrigger {
namespace {

constexpr double kPersistenceMax = 0.9999;

Result<void> check_returns(const Eigen::VectorXd& returns) {
    if (returns.size() < 2 || !returns.allFinite() || returns.squaredNorm() <= 0)
        return fail(Errc::decode, "the returns are too few, constant or not finite");
    return {};
}

/// One row's part of the log-likelihood of the correlations; nothing when the matrix is not positive.
std::optional<double> row_likelihood(const Eigen::MatrixXd& r, const Eigen::VectorXd& z) {
    const Eigen::LLT<Eigen::MatrixXd> root(r);
    if (root.info() != Eigen::Success) return std::nullopt;
    const double log_det = 2 * Eigen::MatrixXd(root.matrixL()).diagonal().array().log().sum();
    return -0.5 * (log_det + z.dot(root.solve(z)) - z.squaredNorm());
}

}  // namespace

Result<GarchPath> garch_path(const Eigen::VectorXd& returns, const Garch& model) {
    OR_TRY(check_returns(returns));
    if (!(model.omega > 0 && model.alpha >= 0 && model.beta >= 0 && model.alpha + model.beta < 1))
        return fail(Errc::config, "a GARCH needs omega > 0, alpha and beta >= 0 and alpha + beta < 1");
    GarchPath out;
    out.variance.resize(returns.size());
    double h = returns.squaredNorm() / static_cast<double>(returns.size());
    for (Eigen::Index t = 0; t < returns.size(); ++t) {
        const double square = returns[t] * returns[t];
        out.variance[t] = h;
        out.log_likelihood -= 0.5 * (std::log(2 * std::numbers::pi * h) + square / h);
        h = model.omega + model.alpha * square + model.beta * h;
    }
    out.next = h;
    return out;
}

Result<Garch> fit_garch(const Eigen::VectorXd& returns) {
    OR_TRY(check_returns(returns));
    const double variance = returns.squaredNorm() / static_cast<double>(returns.size());
    const auto model = [&](double alpha, double persistence) {
        return Garch{variance * (1 - persistence), alpha, persistence - alpha};
    };
    // Two bounded dimensions and a smooth surface: halving grids find the top without a solver to tune.
    double alpha = 0.1;
    double persistence = 0.9;
    double best = garch_path(returns, model(alpha, persistence))->log_likelihood;
    for (double step = 0.08; step > 1e-6; step /= 2) {
        bool moved = true;
        while (moved) {
            moved = false;
            for (const auto& [da, dp] : {std::pair{step, 0.0}, {-step, 0.0}, {0.0, step}, {0.0, -step}}) {
                const double a = alpha + da;
                const double p = persistence + dp;
                if (a < 0 || p < a || p > kPersistenceMax) continue;
                const double seen = garch_path(returns, model(a, p))->log_likelihood;
                if (seen <= best) continue;
                best = seen;
                alpha = a;
                persistence = p;
                moved = true;
            }
        }
    }
    return model(alpha, persistence);
}

Result<DccPath> dcc_path(const Eigen::MatrixXd& standardised, const Dcc& model) {
    if (!(model.a >= 0 && model.b >= 0 && model.a + model.b < kPersistenceMax))
        return fail(Errc::config, "a DCC needs a and b >= 0 and a + b < 0.9999");
    if (standardised.rows() < 2 || standardised.cols() < 2 || !standardised.allFinite())
        return fail(Errc::decode, "the standardised returns are too few or not finite");
    const Eigen::MatrixXd long_run =
        standardised.transpose() * standardised / static_cast<double>(standardised.rows());
    DccPath out;
    Eigen::MatrixXd q = long_run;
    for (Eigen::Index t = 0; t < standardised.rows(); ++t) {
        const Eigen::VectorXd z = standardised.row(t).transpose();
        out.last = correlation(q);
        const auto part = row_likelihood(out.last, z);
        if (!part) return fail(Errc::decode, "the standardised returns are collinear");
        out.log_likelihood += *part;
        q = (1 - model.a - model.b) * long_run + model.a * z * z.transpose() + model.b * q;
    }
    out.next = correlation(q);
    out.long_run = correlation(long_run);
    return out;
}

Eigen::MatrixXd dcc_forecast(const DccPath& path, const Dcc& model, int steps) {
    const double kept = std::pow(model.a + model.b, steps - 1);
    return (1 - kept) * path.long_run + kept * path.next;
}

}  // namespace outrigger
