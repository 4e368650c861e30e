// SPDX-License-Identifier: Apache-2.0
#include "hedge/least_squares.hpp"

#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::RowVectorXd;
using Eigen::VectorXd;

// A column whose part outside the others is below this share of it is one of them, up to rounding.
constexpr double kCollinear = 1e-10;

Result<void> check_regression(const MatrixXd& x, const VectorXd& y) {
    if (x.rows() != y.size() || x.cols() == 0) {
        return fail(Errc::decode,
                    "a regression needs a regressor, and as many rows of it as of what it explains");
    }
    if (x.rows() <= x.cols()) {
        return fail(Errc::stale, fmt::format("{} rows cannot determine {} coefficients and their error",
                                             x.rows(), x.cols()));
    }
    if (!std::isfinite(x.squaredNorm()) || !std::isfinite(y.squaredNorm())) {
        return fail(Errc::decode, "a return is not a finite number, or its square is not");
    }
    return {};
}

tl::unexpected<Error> collinear() {
    return fail(Errc::decode, "a regressor never moved, or is a mix of the others");
}

/// The triangle of a growing least-squares problem, one row at a time.
class Triangle {
  public:
    explicit Triangle(Index k) : r_(MatrixXd::Zero(k, k)), z_(VectorXd::Zero(k)) {}

    /// What remains of y after the row is rotated into the triangle: its recursive residual.
    double add(RowVectorXd row, double y) {
        for (Index i = 0; i < z_.size(); ++i) {
            const double length = std::hypot(r_(i, i), row[i]);
            if (length == 0) continue;
            const double c = r_(i, i) / length;
            const double s = row[i] / length;
            const RowVectorXd above = r_.row(i);
            r_.row(i) = c * above + s * row;
            row = c * row - s * above;
            row[i] = 0;
            const double kept = z_[i];
            z_[i] = c * kept + s * y;
            y = c * y - s * kept;
        }
        return y;
    }
    [[nodiscard]] bool determined() const {
        for (Index i = 0; i < z_.size(); ++i) {
            if (r_(i, i) <= kCollinear * r_.col(i).norm()) return false;
        }
        return true;
    }

  private:
    MatrixXd r_;
    VectorXd z_;
};

}  // namespace

Result<LeastSquares> least_squares(const MatrixXd& x, const VectorXd& y) {
    OR_TRY(check_regression(x, y));
    const VectorXd sizes = x.colwise().norm().transpose();
    if (!(sizes.minCoeff() > 0)) return collinear();
    const VectorXd scale = sizes.cwiseInverse();
    Eigen::ColPivHouseholderQR<MatrixXd> qr(x * scale.asDiagonal());
    qr.setThreshold(kCollinear);
    if (!scale.allFinite() || qr.rank() < x.cols()) return collinear();
    LeastSquares out;
    out.beta = scale.asDiagonal() * qr.solve(y);
    const VectorXd fitted = x * out.beta;
    out.residuals = y - fitted;
    out.residual_squares = out.residuals.squaredNorm();
    out.explained_squares = fitted.squaredNorm();
    const Index k = x.cols();
    const MatrixXd upper = qr.matrixR().topLeftCorner(k, k);
    const MatrixXd root =
        scale.asDiagonal() *
        (qr.colsPermutation() * upper.triangularView<Eigen::Upper>().solve(MatrixXd::Identity(k, k)));
    out.inverse = root * root.transpose();
    if (!out.beta.allFinite() || !out.inverse.allFinite()) return collinear();
    return out;
}

MatrixXd with_intercept(const MatrixXd& x) {
    MatrixXd out(x.rows(), x.cols() + 1);
    out << VectorXd::Ones(x.rows()), x;
    return out;
}

Result<RecursiveResiduals> recursive_residuals(const MatrixXd& x, const VectorXd& y) {
    OR_TRY(check_regression(x, y));
    Triangle triangle(x.cols());
    RecursiveResiduals out;
    out.values.resize(y.size());
    bool determined = false;
    for (Index t = 0; t < y.size(); ++t) {
        out.values[t] = triangle.add(x.row(t), y[t]);
        if (determined || !triangle.determined()) continue;
        determined = true;
        out.determined = static_cast<std::size_t>(t) + 1;
    }
    if (!determined) return collinear();
    return out;
}

Result<MatrixXd> newey_west_covariance(const MatrixXd& x, const LeastSquares& fit, std::size_t lags) {
    OR_ASSERT(x.rows() == fit.residuals.size() && x.cols() == fit.beta.size());
    const Index rows = x.rows();
    if (lags >= static_cast<std::size_t>(rows)) {
        return fail(Errc::stale, fmt::format("{} rows have no autocovariance over {} rows", rows, lags));
    }
    const MatrixXd scores = fit.residuals.asDiagonal() * x;
    MatrixXd middle = scores.transpose() * scores;
    for (Index j = 1; j <= static_cast<Index>(lags); ++j) {
        const MatrixXd apart = scores.topRows(rows - j).transpose() * scores.bottomRows(rows - j);
        middle += (1 - static_cast<double>(j) / static_cast<double>(lags + 1)) * (apart + apart.transpose());
    }
    return MatrixXd(fit.inverse * middle * fit.inverse);
}

Result<MatrixXd> hc3_covariance(const MatrixXd& x, const LeastSquares& fit) {
    OR_ASSERT(x.rows() == fit.residuals.size() && x.cols() == fit.beta.size());
    const VectorXd free = 1 - (x * fit.inverse).cwiseProduct(x).rowwise().sum().array();
    if (!(free.minCoeff() > kCollinear)) {
        return fail(Errc::decode, "one row alone determines a coefficient, so its error cannot be estimated");
    }
    const MatrixXd scores = fit.residuals.cwiseQuotient(free).asDiagonal() * x;
    return MatrixXd(fit.inverse * (scores.transpose() * scores) * fit.inverse);
}

Result<double> long_run_variance(const VectorXd& u, std::size_t lags) {
    const Index rows = u.size();
    if (lags >= static_cast<std::size_t>(rows)) {
        return fail(Errc::stale, fmt::format("{} rows have no autocovariance over {} rows", rows, lags));
    }
    const VectorXd centred = u.array() - u.mean();
    double sum = centred.squaredNorm();
    for (Index j = 1; j <= static_cast<Index>(lags); ++j) {
        const double weight = 1 - static_cast<double>(j) / static_cast<double>(lags + 1);
        sum += 2 * weight * centred.head(rows - j).dot(centred.tail(rows - j));
    }
    if (!std::isfinite(sum))
        return fail(Errc::decode, "a value is not a finite number, or its square is not");
    return std::max(sum, 0.0) / static_cast<double>(rows);
}

}  // namespace outrigger
