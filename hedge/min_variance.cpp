// SPDX-License-Identifier: Apache-2.0
#include "hedge/min_variance.hpp"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "chain/base/assert.hpp"
#include "hedge/piecewise_qp.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNoVariance = 1e-14;  // of the largest instrument's: the price never moved
constexpr double kCopies = 1e-9;    // smallest eigenvalue of the instruments' correlation that is left alone
constexpr double kOptimal = 1e-7;   // largest kkt_residual of an answer
constexpr double kFeasible = 1e-9;  // relative to the money involved
constexpr std::size_t kMaxEnumerated = 12;

VectorXd or_zero(const VectorXd& given, Index size) {
    return given.size() == 0 ? VectorXd::Zero(size) : given;
}
VectorXd or_all(const VectorXd& given, Index size, double value) {
    return given.size() == 0 ? VectorXd::Constant(size, value) : given;
}

/// The problem with every default written out, so that the rest of the file has one case.
HedgeProblem filled(const HedgeProblem& given) {
    const Index k = given.loading.cols();
    HedgeProblem p = given;
    p.preferred_usd = or_zero(given.preferred_usd, k);
    p.held_usd = or_zero(given.held_usd, k);
    p.cost_per_usd = or_zero(given.cost_per_usd, k);
    p.impact = or_zero(given.impact, k);
    p.funding = or_zero(given.funding, k);
    p.borrow = or_zero(given.borrow, k);
    p.lower_usd = or_all(given.lower_usd, k, -kInfinity);
    p.upper_usd = or_all(given.upper_usd, k, kInfinity);
    p.margin_ratio = or_zero(given.margin_ratio, k);
    return p;
}

Result<void> check_vector(const char* name, const VectorXd& v, Index size, double smallest = -kInfinity) {
    if (v.size() != size) {
        return fail(Errc::config, fmt::format("{} has {} entries, {} are needed", name, v.size(), size));
    }
    if (!v.allFinite())
        return fail(Errc::decode, fmt::format("{} holds a value that is not a finite number", name));
    if (v.size() > 0 && v.minCoeff() < smallest) {
        return fail(Errc::config,
                    fmt::format("{} must not be below {}, it holds {}", name, smallest, v.minCoeff()));
    }
    return {};
}

Result<void> check_number(const char* name, double value, bool zero_allowed) {
    if (!std::isfinite(value)) return fail(Errc::decode, fmt::format("{} is not a finite number", name));
    if (value < 0 || (value == 0 && !zero_allowed)) {
        return fail(Errc::config, fmt::format("{} must be positive, it is {}", name, value));
    }
    return {};
}

Result<void> check_bounds(const HedgeProblem& p) {
    const Index k = p.loading.cols();
    if (p.lower_usd.size() != k || p.upper_usd.size() != k) {
        return fail(Errc::config, fmt::format("there are {} lower and {} upper bounds for {} instruments",
                                              p.lower_usd.size(), p.upper_usd.size(), k));
    }
    for (Index i = 0; i < k; ++i) {
        const double lower = p.lower_usd[i];
        const double upper = p.upper_usd[i];
        if (std::isnan(lower) || std::isnan(upper)) {
            return fail(Errc::decode, fmt::format("a bound of instrument {} is not a number", i));
        }
        if (lower > upper || lower == kInfinity || upper == -kInfinity) {
            return fail(Errc::config,
                        fmt::format("instrument {} must be at least {} and at most {} USD: no hedge "
                                    "satisfies both",
                                    i, lower, upper));
        }
    }
    return {};
}

/// left * loading, skipping the loading's zeros: nearly all of them where an instrument is one asset.
MatrixXd times_loading(const MatrixXd& left, const MatrixXd& loading) {
    MatrixXd out = MatrixXd::Zero(left.rows(), loading.cols());
    for (Index k = 0; k < loading.cols(); ++k) {
        for (Index i = 0; i < loading.rows(); ++i)
            if (loading(i, k) != 0) out.col(k) += loading(i, k) * left.col(i);
    }
    return out;
}

bool plainly_definite(const MatrixXd& s) {
    if (s.rows() != s.cols() || s.rows() == 0 || !s.allFinite()) return false;
    return (s.array() == s.transpose().array()).all() && Eigen::LLT<MatrixXd>(s).info() == Eigen::Success;
}

