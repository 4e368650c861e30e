// SPDX-License-Identifier: Apache-2.0
#include "hedge/pipeline/pipeline.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "hedge/min_variance.hpp"
#include "hedge/sparse_selection.hpp"
#include "hedge/uncertainty.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using Days = std::chrono::duration<double, std::ratio<86400>>;

VectorXd vector_of(const std::vector<double>& values) {
    return Eigen::Map<const VectorXd>(values.data(), std::ssize(values));
}

std::vector<double> values_of(const VectorXd& vector) {
    return {vector.begin(), vector.end()};
}

/// USD by asset of a hedge by instrument.
VectorXd by_asset(const VectorXd& hedge, const std::vector<std::size_t>& instruments, Index assets) {
    VectorXd out = VectorXd::Zero(assets);
    for (std::size_t k = 0; k < instruments.size(); ++k)
        out[static_cast<Index>(instruments[k])] += hedge[static_cast<Index>(k)];
    return out;
}

std::optional<HedgeQuality> quality_of(const ReturnPanel& past, const VectorXd& exposure,
                                       const VectorXd& hedge_by_asset, const VectorXd& hedge,
                                       std::chrono::duration<double> half_life, double drift_inflation) {
    if (past.ends.empty() || past.returns.cols() != exposure.size()) return std::nullopt;
    const auto members = static_cast<std::size_t>((hedge.array() != 0).count());
    auto quality = hedge_quality(past, exposure, hedge_by_asset, ewma_weights(past, half_life), members,
                                 drift_inflation);
    return quality ? std::optional(*quality) : std::nullopt;
}

std::optional<CorrelationInterval> interval_of(const std::optional<HedgeQuality>& quality) {
    return quality ? std::optional(quality->interval) : std::nullopt;
}

WatchParams watch_params(const PipelineParams& params, double value_usd) {
    WatchParams out;
    out.regime.min_variance_removed = params.min_variance_removed;
    out.realised_breaks = params.realised_breaks;
    out.loss_limit_usd = params.loss_limit * value_usd;
    return out;
}

/// Rows of the past after a moment, oldest first, as the P&L of a holding.
std::vector<double> past_pnl(const ReturnPanel& past, const std::optional<TimePoint>& after,
                             const VectorXd& holding) {
    std::vector<std::size_t> rows;
    for (std::size_t t = 0; t < past.ends.size(); ++t)
        if (!after || past.ends[t] > *after) rows.push_back(t);
    std::sort(rows.begin(), rows.end(),
              [&](std::size_t a, std::size_t b) { return past.ends[a] < past.ends[b]; });
    std::vector<double> out;
    out.reserve(rows.size());
    for (const auto t : rows) out.push_back(past.returns.row(static_cast<Index>(t)).dot(holding));
    return out;
}

/// One decision: what it is about, and the steps it is made in.
class Decider {
  public:
    Decider(HedgeMemory& memory, const HedgeTask& task, const Estimates& estimates,
            const PipelineParams& params)
        : m_(memory),
          t_(task),
          e_(estimates),
          p_(params),
          gamma_(params.relative_risk_aversion / task.value_usd),
          assets_(task.exposure_usd.size()) {}

    Result<HedgeWish> decide() {
        HedgeWish out;
        out.hold_usd = t_.held_usd;
        out.target_usd = vector_of(m_.target_usd);
        out.regime = m_.watch.state.regime;
        if (e_.past.ends.size() < p_.min_bars) {
            out.no_estimate = "the price history is too short";
            return out;
        }
        const double unhedged = t_.exposure_usd.dot(e_.recent * t_.exposure_usd);
        if (!(unhedged > 0)) return nothing_moves(std::move(out));
        m_.members = OR_TRY(chosen(e_.steady, m_.members, /*reserves=*/false));
        const VectorXd before = out.target_usd;
        const auto found = minimum(e_.recent, p_.ridge, m_.members);
        if (!found) {  // not to be told apart, or no such limits
            out.no_estimate = found.error().what;
            return out;
        }
        out.target_usd = *found;
        remember(before, *found);
        if (p_.watch) start_watch();
        note_effect(out, e_.recent, unhedged);
        out.quality = quality(p_.short_half_life, *found);
        if (out.quality) out.gap_z = gap(spread_by_asset(*found), out.quality->kurtosis);
        ask_gate(out, unhedged);
        OR_TRY(react(out));
        return out;
    }

