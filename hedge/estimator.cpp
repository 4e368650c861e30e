// SPDX-License-Identifier: Apache-2.0
#include "hedge/estimator.hpp"

#include <algorithm>
#include <array>

#include "chain/base/assert.hpp"

namespace outrigger {

namespace {

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
};

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
    }
    return fail(Errc::unsupported, "unknown estimator");
}

}  // namespace outrigger
