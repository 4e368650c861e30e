// SPDX-License-Identifier: Apache-2.0
#include "hedge/piecewise_qp.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <limits>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Relative to the largest gradient term: a multiplier this far on the wrong side is rounding.
constexpr double kOptimal = 1e-12;
// Relative to the step, or of a step relative to the point: less is rounding, and meets nothing on its way.
constexpr double kStill = 1e-13;

std::size_t at(Index i) {
    return static_cast<std::size_t>(i);
}

/// A point strictly inside interval k of phi.
double inside(const PiecewiseLinear& phi, std::size_t k) {
    const std::size_t n = phi.at.size();
    if (n == 0) return 0;
    if (k == 0) return phi.at.front() - 1 - std::abs(phi.at.front());
    if (k == n) return phi.at.back() + 1 + std::abs(phi.at.back());
    return 0.5 * phi.at[k - 1] + 0.5 * phi.at[k];
}

double sign_inside(const PiecewiseLinear& phi, std::size_t k) {
    return inside(phi, k) < 0 ? -1.0 : 1.0;
}

double lower_bound_of(const PiecewiseLinear& phi) {
    return phi.slope.front() == -kInfinity ? phi.at.front() : -kInfinity;
}
double upper_bound_of(const PiecewiseLinear& phi) {
    return phi.slope.back() == kInfinity ? phi.at.back() : kInfinity;
}

double used(const PiecewiseQp::Coupling& coupling, const VectorXd& x) {
    return coupling.weight.dot(x.cwiseAbs());
}

/// The largest term of the gradient, at least that of a coordinate of 1: what "small" is measured against.
double gradient_scale(const PiecewiseQp& problem, const VectorXd& x) {
    VectorXd terms = problem.hessian.cwiseAbs() * x.cwiseAbs().cwiseMax(1.0) + problem.linear.cwiseAbs();
    for (Index i = 0; i < terms.size(); ++i) {
        double steepest = 0;
        for (const double slope : problem.phi[at(i)].slope) {
            if (std::isfinite(slope)) steepest = std::max(steepest, std::abs(slope));
        }
        terms[i] += steepest;
    }
    return terms.maxCoeff();
}

/// Where a coordinate is: on breakpoint `index`, or inside interval `index`.
struct Place {
    bool fixed = false;
    std::size_t index = 0;
};

struct Step {
    VectorXd direction;   // all coordinates
    VectorXd multiplier;  // all couplings; zero for those not active
};

/// What a step runs into first.
struct Block {
    double length = 1;
    Index coordinate = -1;
    std::size_t breakpoint = 0;
    Index coupling = -1;
};

/// What keeps the present point from being optimal, and how badly.
struct Release {
    double violation = 0;
    Index coordinate = -1;
    std::size_t interval = 0;
    Index coupling = -1;
    bool any() const { return coordinate >= 0 || coupling >= 0; }
};

class ActiveSet {
  public:
    ActiveSet(const PiecewiseQp& problem, const VectorXd& start)
        : problem_(problem),
          x_(start),
          places_(problem.phi.size()),
          active_(problem.couplings.size(), false) {
        for (Index i = 0; i < x_.size(); ++i) places_[at(i)] = place(i);
    }

    Result<PiecewiseSolution> run() {
        const auto limit = static_cast<std::uint32_t>(200 + 100 * x_.size());
        for (std::uint32_t iteration = 1; iteration <= limit; ++iteration) {
            const Step step = face_step();
            const double size = step.direction.cwiseAbs().maxCoeff();
            const double still = kStill * std::max(x_.cwiseAbs().maxCoeff(), 1.0);
            const Block block = size > still ? first_block(step.direction) : Block{};
            advance(step.direction, block);
            stalled_ = block.length * size > still ? 0 : stalled_ + 1;
            if (block.coordinate >= 0 || block.coupling >= 0) continue;

            const Release release = worst(step.multiplier);
            if (!release.any()) return PiecewiseSolution{x_, step.multiplier, iteration};
            leave(release);
        }
        return fail(Errc::unsupported, fmt::format("the hedge solver did not finish within {} steps", limit));
    }