  private:
    /// With no exposure left there is nothing to estimate, and what is still held must be given back.
    HedgeWish nothing_moves(HedgeWish out) const {
        if (!t_.exposure_usd.isZero(0)) {
            out.no_estimate = "the prices of what is to be hedged have not moved";
            return out;
        }
        out.target_usd = VectorXd::Zero(std::ssize(t_.instruments));
        out.hold_usd = out.target_usd;
        return out;
    }

    double left(const MatrixXd& covariance, const VectorXd& hedge) const {
        const VectorXd hedged = t_.exposure_usd + spread_by_asset(hedge);
        return hedged.dot(covariance * hedged);
    }

    /// What the target removes by a covariance, and leaves.
    void note_effect(HedgeWish& out, const MatrixXd& covariance, double unhedged) const {
        const double remaining = left(covariance, out.target_usd);
        out.variance_removed = unhedged > 0 ? 1 - remaining / unhedged : 0;
        out.forecast_sd_usd = std::sqrt(std::max(0.0, remaining));
    }

    VectorXd spread_by_asset(const VectorXd& hedge) const { return by_asset(hedge, m_.instruments, assets_); }

    std::optional<HedgeQuality> quality(std::chrono::duration<double> half_life,
                                        const VectorXd& hedge) const {
        return quality_of(e_.past, t_.exposure_usd, spread_by_asset(hedge), hedge, half_life,
                          p_.drift_inflation);
    }

    bool in_reserve(std::size_t k) const { return !t_.reserve.empty() && t_.reserve[k]; }

    /// Which instruments to use: all, or a few of them, changed reluctantly from the present ones.
    Result<std::vector<std::uint8_t>> chosen(const MatrixXd& covariance,
                                             const std::vector<std::uint8_t>& present, bool reserves) const {
        std::vector<std::uint8_t> out(t_.instruments.size(), 0);
        std::vector<Index> candidates;
        std::vector<Index> current;
        for (std::size_t k = 0; k < out.size(); ++k) {
            if (in_reserve(k) && !reserves) continue;
            out[k] = 1;
            candidates.push_back(t_.instruments[k]);
            if (!present.empty() && present[k] != 0) current.push_back(t_.instruments[k]);
        }
        if (p_.legs == 0 || candidates.size() <= p_.legs) return out;
        const auto choice = OR_TRY(choose_instruments(covariance, t_.exposure_usd, candidates, current,
                                                      {.legs = p_.legs,
                                                       .min_gain = p_.min_gain,
                                                       .risk_aversion = gamma_,
                                                       .hold = p_.hold_days,
                                                       .cost_per_usd = t_.cost_per_usd.mean(),
                                                       .fixed_cost_usd = t_.gas_usd}));
        for (std::size_t k = 0; k < out.size(); ++k) {
            out[k] = std::find(choice.members.begin(), choice.members.end(), t_.instruments[k]) !=
                     choice.members.end();
        }
        return out;
    }

    HedgeProblem problem(const MatrixXd& covariance, const std::vector<Index>& legs) const {
        HedgeProblem out;
        out.covariance = covariance;
        out.exposure_usd = t_.exposure_usd;
        out.loading = MatrixXd::Zero(assets_, std::ssize(legs));
        for (std::size_t i = 0; i < legs.size(); ++i)
            out.loading(t_.instruments[static_cast<std::size_t>(legs[i])], static_cast<Index>(i)) = 1;
        out.risk_aversion = gamma_;
        out.lower_usd = t_.lower_usd(legs);
        out.upper_usd = t_.upper_usd(legs);
        out.gross_limit_usd = t_.gross_limit_usd;
        return out;
    }

