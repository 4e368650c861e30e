// SPDX-License-Identifier: Apache-2.0
#include "hedge/stress.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The nearest positive semidefinite matrix: negative eigenvalues become zero.
MatrixXd without_negatives(const MatrixXd& matrix) {
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(matrix);
    const VectorXd kept = solver.eigenvalues().cwiseMax(0);
    return solver.eigenvectors() * kept.asDiagonal() * solver.eigenvectors().transpose();
}

double variance(const MatrixXd& correlation, const VectorXd& scaled) {
    return scaled.dot(correlation * scaled);
}

}  // namespace

Result<MatrixXd> nearest_correlation(const MatrixXd& matrix) {
    if (matrix.rows() != matrix.cols() || matrix.rows() == 0 || !matrix.allFinite() ||
        !matrix.isApprox(matrix.transpose(), 1e-12))
        return fail(Errc::decode, "only a symmetric matrix of finite numbers has a nearest correlation");
    constexpr int kRounds = 10'000;
    constexpr double kSettled = 1e-12;
    MatrixXd y = (matrix + matrix.transpose()) / 2;
    MatrixXd correction =
        MatrixXd::Zero(y.rows(), y.cols());  // Dykstra's: without it the projections stop short
    for (int i = 0; i < kRounds; ++i) {
        const MatrixXd corrected = y - correction;
        const MatrixXd x = without_negatives(corrected);
        correction = x - corrected;
        MatrixXd next = x;
        next.diagonal().setOnes();
        const double moved = (next - y).norm() / std::max(1.0, next.norm());
        y = next;
        if (moved < kSettled) return MatrixXd((y + y.transpose()) / 2);
    }
    return fail(Errc::unsupported, "no nearest correlation matrix was found");
}

MatrixXd correlation_target(const MatrixXd& correlation, CorrelationTarget target, const VectorXd& exposure,
                            Index asset) {
    const Index n = correlation.rows();
    switch (target) {
        case CorrelationTarget::ones: return MatrixXd::Ones(n, n);
        case CorrelationTarget::identity: return MatrixXd::Identity(n, n);
        case CorrelationTarget::against: {
            const VectorXd sign = (exposure.array() < 0).select(VectorXd::Constant(n, -1), VectorXd::Ones(n));
            return sign * sign.transpose();
        }
        case CorrelationTarget::alone: {
            MatrixXd out = correlation;
            out.row(asset).setZero();
            out.col(asset).setZero();
            out(asset, asset) = 1;
            return out;
        }
    }
    return correlation;
}

MatrixXd stressed(const MatrixXd& correlation, const MatrixXd& target, double share) {
    return (1 - share) * correlation + share * target;
}

double portfolio_sd(const MatrixXd& correlation, const VectorXd& volatility, const VectorXd& exposure) {
    return std::sqrt(std::max(0.0, variance(correlation, exposure.cwiseProduct(volatility))));
}

std::optional<double> breakdown_margin(const MatrixXd& correlation, const MatrixXd& target,
                                       const VectorXd& volatility, const VectorXd& exposure,
                                       const VectorXd& hedge, double least) {
    const VectorXd e = exposure.cwiseProduct(volatility);
    const VectorXd x = (exposure + hedge).cwiseProduct(volatility);
    // The hedge removes `least` exactly where this is zero; below it, less.
    const auto spare = [&](const MatrixXd& r) { return (1 - least) * variance(r, e) - variance(r, x); };
    const double now = spare(correlation);
    const double there = spare(target);
    if (now < 0) return 0;
    if (there >= 0) return std::nullopt;
    return now / (now - there);
}

}  // namespace outrigger
