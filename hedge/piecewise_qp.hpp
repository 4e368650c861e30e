// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <span>
#include <vector>

#include "chain/base/result.hpp"

namespace outrigger {

/// A convex piecewise linear function of one variable, infinite outside its bounds.
///
/// Between breakpoints k-1 and k its slope is slope[k]; slope.front() is -infinity left of a lower bound and
/// slope.back() +infinity right of an upper one.
struct PiecewiseLinear {
    std::vector<double> at;     // breakpoints, strictly ascending
    std::vector<double> slope;  // at.size() + 1, ascending
};

/// A change of slope: left of `at` the term adds `left`, right of it `right`.
struct Kink {
    double at = 0;
    double left = 0;
    double right = 0;
};

/// The sum of the kinks between two bounds (infinite when there is none).
///
/// Pre:     lower <= upper, left <= right in every kink
[[nodiscard]] PiecewiseLinear piecewise_linear(std::span<const Kink> kinks, double lower, double upper);

/// min 1/2 x' H x + q' x + sum phi_i(x_i)  subject to  sum_i weight_i |x_i| <= limit  for each coupling.
///
/// Pre:     H symmetric positive definite; weights >= 0; where there is a coupling, 0 is a breakpoint of
/// every
///          phi_i whose bounds contain it; at least one coordinate; scaled so that 1 is a large coordinate,
///          because rounding is judged against it
struct PiecewiseQp {
    struct Coupling {
        Eigen::VectorXd weight;
        double limit = 0;
    };
    Eigen::MatrixXd hessian;
    Eigen::VectorXd linear;
    std::vector<PiecewiseLinear> phi;
    std::vector<Coupling> couplings;
};

struct PiecewiseSolution {
    Eigen::VectorXd x;
    Eigen::VectorXd multiplier;  // one a coupling
    std::uint32_t iterations = 0;
};

/// The minimiser, by a primal active-set method over the faces of the problem's cells; finite and exact.
///
/// A coordinate either sits on a breakpoint or moves inside one interval, where everything is quadratic; the
/// method steps to the minimum of the present face, stops at what it meets, and leaves the breakpoint or
/// limit whose multiplier has the wrong sign. The objective never rises.
/// Pre:     `start` is feasible
/// Errors:  Errc::unsupported when it does not finish within its iteration limit
[[nodiscard]] Result<PiecewiseSolution> solve(const PiecewiseQp& problem, const Eigen::VectorXd& start);

/// The point nearest to `wanted` on the way to the least |x| that is feasible.
///
/// Errors:  Errc::config when no point satisfies the couplings
[[nodiscard]] Result<Eigen::VectorXd> feasible_point(const PiecewiseQp& problem,
                                                     const Eigen::VectorXd& wanted);

/// The largest violation of the optimality conditions at x with these multipliers, relative to the largest
/// term of the gradient (at least that of a coordinate of 1); judged from the problem alone, whatever method
/// found x.
[[nodiscard]] double kkt_residual(const PiecewiseQp& problem, const Eigen::VectorXd& x,
                                  const Eigen::VectorXd& multiplier);

}  // namespace outrigger