    /// The hedge of least variance with the members, drawn to what it would be in the long run.
    Result<VectorXd> minimum(const MatrixXd& recent, double ridge,
                             const std::vector<std::uint8_t>& members) const {
        VectorXd out = VectorXd::Zero(std::ssize(t_.instruments));
        std::vector<Index> used;
        for (std::size_t k = 0; k < members.size(); ++k)
            if (members[k] != 0) used.push_back(static_cast<Index>(k));
        if (used.empty()) return out;
        HedgeProblem far = problem(e_.steady, used);
        far.gross_limit_usd.reset();
        HedgeProblem near = problem(recent, used);
        near.ridge = ridge;
        near.preferred_usd = OR_TRY(minimise_variance(far)).target_usd;
        const VectorXd cheapest = OR_TRY(minimise_variance(near, near.preferred_usd)).target_usd;
        out(used) = OR_TRY(tilted(std::move(near), cheapest, used));
        return out;
    }

    /// The hedge as the cost of holding it changes it, but never far: a hedge must not become a carry trade.
    Result<VectorXd> tilted(HedgeProblem problem, const VectorXd& hedge,
                            const std::vector<Index>& used) const {
        if (t_.short_cost_per_day.size() == 0 || p_.carry_tilt <= 0) return hedge;
        const VectorXd room = p_.carry_tilt * hedge.cwiseAbs();
        // What a short is paid instead is no reason to be long.
        const VectorXd cost = t_.short_cost_per_day(used);
        problem.borrow = cost.cwiseMax(0.0);
        problem.funding = (-cost).cwiseMax(0.0);
        problem.lower_usd = problem.lower_usd.cwiseMax(hedge - room);
        problem.upper_usd = problem.upper_usd.cwiseMin(hedge + room);
        return OR_TRY(minimise_variance(problem, hedge)).target_usd;
    }

    /// Keeps the target, and how fast it moves away from one left alone: the squared change per day, floored.
    void remember(const VectorXd& before, const VectorXd& found) {
        const double floor = 1e-4 * t_.exposure_usd.cwiseAbs().sum();
        // Between two bars nothing new is known, and a round a second is no measure of a day.
        if (m_.noted != TimePoint{} && m_.last_bar <= m_.noted) return;
        if (m_.noted != TimePoint{} && !before.isZero(0)) {
            const std::chrono::duration<double> passed = t_.now - m_.noted;
            const double keep = std::exp2(-passed / p_.wander_half_life);
            const VectorXd left_alone = before.cwiseProduct(vector_of(m_.drift));
            const VectorXd rate = (found - left_alone).array().square() / Days(passed).count();
            const VectorXd old = vector_of(m_.wander);
            m_.wander = values_of(m_.wander_known ? VectorXd(keep * old + (1 - keep) * rate) : rate);
            m_.wander_known = true;
        }
        for (std::size_t k = 0; k < m_.wander.size(); ++k) {
            const double least = std::max(0.005 * std::abs(found[static_cast<Index>(k)]), floor);
            m_.wander[k] = std::max(m_.wander[k], least * least);
        }
        m_.exposure_usd = values_of(t_.exposure_usd);
        m_.value_usd = t_.value_usd;
        m_.target_usd = values_of(found);
        m_.noted = t_.now;
        std::fill(m_.drift.begin(), m_.drift.end(), 1.0);
    }

    void start_watch() {
        Watch watch(watch_params(p_, t_.value_usd), std::move(m_.watch));
        const VectorXd target = vector_of(m_.target_usd);
        if ((!watch.awake() || watch.needs_start()) && !target.isZero(0)) {
            const auto after = watch.needs_start() ? watch.state().last_alarm : std::nullopt;
            const auto y = past_pnl(e_.past, after, t_.exposure_usd);
            watch.start(y, past_pnl(e_.past, after, -spread_by_asset(target)));
        }
        m_.watch = watch.memory();
    }

