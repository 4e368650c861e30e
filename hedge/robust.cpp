// SPDX-License-Identifier: Apache-2.0
#include "hedge/robust.hpp"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "hedge/special_functions.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kPi = 3.14159265358979323846;
constexpr double kSettled = 1e-14;
constexpr int kRounds = 5'000;

Result<void> check(const MatrixXd& returns) {
    if (returns.cols() == 0 || returns.rows() < returns.cols() + 2)
        return fail(Errc::stale, "fewer rows than an estimate needs");
    if (!returns.allFinite()) return fail(Errc::decode, "a return is not a finite number");
    for (Index i = 0; i < returns.cols(); ++i)
        if (returns.col(i).isConstant(returns(0, i), 0)) return fail(Errc::decode, "a column never moved");
    return {};
}

MatrixXd pearson(const MatrixXd& x) {
    const MatrixXd centred = x.rowwise() - x.colwise().mean();
    return correlation(centred.transpose() * centred);
}

/// Every pair of columns through a symmetric measure; ones on the diagonal.
template <class F>
MatrixXd pairwise(const MatrixXd& x, const F& measure) {
    MatrixXd out = MatrixXd::Identity(x.cols(), x.cols());
    for (Index i = 0; i < x.cols(); ++i)
        for (Index j = 0; j < i; ++j) out(i, j) = out(j, i) = measure(VectorXd(x.col(i)), VectorXd(x.col(j)));
    return out;
}

/// Pairs among runs of equal values.
template <class Same>
double tied_pairs(std::size_t n, const Same& same) {
    double out = 0;
    for (std::size_t first = 0; first < n;) {
        std::size_t last = first;
        while (last + 1 < n && same(first, last + 1)) ++last;
        const auto run = static_cast<double>(last - first + 1);
        out += run * (run - 1) / 2;
        first = last + 1;
    }
    return out;
}

/// Exchanges that sorting takes: the pairs out of order.
double sort_counting(std::vector<double>& x, std::vector<double>& spare, std::size_t from, std::size_t to) {
    if (to - from < 2) return 0;
    const std::size_t middle = from + (to - from) / 2;
    double out = sort_counting(x, spare, from, middle) + sort_counting(x, spare, middle, to);
    std::size_t a = from;
    std::size_t b = middle;
    for (std::size_t k = from; k < to; ++k) {
        if (a < middle && (b == to || x[a] <= x[b])) {
            spare[k] = x[a++];
        } else {
            out += static_cast<double>(middle - a);
            spare[k] = x[b++];
        }
    }
    std::copy(spare.begin() + static_cast<std::ptrdiff_t>(from),
              spare.begin() + static_cast<std::ptrdiff_t>(to), x.begin() + static_cast<std::ptrdiff_t>(from));
    return out;
}

double tau_b(const VectorXd& x, const VectorXd& y) {
    const auto n = static_cast<std::size_t>(x.size());
    std::vector<Index> order(n);
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(),
              [&](Index a, Index b) { return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b]; });
    const auto same_x = [&](std::size_t a, std::size_t b) { return x[order[a]] == x[order[b]]; };
    const double ties_x = tied_pairs(n, same_x);
    const double ties_both = tied_pairs(
        n, [&](std::size_t a, std::size_t b) { return same_x(a, b) && y[order[a]] == y[order[b]]; });
    std::vector<double> in_order(n);
    for (std::size_t i = 0; i < n; ++i) in_order[i] = y[order[i]];
    std::vector<double> spare(n);
    const double discordant = sort_counting(in_order, spare, 0, n);
    const double ties_y =
        tied_pairs(n, [&](std::size_t a, std::size_t b) { return in_order[a] == in_order[b]; });
    const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
    return (pairs - ties_x - ties_y + ties_both - 2 * discordant) /
           std::sqrt((pairs - ties_x) * (pairs - ties_y));
}

double median_of(VectorXd x) {
    const auto half = x.size() / 2;
    std::nth_element(x.begin(), x.begin() + half, x.end());
    const double upper = x[half];
    if (x.size() % 2 == 1) return upper;
    return (upper + *std::max_element(x.begin(), x.begin() + half)) / 2;
}

