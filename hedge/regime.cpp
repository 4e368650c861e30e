// SPDX-License-Identifier: Apache-2.0
#include "hedge/regime.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outrigger {
namespace {

bool alarmed(const RegimeEvidence& seen) {
    return seen.correlation_alarm || seen.residual_alarm || seen.shock;
}

/// Why the hedge no longer pays, or nothing when that is not shown.
std::optional<std::string> shown_broken(const RegimeEvidence& seen, const RegimeParams& params) {
    for (const auto& [high, least] :
         {std::pair{seen.variance_removed_high, params.min_variance_removed},
          {seen.variance_removed_high_usual, params.min_variance_removed_usual}}) {
        if (high && *high < least) {
            return fmt::format("at best it removes {:.0f} % of the variance, less than the {:.0f} % it must",
                               100 * *high, 100 * least);
        }
    }
    if (seen.realised_variance_removed && *seen.realised_variance_removed < 0 &&
        seen.realised_bars >= params.realised_bars_min) {
        return fmt::format("over its last {} bars the hedge added {:.0f} % variance", seen.realised_bars,
                           -100 * *seen.realised_variance_removed);
    }
    return std::nullopt;
}

bool earned_calm(const RegimeState& state, const RegimeEvidence& seen, const RegimeParams& params,
                 TimePoint now) {
    const bool quiet = !state.last_alarm || now - *state.last_alarm >= params.calm_after;
    const bool dwelt = now - state.since >= params.dwell_min;
    const bool pays = seen.variance_removed_low &&
                      *seen.variance_removed_low > params.min_variance_removed + params.recovery_margin;
    return quiet && dwelt && pays;
}

RegimeStep enter(RegimeState state, Regime to, std::string why, TimePoint now) {
    state.regime = to;
    state.since = now;
    return {state, std::move(why)};
}

/// A state that interrupts another and gives way to it again.
RegimeStep interrupt(RegimeState state, Regime by, std::string why, TimePoint now) {
    if (state.regime != Regime::shock && state.regime != Regime::blind) {
        state.before = state.regime;
        state.before_since = state.since;
    }
    return enter(state, by, std::move(why), now);
}

RegimeStep resume(RegimeState state, std::string why) {
    state.regime = state.before;
    state.since = state.before_since;
    return {state, std::move(why)};
}

RegimeStep settled(const RegimeState& state, const RegimeEvidence& seen, const RegimeParams& params,
                   TimePoint now) {
    switch (state.regime) {
        case Regime::calm:
        case Regime::vol_stress:
            if (seen.correlation_alarm)
                return enter(state, Regime::decorr, "the correlation has fallen", now);
            if (state.regime == Regime::calm && seen.residual_alarm)
                return enter(state, Regime::vol_stress, "the residual is wilder than forecast", now);
            break;
        case Regime::decorr:
            if (auto why = shown_broken(seen, params)) return enter(state, Regime::broken, *why, now);
            break;
        case Regime::broken: break;
        case Regime::shock:
        case Regime::blind: return {state, ""};
    }
    if (state.regime != Regime::calm && earned_calm(state, seen, params, now))
        return enter(state, Regime::calm, "no alarm for long enough, and the hedge pays again", now);
    return {state, ""};
}

}  // namespace

std::string_view to_string(Regime regime) {
    switch (regime) {
        case Regime::calm: return "calm";
        case Regime::vol_stress: return "vol-stress";
        case Regime::decorr: return "decorrelated";
        case Regime::broken: return "broken";
        case Regime::shock: return "shock";
        case Regime::blind: return "blind";
    }
    return "?";
}

RegimeStep next_regime(const RegimeState& state, const RegimeEvidence& seen, const RegimeParams& params,
                       TimePoint now) {
    RegimeState at = state;
    if (seen.blind) {  // nothing seen while blind is evidence
        if (at.regime == Regime::blind) return {at, ""};
        return interrupt(at, Regime::blind, "prices are missing or stale", now);
    }
    if (alarmed(seen)) at.last_alarm = now;
    if (seen.shock) {
        if (at.regime != Regime::shock) return interrupt(at, Regime::shock, "one bar beyond belief", now);
        at.since = now;
        return {at, ""};
    }
    if (at.regime == Regime::blind) return resume(at, "prices are back");
    if (at.regime == Regime::shock) {
        const bool over = now - at.since >= params.shock_dwell_min && seen.prices_confirmed;
        return over ? resume(at, "two price sources agree again") : RegimeStep{at, ""};
    }
    return settled(at, seen, params, now);
}

double decorrelated_share(double rho_low, double rho) {
    return std::clamp(rho_low / rho, 0.0, 1.0);
}

double Slices::at(TimePoint now) const {
    if (now < start) return from;
    const auto due = apart.count() <= 0 ? count : 1 + (now - start) / apart;
    const auto done = std::min<std::int64_t>(due, count);
    if (done == count) return to;
    return from + (to - from) * static_cast<double>(done) / count;
}

}  // namespace outrigger