    std::optional<double> gap(const VectorXd& hedge, double kurtosis) const {
        const auto correlation_by = [&](const MatrixXd& s) {
            const double scale = std::sqrt(t_.exposure_usd.dot(s * t_.exposure_usd) * hedge.dot(s * hedge));
            return scale > 0 ? -t_.exposure_usd.dot(s * hedge) / scale : 0;
        };
        const auto variance =
            ewma_gap_variance(p_.short_half_life / p_.bar, p_.long_half_life / p_.bar, kurtosis);
        if (!variance) return std::nullopt;
        const auto z = correlation_gap_z(correlation_by(e_.recent), correlation_by(e_.steady), *variance);
        return z ? std::optional(*z) : std::nullopt;
    }

    void ask_gate(HedgeWish& out, double unhedged) const {
        if (!out.quality) {
            out.gate_open = !p_.gate;
            return;
        }
        const VectorXd change = out.target_usd - t_.held_usd;
        const double cost = t_.cost_per_usd.dot(change.cwiseAbs()) +
                            t_.gas_usd * static_cast<double>((change.array() != 0).count());
        out.gate = hedge_gate(out.quality->interval, unhedged, cost,
                              {.risk_aversion = gamma_,
                               .min_variance_reduction = p_.min_variance_removed,
                               .hold = p_.hold_days});
        out.gate_open = !p_.gate || out.gate.open;
    }

    /// The holding that the state of the world, the gate and the band leave of the target.
    Result<void> react(HedgeWish& out) {
        switch (m_.watch.state.regime) {
            case Regime::calm: return answer(out, Reaction::alert);
            case Regime::vol_stress: return answer(out, p_.on_vol_stress);
            case Regime::decorr: return answer(out, p_.on_decorrelated);
            case Regime::broken: return answer(out, p_.on_broken);
            case Regime::shock:
            case Regime::blind: out.frozen = true; return {};
        }
        return {};
    }

    Result<void> answer(HedgeWish& out, Reaction reaction) {
        switch (reaction) {
            case Reaction::alert: {
                m_.slice_from_usd.clear();
                m_.substitute.clear();
                // A closed gate keeps a hedge from being opened; one that is held is kept in shape.
                if (!out.gate_open && t_.held_usd.isZero(0)) return {};
                out.hold_usd = OR_TRY(towards(out, out.target_usd, m_.members));
                return {};
            }
            case Reaction::shrink: return shrink(out);
            case Reaction::switch_proxy: return substitute(out, /*reserves=*/false);
            case Reaction::fall_back: return substitute(out, /*reserves=*/true);
            case Reaction::freeze: out.frozen = true; return {};
            case Reaction::unwind:
                out.unwinding = true;
                out.target_usd.setZero();
                out.hold_usd = sliced(out.target_usd, std::chrono::hours{2});
                return {};
        }
        return {};
    }

    /// As much of a hedge refitted to the last days as the lower end of its interval supports.
    Result<void> shrink(HedgeWish& out) {
        const auto found = minimum(e_.alarmed, p_.alarmed_ridge, m_.members);
        if (!found) {
            out.no_estimate = found.error().what;
            return {};
        }
        out.target_usd = supported(quality(p_.alarmed_half_life, *found)) * *found;
        const VectorXd wanted = OR_TRY(towards(out, out.target_usd, m_.members));
        out.hold_usd = sliced(wanted, std::chrono::minutes{15});
        // More of a leg may be wanted as well; a gate that is shut lets none be added.
        const VectorXd less = only_reduced(wanted, t_.held_usd);
        for (Index k = 0; out.gate_open && k < wanted.size(); ++k)
            if (less[k] == t_.held_usd[k]) out.hold_usd[k] = wanted[k];
        return {};
    }

    static double supported(const std::optional<HedgeQuality>& quality) {
        const bool sure = quality && quality->interval.correlation > 0;
        return sure ? decorrelated_share(quality->interval.low, quality->interval.correlation) : 0.0;
    }