/// Squared distances of rows in a scatter. Errors: Errc::decode when it is singular
Result<VectorXd> distances(const MatrixXd& rows, const MatrixXd& scatter) {
    const Eigen::LLT<MatrixXd> factor(scatter);
    constexpr double kSingular = 1e-12;
    if (factor.info() != Eigen::Success || !(factor.rcond() > kSingular))
        return fail(Errc::decode, "the columns cannot be told apart");
    const MatrixXd white = factor.matrixL().solve(rows.transpose());
    return VectorXd(white.colwise().squaredNorm().transpose());
}

}  // namespace

VectorXd shared_ranks(const VectorXd& x) {
    std::vector<Index> order(static_cast<std::size_t>(x.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return x[a] < x[b]; });
    VectorXd out(x.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first;
        while (last + 1 < order.size() && x[order[last + 1]] == x[order[first]]) ++last;
        for (std::size_t i = first; i <= last; ++i)
            out[order[i]] = 1 + 0.5 * static_cast<double>(first + last);
        first = last + 1;
    }
    return out;
}

Result<MatrixXd> spearman(const MatrixXd& returns) {
    OR_TRY(check(returns));
    MatrixXd r(returns.rows(), returns.cols());
    for (Index i = 0; i < r.cols(); ++i) r.col(i) = shared_ranks(returns.col(i));
    return pearson(r);
}

Result<MatrixXd> kendall(const MatrixXd& returns) {
    OR_TRY(check(returns));
    return pairwise(returns, tau_b);
}

MatrixXd pearson_of_kendall(const MatrixXd& tau) {
    return (kPi / 2 * tau.array()).sin();
}

MatrixXd pearson_of_spearman(const MatrixXd& rho) {
    return 2 * (kPi / 6 * rho.array()).sin();
}

Result<MatrixXd> gaussian_rank(const MatrixXd& returns) {
    OR_TRY(check(returns));
    MatrixXd scores(returns.rows(), returns.cols());
    const double n = static_cast<double>(returns.rows());
    for (Index i = 0; i < scores.cols(); ++i)
        scores.col(i) =
            shared_ranks(returns.col(i)).unaryExpr([&](double r) { return normal_quantile(r / (n + 1)); });
    return pearson(scores);
}

Result<MatrixXd> quadrant(const MatrixXd& returns) {
    OR_TRY(check(returns));
    MatrixXd side(returns.rows(), returns.cols());
    for (Index i = 0; i < side.cols(); ++i)
        side.col(i) = (returns.col(i).array() - median_of(returns.col(i))).sign();
    return pairwise(
        side, [](const VectorXd& a, const VectorXd& b) { return a.dot(b) / static_cast<double>(a.size()); });
}

RobustScale median_scale(const VectorXd& x) {
    constexpr double kGaussian = 1.4826;
    const double centre = median_of(x);
    return {centre, kGaussian * median_of((x.array() - centre).abs())};
}

RobustScale tau_scale(const VectorXd& x) {
    constexpr double kNear = 4.5;  // beyond so many median distances a value has no say in the location
    constexpr double kFar = 3.0;   // and beyond so many none more in the scale
    const double median = median_of(x);
    const double distance = median_of((x.array() - median).abs());
    if (!(distance > 0)) return {median, 0};
    const VectorXd nearness = (1 - ((x.array() - median) / (distance * kNear)).square()).max(0.0).square();
    const double centre = x.dot(nearness) / nearness.sum();
    const double sum = ((x.array() - centre) / distance).square().min(kFar * kFar).sum();
    // What a Gaussian would give, so that the scale is its standard deviation.
    const double b = kFar * normal_quantile(0.75);
    const double density = std::exp(-b * b / 2) / std::sqrt(2 * kPi);
    const double expected = 2 * ((1 - b * b) * normal_below(b) - b * density + b * b) - 1;
    return {centre, distance * std::sqrt(sum / (static_cast<double>(x.size()) * expected))};
}

