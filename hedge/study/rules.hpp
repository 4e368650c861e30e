// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hedge/study/pipeline_rule.hpp"

namespace outrigger::study {

/// What a rule is made for.
struct RuleContext {
    std::vector<std::string> assets;        // the bars' columns
    std::vector<Eigen::Index> instruments;  // of those
    Eigen::VectorXd exposure_usd;
    double value_usd = 0;
    PipelineRuleParams pipeline{};
};

/// A rule by its name:
///   default            the pipeline that runs live
///   default-shrink     the same, shrinking the hedge after every alarm of a fallen correlation
///   default-unwatched  the same, never noticing a breakdown
///   default-estimator  its hedge alone, of all instruments: no gate, no band, no watch, no choice of legs
///   none               no hedge
///   one-to-one-ETH     the exposure's sum, short, in one of the instruments
///   equal              the exposure's sum in equal shares
///   ols30d             ordinary least squares over the last 30 days (any number of hours or days: ols72h)
///   lw30d              the same from a covariance shrunk towards a multiple of the identity
///   ewma20d            exponentially weighted with that half-life
///   oas:30d            any of estimators() over that window (its name, a colon, the window)
///   kalman             betas that walk at random
/// Errors:  Errc::not_found for another name, naming these; Errc::config for a window shorter than a bar
[[nodiscard]] Result<std::unique_ptr<HedgeRule>> rule_by_name(std::string_view name,
                                                              const RuleContext& context);

/// The names a study compares when it is not told which.
[[nodiscard]] std::vector<std::string> compared_rules(const RuleContext& context);

/// "90m", "1h", "30d" as seconds; nothing when it is not one.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace outrigger::study
