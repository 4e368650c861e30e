// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chain/base/chain_types.hpp"

/// What the keeper believes of a cross hedge's relationship, and what follows from it.
///
/// Significance (an alarm) and materiality (the hedge no longer pays) are two steps: an alarm shrinks the
/// hedge, only a hedge shown not to pay is unwound. Every state but calm is kept for a while, and calm has to
/// be earned, so that a statistic at its threshold cannot make the keeper flap.
/// Source: methods E.7
namespace outrigger {

enum class Regime : std::uint8_t {
    calm,
    vol_stress,  // the residual is wilder than it should be; the relationship holds
    decorr,      // the relationship has weakened
    broken,      // and the hedge no longer pays
    shock,       // one bar beyond belief: wait for the facts
    blind,       // the prices that would tell are missing
};
[[nodiscard]] std::string_view to_string(Regime regime);

struct RegimeParams {
    std::chrono::seconds calm_after = std::chrono::hours{72};  // without any alarm
    std::chrono::seconds dwell_min = std::chrono::hours{24};
    std::chrono::seconds shock_dwell_min = std::chrono::hours{1};
    double min_variance_removed = 0;  // below this a hedge does not pay
    /// The same by the longer memory, whose interval is narrower: a correlation that has gone, and not
    /// reversed, is seen by it alone.
    double min_variance_removed_usual = 0.10;
    double recovery_margin = 0.10;  // above the first by this much before calm is believed
    std::size_t realised_bars_min = 48;
};

/// One bar's evidence. Nothing stands for what could not be computed: it never changes the state.
struct RegimeEvidence {
    bool blind = false;
    bool correlation_alarm = false;
    bool residual_alarm = false;
    bool shock = false;
    bool prices_confirmed = false;                        // two independent sources agree again
    std::optional<double> variance_removed_low{};         // lower end of the interval, the gate's memory
    std::optional<double> variance_removed_high{};        // upper end, the last days
    std::optional<double> variance_removed_high_usual{};  // upper end, the gate's memory
    std::optional<double> realised_variance_removed{};    // over the last 72 h
    std::size_t realised_bars = 0;
};

struct RegimeState {
    Regime regime = Regime::calm;
    TimePoint since{};
    std::optional<TimePoint> last_alarm{};
    Regime before = Regime::calm;  // what a shock or blindness interrupted
    TimePoint before_since{};
    friend bool operator==(const RegimeState&, const RegimeState&) = default;
};

struct RegimeStep {
    RegimeState state;
    std::string why;  // of the transition; empty without one
};

/// The state after one bar, and why it changed. Pre: `now` never runs backwards.
[[nodiscard]] RegimeStep next_regime(const RegimeState& state, const RegimeEvidence& seen,
                                     const RegimeParams& params, TimePoint now);

/// The share of the full hedge to hold while decorrelated: as much as the lower end of the correlation's
/// interval supports, never more than all, never a reversal.
/// Pre: rho > 0
[[nodiscard]] double decorrelated_share(double rho_low, double rho);

/// A way from one holding to another in equal slices, so that no alarm empties a position in one step.
struct Slices {
    double from = 0;
    double to = 0;
    TimePoint start{};
    std::chrono::seconds apart{0};
    int count = 1;
    /// The holding to have at `now`. Before `start` nothing has moved; the first slice is due at once.
    [[nodiscard]] double at(TimePoint now) const;
};

}  // namespace outrigger