Result<Ogk> ogk(const MatrixXd& returns, RobustScale (*scale)(const VectorXd&)) {
    OR_TRY(check(returns));
    const Index n = returns.cols();
    MatrixXd x = returns;
    MatrixXd back = MatrixXd::Identity(n, n);  // from the last coordinates to the returns'
    constexpr int kIterations = 2;
    for (int i = 0; i < kIterations; ++i) {
        VectorXd size(n);
        for (Index k = 0; k < n; ++k) size[k] = scale(x.col(k)).scale;
        if (!(size.minCoeff() > 0)) return fail(Errc::decode, "more than half of a column does not move");
        x = x * size.cwiseInverse().asDiagonal();
        const MatrixXd pairs = pairwise(x, [&](const VectorXd& a, const VectorXd& b) {
            const double plus = tau_scale(a + b).scale;
            const double minus = tau_scale(a - b).scale;
            return (plus * plus - minus * minus) / 4;
        });
        const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(pairs);
        back = back * size.asDiagonal() * solver.eigenvectors();
        x = x * solver.eigenvectors();
    }
    VectorXd variance(n);
    VectorXd far = VectorXd::Zero(x.rows());
    for (Index k = 0; k < n; ++k) {
        const RobustScale s = scale(x.col(k));
        if (!(s.scale > 0)) return fail(Errc::decode, "more than half of a combination does not move");
        variance[k] = s.scale * s.scale;
        far.array() += ((x.col(k).array() - s.centre) / s.scale).square();
    }
    Ogk out;
    out.raw = back * variance.asDiagonal() * back.transpose();
    constexpr double kKept = 0.9;
    const double freedom = static_cast<double>(n);
    const double limit =
        median_of(far) * chi_squared_quantile(kKept, freedom) / chi_squared_quantile(0.5, freedom);
    const VectorXd weight = (far.array() < limit).cast<double>();
    const Eigen::RowVectorXd centre = weight.transpose() * returns / weight.sum();
    const MatrixXd centred = returns.rowwise() - centre;
    out.reweighted = centred.transpose() * weight.asDiagonal() * centred / weight.sum();
    return out;
}

Result<StudentScatter> student_scatter(const MatrixXd& returns, double nu, Mean mean) {
    OR_TRY(check(returns));
    const double t = static_cast<double>(returns.rows());
    const double p = static_cast<double>(returns.cols());
    StudentScatter out{returns.transpose() * returns / t, VectorXd::Zero(returns.cols())};
    for (int i = 0; i < kRounds; ++i) {
        const MatrixXd rows = returns.rowwise() - out.centre.transpose();
        const VectorXd d = OR_TRY(distances(rows, out.scatter));
        const VectorXd weight = (nu + p) / (nu + d.array());
        VectorXd centre = out.centre;
        if (mean == Mean::estimated) centre = returns.transpose() * weight / weight.sum();
        const MatrixXd about = returns.rowwise() - centre.transpose();
        const MatrixXd next = about.transpose() * weight.asDiagonal() * about / t;
        const double moved = (next - out.scatter).norm() / next.norm();
        out = {next, centre};
        if (moved < kSettled) return out;
    }
    return fail(Errc::unsupported, "the Student t scatter does not settle");
}

Result<MatrixXd> tyler_shape(const MatrixXd& returns) {
    OR_TRY(check(returns));
    const double p = static_cast<double>(returns.cols());
    MatrixXd rows(returns.rows(), returns.cols());
    Index kept = 0;  // a row of zeros has no direction
    for (Index t = 0; t < returns.rows(); ++t)
        if (!returns.row(t).isZero(0)) rows.row(kept++) = returns.row(t);
    rows.conservativeResize(kept, Eigen::NoChange);
    MatrixXd shape = MatrixXd::Identity(returns.cols(), returns.cols());
    for (int i = 0; i < kRounds; ++i) {
        const VectorXd d = OR_TRY(distances(rows, shape));
        MatrixXd next = rows.transpose() * d.cwiseInverse().asDiagonal() * rows;
        next *= p / next.trace();
        const double moved = (next - shape).norm();
        shape = next;
        if (moved < kSettled * p) return shape;
    }
    return fail(Errc::unsupported, "the shape does not settle");
}

Result<double> elliptical_kurtosis(const MatrixXd& returns) {
    OR_TRY(check(returns));
    const double p = static_cast<double>(returns.cols());
    const VectorXd d =
        OR_TRY(distances(returns, returns.transpose() * returns / static_cast<double>(returns.rows())));
    return d.squaredNorm() / static_cast<double>(d.size()) / (p * (p + 2)) - 1;
}

}  // namespace outrigger