    /// The same with the instruments that the last days choose, for as long as the state lasts. The watch
    /// goes on watching the usual ones: it is their relationship that has to come back.
    Result<void> substitute(HedgeWish& out, bool reserves) {
        m_.substitute = OR_TRY(chosen(e_.alarmed, m_.substitute, reserves));
        const auto found = minimum(e_.alarmed, p_.alarmed_ridge, m_.substitute);
        if (!found) {
            out.no_estimate = found.error().what;
            return {};
        }
        const double unhedged = t_.exposure_usd.dot(e_.alarmed * t_.exposure_usd);
        out.quality = quality(p_.alarmed_half_life, *found);
        // The asset itself leaves nothing to be unsure of, and so no interval.
        const bool exact = unhedged > 0 && left(e_.alarmed, *found) <= 1e-9 * unhedged;
        out.target_usd = (exact ? 1.0 : supported(out.quality)) * *found;
        note_effect(out, e_.alarmed, unhedged);
        ask_gate(out, unhedged);
        out.gate_open = out.gate_open || exact;
        const VectorXd wanted = OR_TRY(towards(out, out.target_usd, m_.substitute));
        // One leg for another may go at once; less of everything goes in slices.
        out.hold_usd = out.gate_open ? wanted : sliced(wanted, std::chrono::minutes{15});
        return {};
    }

    /// The way to a smaller holding in slices, so that no verdict empties a hedge in one step.
    VectorXd sliced(const VectorXd& wanted, std::chrono::seconds apart) {
        if (m_.slice_from_usd.size() != static_cast<std::size_t>(t_.held_usd.size())) {
            m_.slice_from_usd = values_of(t_.held_usd);
            m_.slice_since = t_.now;
        }
        constexpr int kSlices = 4;
        VectorXd out = t_.held_usd;
        for (Index k = 0; k < out.size(); ++k) {
            const double from = m_.slice_from_usd[static_cast<std::size_t>(k)];
            out[k] = Slices{from, wanted[k], m_.slice_since, apart, kSlices}.at(t_.now);
        }
        return only_reduced(out, t_.held_usd);
    }

    /// What to hold on the way to a target: as the band says, or the target itself.
    Result<VectorXd> towards(HedgeWish& out, const VectorXd& target,
                             const std::vector<std::uint8_t>& members) const {
        if (!p_.band) return target;
        ApproachInputs in;
        in.covariance = e_.recent;
        in.instruments = t_.instruments;
        in.target_usd = target;
        in.held_usd = t_.held_usd;
        in.cost_per_usd = t_.cost_per_usd;
        in.target_variance_rate = vector_of(m_.wander);
        if (t_.gamma_variance_rate.size() > 0)
            in.target_variance_rate = in.target_variance_rate.cwiseMax(t_.gamma_variance_rate);
        in.lower_usd = t_.lower_usd;
        in.upper_usd = t_.upper_usd;
        in.member.resize(t_.instruments.size());
        for (std::size_t k = 0; k < t_.instruments.size(); ++k) {
            in.member[k] = members[k] != 0;
            if (members[k] != 0) continue;
            in.lower_usd[static_cast<Index>(k)] = 0;
            in.upper_usd[static_cast<Index>(k)] = 0;
        }
        in.gross_limit_usd = t_.gross_limit_usd;
        in.gas_usd = t_.gas_usd;
        in.risk_aversion = gamma_;
        in.trades_per_day_max = t_.trades_per_day_max;
        in.min_trade_usd = t_.min_trade_usd;
        out.approach = OR_TRY(approach_target(in));
        return out.approach->goal_usd;
    }

    HedgeMemory& m_;
    const HedgeTask& t_;
    const Estimates& e_;
    const PipelineParams& p_;
    double gamma_;
    Index assets_;
};

