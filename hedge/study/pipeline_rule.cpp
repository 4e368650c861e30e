// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/pipeline_rule.hpp"

#include <utility>

#include "chain/base/assert.hpp"
#include "hedge/study/memory.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// The pipeline, told bar by bar what a study walks through.
class PipelineRule final : public HedgeRule {
  public:
    PipelineRule(const PipelineRuleParams& params, VectorXd exposure_usd, double value_usd,
                 std::vector<Index> instruments)
        : p_(params),
          bars_per_day_(std::chrono::duration<double>(86400) / params.pipeline.bar),
          short_(params.pipeline.short_half_life),
          long_(params.pipeline.long_half_life),
          alarmed_(params.pipeline.alarmed_half_life),
          past_(kRemembered) {
        const auto legs = std::ssize(instruments);
        task_.exposure_usd = std::move(exposure_usd);
        task_.value_usd = value_usd;
        task_.instruments = std::move(instruments);
        task_.gross_limit_usd = params.max_gross * task_.exposure_usd.cwiseAbs().sum();
        task_.upper_usd = VectorXd::Constant(legs, task_.gross_limit_usd);
        task_.lower_usd = -task_.upper_usd;
        task_.cost_per_usd = VectorXd::Constant(legs, params.cost_ratio);
        task_.gas_usd = params.gas_usd;
    }

    Result<void> learn(const StudyBar& bar) override {
        if (!bar.returns.allFinite() || (bar.returns.array() <= -1).any())
            return fail(Errc::decode, "a return is not one of a positive price");
        const VectorXd r = bar.returns.array().log1p();
        // The position is put back to its size: a hedge left alone drifts as a share of it.
        const double growth = 1 + task_.exposure_usd.dot(bar.returns) / task_.value_usd;
        const std::string event =
            OR_TRY(learn_bar(memory_, {bar.end, r, growth}, past_.panel(), p_.pipeline));
        if (!event.empty()) event_ += (event_.empty() ? "" : "; ") + event;
        // What happened inside a gap is no bar: it ages the estimates and teaches them nothing.
        if (bar.after_gap) return {};
        short_.add(bar.end, r);
        long_.add(bar.end, r);
        alarmed_.add(bar.end, r);
        past_.add(bar.end, r);
        return {};
    }

    Result<Wish> decide(const Moment& moment) override {
        task_.now = moment.now;
        task_.held_usd = moment.held_usd;
        Wish out{moment.held_usd, VectorXd::Zero(moment.held_usd.size()), {}};
        if (past_.size() == 0) return out;
        const auto daily = [&](const Memory& memory) {
            return MatrixXd(memory.covariance(p_.pipeline.constant_correlation) * bars_per_day_);
        };
        const Estimates estimates{past_.panel(), daily(short_), daily(long_), daily(alarmed_)};
        const HedgeWish wish = OR_TRY(wish_hedge(memory_, task_, estimates, p_.pipeline));
        out.hold_usd = wish.hold_usd;
        out.target_usd = wish.target_usd;
        out.notes.event = std::exchange(event_, {});
        out.notes.regime = wish.regime;
        if (past_.size() < p_.pipeline.min_bars) return out;
        out.notes.event += wish.no_estimate;
        out.notes.gate_open = wish.gate_open;
        if (wish.quality) {
            out.notes.correlation = wish.quality->interval.correlation;
            out.notes.correlation_low = wish.quality->interval.low;
            out.notes.correlation_high = wish.quality->interval.high;
        }
        if (wish.approach) out.notes.band_usd = wish.approach->trigger_usd;
        return out;
    }

  private:
    static constexpr std::size_t kRemembered = 1344;  // eight short half-lives: what is older hardly counts

    PipelineRuleParams p_;
    double bars_per_day_;
    HedgeTask task_;
    HedgeMemory memory_;
    Memory short_;
    Memory long_;
    Memory alarmed_;
    Past past_;
    std::string event_;
};

}  // namespace

std::unique_ptr<HedgeRule> pipeline_rule(const PipelineRuleParams& params, Eigen::VectorXd exposure_usd,
                                         double value_usd, std::vector<Index> instruments) {
    OR_ASSERT(value_usd > 0);
    return std::make_unique<PipelineRule>(params, std::move(exposure_usd), value_usd, std::move(instruments));
}

}  // namespace outrigger::study