Result<void> check(const HedgeProblem& p) {
    const Index n = p.covariance.rows();
    const Index k = p.loading.cols();
    // Eigenvalues tell every wrong matrix from a singular one; one that factors needs no telling.
    if (!plainly_definite(p.covariance)) OR_TRY(condition_number(p.covariance));
    OR_TRY(check_vector("exposure_usd", p.exposure_usd, n));
    if (p.loading.rows() != n || !p.loading.allFinite()) {
        return fail(Errc::config, fmt::format("the loading must be {} rows of finite numbers, it is {} x {}",
                                              n, p.loading.rows(), k));
    }
    OR_TRY(check_number("risk_aversion", p.risk_aversion, false));
    OR_TRY(check_number("horizon", p.horizon, false));
    OR_TRY(check_number("ridge", p.ridge, true));
    OR_TRY(check_vector("preferred_usd", p.preferred_usd, k));
    OR_TRY(check_vector("held_usd", p.held_usd, k));
    OR_TRY(check_vector("cost_per_usd", p.cost_per_usd, k, 0));
    OR_TRY(check_vector("impact", p.impact, k, 0));
    OR_TRY(check_vector("funding", p.funding, k));
    OR_TRY(check_vector("borrow", p.borrow, k, 0));
    OR_TRY(check_vector("margin_ratio", p.margin_ratio, k, 0));
    if (p.gross_limit_usd) OR_TRY(check_number("gross_limit_usd", *p.gross_limit_usd, true));
    if (p.margin_limit_usd) OR_TRY(check_number("margin_limit_usd", *p.margin_limit_usd, true));
    return check_bounds(p);
}

/// The problem in units of its own money and risk: x = h / money.
struct Scaled {
    PiecewiseQp qp;
    double money = 1;  // a power of two, so that bounds and kinks come back exactly
    double stake =
        0;  // the objective's curvature over that much money: what rounding of it is judged against
};

double largest(const VectorXd& v) {
    return v.size() == 0 ? 0.0 : v.cwiseAbs().maxCoeff();
}

double money_scale(const HedgeProblem& p) {
    const double size = std::max({largest(p.loading.transpose() * p.exposure_usd), largest(p.exposure_usd),
                                  largest(p.held_usd), largest(p.preferred_usd)});
    return size > 0 ? std::exp2(std::round(std::log2(size))) : 1.0;
}

/// Adds just enough curvature that copies of one instrument share a hedge instead of making it ambiguous.
void make_definite(MatrixXd& hessian) {
    const VectorXd sd = hessian.diagonal().cwiseSqrt();
    MatrixXd alike = sd.cwiseInverse().asDiagonal() * hessian * sd.cwiseInverse().asDiagonal();
    // Whether every eigenvalue is above kCopies a factorisation answers, at a tenth of the eigenvalues' cost.
    alike.diagonal().array() -= kCopies;
    if (Eigen::LLT<MatrixXd>(alike).info() != Eigen::Success) hessian.diagonal() *= 1 + kCopies;
}

Result<Scaled> scale(const HedgeProblem& p) {
    const Index k = p.loading.cols();
    const MatrixXd risk = times_loading(times_loading(p.covariance, p.loading).transpose(), p.loading);
    const VectorXd w = risk.diagonal();
    if (!(w.minCoeff() > kNoVariance * w.maxCoeff())) {
        Index still = 0;
        w.minCoeff(&still);
        return fail(Errc::decode,
                    fmt::format("instrument {} has no variance: its price never moved, so nothing is "
                                "known about what it hedges",
                                still));
    }
    const double weight = p.risk_aversion * p.horizon;
    MatrixXd hessian = weight * risk;
    hessian.diagonal() += weight * p.ridge * w + p.impact;
    const VectorXd linear = weight * (p.loading.transpose() * (p.covariance * p.exposure_usd)) -
                            weight * p.ridge * w.cwiseProduct(p.preferred_usd) -
                            p.impact.cwiseProduct(p.held_usd) + p.horizon * p.funding;
    Scaled out;
    out.money = money_scale(p);
    const double unit = hessian.diagonal().maxCoeff();
    const double slope = 1.0 / (out.money * unit);
    out.stake = unit * out.money * out.money;
    out.qp.hessian = hessian / unit;
    out.qp.linear = linear * slope;
    if (!out.qp.hessian.allFinite() || !out.qp.linear.allFinite() || !std::isfinite(slope)) {
        return fail(Errc::decode, "the hedge problem's numbers are too large or too small to compute with");
    }
    make_definite(out.qp.hessian);

    const bool coupled = p.gross_limit_usd || p.margin_limit_usd;
    for (Index i = 0; i < k; ++i) {
        std::vector<Kink> kinks;
        const double cost = p.cost_per_usd[i] * slope;
        const double borrow = p.horizon * p.borrow[i] * slope;
        if (cost > 0) kinks.push_back({p.held_usd[i] / out.money, -cost, cost});
        if (borrow > 0 || coupled) kinks.push_back({0, -borrow, 0});
        out.qp.phi.push_back(piecewise_linear(kinks, p.lower_usd[i] / out.money, p.upper_usd[i] / out.money));
    }
    if (p.gross_limit_usd) {
        out.qp.couplings.push_back({VectorXd::Ones(k), *p.gross_limit_usd / out.money});
    }
    if (p.margin_limit_usd) out.qp.couplings.push_back({p.margin_ratio, *p.margin_limit_usd / out.money});
    return out;
}