  private:
    Place place(Index i) const {
        const auto& points = problem_.phi[at(i)].at;
        const auto found = std::lower_bound(points.begin(), points.end(), x_[i]);
        const auto index = static_cast<std::size_t>(std::distance(points.begin(), found));
        return {found != points.end() && *found == x_[i], index};
    }

    double sign(Index i) const { return sign_inside(problem_.phi[at(i)], places_[at(i)].index); }

    std::vector<Index> free_coordinates() const {
        std::vector<Index> out;
        for (Index i = 0; i < x_.size(); ++i) {
            if (!places_[at(i)].fixed) out.push_back(i);
        }
        return out;
    }

    std::vector<Index> active_couplings() const {
        std::vector<Index> out;
        for (Index k = 0; k < std::ssize(active_); ++k) {
            if (active_[at(k)]) out.push_back(k);
        }
        return out;
    }

    /// The step to the minimum of the present face, and the multipliers of its couplings there.
    Step face_step() const {
        const std::vector<Index> free = free_coordinates();
        const std::vector<Index> rows = active_couplings();
        Step step{VectorXd::Zero(x_.size()), VectorXd::Zero(std::ssize(active_))};
        if (free.empty()) return step;

        const VectorXd all = problem_.hessian * x_ + problem_.linear;
        VectorXd gradient(std::ssize(free));
        MatrixXd limits(std::ssize(rows), std::ssize(free));
        for (Index f = 0; f < gradient.size(); ++f) {
            const Index i = free[at(f)];
            gradient[f] = all[i] + problem_.phi[at(i)].slope[places_[at(i)].index];
            for (Index r = 0; r < limits.rows(); ++r) {
                limits(r, f) = problem_.couplings[at(rows[at(r)])].weight[i] * sign(i);
            }
        }
        const MatrixXd hessian = problem_.hessian(free, free);
        VectorXd direction;
        if (rows.empty()) {
            direction = -hessian.llt().solve(gradient);
        } else {  // within the null space of the couplings, so that rounding does not leave them
            const Eigen::ColPivHouseholderQR<MatrixXd> normals(limits.transpose());
            const MatrixXd basis = normals.householderQ();
            const MatrixXd along = basis.rightCols(gradient.size() - normals.rank());
            direction =
                -along * (along.transpose() * hessian * along).llt().solve(along.transpose() * gradient);
            const VectorXd multiplier = normals.solve(-(gradient + hessian * direction));
            for (Index r = 0; r < limits.rows(); ++r) step.multiplier[rows[at(r)]] = multiplier[r];
        }
        for (Index f = 0; f < direction.size(); ++f) step.direction[free[at(f)]] = direction[f];
        return step;
    }

    Block first_block(const VectorXd& direction) const {
        Block block;
        const double largest = direction.cwiseAbs().maxCoeff();
        // Ties go to the first in the order that worst() uses too, as Bland's rule asks.
        for (Index k = 0; k < std::ssize(active_); ++k) {
            if (active_[at(k)]) continue;
            const auto& coupling = problem_.couplings[at(k)];
            double rate = 0;
            for (Index i = 0; i < x_.size(); ++i) {
                if (!places_[at(i)].fixed) rate += coupling.weight[i] * sign(i) * direction[i];
            }
            if (rate <= kOptimal * coupling.weight.dot(direction.cwiseAbs())) continue;
            const double length = std::max(coupling.limit - used(coupling, x_), 0.0) / rate;
            if (length < block.length) block = {length, -1, 0, k};
        }
        for (Index i = 0; i < x_.size(); ++i) {
            if (places_[at(i)].fixed || std::abs(direction[i]) <= kStill * largest) continue;
            const auto& points = problem_.phi[at(i)].at;
            const std::size_t interval = places_[at(i)].index;
            const bool up = direction[i] > 0;
            if (up ? interval == points.size() : interval == 0) continue;
            const std::size_t point = up ? interval : interval - 1;
            const double length = std::max((points[point] - x_[i]) / direction[i], 0.0);
            if (length < block.length) block = {length, i, point, -1};
        }
        return block;
    }

