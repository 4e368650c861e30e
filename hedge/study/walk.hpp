// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "hedge/regime.hpp"
#include "hedge/study/prices.hpp"

namespace outrigger::study {

/// One bar as a rule may learn from it.
struct StudyBar {
    TimePoint end;
    Eigen::VectorXd returns;  // N, simple
    bool after_gap = false;
};

/// What a rule is asked at a decision: it has learnt every bar up to `now`, and none after.
struct Moment {
    TimePoint now;
    Eigen::VectorXd exposure_usd;  // N
    Eigen::VectorXd held_usd;      // K: what the hedge has become since the last decision
};

/// What a rule knew when it decided; empty where it has no such notion.
struct Notes {
    std::optional<double> correlation;  // between the exposure's P&L and the hedge's, with its interval
    std::optional<double> correlation_low;
    std::optional<double> correlation_high;
    std::optional<bool> gate_open;
    std::optional<double> band_usd;
    std::optional<Regime> regime;
    std::string event;  // what changed, and why
};

struct Wish {
    Eigen::VectorXd hold_usd;    // K, after trading
    Eigen::VectorXd target_usd;  // K, what would be held were trading free
    Notes notes;
};

/// A way to hedge, bar by bar. Its state is its own: the same bars give the same wishes.
class HedgeRule {
  public:
    HedgeRule() = default;
    HedgeRule(const HedgeRule&) = delete;
    HedgeRule& operator=(const HedgeRule&) = delete;
    virtual ~HedgeRule() = default;
    /// Errors: Errc::decode for a bar that no price history can contain
    virtual Result<void> learn(const StudyBar& bar) = 0;
    /// A rule that cannot estimate (yet) wishes for what it holds or for nothing; it does not fail for that.
    virtual Result<Wish> decide(const Moment& moment) = 0;
};

/// What the exposure is the exposure of.
enum class Held : std::uint8_t {
    tokens,        // the assets themselves
    full_range_lp  // full-range constant-product positions against USD, whose delta is the exposure
};

struct WalkSpec {
    Eigen::VectorXd exposure_usd;           // N, by column of the bars; kept at this size (see Step)
    std::vector<Eigen::Index> instruments;  // K columns
    Held held = Held::tokens;
    std::chrono::seconds every{3600};          // between decisions, a multiple of the bar
    std::chrono::seconds warm_up{90 * 86400};  // decisions before it are made and not counted
};

/// One decision and what came of it until the next. The position is put back to its size at every decision,
/// as a share of its value the hedge drifts accordingly, and USD are those of a position of that size.
struct Step {
    TimePoint at;
    TimePoint until;
    Eigen::VectorXd held_usd;    // K, after trading
    Eigen::VectorXd target_usd;  // K
    double traded_usd = 0;
    double unhedged_usd = 0;  // P&L until the next decision
    double hedged_usd = 0;
    bool counted = false;
    Notes notes;
};

/// The rule walked through the bars, one decision ahead of what it knows.
///
/// Errors:  Errc::config when the spec does not fit the bars; Errc::stale when no decision is left to count;
///          whatever the rule fails with
/// Source:  methods G.2
[[nodiscard]] Result<std::vector<Step>> walk(const StudyBars& bars, const WalkSpec& spec, HedgeRule& rule);

/// The value of the position whose exposure this is. Units: USD
[[nodiscard]] double position_value(const WalkSpec& spec);

}  // namespace outrigger::study
