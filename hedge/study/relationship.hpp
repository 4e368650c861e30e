// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>

#include "hedge/study/prices.hpp"

namespace outrigger::study {

/// What the past says of a hedge's relationship as a whole: for a reader, never for a trade. Whatever could
/// not be computed is empty.
struct Relationship {
    std::size_t bars = 0;
    double correlation = 0;             // of the exposure's returns with minus the hedge's, over all bars
    double recent = 0;                  // half-life 168 bars
    double steady = 0;                  // half-life 1440 bars
    std::optional<double> gap_z;        // of the recent below the steady, in standard errors
    std::optional<double> constancy;    // Wied, Kraemer and Dehling's statistic
    std::optional<double> constancy_p;  // of it, were the correlation constant
    std::optional<TimePoint> break_at;  // most likely date of one change of the ratio
    std::optional<double> break_p;      // of its sup-Wald statistic, were there none
};

/// Shape:   exposure and hedge N, in the bars' columns
/// Errors:  Errc::stale with fewer than 200 bars that span no gap; Errc::decode when either never moved
/// Source:  methods E.1, E.2, E.5
[[nodiscard]] Result<Relationship> relationship_of(const StudyBars& bars, const Eigen::VectorXd& exposure_usd,
                                                   const Eigen::VectorXd& hedge_usd);

}  // namespace outrigger::study
