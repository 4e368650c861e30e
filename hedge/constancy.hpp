// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>

#include "chain/base/result.hpp"

/// Tests of whether a relationship was the same throughout a sample: for reports and `study`.
///
/// Each is for one look at a fixed sample. Repeated every hour at 5 % it alarms almost surely; what acts on
/// changes as they come is hedge/change_detector.hpp. Rows are oldest first. Source: methods E.5
namespace outrigger {

/// What a statistic exceeds in 10, 5 and 1 of a hundred samples in which nothing changed.
struct CriticalValues {
    double ten_percent = 0;
    double five_percent = 0;
    double one_percent = 0;
};

/// Of the largest absolute value of a Brownian bridge: correlation constancy and OLS-CUSUM.
/// Source: Kolmogorov (1933); Smirnov (1948)
inline constexpr CriticalValues kBridgeCritical{1.2238, 1.3581, 1.6276};

/// Of Rec-CUSUM. Source: Brown, Durbin and Evans (1975), J. Royal Statistical Society B 37, 149-192
inline constexpr CriticalValues kRecursiveCusumCritical{0.850, 0.948, 1.143};

/// Of sup-Wald over the middle 70 % of the sample, by the number of coefficients that may break, from one.
/// Source: Monte Carlo of the limit, 20000 draws on a grid of 2000; Andrews (2003), Econometrica 71, 395-397,
///         agrees to the draws' error
inline constexpr std::array<CriticalValues, 3> kSupWaldCritical{
    {{7.18, 8.70, 12.25}, {9.85, 11.69, 15.26}, {12.27, 14.14, 17.89}}};

/// The share of the sample at either end in which a break of unknown date is not looked for.
inline constexpr double kBreakTrim = 0.15;

/// The share of samples without a change in which a Brownian bridge leaves +-x.
[[nodiscard]] double bridge_tail(double x);

/// The share of samples without a change in which Rec-CUSUM exceeds x.
/// Source: as approximated in Zeileis et al. (2002), J. Statistical Software 7(2)
[[nodiscard]] double recursive_cusum_tail(double x);

/// The share of samples without a change in which sup-Wald exceeds x, for breaks in the middle 1 - 2 trim.
/// The tail expansion of the squared Bessel process, one where it would not fall. Against simulation it is
/// right to 0.02 where the share is below 0.2, to 0.06 where it is below 0.4, and too low for larger shares.
/// Pre:    coefficients >= 1, 0 < trim < 0.5
/// Source: DeLong (1981), Communications in Statistics A 10, 2197-2213; Estrella (2003), Econometric Theory
/// 19,
///         1128-1143
[[nodiscard]] double sup_wald_tail(double x, std::size_t coefficients, double trim = kBreakTrim);

/// The share of F(a, b) variables above x.
/// Pre:    a, b > 0
[[nodiscard]] double f_tail(double x, double a, double b);

struct CorrelationConstancy {
    double statistic = 0;
    double p_value = 0;
    double correlation = 0;   // of the whole sample
    double hac_variance = 0;  // of sqrt(T) times the correlation
    std::size_t split = 0;    // rows before the point where the running correlation is furthest from it
};

/// Whether the correlation of two series was constant: the largest weighted distance of the running
/// correlation from that of the whole sample.
///
/// Errors:  Errc::stale with fewer than 40 rows; Errc::decode when a series never moved, a value is not
/// finite,
///          the lengths differ or the series are the same up to scale
/// Source:  Wied, Kraemer and Dehling (2012), Econometric Theory 28, 570-589; methods E.5
[[nodiscard]] Result<CorrelationConstancy> correlation_constancy(const Eigen::VectorXd& x,
                                                                 const Eigen::VectorXd& y);

struct TestResult {
    double statistic = 0;
    double p_value = 0;
};

// The regression tests below:
// Shape:   x T x k, with the column of ones when there is an intercept (with_intercept); y T
// Errors:  as least_squares; also Errc::stale when a side of the break has no more rows than coefficients,
//          Errc::decode when a side alone does not determine them, or a fit leaves no residual to judge by

/// Whether every coefficient is the same before and after a known row; F(k, T - 2k) when errors are equal.
///
/// Source:  Chow (1960), Econometrica 28, 591-605
[[nodiscard]] Result<TestResult> chow_test(const Eigen::MatrixXd& x, const Eigen::VectorXd& y,
                                           std::size_t first_regime);

struct SingleBreak {
    std::size_t first_regime = 0;  // rows before the most likely break
    double residual_squares = 0;   // of the two fits
    double sup_wald = 0;           // k times Chow's F there
    double p_value = 0;            // of sup_wald
    double mean_wald = 0;          // over all dates: the optimal test against many small changes
    double exp_wald = 0;           // ln mean exp(Wald/2): against distant ones
};

/// The most likely date of one break of every coefficient, and whether there was one.
///
/// Source:  Andrews (1993), Econometrica 61, 821-856; Andrews and Ploberger (1994), Econometrica 62,
///          1383-1414; Bai (1997), Review of Economics and Statistics 79, 551-563
[[nodiscard]] Result<SingleBreak> single_break(const Eigen::MatrixXd& x, const Eigen::VectorXd& y,
                                               double trim = kBreakTrim);

/// Whether the running sum of the residuals of one fit stays near zero.
///
/// Pre:     a constant among the columns of x, or residuals with mean zero: else the limit is another
/// Source:  Ploberger and Kraemer (1992), Econometrica 60, 271-285
[[nodiscard]] Result<TestResult> ols_cusum(const Eigen::MatrixXd& x, const Eigen::VectorXd& y);

/// Whether the running sum of the recursive residuals stays within lines that open from 1 to 3.
///
/// Source:  Brown, Durbin and Evans (1975)
[[nodiscard]] Result<TestResult> recursive_cusum(const Eigen::MatrixXd& x, const Eigen::VectorXd& y);

struct PageParams {
    double slack = 0.5;      // a shift below this is no shift, in units of the input
    double threshold = 8.0;  // of either sum
};

/// Page's two-sided cumulative sum: watches the mean of a series that should be zero. The state is a value.
///
/// Source: Page (1954), Biometrika 41, 100-115
class PageCusum {
  public:
    explicit PageCusum(const PageParams& params = {}) : params_(params) {}
    /// Errors: Errc::decode for a value that is not finite or above 1e100; the state is then unchanged.
    Result<void> add(double x);
    [[nodiscard]] double upper() const { return upper_; }
    [[nodiscard]] double lower() const { return lower_; }
    [[nodiscard]] bool alarmed() const;

  private:
    PageParams params_;
    double upper_ = 0;
    double lower_ = 0;
};

struct PageHinkleyParams {
    double slack = 0.25;
    double threshold = 50;
};

/// Watches for a rise of a series above its own running mean. The state is a value.
///
/// Source: Hinkley (1971), J. American Statistical Association 66, 736-743
class PageHinkley {
  public:
    explicit PageHinkley(const PageHinkleyParams& params = {}) : params_(params) {}
    /// The statistic after one more value. Errors: Errc::decode for a value that is not finite or above
    /// 1e100; the state is then unchanged.
    Result<double> add(double x);
    [[nodiscard]] double statistic() const { return sum_ - least_; }
    [[nodiscard]] bool alarmed() const { return statistic() > params_.threshold; }

  private:
    PageHinkleyParams params_;
    double count_ = 0;
    double mean_ = 0;
    double sum_ = 0;
    double least_ = 0;
};

}  // namespace outrigger