double variance(const HedgeProblem& p, const VectorXd& hedge) {
    const VectorXd left = p.exposure_usd + p.loading * hedge;
    return std::max(left.dot(p.covariance * left), 0.0);
}

double objective(const HedgeProblem& p, const VectorXd& h) {
    const VectorXd off = h - p.preferred_usd;
    const VectorXd trade = h - p.held_usd;
    double risk = variance(p, h);
    if (p.ridge > 0) {
        const VectorXd w = p.loading.cwiseProduct(times_loading(p.covariance, p.loading)).colwise().sum();
        risk += p.ridge * off.dot(w.cwiseProduct(off));
    }
    const double carry = p.funding.dot(h) + p.borrow.dot((-h).cwiseMax(0.0));
    return 0.5 * p.risk_aversion * p.horizon * risk + p.cost_per_usd.dot(trade.cwiseAbs()) +
           0.5 * trade.dot(p.impact.cwiseProduct(trade)) + p.horizon * carry;
}

bool feasible(const HedgeProblem& p, const VectorXd& h, double slack) {
    return (h.array() >= p.lower_usd.array() - slack).all() &&
           (h.array() <= p.upper_usd.array() + slack).all() &&
           (!p.gross_limit_usd || h.cwiseAbs().sum() <= *p.gross_limit_usd + slack) &&
           (!p.margin_limit_usd || p.margin_ratio.dot(h.cwiseAbs()) <= *p.margin_limit_usd + slack);
}

/// Solves a problem that is filled in and checked.
Result<HedgeSolution> solve_checked(const HedgeProblem& p, const VectorXd& start_usd) {
    HedgeSolution out;
    out.variance_before = std::max(p.exposure_usd.dot(p.covariance * p.exposure_usd), 0.0);
    if (p.loading.cols() == 0) {
        out.variance_after = out.variance_before;
        out.objective = objective(p, out.target_usd);
        return out;
    }
    const Scaled scaled = OR_TRY(scale(p));
    const VectorXd start = OR_TRY(feasible_point(scaled.qp, start_usd / scaled.money));
    const PiecewiseSolution found = OR_TRY(solve(scaled.qp, start));

    out.target_usd = scaled.money * found.x;
    out.objective = objective(p, out.target_usd);
    out.variance_after = variance(p, out.target_usd);
    out.kkt_residual = kkt_residual(scaled.qp, found.x, found.multiplier);
    out.iterations = found.iterations;

    if (!std::isfinite(out.objective) || !std::isfinite(out.variance_before)) {
        return fail(Errc::decode, "the exposure is too large for its variance to be a number");
    }
    const double slack = kFeasible * std::max(scaled.money, largest(out.target_usd));
    if (!out.target_usd.allFinite() || !feasible(p, out.target_usd, slack) ||
        !(out.kkt_residual <= kOptimal)) {
        return fail(Errc::unsupported,
                    fmt::format("the hedge solver could not prove its answer optimal: residual "
                                "{:.3g}",
                                out.kkt_residual));
    }
    const double still = objective(p, p.held_usd);
    const double rounding = kOptimal * std::abs(still) + kFeasible * scaled.stake;
    if (feasible(p, p.held_usd, 0) && out.objective > still + rounding) {
        return fail(Errc::unsupported,
                    fmt::format("the hedge solver's answer ({:.9g}) is worse than standing still "
                                "({:.9g})",
                                out.objective, still));
    }
    return out;
}

}  // namespace

