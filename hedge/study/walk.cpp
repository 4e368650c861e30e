// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/walk.hpp"

#include <algorithm>
#include <cmath>

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

Result<void> check(const StudyBars& bars, const WalkSpec& spec) {
    const auto columns = bars.returns.cols();
    const bool fits = spec.exposure_usd.size() == columns && spec.exposure_usd.allFinite() &&
                      std::all_of(spec.instruments.begin(), spec.instruments.end(),
                                  [&](Index k) { return k >= 0 && k < columns; });
    if (!fits) return fail(Errc::config, "the exposure or an instrument is not one of the bars' assets");
    if (spec.exposure_usd.isZero(0)) return fail(Errc::config, "there is no exposure to hedge");
    if (spec.every.count() <= 0 || spec.every % bars.bar != std::chrono::seconds{0})
        return fail(Errc::config, "decisions must be a whole number of bars apart");
    return {};
}

/// The P&L of the position over a return of its assets, in USD of a position of the given size.
double position_pnl(const WalkSpec& spec, const VectorXd& returns) {
    switch (spec.held) {
        case Held::tokens: return spec.exposure_usd.dot(returns);
        case Held::full_range_lp:
            // Worth twice its delta, it moves with the square root of the price.
            return 2 * spec.exposure_usd.dot(((1 + returns.array()).sqrt() - 1).matrix());
    }
    return 0;
}

/// The hedge's share of what moved between two decisions.
struct Passage {
    VectorXd growth;  // N: price over price
    explicit Passage(Index n) : growth(VectorXd::Ones(n)) {}
    void add(const VectorXd& returns) { growth.array() *= 1 + returns.array(); }
};

VectorXd of_instruments(const VectorXd& by_asset, const std::vector<Index>& instruments) {
    VectorXd out(std::ssize(instruments));
    for (std::size_t k = 0; k < instruments.size(); ++k)
        out[static_cast<Index>(k)] = by_asset[instruments[k]];
    return out;
}

/// The moment from which decisions count: the warm-up after the first whole interval between decisions.
TimePoint counted_from(const StudyBars& bars, const WalkSpec& spec) {
    const auto past = bars.first.time_since_epoch() % spec.every;
    const TimePoint first = past.count() == 0 ? bars.first : bars.first + (spec.every - past);
    return first + spec.every + spec.warm_up;
}

/// Books what happened since the last decision; what is held has drifted, as a share of the position.
VectorXd book(Step& step, const WalkSpec& spec, const Passage& passage, TimePoint now) {
    const VectorXd returns = passage.growth.array() - 1;
    const VectorXd own = of_instruments(returns, spec.instruments);
    step.until = now;
    step.unhedged_usd = position_pnl(spec, returns);
    step.hedged_usd = step.unhedged_usd + step.held_usd.dot(own);
    const double growth = 1 + step.unhedged_usd / position_value(spec);
    return (step.held_usd.array() * (1 + own.array()) / growth).matrix();
}

}  // namespace

double position_value(const WalkSpec& spec) {
    const double exposure = spec.exposure_usd.cwiseAbs().sum();
    return spec.held == Held::full_range_lp ? 2 * exposure : exposure;
}

Result<std::vector<Step>> walk(const StudyBars& bars, const WalkSpec& spec, HedgeRule& rule) {
    OR_TRY(check(bars, spec));
    const TimePoint from = counted_from(bars, spec);
    VectorXd held = VectorXd::Zero(std::ssize(spec.instruments));
    std::vector<Step> out;
    Passage passage(bars.returns.cols());
    for (std::size_t t = 0; t < bars.ends.size(); ++t) {
        const StudyBar bar{bars.ends[t], bars.returns.row(static_cast<Index>(t)), bars.after_gap[t]};
        OR_TRY(rule.learn(bar));
        passage.add(bar.returns);
        if (bar.end.time_since_epoch() % spec.every != std::chrono::seconds{0}) continue;
        if (!out.empty()) held = book(out.back(), spec, passage, bar.end);
        passage = Passage(bars.returns.cols());
        Wish wish = OR_TRY(rule.decide({bar.end, spec.exposure_usd, held}));
        if (wish.hold_usd.size() != held.size() || !wish.hold_usd.allFinite())
            return fail(Errc::decode, "a rule wished for a hedge that is not one");
        Step step;
        step.at = bar.end;
        step.traded_usd = (wish.hold_usd - held).cwiseAbs().sum();
        step.held_usd = std::move(wish.hold_usd);
        step.target_usd = std::move(wish.target_usd);
        step.counted = bar.end >= from;
        step.notes = std::move(wish.notes);
        out.push_back(std::move(step));
    }
    if (!out.empty()) out.pop_back();  // nothing is known of what came of the last
    if (std::none_of(out.begin(), out.end(), [](const Step& s) { return s.counted; }))
        return fail(Errc::stale, "the prices end before the warm-up does: nothing is left to count");
    return out;
}

}  // namespace outrigger::study
