// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/group_hedge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hedge/covariance.hpp"
#include "hedge/estimator.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// One asset that can be shorted, over all of its venues. The allowance is the positions' own: a second venue
/// or instrument is a second place for it, not a second allowance.
struct Instrument {
    AssetId asset;
    double max_usd = 0;
    double cost_ratio = 0;  // at the preferred venue
    double gas = 0;
    bool reserve = false;  // at every venue
};

struct Instruments {
    std::vector<Instrument> each;  // in order of first mention
    double gross_usd = 0;

    [[nodiscard]] const Instrument* find(AssetId asset) const {
        const auto found =
            std::find_if(each.begin(), each.end(), [&](const auto& i) { return i.asset == asset; });
        return found == each.end() ? nullptr : &*found;
    }
};

Instruments instruments_of(const Group& group) {
    Instruments out;
    for (const auto& leg : group.legs) {
        const auto known = std::find_if(out.each.begin(), out.each.end(),
                                        [&](const auto& i) { return i.asset == leg.asset; });
        if (known == out.each.end()) {
            out.each.push_back({leg.asset, leg.max_usd, leg.cost_ratio, leg.gas, leg.reserve});
        } else {
            known->max_usd = std::max(known->max_usd, leg.max_usd);
            known->reserve = known->reserve && leg.reserve;
        }
        out.gross_usd = std::max(out.gross_usd, leg.max_usd);
    }
    return out;
}

/// The panel's columns of some assets. Errors: Errc::stale when an asset has no history.
Result<ReturnPanel> columns(const ReturnPanel& panel, const std::vector<AssetId>& assets) {
    ReturnPanel out{assets, MatrixXd(panel.returns.rows(), std::ssize(assets)), panel.ends, panel.bar,
                    panel.dropped};
    for (std::size_t i = 0; i < assets.size(); ++i) {
        const auto found = std::find(panel.assets.begin(), panel.assets.end(), assets[i]);
        if (found == panel.assets.end())
            return fail(Errc::stale, "an asset of the estimate has no price history");
        out.returns.col(static_cast<Index>(i)) = panel.returns.col(found - panel.assets.begin());
    }
    return out;
}

/// The first rows of a panel.
ReturnPanel rows_before(const ReturnPanel& panel, Index count) {
    ReturnPanel out{panel.assets, panel.returns.topRows(count), {}, panel.bar, panel.dropped};
    out.ends.assign(panel.ends.begin(), panel.ends.begin() + count);
    return out;
}

struct Daily {
    MatrixXd covariance;
    double condition = 0;
    double shrinkage = 0;
};

Result<Daily> daily(const Result<Covariance>& estimate, double shrink) {
    if (!estimate) return tl::unexpected(estimate.error());
    const Covariance mixed = OR_TRY(shrink_to_constant_correlation(*estimate, shrink));
    return Daily{per_day(mixed), mixed.condition, estimate->shrinkage};
}

/// A group's problem with its assets in one order: instruments first, then what has none.
class GroupProblem {
  public:
    GroupProblem(const GroupExposure& exposure, const Group& group, const PositionParams& settings)
        : exposure_(exposure), settings_(settings), instruments_(instruments_of(group)) {
        for (const auto& i : instruments_.each) assets_.push_back(i.asset);
        for (const auto& [asset, usd] : exposure.usd)
            if (instruments_.find(asset) == nullptr) assets_.push_back(asset);
    }

    [[nodiscard]] bool possible() const { return !instruments_.each.empty(); }
    /// Every asset has an instrument of its own that is not only there to fall back to.
    [[nodiscard]] bool direct() const {
        return assets_.size() == instruments_.each.size() &&
               std::none_of(instruments_.each.begin(), instruments_.each.end(),
                            [](const Instrument& i) { return i.reserve; });
    }
    [[nodiscard]] const std::vector<AssetId>& assets() const { return assets_; }

