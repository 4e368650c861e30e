// SPDX-License-Identifier: Apache-2.0
#include "hedge/constancy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "chain/base/assert.hpp"
#include "hedge/least_squares.hpp"

namespace outrigger {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kFirstSplit = 20;      // a correlation of fewer rows is noise
constexpr double kSameSeries = 1e-24;  // of the correlation's variance: below is rounding
constexpr double kPerfectFit = 1e-24;  // share of y's squares that is rounding
constexpr double kLargest = 1e100;     // a value whose sums and squares stay finite

/// A series less its mean, divided by its standard deviation.
Result<ArrayXd> standardised(const VectorXd& series) {
    if (!series.allFinite()) return fail(Errc::decode, "a return is not a finite number");
    if (series.maxCoeff() == series.minCoeff()) {
        return fail(Errc::decode, "a series that never moved has no correlation");
    }
    ArrayXd out = series.array() - series.mean();
    out /= out.abs().maxCoeff();
    out /= std::sqrt(out.square().mean());
    if (!out.allFinite()) return fail(Errc::decode, "the returns are too large or too alike to correlate");
    return out;
}

/// Sums of squared residuals of the fits to both sides of every row, from recursive residuals either way.
struct TwoSides {
    VectorXd before;  // of rows 0 .. j-1
    VectorXd after;   // of rows j .. T-1
    double whole = 0;
    std::size_t first = 0;  // smallest and largest j at which both sides determine the coefficients
    std::size_t last = 0;
};

VectorXd running_squares(const VectorXd& values) {
    VectorXd out(values.size() + 1);
    out[0] = 0;
    for (Index t = 0; t < values.size(); ++t) out[t + 1] = out[t] + values[t] * values[t];
    return out;
}

Result<TwoSides> two_sides(const MatrixXd& x, const VectorXd& y) {
    const LeastSquares whole = OR_TRY(least_squares(x, y));
    if (whole.residual_squares <= kPerfectFit * y.squaredNorm()) {
        return fail(Errc::decode, "the fit leaves no residual, so nothing can be said of a change in it");
    }
    const RecursiveResiduals forward = OR_TRY(recursive_residuals(x, y));
    const RecursiveResiduals backward = OR_TRY(recursive_residuals(x.colwise().reverse(), y.reverse()));
    TwoSides out;
    out.whole = whole.residual_squares;
    out.before = running_squares(forward.values);
    out.after = running_squares(backward.values).reverse();
    out.first = forward.determined;
    out.last = static_cast<std::size_t>(y.size()) - backward.determined;
    return out;
}

/// Wald's statistic of a break after j rows: k times Chow's F.
Result<double> wald(const TwoSides& sides, std::size_t j, const MatrixXd& x) {
    const auto k = static_cast<std::size_t>(x.cols());
    const auto rows = static_cast<std::size_t>(x.rows());
    if (j <= k || j + k >= rows) {
        return fail(Errc::stale,
                    fmt::format("a break after {} of {} rows leaves a side no more rows than the {} "
                                "coefficients it must determine",
                                j, rows, k));
    }
    if (j < sides.first || j > sides.last) {
        return fail(Errc::decode, fmt::format("a regressor does not move on one side of row {}", j));
    }
    const auto at = static_cast<Index>(j);
    const double apart = sides.before[at] + sides.after[at];
    if (apart <= kPerfectFit * sides.whole) {
        return fail(Errc::decode,
                    fmt::format("two fits that meet at row {} leave no residual to judge by", j));
    }
    return std::max(sides.whole - apart, 0.0) / (apart / static_cast<double>(rows - 2 * k));
}

double normal_below(double x) {
    return 0.5 * std::erfc(-x / std::sqrt(2.0));
}

/// The continued fraction of the incomplete beta function, by Lentz; Abramowitz and Stegun 26.5.8.
double beta_fraction(double x, double a, double b) {
    constexpr double kTiny = 1e-300;
    constexpr int kTerms = 10000;
    const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
    double c = 1;
    double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
    double out = d;
    for (int m = 1; m <= kTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        out *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        out *= d * c;
        if (std::abs(d * c - 1) < 1e-15) break;
    }
    return out;
}

}  // namespace

double bridge_tail(double x) {
    if (!(x > 0)) return 1;
    double sum = 0;
    if (x < 1) {  // the form of the theta function that converges for small x
        const double pi = std::acos(-1.0);
        for (int k = 1; k <= 9; k += 2) sum += std::exp(-k * k * pi * pi / (8 * x * x));
        return std::clamp(1 - std::sqrt(2 * pi) / x * sum, 0.0, 1.0);
    }
    for (int k = 1; k <= 9; ++k) sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
    return sum;
}

