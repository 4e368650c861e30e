// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "hedge/pipeline/pipeline.hpp"
#include "hedge/study/walk.hpp"

namespace outrigger::study {

/// The pipeline that runs live, and the venue it is walked with.
struct PipelineRuleParams {
    PipelineParams pipeline{};
    double max_gross = 1.5;      // of the exposure, in all and in each instrument
    double cost_ratio = 0.0008;  // taker fee, half spread and impact
    double gas_usd = 0.10;       // a trade
};

/// The pipeline as a rule.
///
/// Pre:     instruments are columns of the bars, value_usd > 0
std::unique_ptr<HedgeRule> pipeline_rule(const PipelineRuleParams& params, Eigen::VectorXd exposure_usd,
                                         double value_usd, std::vector<Eigen::Index> instruments);

}  // namespace outrigger::study