    [[nodiscard]] HedgeTask task() const {
        HedgeTask out;
        const auto count = std::ssize(instruments_.each);
        out.now = exposure_.now;
        out.exposure_usd = VectorXd::Zero(std::ssize(assets_));
        double gross = 0;
        for (std::size_t i = 0; i < assets_.size(); ++i) {
            const auto found = exposure_.usd.find(assets_[i]);
            if (found == exposure_.usd.end()) continue;
            out.exposure_usd[static_cast<Index>(i)] = found->second;
            gross += std::abs(found->second);
        }
        out.held_usd = VectorXd::Zero(count);
        out.lower_usd = VectorXd::Zero(count);
        out.upper_usd = VectorXd::Zero(count);
        out.cost_per_usd = VectorXd::Zero(count);
        if (!exposure_.short_cost_per_day.empty()) out.short_cost_per_day = VectorXd::Zero(count);
        double gas = 0;
        for (Index k = 0; k < count; ++k) {
            const auto& instrument = instruments_.each[static_cast<std::size_t>(k)];
            out.instruments.push_back(k);
            out.reserve.push_back(instrument.reserve);
            const auto held = exposure_.held_usd.find(instrument.asset);
            if (held != exposure_.held_usd.end()) out.held_usd[k] = held->second;
            const double most =
                direct() ? instrument.max_usd : std::min(instrument.max_usd, settings_.max_abs_ratio * gross);
            out.lower_usd[k] = -most;
            out.cost_per_usd[k] = instrument.cost_ratio;
            const auto cost = exposure_.short_cost_per_day.find(instrument.asset);
            if (cost != exposure_.short_cost_per_day.end()) out.short_cost_per_day[k] = cost->second;
            gas = std::max(gas, instrument.gas);
        }
        out.gross_limit_usd = instruments_.gross_usd;
        if (!direct()) out.gross_limit_usd = std::min(out.gross_limit_usd, settings_.max_abs_ratio * gross);
        // A position that is gone has no value; what is still held for it has.
        out.value_usd = std::max({exposure_.value_usd, out.held_usd.cwiseAbs().sum(), 1.0});
        // A begun hedge is brought to the band's edge, however near that is.
        out.trades_per_day_max = exposure_.finishing ? 0 : settings_.max_trades_per_day;
        out.min_trade_usd = exposure_.finishing ? 0 : settings_.min_trade_usd;
        out.gas_usd = exposure_.finishing ? 0 : gas * exposure_.gas_unit_usd.value_or(0);
        return out;
    }

    [[nodiscard]] MatrixXd dollar_gamma() const {
        MatrixXd out = MatrixXd::Zero(std::ssize(assets_), std::ssize(assets_));
        for (std::size_t i = 0; i < assets_.size(); ++i) {
            for (std::size_t j = 0; j < assets_.size(); ++j) {
                const auto found = exposure_.dollar_gamma.find({assets_[i], assets_[j]});
                if (found != exposure_.dollar_gamma.end())
                    out(static_cast<Index>(i), static_cast<Index>(j)) = found->second;
            }
        }
        return out;
    }

    [[nodiscard]] std::map<AssetId, double> named(const VectorXd& usd) const {
        std::map<AssetId, double> out;
        for (Index k = 0; k < usd.size(); ++k)
            out[instruments_.each[static_cast<std::size_t>(k)].asset] = usd[k];
        return out;
    }

    [[nodiscard]] bool nothing_exposed() const {
        return std::all_of(exposure_.usd.begin(), exposure_.usd.end(),
                           [](const auto& e) { return e.second == 0; });
    }
    /// With nothing exposed there is nothing to estimate, and what is still held must be given back.
    [[nodiscard]] GroupHedge nothing() const {
        GroupHedge out;
        out.target_usd = named(VectorXd::Zero(std::ssize(instruments_.each)));
        out.goal_usd = out.target_usd;
        return out;
    }

    /// Every exposure has an instrument of its own: one for one, as far as the limits allow.
    [[nodiscard]] VectorXd one_for_one(const HedgeTask& task) const {
        VectorXd out = VectorXd::Zero(std::ssize(task.instruments));
        for (Index k = 0; k < out.size(); ++k)
            out[k] = std::clamp(-task.exposure_usd[k], task.lower_usd[k], 0.0);
        const double gross = out.cwiseAbs().sum();
        if (gross > task.gross_limit_usd) out *= task.gross_limit_usd / gross;
        return out;
    }

