// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/pipeline_rule.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "chain/base/assert.hpp"
#include "hedge/band.hpp"
#include "hedge/gate.hpp"
#include "hedge/min_variance.hpp"
#include "hedge/sparse_selection.hpp"
#include "hedge/study/memory.hpp"
#include "hedge/study/watch.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class PipelineRule final : public HedgeRule {
  public:
    PipelineRule(const PipelineParams& params, VectorXd exposure_usd, double value_usd,
                 std::vector<Index> instruments)
        : p_(params),
          bars_per_day_(std::chrono::duration<double>(86400) / params.bar),
          exposure_(std::move(exposure_usd)),
          value_(value_usd),
          instruments_(std::move(instruments)),
          gamma_(params.relative_risk_aversion / value_usd),
          short_(params.short_half_life),
          long_(params.long_half_life),
          alarmed_(params.alarmed_half_life),
          past_(kRemembered),
          watch_(watch_params(params, value_usd)),
          target_(VectorXd::Zero(std::ssize(instruments_))),
          wander_(VectorXd::Zero(std::ssize(instruments_))),
          drift_(VectorXd::Ones(std::ssize(instruments_))),
          loading_(MatrixXd::Zero(exposure_.size(), std::ssize(instruments_))) {
        for (std::size_t k = 0; k < instruments_.size(); ++k)
            loading_(instruments_[k], static_cast<Index>(k)) = 1;
    }

    Result<void> learn(const StudyBar& bar) override {
        if (!bar.returns.allFinite() || (bar.returns.array() <= -1).any())
            return fail(Errc::decode, "a return is not one of a positive price");
        const VectorXd r = bar.returns.array().log1p();
        note_drift(bar.returns);
        if (p_.watch && watch_.awake()) OR_TRY(watch(bar.end, r));
        // What happened inside a gap is no bar: it ages the estimates and teaches them nothing.
        if (bar.after_gap) return {};
        short_.add(bar.end, r);
        long_.add(bar.end, r);
        alarmed_.add(bar.end, r);
        past_.add(bar.end, r);
        return {};
    }

    Result<Wish> decide(const Moment& moment) override {
        Wish out{moment.held_usd, target_, {}};
        out.notes.event = std::exchange(event_, {});
        out.notes.regime = watch_.state().regime;
        if (past_.size() < p_.min_bars) return out;
        const MatrixXd daily = short_.covariance(p_.constant_correlation) * bars_per_day_;
        const MatrixXd steady = long_.covariance(p_.constant_correlation) * bars_per_day_;
        if (!(exposure_.dot(daily * exposure_) > 0)) return out;  // nothing moves: there is nothing to hedge
        OR_TRY(choose(steady));
        const auto before = target_;
        const auto found = minimum(daily, steady, p_.ridge);
        if (!found) {  // not to be told apart, or no such limits: hold, and say so
            out.notes.event += found.error().what;
            return out;
        }
        target_ = *found;
        note_wander(moment, before);
        if (p_.watch && (!watch_.awake() || watch_.needs_start())) start_watch();
        out.target_usd = target_;
        const auto quality = quality_of(p_.short_half_life, target_);
        if (quality) {
            out.notes.correlation = quality->correlation;
            out.notes.correlation_low = quality->low;
            out.notes.correlation_high = quality->high;
        }
        const bool open = !p_.gate || gate_open(quality, daily, moment.held_usd);
        out.notes.gate_open = open;
        OR_TRY(react(out, moment, daily, open));
        return out;
    }

  private:
    static constexpr std::size_t kRemembered = 1344;  // eight short half-lives: what is older hardly counts

    static WatchParams watch_params(const PipelineParams& params, double value_usd) {
        WatchParams out;
        out.regime.min_variance_removed = params.min_variance_removed;
        out.realised_breaks = params.alarm == Reaction::shrink;
        out.loss_limit_usd = params.loss_limit * value_usd;
        return out;
    }

    /// The bar's P&L of the exposure and of minus its hedge, as they stood before it.
    Result<void> watch(TimePoint now, const VectorXd& r) {
        const double y = exposure_.dot(r);
        const double g = -(loading_ * target_).dot(r);
        const auto ask = [&] {
            return Quality{quality_of(p_.alarmed_half_life, target_),
                           quality_of(p_.short_half_life, target_)};
        };
        const std::string event = OR_TRY(watch_.add(now, y, g, ask));
        if (event.empty()) return {};
        event_ += (event_.empty() ? "" : "; ") + event;
        unwind_from_.reset();
        return {};
    }

    void start_watch() {
        if (target_.isZero(0)) return;
        const MatrixXd rows = past_.in_order(watch_.needs_start() ? watch_.state().last_alarm : std::nullopt);
        const VectorXd y = rows * exposure_;
        const VectorXd g = -rows * (loading_ * target_);
        watch_.start({y.data(), static_cast<std::size_t>(y.size())},
                     {g.data(), static_cast<std::size_t>(g.size())});
    }

    std::optional<CorrelationInterval> quality_of(std::chrono::duration<double> half_life,
                                                  const VectorXd& hedge) const {
        const auto members = static_cast<std::size_t>((hedge.array() != 0).count());
        const auto quality = hedge_quality(past_.panel(), exposure_, loading_ * hedge,
                                           past_.weights(half_life), members, p_.drift_inflation);
        return quality ? std::optional(quality->interval) : std::nullopt;
    }

    bool gate_open(const std::optional<CorrelationInterval>& quality, const MatrixXd& daily,
                   const VectorXd& held) const {
        if (!quality) return false;
        const VectorXd change = target_ - held;
        const double cost = p_.cost_ratio * change.cwiseAbs().sum() +
                            p_.gas_usd * static_cast<double>((change.array() != 0).count());
        return hedge_gate(*quality, exposure_.dot(daily * exposure_), cost,
                          {.risk_aversion = gamma_,
                           .min_variance_reduction = p_.min_variance_removed,
                           .hold = p_.hold_days})
            .open;
    }

    /// Which instruments to use: all, or a few chosen on what lasts: an instrument is not for a week.
    Result<void> choose(const MatrixXd& steady) {
        if (p_.legs == 0 || instruments_.size() <= p_.legs) {
            members_.assign(instruments_.size(), true);
            return {};
        }
        std::vector<Index> current;
        for (std::size_t k = 0; k < members_.size(); ++k)
            if (members_[k]) current.push_back(instruments_[k]);
        const auto choice = OR_TRY(choose_instruments(steady, exposure_, instruments_, current,
                                                      {.legs = p_.legs,
                                                       .min_gain = p_.min_gain,
                                                       .risk_aversion = gamma_,
                                                       .hold = p_.hold_days,
                                                       .cost_per_usd = p_.cost_ratio,
                                                       .fixed_cost_usd = p_.gas_usd}));
        members_.assign(instruments_.size(), false);
        for (std::size_t k = 0; k < instruments_.size(); ++k) {
            members_[k] = std::find(choice.members.begin(), choice.members.end(), instruments_[k]) !=
                          choice.members.end();
        }
        return {};
    }

    /// Positions of the instruments in use, and of those still held.
    std::vector<Index> legs(const VectorXd& held) const {
        std::vector<Index> out;
        for (std::size_t k = 0; k < instruments_.size(); ++k)
            if (members_[k] || held[static_cast<Index>(k)] != 0) out.push_back(static_cast<Index>(k));
        return out;
    }

    HedgeProblem problem(const MatrixXd& daily, const std::vector<Index>& legs) const {
        HedgeProblem out;
        out.covariance = daily;
        out.exposure_usd = exposure_;
        out.loading = loading_(Eigen::all, legs);
        out.risk_aversion = gamma_;
        const double limit = p_.max_gross * exposure_.cwiseAbs().sum();
        out.upper_usd = VectorXd::Constant(std::ssize(legs), limit);
        for (std::size_t i = 0; i < legs.size(); ++i)
            if (!members_[static_cast<std::size_t>(legs[i])]) out.upper_usd[static_cast<Index>(i)] = 0;
        out.lower_usd = -out.upper_usd;
        out.gross_limit_usd = limit;
        return out;
    }

    VectorXd spread(const VectorXd& by_leg, const std::vector<Index>& legs) const {
        VectorXd out = VectorXd::Zero(std::ssize(instruments_));
        out(legs) = by_leg;
        return out;
    }

    /// The hedge of least variance, drawn to what it would be in the long run.
    Result<VectorXd> minimum(const MatrixXd& recent, const MatrixXd& steady, double ridge) const {
        const auto used = legs(VectorXd::Zero(std::ssize(instruments_)));
        if (used.empty()) return VectorXd(VectorXd::Zero(std::ssize(instruments_)));
        HedgeProblem far = problem(steady, used);
        far.gross_limit_usd.reset();
        HedgeProblem near = problem(recent, used);
        near.ridge = ridge;
        near.preferred_usd = OR_TRY(minimise_variance(far)).target_usd;
        return spread(OR_TRY(minimise_variance(near, near.preferred_usd)).target_usd, used);
    }

    /// How fast the wanted hedge moves away from one left alone: the squared change per day, floored.
    void note_wander(const Moment& moment, const VectorXd& before) {
        const double floor = 1e-4 * exposure_.cwiseAbs().sum();
        if (moment.now > decided_ && decided_ != TimePoint{} && !before.isZero(0)) {
            const std::chrono::duration<double> passed = moment.now - decided_;
            const double keep = std::exp2(-passed / p_.wander_half_life);
            const VectorXd drifted = before.array() * drift_.array();
            const VectorXd rate = (target_ - drifted).array().square() * (86400.0 / passed.count());
            wander_ = wander_known_ ? VectorXd(keep * wander_ + (1 - keep) * rate) : rate;
            wander_known_ = true;
        }
        for (Index k = 0; k < wander_.size(); ++k) {
            const double least = std::max(0.005 * std::abs(target_[k]), floor);
            wander_[k] = std::max(wander_[k], least * least);
        }
        decided_ = moment.now;
        drift_.setOnes();
    }

    /// What a hedge left alone becomes, as a share of the position.
    void note_drift(const VectorXd& returns) {
        const double growth = 1 + exposure_.dot(returns) / value_;
        for (std::size_t k = 0; k < instruments_.size(); ++k)
            drift_[static_cast<Index>(k)] *= (1 + returns[instruments_[k]]) / growth;
    }

    /// The holding that the state of the world, the gate and the band leave of the target.
    Result<void> react(Wish& out, const Moment& moment, const MatrixXd& daily, bool open) {
        // A closed gate keeps a hedge from being opened; one that is held is kept in shape.
        const bool may_trade = open || !moment.held_usd.isZero(0);
        switch (watch_.state().regime) {
            case Regime::decorr:
                if (p_.alarm == Reaction::shrink) return shrink(out, moment, daily, open);
                [[fallthrough]];
            case Regime::calm:
            case Regime::vol_stress:
                if (may_trade) out.hold_usd = OR_TRY(towards(target_, moment.held_usd, daily, out.notes));
                return {};
            case Regime::broken: unwind(out, moment); return {};
            case Regime::shock:
            case Regime::blind: return {};  // hold
        }
        return {};
    }

    /// As much of a hedge refitted to the last days as the lower end of its interval supports.
    Result<void> shrink(Wish& out, const Moment& moment, const MatrixXd& daily, bool open) const {
        const MatrixXd recent = alarmed_.covariance(p_.constant_correlation) * bars_per_day_;
        const MatrixXd steady = long_.covariance(p_.constant_correlation) * bars_per_day_;
        const auto found = minimum(recent, steady, p_.alarmed_ridge);
        if (!found) return {};  // hold
        const auto quality = quality_of(p_.alarmed_half_life, *found);
        const bool sure = quality && quality->correlation > 0;
        out.target_usd = (sure ? decorrelated_share(quality->low, quality->correlation) : 0.0) * *found;
        const VectorXd wanted = OR_TRY(towards(out.target_usd, moment.held_usd, daily, out.notes));
        out.hold_usd = open ? wanted : reduced(wanted, moment.held_usd);
        return {};
    }

    /// In slices, so that no verdict empties a hedge in one step.
    void unwind(Wish& out, const Moment& moment) {
        if (!unwind_from_) unwind_from_ = std::pair{moment.held_usd, moment.now};
        const auto& [from, start] = *unwind_from_;
        for (Index k = 0; k < from.size(); ++k)
            out.hold_usd[k] = Slices{from[k], 0, start, std::chrono::hours{2}, 4}.at(moment.now);
        out.target_usd.setZero();
        out.hold_usd = reduced(out.hold_usd, moment.held_usd);
    }

    /// Only what makes a leg smaller.
    static VectorXd reduced(const VectorXd& wanted, const VectorXd& held) {
        VectorXd out = held;
        for (Index k = 0; k < held.size(); ++k) {
            const double least = std::min(held[k], 0.0);
            const double most = std::max(held[k], 0.0);
            out[k] = std::clamp(wanted[k], least, most);
        }
        return out;
    }

    /// What to hold on the way to a target: the calibrated problem of methods F.4, or the target itself.
    Result<VectorXd> towards(const VectorXd& target, const VectorXd& held, const MatrixXd& daily,
                             Notes& notes) const {
        if (!p_.band) return target;
        const auto used = legs(held);
        double horizon = 0;
        double gas = 0;
        double trigger = 0;
        double members = 0;
        for (const Index k : used) {
            const auto asset = instruments_[static_cast<std::size_t>(k)];
            if (!members_[static_cast<std::size_t>(k)] || !(daily(asset, asset) > 0)) continue;
            const BandInputs inputs{.risk_aversion = gamma_,
                                    .variance = daily(asset, asset),
                                    .target_variance_rate = wander_[k],
                                    .gas_usd = p_.gas_usd,
                                    .cost_ratio = p_.cost_ratio};
            const Band band = OR_TRY(rebalance_band(inputs));
            const BandCalibration calibration = calibrate(band, inputs);
            horizon += calibration.horizon;
            gas += calibration.gas_usd;
            trigger += band.trigger_usd;
            members += 1;
        }
        if (members == 0) return reduced(target, held);
        notes.band_usd = trigger / members;
        HedgeProblem follow = problem(daily, used);
        follow.exposure_usd = -(loading_ * target);
        follow.horizon = horizon / members;
        follow.held_usd = held(used);
        follow.cost_per_usd = VectorXd::Constant(std::ssize(used), p_.cost_ratio);
        return spread(OR_TRY(minimise_variance_with_gas(follow, gas / members)).hedge.target_usd, used);
    }

    PipelineParams p_;
    double bars_per_day_;
    VectorXd exposure_;
    double value_;
    std::vector<Index> instruments_;
    double gamma_;
    Memory short_;
    Memory long_;
    Memory alarmed_;
    Past past_;
    Watch watch_;
    VectorXd target_;
    VectorXd wander_;
    VectorXd drift_;
    bool wander_known_ = false;
    TimePoint decided_{};
    MatrixXd loading_;
    std::vector<bool> members_;
    std::optional<std::pair<VectorXd, TimePoint>> unwind_from_;
    std::string event_;
};

}  // namespace

std::unique_ptr<HedgeRule> pipeline_rule(const PipelineParams& params, VectorXd exposure_usd,
                                         double value_usd, std::vector<Index> instruments) {
    OR_ASSERT(value_usd > 0);
    return std::make_unique<PipelineRule>(params, std::move(exposure_usd), value_usd, std::move(instruments));
}

}  // namespace outrigger::study
