// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "hedge/study/walk.hpp"

namespace outrigger::study {

/// What follows from the alarm that a correlation has fallen. A hedge shown not to pay is unwound either way.
enum class Reaction : std::uint8_t {
    alert,  // the hedge is kept in shape, and the alarm is told
    shrink  // refitted to the last days and scaled to the lower end of its interval (methods E.7)
};

/// The default way to hedge and its defaults (methods 0.2).
struct PipelineParams {
    std::chrono::duration<double> bar = std::chrono::hours{1};
    std::chrono::duration<double> short_half_life = std::chrono::hours{168};
    std::chrono::duration<double> long_half_life = std::chrono::hours{1440};
    std::chrono::duration<double> alarmed_half_life = std::chrono::hours{48};
    double constant_correlation = 0.10;  // share of that target in the estimates
    double ridge = 1;                    // towards the long-run hedge, in calm
    double alarmed_ridge = 0.3;
    std::size_t min_bars = 168;  // before any hedge
    double max_gross = 1.5;      // of the exposure, in all and in each instrument
    double drift_inflation = 2.7;
    double min_variance_removed = 0.05;  // at the lower end of its interval
    double hold_days = 7;
    double relative_risk_aversion = 10;
    double cost_ratio = 0.0008;  // taker fee, half spread and impact
    double gas_usd = 0.10;       // a trade
    double loss_limit = 0;  // hedged loss of one bar, of the position's value, that is a shock; 0: none is
    Reaction alarm = Reaction::alert;
    std::chrono::duration<double> wander_half_life = std::chrono::hours{24 * 30};
    bool gate = true;         // open only what pays at its lower bound
    bool band = true;         // trade only when it is worth it; otherwise at every decision
    bool watch = true;        // notice breakdowns and react
    std::size_t legs = 0;     // 0: all instruments; otherwise choose at most so many, reluctantly
    double min_gain = 0.005;  // for which a leg is changed
};

/// The pipeline that runs live: two exponentially weighted covariances, the hedge drawn to its long-run
/// value, the gate, the band, the watch and its reactions.
///
/// Pre:     instruments are columns of the bars, value_usd > 0
std::unique_ptr<HedgeRule> pipeline_rule(const PipelineParams& params, Eigen::VectorXd exposure_usd,
                                         double value_usd, std::vector<Eigen::Index> instruments);

}  // namespace outrigger::study
