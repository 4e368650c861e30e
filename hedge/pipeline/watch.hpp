// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hedge/change_detector.hpp"
#include "hedge/gate.hpp"
#include "hedge/regime.hpp"

namespace outrigger {

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

/// What a watch remembers. A value: it can be stored, and the same bars lead to the same one.
struct WatchMemory {
    std::optional<CorrelationDetector> correlation;
    std::optional<ResidualDetector> residual;
    std::vector<std::array<double, 2>> realised;  // squares of the last bars: unhedged, hedged
    RegimeState state;
    bool stale_baseline = false;
    friend bool operator==(const WatchMemory&, const WatchMemory&) = default;
};

/// One bar of a hedge's life: the P&L of the exposure and of minus its hedge, as they stood before it.
struct WatchedBar {
    TimePoint end;
    double exposure_pnl = 0;
    double hedge_pnl = 0;  // positive when the hedge moved with the exposure
    bool prices_confirmed = true;
};

/// The three channels and the state they lead to, fed one bar at a time (methods E.3, E.4, E.7).
class Watch {
  public:
    explicit Watch(const WatchParams& params, WatchMemory memory = {})
        : params_(params), memory_(std::move(memory)) {}

    /// Starts, or starts anew, from the P&L of the exposure and of minus its hedge, oldest first. Bars that
    /// cannot start it (a hedge of nothing) leave it asleep.
    void start(std::span<const double> y, std::span<const double> g);
    [[nodiscard]] bool awake() const { return memory_.correlation.has_value(); }

    /// One more bar. `quality` is asked only when the state needs it. Returns what changed and why, or
    /// nothing. Errors: Errc::decode for P&L that is not finite
    template <class Ask>
    Result<std::string> add(const WatchedBar& bar, const Ask& quality) {
        RegimeEvidence seen = OR_TRY(channels(bar));
        if (seen.correlation_alarm || memory_.state.regime != Regime::calm) judge(seen, quality());
        return step(seen, bar.end);
    }

    [[nodiscard]] const RegimeState& state() const { return memory_.state; }
    /// True after calm has come back, until start() was called: the old baseline is no longer the one.
    [[nodiscard]] bool needs_start() const { return memory_.stale_baseline; }
    [[nodiscard]] const WatchMemory& memory() const { return memory_; }

  private:
    Result<RegimeEvidence> channels(const WatchedBar& bar);
    void judge(RegimeEvidence& seen, const Quality& quality) const;
    std::string step(const RegimeEvidence& seen, TimePoint now);

    WatchParams params_;
    WatchMemory memory_;
};

}  // namespace outrigger