Result<HedgeSolution> minimise_variance(const HedgeProblem& problem) {
    const HedgeProblem p = filled(problem);
    OR_TRY(check(p));
    return solve_checked(p, p.held_usd);
}

Result<HedgeSolution> minimise_variance(const HedgeProblem& problem, const VectorXd& start_usd) {
    const HedgeProblem p = filled(problem);
    OR_TRY(check(p));
    OR_TRY(check_vector("start_usd", start_usd, p.loading.cols()));
    return solve_checked(p, start_usd);
}

Result<HedgeSolution> minimise_variance(const Covariance& covariance, const VectorXd& exposure_usd,
                                        std::span<const AssetId> instruments, const VectorXd& lower_usd,
                                        const VectorXd& upper_usd) {
    HedgeProblem problem;
    problem.covariance = covariance.per_bar;
    problem.exposure_usd = exposure_usd;
    problem.loading = OR_TRY(selection(covariance.assets, instruments));
    problem.lower_usd = lower_usd;
    problem.upper_usd = upper_usd;
    return minimise_variance(problem);
}

Result<MatrixXd> selection(std::span<const AssetId> assets, std::span<const AssetId> instruments) {
    MatrixXd loading = MatrixXd::Zero(std::ssize(assets), std::ssize(instruments));
    for (std::size_t j = 0; j < instruments.size(); ++j) {
        const auto found = std::find(assets.begin(), assets.end(), instruments[j]);
        if (found == assets.end()) {
            return fail(Errc::not_found,
                        fmt::format("hedge instrument {} is not among the assets with a covariance",
                                    instruments[j].value));
        }
        const Index row = std::distance(assets.begin(), found);
        if (loading.row(row).cwiseAbs().sum() > 0) {
            return fail(Errc::config, fmt::format("hedge instrument {} appears twice", instruments[j].value));
        }
        loading(row, static_cast<Index>(j)) = 1;
    }
    return loading;
}

double hedge_objective(const HedgeProblem& problem, const VectorXd& hedge_usd) {
    const HedgeProblem p = filled(problem);
    OR_ASSERT(hedge_usd.size() == p.loading.cols());
    return objective(p, hedge_usd);
}

Result<GasSolution> minimise_variance_with_gas(const HedgeProblem& problem, double gas_usd) {
    const HedgeProblem p = filled(problem);
    OR_TRY(check(p));
    OR_TRY(check_number("gas_usd", gas_usd, true));
    const auto k = static_cast<std::size_t>(p.loading.cols());
    OR_ASSERT(k <= kMaxEnumerated);

    std::optional<GasSolution> best;
    std::optional<Error> infeasible;
    for (std::size_t subset = 0; subset < (std::size_t{1} << k); ++subset) {
        HedgeProblem part = p;
        GasSolution candidate;
        bool possible = true;
        for (std::size_t j = 0; j < k; ++j) {
            const auto i = static_cast<Index>(j);
            if ((subset >> j) & 1U) {
                candidate.traded.push_back(j);
                continue;
            }
            possible = possible && p.held_usd[i] >= p.lower_usd[i] && p.held_usd[i] <= p.upper_usd[i];
            part.lower_usd[i] = p.held_usd[i];
            part.upper_usd[i] = p.held_usd[i];
        }
        if (!possible) continue;
        auto solved = solve_checked(part, p.held_usd);
        if (!solved && solved.error().code == Errc::config) {
            infeasible = std::move(solved).error();
            continue;
        }
        candidate.hedge = OR_TRY(std::move(solved));
        candidate.objective_with_gas =
            candidate.hedge.objective + gas_usd * static_cast<double>(candidate.traded.size());
        if (!best || candidate.objective_with_gas < best->objective_with_gas) best = std::move(candidate);
    }
    if (best) return *std::move(best);
    return tl::unexpected(infeasible.value_or(Error{Errc::config, "no hedge satisfies the limits"}));
}

}  // namespace outrigger