    void advance(const VectorXd& direction, const Block& block) {
        x_ += block.length * direction;
        for (Index i = 0; i < x_.size(); ++i) {  // rounding must not carry a coordinate out of its interval
            const auto& points = problem_.phi[at(i)].at;
            const auto [fixed, index] = places_[at(i)];
            if (fixed) continue;
            if (index > 0) x_[i] = std::max(x_[i], points[index - 1]);
            if (index < points.size()) x_[i] = std::min(x_[i], points[index]);
        }
        if (block.coordinate >= 0) {
            x_[block.coordinate] = problem_.phi[at(block.coordinate)].at[block.breakpoint];
            places_[at(block.coordinate)] = {true, block.breakpoint};
        } else if (block.coupling >= 0) {
            active_[at(block.coupling)] = true;
        }
    }

    /// The worst wrong-signed multiplier. While the method stands still it takes the first one instead
    /// (Bland), so that it cannot go round in circles.
    Release worst(const VectorXd& multiplier) const {
        const double tolerance = kOptimal * gradient_scale(problem_, x_);
        const bool first = stalled_ > 2 * x_.size();
        Release found;
        const auto offer = [&](const Release& candidate) {
            const double threshold = found.any() ? found.violation : tolerance;
            if (candidate.violation > threshold && !(first && found.any())) found = candidate;
        };
        for (Index k = 0; k < std::ssize(active_); ++k) {
            const double weight = problem_.couplings[at(k)].weight.maxCoeff();
            if (active_[at(k)]) offer({-multiplier[k] * weight, -1, 0, k});
        }
        const VectorXd gradient = problem_.hessian * x_ + problem_.linear;
        for (Index i = 0; i < x_.size(); ++i) {
            if (!places_[at(i)].fixed) continue;
            const PiecewiseLinear& phi = problem_.phi[at(i)];
            const std::size_t point = places_[at(i)].index;
            double pull = 0;  // what the couplings charge for one more unit of |x_i|
            for (Index k = 0; k < multiplier.size(); ++k) {
                pull += multiplier[k] * problem_.couplings[at(k)].weight[i];
            }
            const double left = gradient[i] + phi.slope[point] + pull * sign_inside(phi, point);
            const double right = gradient[i] + phi.slope[point + 1] + pull * sign_inside(phi, point + 1);
            offer({left, i, point, -1});
            offer({-right, i, point + 1, -1});
        }
        return found;
    }

    void leave(const Release& release) {
        if (release.coupling >= 0) {
            active_[at(release.coupling)] = false;
        } else {
            places_[at(release.coordinate)] = {false, release.interval};
        }
    }

    const PiecewiseQp& problem_;
    VectorXd x_;
    std::vector<Place> places_;
    std::vector<bool> active_;
    Index stalled_ = 0;
};

}  // namespace

PiecewiseLinear piecewise_linear(std::span<const Kink> kinks, double lower, double upper) {
    OR_ASSERT(lower <= upper);
    PiecewiseLinear out;
    if (std::isfinite(lower)) out.at.push_back(lower);
    if (std::isfinite(upper)) out.at.push_back(upper);
    for (const Kink& kink : kinks) {
        OR_ASSERT(kink.left <= kink.right);
        if (kink.at > lower && kink.at < upper) out.at.push_back(kink.at);
    }
    std::sort(out.at.begin(), out.at.end());
    out.at.erase(std::unique(out.at.begin(), out.at.end()), out.at.end());

    out.slope.assign(out.at.size() + 1, 0.0);
    for (std::size_t k = 0; k < out.slope.size(); ++k) {
        for (const Kink& kink : kinks) {
            // Interval k lies left of a kink when its right end does not pass it.
            const bool left = k < out.at.size() ? out.at[k] <= kink.at : false;
            out.slope[k] += left ? kink.left : kink.right;
        }
    }
    if (std::isfinite(lower)) out.slope.front() = -kInfinity;
    if (std::isfinite(upper)) out.slope.back() = kInfinity;
    return out;
}