  private:
    const GroupExposure& exposure_;
    const PositionParams& settings_;
    Instruments instruments_;
    std::vector<AssetId> assets_;
};

/// How fast the wanted hedge wanders by gamma alone; nothing where that cannot be told.
VectorXd gamma_rate(const MatrixXd& covariance, const GroupProblem& problem, const HedgeTask& task) {
    const auto count = std::ssize(task.instruments);
    MatrixXd loading = MatrixXd::Zero(covariance.rows(), count);
    for (Index k = 0; k < count; ++k) loading(task.instruments[static_cast<std::size_t>(k)], k) = 1;
    const auto rate = target_variance_rate(covariance, loading, problem.dollar_gamma());
    return rate ? *rate : VectorXd();
}

/// A target is never taken to stand still: half a percent of it a day, at least.
VectorXd least_rate(const HedgeTask& task, const VectorXd& target) {
    const VectorXd step = 0.005 * target.cwiseAbs();
    return step.cwiseMax(1e-4 * task.exposure_usd.cwiseAbs().sum()).cwiseAbs2();
}

/// The band around a one-for-one hedge, from whatever price history there is. Errors: why there is none.
Result<Approach> direct_approach(const GroupProblem& problem, const GroupExposure& exposure,
                                 const HedgeTask& task, const VectorXd& target,
                                 const PositionParams& settings, const Result<ReturnPanel>& panel) {
    if (!exposure.gas_unit_usd) return fail(Errc::not_found, "the price of gas is not known");
    if (!panel) return tl::unexpected(panel.error());
    const ReturnPanel own = OR_TRY(columns(*panel, problem.assets()));
    if (own.ends.size() < settings.pipeline.min_bars)
        return fail(Errc::stale, fmt::format("the price history has {} bars of {}", own.ends.size(),
                                             settings.pipeline.min_bars));
    const Daily recent =
        OR_TRY(daily(estimate_covariance(settings.estimator, own, settings.pipeline.short_half_life), 0));
    ApproachInputs in;
    in.covariance = recent.covariance;
    in.instruments = task.instruments;
    in.target_usd = target;
    in.held_usd = task.held_usd;
    in.cost_per_usd = task.cost_per_usd;
    in.target_variance_rate = least_rate(task, target);
    const VectorXd by_gamma = gamma_rate(recent.covariance, problem, task);
    if (by_gamma.size() > 0) in.target_variance_rate = in.target_variance_rate.cwiseMax(by_gamma);
    in.lower_usd = task.lower_usd;
    in.upper_usd = task.upper_usd;
    in.gross_limit_usd = task.gross_limit_usd;
    in.gas_usd = task.gas_usd;
    in.risk_aversion = settings.pipeline.relative_risk_aversion / task.value_usd;
    in.trades_per_day_max = task.trades_per_day_max;
    in.min_trade_usd = task.min_trade_usd;
    return approach_target(in);
}

GroupHedge direct_hedge(const GroupProblem& problem, const GroupExposure& exposure,
                        const PositionParams& settings, const Result<ReturnPanel>& panel) {
    const HedgeTask task = problem.task();
    const VectorXd target = problem.one_for_one(task);
    GroupHedge out;
    out.target_usd = problem.named(target);
    out.goal_usd = out.target_usd;
    if (settings.delta_band_ratio) return out;
    auto approach = direct_approach(problem, exposure, task, target, settings, panel);
    if (!approach) {
        out.no_band = approach.error().what;
        return out;
    }
    out.goal_usd = problem.named(approach->goal_usd);
    out.approach = *std::move(approach);
    return out;
}

/// Bars that the memory does not know yet. Returns what they changed.
Result<std::string> catch_up(HedgeMemory& memory, const ReturnPanel& panel, const PipelineParams& params) {
    std::string changed;
    for (std::size_t t = 0; t < panel.ends.size(); ++t) {
        if (panel.ends[t] <= memory.last_bar) continue;
        if (memory.last_bar == TimePoint{}) {  // nothing has been decided yet: there is nothing to watch
            memory.last_bar = panel.ends.back();
            break;
        }
        const auto row = static_cast<Index>(t);
        const std::string event = OR_TRY(learn_bar(
            memory, {panel.ends[t], panel.returns.row(row).transpose()}, rows_before(panel, row), params));
        if (!event.empty()) changed += (changed.empty() ? "" : "; ") + event;
    }
    return changed;
}

