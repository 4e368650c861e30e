// SPDX-License-Identifier: Apache-2.0
#include "config/model_fields.hpp"

#include "config/store.hpp"

namespace outrigger::config {

namespace {

constexpr double kTenYears = 10.0 * 365 * 86400;
constexpr std::string_view kEstimators =
    "ewma|sample|ledoit-wolf|ledoit-wolf-correlation|oas|spearman|kendall|student-t|ogk|dcc-garch";

/// What is estimated from what.
std::vector<Field> estimate_fields() {
    using P = PositionSettings;
    using M = ModelSettings;
    constexpr Section policy = Section::policy;
    return {
        {.section = policy,
         .path = "model.estimator",
         .type = Type::choice,
         .fallback = "ewma",
         .choices = kEstimators,
         .doc = "Estimator of the recent covariance; docs/mathematics.md describes each.",
         .store = to_policy(&P::model, &M::estimator)},
        {.section = policy,
         .path = "model.lookback",
         .type = Type::duration,
         .fallback = "90d",
         .range = {3600, kTenYears},
         .doc = "Length of the price history used.",
         .store = to_policy(&P::model, &M::lookback)},
        {.section = policy,
         .path = "model.half_life",
         .type = Type::duration,
         .fallback = "7d",
         .range = {60, kTenYears},
         .doc = "Age at which a return counts half.",
         .store = to_policy(&P::model, &M::half_life)},
        {.section = policy,
         .path = "model.long_half_life",
         .type = Type::duration,
         .fallback = "60d",
         .range = {60, kTenYears},
         .doc = "The same of the long-run hedge, which the recent one is drawn to.",
         .store = to_policy(&P::model, &M::long_half_life)},
        {.section = policy,
         .path = "model.alarm_half_life",
         .type = Type::duration,
         .fallback = "2d",
         .range = {60, kTenYears},
         .doc = "The same after an alarm, when only the last days count.",
         .store = to_policy(&P::model, &M::alarm_half_life)},
        {.section = policy,
         .path = "model.ridge",
         .type = Type::number,
         .fallback = "1",
         .range = {0, 100},
         .doc = "How strongly the hedge is drawn to the long-run one; 0 is not at all.",
         .store = to_policy(&P::model, &M::ridge)},
        {.section = policy,
         .path = "model.delta_horizon",
         .type = Type::duration,
         .fallback = "12h",
         .range = {0, 30 * 86400.0},
         .doc = "The delta of a range narrower than 50 % is averaged over where the price may be this much "
                "later, so that a hedge does not jump at the range's edge; 0h is the delta of the moment.",
         .store = to_policy(&P::model, &M::delta_horizon)},
        {.section = policy,
         .path = "model.correlation_shrink",
         .type = Type::ratio,
         .fallback = "0.10",
         .range = {0, 1},
         .doc = "Share of equal correlations mixed into every estimate.",
         .store = to_policy(&P::model, &M::correlation_shrink)},
    };
}

/// What a hedge must show, and how far it may go.
std::vector<Field> hedge_fields() {
    using P = PositionSettings;
    using M = ModelSettings;
    constexpr Section policy = Section::policy;
    return {
        {.section = policy,
         .path = "model.bar",
         .type = Type::duration,
         .fallback = "auto",
         .range = {60, 86400},
         .choices = "auto",
         .doc = "Length of one bar of history; the same for every position. `auto` is the shortest, from "
                "an hour up, that is eight times as long as the slowest price source takes to change.",
         .store = to_policy(&P::model, &M::bar)},
        {.section = policy,
         .path = "model.min_bars",
         .type = Type::integer,
         .unit = "bars",
         .fallback = "168",
         .range = {20, 100'000},
         .doc = "With less history a proxy is not used.",
         .store = to_policy(&P::model, &M::min_bars)},
        {.section = policy,
         .path = "model.min_variance_removed",
         .type = Type::ratio,
         .unit = "share of variance",
         .fallback = "0.05",
         .range = {0, 1},
         .doc = "A hedge through other assets is opened only when it removes this much at the lower end of "
                "its 95 % interval, and twice what it costs.",
         .store = to_policy(&P::model, &M::min_variance_removed)},
        {.section = policy,
         .path = "model.drift_inflation",
         .type = Type::number,
         .fallback = "2.7",
         .range = {1, 100},
         .doc = "How much wider that interval is made because correlations drift.",
         .store = to_policy(&P::model, &M::drift_inflation)},
        {.section = policy,
         .path = "model.hold",
         .type = Type::duration,
         .fallback = "7d",
         .range = {3600, kTenYears},
         .doc = "How long a hedge is expected to be held, when its benefit is weighed against its cost.",
         .store = to_policy(&P::model, &M::hold)},
        {.section = policy,
         .path = "model.risk_aversion",
         .type = Type::number,
         .fallback = "10",
         .range = {0, 1000, true},
         .doc = "Relative risk aversion: variance as a share of the position's value is worth half of it.",
         .store = to_policy(&P::model, &M::risk_aversion)},
        {.section = policy,
         .path = "model.legs",
         .type = Type::integer,
         .unit = "instruments",
         .fallback = "4",
         .range = {0, 12},
         .doc = "Proxies used at a time, chosen from all allowed ones and changed reluctantly; 0 is all.",
         .store = to_policy(&P::model, &M::legs)},
        {.section = policy,
         .path = "model.max_abs_ratio",
         .type = Type::number,
         .unit = "USD of hedge per USD of exposure",
         .fallback = "1.5",
         .range = {0, 10, true},
         .doc = "The hedge through proxies is never above this, each and all together.",
         .store = to_policy(&P::model, &M::max_abs_ratio)},
        {.section = policy,
         .path = "model.proxies",
         .type = Type::list,
         .doc = "Assets that may stand in for one that cannot be hedged itself (\"ETH\", not \"WETH\"); the "
                "ratio is estimated.",
         .store = to_policy(&P::model, &M::proxies)},
    };
}

}  // namespace

std::vector<Field> model_fields() {
    auto out = estimate_fields();
    const auto more = hedge_fields();
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

std::vector<Field> stability_fields() {
    using P = PositionSettings;
    using S = StabilitySettings;
    constexpr Section policy = Section::policy;
    constexpr std::string_view kReactions = "alert|shrink|switch|fall-back|freeze|unwind";
    return {
        {.section = policy,
         .path = "stability.on_decorrelated",
         .type = Type::choice,
         .fallback = "alert",
         .choices = kReactions,
         .doc =
             "When the correlation has fallen: `alert` keeps the hedge in shape, `shrink` refits it to the "
             "last days and scales it to what its interval supports, `switch` does so with the proxies that "
             "the last days choose, `fall-back` with the asset itself at the venues kept for it, `freeze` "
             "trades nothing, `unwind` goes to nothing in slices.",
         .store = to_policy(&P::stability, &S::on_decorrelated)},
        {.section = policy,
         .path = "stability.on_vol_stress",
         .type = Type::choice,
         .fallback = "alert",
         .choices = kReactions,
         .doc = "When the residual is wilder than it should be and the correlation holds.",
         .store = to_policy(&P::stability, &S::on_vol_stress)},
        {.section = policy,
         .path = "stability.on_broken",
         .type = Type::choice,
         .fallback = "unwind",
         .choices = kReactions,
         .doc = "When the hedge is shown not to pay any more.",
         .store = to_policy(&P::stability, &S::on_broken)},
        {.section = policy,
         .path = "stability.fallback_venues",
         .type = Type::list,
         .doc = "Venues that can short the asset itself but are too dear to use while a proxy does: what "
                "`fall-back` falls back to.",
         .store = to_policy(&P::stability, &S::fallback_venues)},
        {.section = policy,
         .path = "stability.realised_breaks",
         .type = Type::boolean,
         .fallback = "false",
         .doc = "Whether a hedge that added variance over its last 72 bars is broken, whatever its interval "
                "says.",
         .store = to_policy(&P::stability, &S::realised_breaks)},
        {.section = policy,
         .path = "stability.max_bar_loss",
         .type = Type::ratio,
         .unit = "share of position value",
         .fallback = "0",
         .range = {0, 1},
         .doc = "A hedged loss in one bar beyond this stops trading until the facts are in; 0 is no limit.",
         .store = to_policy(&P::stability, &S::max_bar_loss)},
    };
}

}  // namespace outrigger::config