Result<VectorXd> feasible_point(const PiecewiseQp& problem, const VectorXd& wanted) {
    VectorXd least(wanted.size());
    VectorXd nearest(wanted.size());
    for (Index i = 0; i < wanted.size(); ++i) {
        const double lower = lower_bound_of(problem.phi[at(i)]);
        const double upper = upper_bound_of(problem.phi[at(i)]);
        least[i] = std::clamp(0.0, lower, upper);
        nearest[i] = std::clamp(wanted[i], lower, upper);
    }
    // On the way from least to nearest every |x_i| grows linearly, so the couplings decide one number.
    double share = 1;
    for (std::size_t k = 0; k < problem.couplings.size(); ++k) {
        const auto& coupling = problem.couplings[k];
        const double floor = used(coupling, least);
        if (floor > coupling.limit * (1 + kOptimal)) {
            return fail(Errc::config,
                        fmt::format("the lower and upper bounds alone use {:.6g} of a limit of {:.6g}", floor,
                                    coupling.limit));
        }
        const double growth = used(coupling, nearest) - floor;
        if (growth > 0) share = std::min(share, std::max(coupling.limit - floor, 0.0) / growth);
    }
    if (share >= 1) return nearest;
    VectorXd point = least + share * (nearest - least);
    for (Index i = 0; i < point.size(); ++i) {
        point[i] =
            std::clamp(point[i], lower_bound_of(problem.phi[at(i)]), upper_bound_of(problem.phi[at(i)]));
    }
    return point;
}

Result<PiecewiseSolution> solve(const PiecewiseQp& problem, const VectorXd& start) {
    OR_ASSERT(std::ssize(problem.phi) == start.size() && problem.hessian.rows() == start.size());
    return ActiveSet(problem, start).run();
}

double kkt_residual(const PiecewiseQp& problem, const VectorXd& x, const VectorXd& multiplier) {
    const double scale = gradient_scale(problem, x);
    double worst = 0;
    for (std::size_t k = 0; k < problem.couplings.size(); ++k) {
        const auto& coupling = problem.couplings[k];
        const double lambda = multiplier[static_cast<Index>(k)];
        const double slack = coupling.limit - used(coupling, x);
        const double weight = coupling.weight.maxCoeff();
        const double size = std::max(coupling.limit, weight);
        if (!(size > 0)) continue;  // weighs nothing, limits nothing
        worst = std::max({worst, -slack / size, -lambda * weight / scale,
                          slack > 1e-9 * size ? std::abs(lambda) * weight / scale : 0.0});
    }
    const VectorXd gradient = problem.hessian * x + problem.linear;
    for (Index i = 0; i < x.size(); ++i) {
        const PiecewiseLinear& phi = problem.phi[at(i)];
        double left = phi.slope.front();  // slopes just beside x_i
        double right = phi.slope.front();
        for (std::size_t k = 0; k < phi.at.size(); ++k) {
            if (phi.at[k] < x[i]) left = phi.slope[k + 1];
            if (phi.at[k] <= x[i]) right = phi.slope[k + 1];
        }
        for (std::size_t k = 0; k < problem.couplings.size(); ++k) {
            const double pull = multiplier[static_cast<Index>(k)] * problem.couplings[k].weight[i];
            left += x[i] <= 0 ? -pull : pull;
            right += x[i] >= 0 ? pull : -pull;
        }
        worst = std::max({worst, (gradient[i] + left) / scale, -(gradient[i] + right) / scale});
    }
    return worst;
}

}  // namespace outrigger
