// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/baseline_rules.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <deque>

#include "chain/base/assert.hpp"
#include "hedge/covariance.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class FixedRule final : public HedgeRule {
  public:
    explicit FixedRule(VectorXd shares) : shares_(std::move(shares)) {}
    Result<void> learn(const StudyBar&) override { return {}; }
    Result<Wish> decide(const Moment& moment) override {
        if (shares_.size() == 0) return Wish{VectorXd::Zero(moment.held_usd.size()), {}, {}};
        VectorXd hold = -moment.exposure_usd.sum() * shares_;
        return Wish{hold, hold, {}};
    }

  private:
    VectorXd shares_;
};

/// Sums of rows and of their outer products over a window, or decaying.
class MomentsRule final : public HedgeRule {
  public:
    MomentsRule(Moments moments, std::chrono::seconds window, std::chrono::seconds bar,
                std::vector<Index> instruments)
        : moments_(moments),
          bar_(bar),
          rows_(static_cast<std::size_t>(window / bar)),
          decay_(std::exp2(-std::chrono::duration<double>(bar) / std::chrono::duration<double>(window))),
          instruments_(std::move(instruments)) {}

    Result<void> learn(const StudyBar& bar) override {
        if (!bar.returns.allFinite()) return fail(Errc::decode, "a return is not a finite number");
        if (square_.size() == 0) clear(bar.returns.size());
        if (moments_ == Moments::ewma) {
            weight_ *= decay_;
            sum_ *= decay_;
            square_ *= decay_;
        }
        include(bar.returns, 1);
        if (moments_ == Moments::ewma) return {};
        window_.push_back(bar.returns);
        if (window_.size() > rows_) {
            include(window_.front(), -1);
            window_.pop_front();
        }
        if (++since_exact_ >= kExactEvery) recompute();
        return {};
    }

    Result<Wish> decide(const Moment& moment) override {
        const VectorXd none = VectorXd::Zero(moment.held_usd.size());
        const bool ready = moments_ == Moments::ewma ? weight_ > 0 : window_.size() == rows_;
        if (!ready) return Wish{none, none, {}};
        const MatrixXd s = OR_TRY(covariance());
        MatrixXd own(none.size(), none.size());
        VectorXd cross(none.size());
        const VectorXd with = s * moment.exposure_usd;
        for (Index i = 0; i < none.size(); ++i) {
            cross[i] = with[instruments_[static_cast<std::size_t>(i)]];
            for (Index j = 0; j < none.size(); ++j)
                own(i, j) =
                    s(instruments_[static_cast<std::size_t>(i)], instruments_[static_cast<std::size_t>(j)]);
        }
        const Eigen::LLT<MatrixXd> factor(own);
        if (factor.info() != Eigen::Success || !(factor.rcond() > kSingular)) return Wish{none, none, {}};
        const VectorXd hold = -factor.solve(cross);
        return Wish{hold, hold, {}};
    }

  private:
    static constexpr int kExactEvery = 256;  // adding and dropping rows drifts: methods C.2
    static constexpr double kSingular = 1e-10;

    void clear(Index n) {
        weight_ = 0;
        sum_ = VectorXd::Zero(n);
        square_ = MatrixXd::Zero(n, n);
    }

    void include(const VectorXd& row, double sign) {
        weight_ += sign;
        sum_ += sign * row;
        square_.noalias() += sign * row * row.transpose();
    }

    void recompute() {
        clear(sum_.size());
        for (const auto& row : window_) include(row, 1);
        since_exact_ = 0;
    }

    Result<MatrixXd> covariance() const {
        if (moments_ == Moments::ewma) return MatrixXd(square_ / weight_);
        if (moments_ == Moments::rolling_ols) {
            const VectorXd mean = sum_ / weight_;
            return MatrixXd(square_ / weight_ - mean * mean.transpose());
        }
        ReturnPanel panel;
        panel.bar = bar_;
        panel.returns.resize(std::ssize(window_), sum_.size());
        for (std::size_t t = 0; t < window_.size(); ++t) {
            panel.returns.row(static_cast<Index>(t)) = window_[t].transpose();
            panel.ends.push_back(TimePoint{bar_ * static_cast<std::int64_t>(t + 1)});
        }
        for (Index i = 0; i < sum_.size(); ++i) panel.assets.emplace_back(static_cast<std::uint16_t>(i));
        return OR_TRY(ledoit_wolf(panel, Mean::estimated)).per_bar;
    }

    Moments moments_;
    std::chrono::seconds bar_;
    std::size_t rows_;
    double decay_;
    std::vector<Index> instruments_;
    std::deque<VectorXd> window_;
    double weight_ = 0;
    VectorXd sum_;
    MatrixXd square_;
    int since_exact_ = 0;
};

}  // namespace

std::unique_ptr<HedgeRule> fixed_rule(VectorXd shares) {
    return std::make_unique<FixedRule>(std::move(shares));
}

std::unique_ptr<HedgeRule> moments_rule(Moments moments, std::chrono::seconds window,
                                        std::chrono::seconds bar, std::vector<Index> instruments) {
    OR_ASSERT(bar.count() > 0 && window >= bar);
    return std::make_unique<MomentsRule>(moments, window, bar, std::move(instruments));
}

}  // namespace outrigger::study