/// A memory of other assets or instruments says nothing about these; what the state of the world was stays.
void fit(HedgeMemory& memory, const HedgeTask& task, const PipelineParams& params) {
    const auto bar = std::chrono::round<std::chrono::seconds>(params.bar);

    std::vector<std::size_t> instruments;
    for (const Index i : task.instruments) instruments.push_back(static_cast<std::size_t>(i));
    const auto assets = static_cast<std::size_t>(task.exposure_usd.size());
    if (memory.instruments != instruments || memory.exposure_usd.size() != assets || memory.bar != bar) {
        HedgeMemory fresh;
        fresh.last_bar = memory.last_bar;
        fresh.bar = bar;
        fresh.watch.state = memory.watch.state;
        fresh.target_usd.assign(instruments.size(), 0);
        fresh.members.assign(instruments.size(), 0);
        fresh.wander.assign(instruments.size(), 0);
        fresh.drift.assign(instruments.size(), 1);
        fresh.instruments = std::move(instruments);
        fresh.exposure_usd = values_of(task.exposure_usd);
        fresh.value_usd = task.value_usd;
        memory = std::move(fresh);
    }
}

}  // namespace

std::string_view to_string(Reaction reaction) {
    switch (reaction) {
        case Reaction::alert: return "alert";
        case Reaction::shrink: return "shrink";
        case Reaction::switch_proxy: return "switch";
        case Reaction::fall_back: return "fall-back";
        case Reaction::freeze: return "freeze";
        case Reaction::unwind: return "unwind";
    }
    return "?";
}

Result<std::string> learn_bar(HedgeMemory& memory, const LearntBar& bar, const ReturnPanel& past,
                              const PipelineParams& params) {
    if (!bar.log_returns.allFinite()) return fail(Errc::decode, "a return is not a finite number");
    memory.last_bar = bar.end;
    if (memory.exposure_usd.size() != static_cast<std::size_t>(bar.log_returns.size()) ||
        memory.bar != std::chrono::round<std::chrono::seconds>(params.bar))
        return std::string();  // nothing has been decided yet
    for (std::size_t k = 0; k < memory.instruments.size(); ++k) {
        const double r = bar.log_returns[static_cast<Index>(memory.instruments[k])];
        memory.drift[k] *= std::exp(r) / bar.growth;
    }
    Watch watch(watch_params(params, memory.value_usd), std::move(memory.watch));
    Result<std::string> changed = std::string();
    if (params.watch && watch.awake()) {
        const VectorXd exposure = vector_of(memory.exposure_usd);
        const VectorXd target = vector_of(memory.target_usd);
        const VectorXd hedge = by_asset(target, memory.instruments, exposure.size());
        const auto ask = [&] {
            const auto over = [&](std::chrono::duration<double> half_life) {
                return interval_of(
                    quality_of(past, exposure, hedge, target, half_life, params.drift_inflation));
            };
            return Quality{over(params.alarmed_half_life), over(params.short_half_life)};
        };
        changed = watch.add(
            {bar.end, exposure.dot(bar.log_returns), -hedge.dot(bar.log_returns), bar.prices_confirmed}, ask);
    }
    memory.watch = watch.memory();
    if (changed && !changed->empty()) memory.slice_from_usd.clear();
    return changed;
}

Result<HedgeWish> wish_hedge(HedgeMemory& memory, const HedgeTask& task, const Estimates& estimates,
                             const PipelineParams& params) {
    const auto k = std::ssize(task.instruments);
    if (task.held_usd.size() != k || task.lower_usd.size() != k || task.upper_usd.size() != k ||
        task.cost_per_usd.size() != k || (!task.reserve.empty() && std::ssize(task.reserve) != k))
        return fail(Errc::config, "holdings, limits and costs are not of the same instruments");
    if (!(task.value_usd > 0) || !task.exposure_usd.allFinite() || !task.held_usd.allFinite())
        return fail(Errc::decode, "the position's value, exposure or hedge is not a usable number");
    fit(memory, task, params);
    return Decider(memory, task, estimates, params).decide();
}

}  // namespace outrigger