/// Some exposure has no instrument: the combination of instruments that leaves the least variance.
Result<GroupHedge> cross_hedge(const GroupProblem& problem, const GroupExposure& exposure,
                               const PositionParams& settings, const ReturnPanel& panel,
                               HedgeMemory& memory) {
    PipelineParams params = settings.pipeline;
    params.bar = panel.bar;
    const ReturnPanel own = OR_TRY(columns(panel, problem.assets()));
    if (own.ends.size() < params.min_bars) {
        return fail(
            Errc::stale,
            fmt::format("the price history has {} complete bars, the estimate needs {} (model.min_bars)",
                        own.ends.size(), params.min_bars));
    }
    GroupHedge out;
    out.cross = true;
    out.regime_change = OR_TRY(catch_up(memory, own, params));
    const auto ewma = [&](std::chrono::duration<double> half_life) {
        return daily(ewma_covariance(own, {.half_life = half_life}), params.constant_correlation);
    };
    Daily recent = OR_TRY(daily(estimate_covariance(settings.estimator, own, params.short_half_life),
                                params.constant_correlation));
    HedgeTask task = problem.task();
    task.gamma_variance_rate = gamma_rate(recent.covariance, problem, task);
    params.band = !settings.delta_band_ratio && exposure.gas_unit_usd;
    out.condition = recent.condition;
    out.shrinkage = recent.shrinkage;
    const Estimates estimates{own, std::move(recent.covariance),
                              OR_TRY(ewma(params.long_half_life)).covariance,
                              OR_TRY(ewma(params.alarmed_half_life)).covariance};
    const HedgeWish wish = OR_TRY(wish_hedge(memory, task, estimates, params));
    if (!wish.no_estimate.empty()) return fail(Errc::decode, wish.no_estimate);
    out.target_usd = problem.named(wish.target_usd);
    out.goal_usd = problem.named(wish.hold_usd);
    // What a closed gate keeps from being opened is still the goal: the gate says so itself.
    if (!wish.gate_open && !wish.frozen && !wish.unwinding && task.held_usd.isZero(0))
        out.goal_usd = out.target_usd;
    out.variance_removed = wish.variance_removed;
    out.quality = wish.quality;
    out.gate = wish.gate;
    out.forecast_sd_usd = wish.forecast_sd_usd;
    out.gap_z = wish.gap_z;
    out.gate_open = wish.gate_open;
    out.regime = wish.regime;
    out.unwinding = wish.unwinding;
    out.frozen = wish.frozen;
    out.approach = wish.approach;
    if (!settings.delta_band_ratio && !exposure.gas_unit_usd) out.no_band = "the price of gas is not known";
    return out;
}

}  // namespace

Result<MatrixXd> daily_covariance(const ReturnPanel& panel, const std::vector<AssetId>& assets,
                                  const PositionParams& settings) {
    const ReturnPanel own = OR_TRY(columns(panel, assets));
    return OR_TRY(daily(estimate_covariance(settings.estimator, own, settings.pipeline.short_half_life),
                        settings.pipeline.constant_correlation))
        .covariance;
}

Result<GroupHedge> hedge_group(const GroupExposure& exposure, const Group& group,
                               const PositionParams& settings, const Result<ReturnPanel>& panel,
                               HedgeMemory& memory) {
    const GroupProblem problem(exposure, group, settings);
    if (!problem.possible()) return fail(Errc::unsupported, "no venue of this position can hold a hedge");
    if (problem.nothing_exposed()) return problem.nothing();
    if (problem.direct()) return direct_hedge(problem, exposure, settings, panel);
    if (!panel)
        return fail(panel.error().code,
                    "the cross-asset estimate needs price history: " + panel.error().what);
    return cross_hedge(problem, exposure, settings, *panel, memory);
}

}  // namespace outrigger
