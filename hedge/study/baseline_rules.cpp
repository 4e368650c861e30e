// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/baseline_rules.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <deque>
#include <optional>

#include "chain/base/assert.hpp"
#include "hedge/covariance.hpp"
#include "hedge/kalman_beta.hpp"

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

/// The closed form, without limits. Nothing while the instruments cannot be told apart.
VectorXd least_variance(const MatrixXd& s, const VectorXd& exposure, const std::vector<Index>& instruments) {
    constexpr double kSingular = 1e-10;
    const MatrixXd own = s(instruments, instruments);
    const VectorXd cross = (s * exposure)(instruments);
    const Eigen::LLT<MatrixXd> factor(own);
    if (factor.info() != Eigen::Success || !(factor.rcond() > kSingular)) return VectorXd::Zero(cross.size());
    return -factor.solve(cross);
}

/// Rows of a window as a panel: what they are of, and when, does not matter to an estimate of equal weights.
ReturnPanel panel_of(const std::deque<VectorXd>& window, std::chrono::seconds bar) {
    ReturnPanel panel;
    panel.bar = bar;
    panel.returns.resize(std::ssize(window), window.front().size());
    for (std::size_t t = 0; t < window.size(); ++t) {
        panel.returns.row(static_cast<Index>(t)) = window[t].transpose();
        panel.ends.push_back(TimePoint{bar * static_cast<std::int64_t>(t + 1)});
    }
    for (Index i = 0; i < panel.returns.cols(); ++i) panel.assets.emplace_back(static_cast<std::uint16_t>(i));
    return panel;
}

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
        const VectorXd hold = least_variance(OR_TRY(covariance()), moment.exposure_usd, instruments_);
        return Wish{hold, hold, {}};
    }

  private:
    static constexpr int kExactEvery = 256;  // adding and dropping rows drifts: methods C.2

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
        return OR_TRY(ledoit_wolf(panel_of(window_, bar_), Mean::estimated)).per_bar;
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

/// Any estimator over a window.
class EstimatorRule final : public HedgeRule {
  public:
    EstimatorRule(Estimator estimator, std::chrono::seconds window, std::chrono::seconds bar,
                  std::vector<Index> instruments)
        : estimator_(estimator),
          window_length_(window),
          bar_(bar),
          rows_(static_cast<std::size_t>(window / bar)),
          instruments_(std::move(instruments)) {}

    Result<void> learn(const StudyBar& bar) override {
        if (!bar.returns.allFinite()) return fail(Errc::decode, "a return is not a finite number");
        window_.emplace_back(bar.returns);
        if (window_.size() > rows_) window_.pop_front();
        return {};
    }

    Result<Wish> decide(const Moment& moment) override {
        VectorXd hold = VectorXd::Zero(moment.held_usd.size());
        if (window_.size() < rows_) return Wish{hold, hold, {}};
        // A window that an estimator can make nothing of hedges nothing.
        const auto s = estimate_covariance(estimator_, panel_of(window_, bar_), window_length_);
        if (s) hold = least_variance(s->per_bar, moment.exposure_usd, instruments_);
        return Wish{hold, hold, {}};
    }

  private:
    Estimator estimator_;
    std::chrono::seconds window_length_;
    std::chrono::seconds bar_;
    std::size_t rows_;
    std::vector<Index> instruments_;
    std::deque<VectorXd> window_;
};

/// Betas that walk at random, of the exposure's return on the instruments'.
class KalmanRule final : public HedgeRule {
  public:
    KalmanRule(VectorXd exposure, std::vector<Index> instruments)
        : share_(exposure / exposure.cwiseAbs().sum()),
          size_(exposure.cwiseAbs().sum()),
          instruments_(std::move(instruments)) {}

    Result<void> learn(const StudyBar& bar) override {
        const VectorXd x = bar.returns(instruments_);
        const double y = share_.dot(bar.returns);
        if (!filter_) {
            if (!(y * y > 0)) return {};
            const auto count = std::ssize(instruments_);
            const double sum = share_.sum();
            filter_ =
                OR_TRY(KalmanBeta::from(VectorXd::Constant(count, sum / static_cast<double>(count)), y * y));
            return {};
        }
        OR_TRY(filter_->add(y, x));
        return {};
    }

    Result<Wish> decide(const Moment& moment) override {
        VectorXd hold = VectorXd::Zero(moment.held_usd.size());
        if (filter_) hold = -size_ * filter_->beta();
        return Wish{hold, hold, {}};
    }

  private:
    VectorXd share_;
    double size_;
    std::vector<Index> instruments_;
    std::optional<KalmanBeta> filter_;
};

}  // namespace

std::unique_ptr<HedgeRule> estimator_rule(Estimator estimator, std::chrono::seconds window,
                                          std::chrono::seconds bar, std::vector<Index> instruments) {
    OR_ASSERT(bar.count() > 0 && window >= bar);
    return std::make_unique<EstimatorRule>(estimator, window, bar, std::move(instruments));
}

std::unique_ptr<HedgeRule> kalman_rule(VectorXd exposure_usd, std::vector<Index> instruments) {
    OR_ASSERT(exposure_usd.cwiseAbs().sum() > 0);
    return std::make_unique<KalmanRule>(std::move(exposure_usd), std::move(instruments));
}

std::unique_ptr<HedgeRule> fixed_rule(VectorXd shares) {
    return std::make_unique<FixedRule>(std::move(shares));
}

std::unique_ptr<HedgeRule> moments_rule(Moments moments, std::chrono::seconds window,
                                        std::chrono::seconds bar, std::vector<Index> instruments) {
    OR_ASSERT(bar.count() > 0 && window >= bar);
    return std::make_unique<MomentsRule>(moments, window, bar, std::move(instruments));
}

}  // namespace outrigger::study
