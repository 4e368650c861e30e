// SPDX-License-Identifier: Apache-2.0
#include "hedge/estimator.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "chain/base/assert.hpp"
#include "hedge/async_covariance.hpp"
#include "hedge/dcc_garch.hpp"
#include "hedge/robust.hpp"

namespace outrigger {

namespace {

/// Another matrix in the place of an estimate's own.
Result<Covariance> replaced(Covariance estimate, const Eigen::MatrixXd& per_bar) {
    estimate.per_bar = (per_bar + per_bar.transpose()) / 2;
    estimate.condition = OR_TRY(condition_number(estimate.per_bar));
    return estimate;
}

constexpr std::array kEstimators{
    EstimatorInfo{Estimator::ewma, "ewma", "weights halve with every half-life of time", "RiskMetrics 1996"},
    EstimatorInfo{Estimator::sample, "sample", "every return alike", "Ederington 1979"},
    EstimatorInfo{Estimator::ledoit_wolf, "ledoit-wolf",
                  "every return alike, drawn to a multiple of the identity by as much as pays",
                  "Ledoit and Wolf 2004"},
    EstimatorInfo{Estimator::ledoit_wolf_correlation, "ledoit-wolf-correlation",
                  "every return alike, drawn to equal correlations by as much as pays",
                  "Ledoit and Wolf 2003"},
    EstimatorInfo{Estimator::oas, "oas", "as ledoit-wolf, for Gaussian returns",
                  "Chen, Wiesel, Eldar and Hero 2010"},
    EstimatorInfo{Estimator::spearman, "spearman", "correlations by ranks, every return alike",
                  "Spearman 1904"},
    EstimatorInfo{Estimator::kendall, "kendall", "correlations by concordant pairs, every return alike",
                  "Kendall 1945"},
    EstimatorInfo{Estimator::student_t, "student-t",
                  "the most likely one of Student t returns with four degrees of freedom",
                  "Lange, Little and Taylor 1989"},
    EstimatorInfo{Estimator::ogk, "ogk", "pairwise robust, made positive definite, without the far rows",
                  "Maronna and Zamar 2002"},
    EstimatorInfo{Estimator::dcc_garch, "dcc-garch",
                  "volatilities and correlations that cluster, as they will be in the next bar",
                  "Engle 2002"},
};

/// Correlations about which something else is known than the covariance, with the sample's volatilities.
Result<Covariance> with_correlation(const ReturnPanel& panel, const Result<Eigen::MatrixXd>& rho) {
    if (!rho) return tl::unexpected(rho.error());
    // Transformed rank correlations need not be a correlation matrix.
    const Eigen::MatrixXd repaired = OR_TRY(clipped_correlation(*rho));
    Covariance out = OR_TRY(sample_covariance(panel));
    const Eigen::VectorXd sd = out.per_bar.diagonal().cwiseSqrt();
    return replaced(std::move(out), sd.asDiagonal() * repaired * sd.asDiagonal());
}

Result<Covariance> by_student_t(const ReturnPanel& panel) {
    constexpr double kNu = 4;
    return replaced(OR_TRY(sample_covariance(panel)),
                    kNu / (kNu - 2) * OR_TRY(student_scatter(panel.returns, kNu)).scatter);
}

/// Each asset's GARCH(1,1), most likely; correlations that follow with weights usual for daily data and
/// longer.
Result<Covariance> by_dcc_garch(const ReturnPanel& panel) {
    constexpr Dcc kUsual{.a = 0.02, .b = 0.97};
    Covariance out = OR_TRY(sample_covariance(panel));
    Eigen::MatrixXd standardised(panel.returns.rows(), panel.returns.cols());
    Eigen::VectorXd next(panel.returns.cols());
    for (Eigen::Index i = 0; i < panel.returns.cols(); ++i) {
        const Eigen::VectorXd own = panel.returns.col(i);
        const auto path = OR_TRY(garch_path(own, OR_TRY(fit_garch(own))));
        standardised.col(i) = own.cwiseQuotient(path.variance.cwiseSqrt());
        next[i] = std::sqrt(path.next);
    }
    const Eigen::MatrixXd rho = OR_TRY(dcc_path(standardised, kUsual)).next;
    return replaced(std::move(out), next.asDiagonal() * rho * next.asDiagonal());
}

}  // namespace

std::span<const EstimatorInfo> estimators() {
    return kEstimators;
}

std::optional<Estimator> estimator_by_name(std::string_view name) {
    const auto found = std::find_if(kEstimators.begin(), kEstimators.end(),
                                    [&](const EstimatorInfo& e) { return e.name == name; });
    return found == kEstimators.end() ? std::nullopt : std::optional(found->id);
}

std::string_view to_string(Estimator estimator) {
    const auto found = std::find_if(kEstimators.begin(), kEstimators.end(),
                                    [&](const EstimatorInfo& e) { return e.id == estimator; });
    OR_ASSERT(found != kEstimators.end());
    return found->name;
}

Result<Covariance> estimate_covariance(Estimator estimator, const ReturnPanel& panel,
                                       std::chrono::duration<double> half_life) {
    switch (estimator) {
        case Estimator::sample: return sample_covariance(panel);
        case Estimator::ewma: return ewma_covariance(panel, {.half_life = half_life});
        case Estimator::ledoit_wolf: return ledoit_wolf(panel);
        case Estimator::ledoit_wolf_correlation: return ledoit_wolf_constant_correlation(panel);
        case Estimator::oas: return oracle_approximating(panel);
        case Estimator::spearman: {
            const auto rho = spearman(panel.returns);
            return with_correlation(panel, rho ? Result<Eigen::MatrixXd>(pearson_of_spearman(*rho)) : rho);
        }
        case Estimator::kendall: {
            const auto tau = kendall(panel.returns);
            return with_correlation(panel, tau ? Result<Eigen::MatrixXd>(pearson_of_kendall(*tau)) : tau);
        }
        case Estimator::student_t: return by_student_t(panel);
        case Estimator::ogk:
            return replaced(OR_TRY(sample_covariance(panel)), OR_TRY(ogk(panel.returns)).reweighted);
        case Estimator::dcc_garch: return by_dcc_garch(panel);
    }
    return fail(Errc::unsupported, "unknown estimator");
}

}  // namespace outrigger