double recursive_cusum_tail(double x) {
    if (!(x > 0)) return 1;
    if (x < 0.3) return 1 - 0.1464 * x;
    return 2 * (normal_below(-3 * x) + std::exp(-4 * x * x) * (normal_below(x) - normal_below(-5 * x)) -
                std::exp(-16 * x * x) * normal_below(-x));
}

double sup_wald_tail(double x, std::size_t coefficients, double trim) {
    OR_ASSERT(coefficients >= 1 && trim > 0 && trim < 0.5);
    if (!(x > 0)) return 1;
    const auto k = static_cast<double>(coefficients);
    const double span = 2 * std::log((1 - trim) / trim);
    // The expansion falls only beyond its last stationary point, the larger root of
    // span x^2 - 2 (k span - 1) x + (k - 2)(k span - 2) = 0; below it the true share is nearer one.
    const double middle = k * span - 1;
    const double root = std::sqrt(std::max(0.0, middle * middle - span * (k - 2) * (k * span - 2)));
    if (x <= (middle + root) / span) return 1;
    const double factor = (1 - k / x) * span + 2 / x;
    return std::min(1.0, factor * std::exp(0.5 * k * std::log(0.5 * x) - 0.5 * x - std::lgamma(0.5 * k)));
}

double f_tail(double x, double a, double b) {
    OR_ASSERT(a > 0 && b > 0);
    if (!(x > 0)) return 1;
    // I_u(b/2, a/2), u = b/(b + a x), from whichever side its fraction converges
    const double p = 0.5 * b;
    const double q = 0.5 * a;
    const double u = b / (b + a * x);
    const double v = a * x / (b + a * x);
    const double front =
        std::exp(p * std::log(u) + q * std::log(v) + std::lgamma(p + q) - std::lgamma(p) - std::lgamma(q));
    if (front == 0) return u < 0.5 ? 0 : 1;
    if (u < (p + 1) / (p + q + 2)) return std::clamp(front * beta_fraction(u, p, q) / p, 0.0, 1.0);
    return std::clamp(1 - front * beta_fraction(v, q, p) / q, 0.0, 1.0);
}

Result<CorrelationConstancy> correlation_constancy(const VectorXd& x, const VectorXd& y) {
    const Index rows = x.size();
    if (rows != y.size()) return fail(Errc::decode, "the two return series differ in length");
    if (rows < 2 * kFirstSplit) {
        return fail(Errc::stale,
                    fmt::format("{} rows cannot show whether a correlation was constant: {} are needed", rows,
                                2 * kFirstSplit));
    }
    const ArrayXd a = OR_TRY(standardised(x));
    const ArrayXd c = OR_TRY(standardised(y));
    CorrelationConstancy out;
    out.correlation = std::clamp((a * c).mean(), -1.0, 1.0);
    const ArrayXd influence = a * c - 0.5 * out.correlation * (a.square() + c.square());
    const auto lags = static_cast<std::size_t>(std::floor(std::log(static_cast<double>(rows))));
    out.hac_variance = OR_TRY(long_run_variance(influence, lags));
    if (out.hac_variance <= kSameSeries) {
        return fail(Errc::decode,
                    "the two series are the same up to scale, or their correlation has no error");
    }
    const double scale = 1 / std::sqrt(static_cast<double>(rows) * out.hac_variance);
    double n = 0;
    double mean_a = 0;
    double mean_c = 0;
    double aa = 0;
    double cc = 0;
    double ac = 0;
    for (Index t = 0; t < rows; ++t) {  // Welford's sums about the running means
        n += 1;
        const double da = a[t] - mean_a;
        const double dc = c[t] - mean_c;
        mean_a += da / n;
        mean_c += dc / n;
        aa += da * (a[t] - mean_a);
        cc += dc * (c[t] - mean_c);
        ac += da * (c[t] - mean_c);
        const double size = std::sqrt(aa) * std::sqrt(cc);
        if (t + 1 < kFirstSplit || !(size > 0)) continue;  // a series that has not moved yet says nothing
        const double distance = n * scale * std::abs(std::clamp(ac / size, -1.0, 1.0) - out.correlation);
        if (distance <= out.statistic) continue;
        out.statistic = distance;
        out.split = static_cast<std::size_t>(t) + 1;
    }
    out.p_value = bridge_tail(out.statistic);
    return out;
}

