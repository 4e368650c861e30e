// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "hedge/change_detector.hpp"
#include "hedge/gate.hpp"
#include "hedge/regime.hpp"

namespace outrigger::study {

struct WatchParams {
    CorrelationDetectorParams correlation{};
    ResidualDetectorParams residual{};
    RegimeParams regime{.min_variance_removed = 0.05};
    double loss_limit_usd = 0;  // one bar's hedged loss beyond it is a shock; 0: no limit
    std::size_t realised_bars = 72;
    bool realised_breaks = false;  // a hedge that added variance over those bars is broken
};

/// What a hedge's quality is now, judged when the state asks for it.
struct Quality {
    std::optional<CorrelationInterval> recent;  // short memory, for the way down
    std::optional<CorrelationInterval> usual;   // the gate's memory, for the way back
};

/// The three channels and the state they lead to, fed one bar at a time (methods E.3, E.4, E.7).
class Watch {
  public:
    explicit Watch(const WatchParams& params) : params_(params) {}

    /// Starts, or starts anew, from the P&L of the exposure and of minus its hedge, oldest first. Bars that
    /// cannot start it (a hedge of nothing) leave it asleep.
    void start(std::span<const double> y, std::span<const double> g);
    [[nodiscard]] bool awake() const { return correlation_.has_value(); }

    /// One more bar. `quality` is asked only when the state needs it. Returns what changed and why, or
    /// nothing. Errors: Errc::decode for P&L that is not finite
    template <class Ask>
    Result<std::string> add(TimePoint now, double y, double g, const Ask& quality) {
        RegimeEvidence seen = OR_TRY(channels(y, g));
        if (seen.correlation_alarm || state_.regime != Regime::calm) judge(seen, quality());
        return step(seen, now);
    }

    [[nodiscard]] const RegimeState& state() const { return state_; }
    /// True after calm has come back, until start() was called: the old baseline is no longer the one.
    [[nodiscard]] bool needs_start() const { return stale_baseline_; }

  private:
    Result<RegimeEvidence> channels(double y, double g);
    void judge(RegimeEvidence& seen, const Quality& quality) const;
    std::string step(const RegimeEvidence& seen, TimePoint now);

    WatchParams params_;
    std::optional<CorrelationDetector> correlation_;
    std::optional<ResidualDetector> residual_;
    std::deque<std::pair<double, double>> realised_;  // squares: unhedged, hedged
    RegimeState state_;
    bool stale_baseline_ = false;
};

}  // namespace outrigger::study
