// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "hedge/gate.hpp"
#include "hedge/pipeline/approach.hpp"
#include "hedge/pipeline/watch.hpp"
#include "hedge/returns.hpp"

/// The way Outrigger hedges across assets, the same in the keeper and in a study (methods 0.2).
///
/// Everything it remembers between two decisions is one value, HedgeMemory; the same bars and decisions lead
/// to the same one. It is first told each bar (learn_bar), then asked what to hold (wish_hedge).
namespace outrigger {

/// What follows from a state of the world that is not calm.
enum class Reaction : std::uint8_t {
    alert,         // the hedge is kept in shape, and the alarm is told
    shrink,        // refitted to the last days and scaled to the lower end of its interval (methods E.7)
    switch_proxy,  // the same with the instruments that the last days choose
    fall_back,     // the same, with those kept in reserve for this among them
    freeze,        // nothing is traded
    unwind,        // to nothing, in slices
};
[[nodiscard]] std::string_view to_string(Reaction reaction);

/// The pipeline's settings; the defaults are what docs/evidence/study.md measures.
struct PipelineParams {
    std::chrono::duration<double> bar = std::chrono::hours{1};
    std::chrono::duration<double> short_half_life = std::chrono::hours{168};
    std::chrono::duration<double> long_half_life = std::chrono::hours{1440};
    std::chrono::duration<double> alarmed_half_life = std::chrono::hours{48};
    double constant_correlation = 0.10;  // share of that target in the estimates
    double carry_tilt = 0.2;             // share of a hedge by which its holding cost may change it, at most
    double ridge = 1;                    // towards the long-run hedge, in calm
    double alarmed_ridge = 0.3;
    std::size_t min_bars = 168;  // before any hedge
    double drift_inflation = 2.7;
    double min_variance_removed = 0.05;  // at the lower end of its interval
    double hold_days = 7;
    double relative_risk_aversion = 10;
    double loss_limit = 0;  // hedged loss of one bar, of the position's value, that is a shock; 0: none is
    bool realised_breaks = false;  // a hedge that added variance over its last 72 bars is broken
    Reaction on_decorrelated = Reaction::alert;
    Reaction on_vol_stress = Reaction::alert;
    Reaction on_broken = Reaction::unwind;
    std::chrono::duration<double> wander_half_life = std::chrono::hours{24 * 30};
    bool gate = true;         // open only what pays at its lower bound
    bool band = true;         // trade only when it is worth it; otherwise at every decision
    bool watch = true;        // notice breakdowns and react
    std::size_t legs = 0;     // 0: all instruments; otherwise choose at most so many, reluctantly
    double min_gain = 0.005;  // for which a leg is changed
};

/// What is hedged with what, at one moment.
/// Shape:   N assets, K instruments, each one of the assets
struct HedgeTask {
    TimePoint now{};
    Eigen::VectorXd exposure_usd;           // N
    double value_usd = 0;                   // of the position: what risk aversion is relative to
    std::vector<Eigen::Index> instruments;  // K of the N
    std::vector<bool> reserve;              // K: used only to fall back to; empty: none is
    Eigen::VectorXd held_usd;               // K
    Eigen::VectorXd lower_usd;              // K
    Eigen::VectorXd upper_usd;              // K
    double gross_limit_usd = 0;
    Eigen::VectorXd cost_per_usd;        // K: fee and half spread
    double gas_usd = 0;                  // of one trade
    Eigen::VectorXd short_cost_per_day;  // K: share of a short that holding it costs; empty: not known
    double trades_per_day_max = 0;       // 0: no limit
    double min_trade_usd = 0;
    Eigen::VectorXd gamma_variance_rate;  // K: D by gamma alone, USD squared per day; empty: not known
};

/// What the past says. Shape: T rows in any order, N columns; matrices N x N, per day.
struct Estimates {
    const ReturnPanel& past;  // log returns
    Eigen::MatrixXd recent;   // short half-life
    Eigen::MatrixXd steady;   // long half-life
    Eigen::MatrixXd alarmed;  // the last days
};

/// One bar as the pipeline learns it.
struct LearntBar {
    TimePoint end;
    Eigen::VectorXd log_returns;  // N
    double growth = 1;            // what the size that the exposure is kept at became, as a factor
    bool prices_confirmed = true;
};

/// All that the pipeline remembers of one hedge.
struct HedgeMemory {
    TimePoint last_bar{};                  // bars up to this one are learnt
    std::chrono::seconds bar{0};           // their length
    std::vector<double> exposure_usd;      // N, as of the last decision
    double value_usd = 0;                  // likewise
    std::vector<std::size_t> instruments;  // K of the N
    std::vector<double> target_usd;        // K: the hedge of least variance then
    std::vector<std::uint8_t> members;     // K: 1 is in use
    std::vector<std::uint8_t> substitute;  // K: what stands in for them; empty: nothing has to
    std::vector<double> wander;            // K: D as observed, USD squared per day
    std::vector<double> drift;             // K: what a hedge left alone has become since `noted`, as a factor
    TimePoint noted{};                     // when the target was last compared with its past
    bool wander_known = false;
    WatchMemory watch;
    std::vector<double> slice_from_usd;  // K: where a way in slices began; empty: there is none
    TimePoint slice_since{};
    friend bool operator==(const HedgeMemory&, const HedgeMemory&) = default;
};

struct HedgeWish {
    Eigen::VectorXd hold_usd;    // K: after trading now
    Eigen::VectorXd target_usd;  // K: what would be held were trading free
    std::optional<HedgeQuality> quality;
    GateDecision gate;
    bool gate_open = false;
    double variance_removed = 0;  // share, by the estimate; 0 when nothing is hedged
    double forecast_sd_usd = 0;   // of a day's P&L with the target held
    /// The recent correlation less the long-run one, in standard errors; empty where it cannot be told. It is
    /// looked at every bar and so crosses two sooner or later: for people, never for a trade.
    std::optional<double> gap_z;
    std::optional<Approach> approach;
    Regime regime = Regime::calm;
    bool unwinding = false;   // to nothing, in slices: no band is in the way
    bool frozen = false;      // the state of the world forbids trading
    std::string no_estimate;  // why there is none; empty: there is
};

/// One more bar into the memory. Returns what changed in the state of the world and why, or nothing.
///
/// Shape:   past as in Estimates, the bar not yet in it
/// Errors:  Errc::decode for a return that is not finite
[[nodiscard]] Result<std::string> learn_bar(HedgeMemory& memory, const LearntBar& bar,
                                            const ReturnPanel& past, const PipelineParams& params);

/// What to hold now. What cannot be estimated (yet) holds what is held, and says why.
///
/// Errors:  Errc::decode or Errc::config for a task that makes no sense
/// Source:  methods D.2 to D.6, E.7, F.4
[[nodiscard]] Result<HedgeWish> wish_hedge(HedgeMemory& memory, const HedgeTask& task,
                                           const Estimates& estimates, const PipelineParams& params);

}  // namespace outrigger