Result<TestResult> chow_test(const MatrixXd& x, const VectorXd& y, std::size_t first_regime) {
    const TwoSides sides = OR_TRY(two_sides(x, y));
    const double statistic = OR_TRY(wald(sides, first_regime, x)) / static_cast<double>(x.cols());
    const auto k = static_cast<double>(x.cols());
    return TestResult{statistic, f_tail(statistic, k, static_cast<double>(x.rows()) - 2 * k)};
}

Result<SingleBreak> single_break(const MatrixXd& x, const VectorXd& y, double trim) {
    if (!(trim > 0 && trim < 0.5)) {
        return fail(Errc::config, fmt::format("a share of {} cannot be left out at either end", trim));
    }
    const TwoSides sides = OR_TRY(two_sides(x, y));
    const auto rows = static_cast<std::size_t>(x.rows());
    const auto from = static_cast<std::size_t>(std::floor(trim * static_cast<double>(rows)));
    std::vector<double> values;
    SingleBreak out;
    for (std::size_t j = from; j <= rows - from; ++j) {
        values.push_back(OR_TRY(wald(sides, j, x)));
        if (j > from && values.back() <= out.sup_wald) continue;
        out.sup_wald = values.back();
        out.first_regime = j;
    }
    const auto at = static_cast<Index>(out.first_regime);
    out.residual_squares = sides.before[at] + sides.after[at];
    out.p_value = sup_wald_tail(out.sup_wald, static_cast<std::size_t>(x.cols()), trim);
    double sum = 0;
    double exponentials = 0;
    for (const double value : values) {
        sum += value;
        exponentials += std::exp(0.5 * (value - out.sup_wald));
    }
    const auto dates = static_cast<double>(values.size());
    out.mean_wald = sum / dates;
    out.exp_wald = 0.5 * out.sup_wald + std::log(exponentials / dates);
    return out;
}

Result<TestResult> ols_cusum(const MatrixXd& x, const VectorXd& y) {
    const LeastSquares fit = OR_TRY(least_squares(x, y));
    if (fit.residual_squares <= kPerfectFit * y.squaredNorm()) {
        return fail(Errc::decode, "the fit leaves no residual, so nothing can be said of a change in it");
    }
    const auto rows = static_cast<double>(x.rows());
    const double sigma = std::sqrt(fit.residual_squares / (rows - static_cast<double>(x.cols())));
    TestResult out;
    double sum = 0;
    for (const double residual : fit.residuals) {
        sum += residual;
        out.statistic = std::max(out.statistic, std::abs(sum) / (sigma * std::sqrt(rows)));
    }
    out.p_value = bridge_tail(out.statistic);
    return out;
}

Result<TestResult> recursive_cusum(const MatrixXd& x, const VectorXd& y) {
    const RecursiveResiduals recursive = OR_TRY(recursive_residuals(x, y));
    const VectorXd values = recursive.values.tail(y.size() - static_cast<Index>(recursive.determined));
    const auto count = static_cast<double>(values.size());
    if (count < 2) return fail(Errc::stale, "one row beyond those that determine the fit shows no change");
    const double squares = (values.array() - values.mean()).square().sum();
    if (squares <= kPerfectFit * y.squaredNorm()) {
        return fail(Errc::decode, "the fit leaves no residual, so nothing can be said of a change in it");
    }
    const double scale = 1 / std::sqrt(squares / (count - 1) * count);
    TestResult out;
    double sum = 0;
    double seen = 0;
    for (const double value : values) {
        sum += value;
        seen += 1;
        out.statistic = std::max(out.statistic, std::abs(sum) * scale / (1 + 2 * seen / count));
    }
    out.p_value = recursive_cusum_tail(out.statistic);
    return out;
}

Result<void> PageCusum::add(double x) {
    if (!(std::abs(x) <= kLargest)) return fail(Errc::decode, "a value is not a finite number, or too large");
    upper_ = std::max(0.0, upper_ + x - params_.slack);
    lower_ = std::max(0.0, lower_ - x - params_.slack);
    return {};
}

bool PageCusum::alarmed() const {
    return std::max(upper_, lower_) > params_.threshold;
}

Result<double> PageHinkley::add(double x) {
    if (!(std::abs(x) <= kLargest)) return fail(Errc::decode, "a value is not a finite number, or too large");
    count_ += 1;
    mean_ += (x - mean_) / count_;
    sum_ += x - mean_ - params_.slack;
    least_ = std::min(least_, sum_);
    return statistic();
}

}  // namespace outrigger
