// SPDX-License-Identifier: Apache-2.0
#include "hedge/async_covariance.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "hedge/covariance.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct AssetTick {
    TimePoint at;
    std::size_t asset = 0;
    double usd = 0;
};

bool usable(double usd) {
    return usd > 0 && std::isfinite(usd);
}

/// One asset's ticks, each timestamp once.
Result<std::vector<PriceTick>> distinct(const PriceSeries& series) {
    std::vector<PriceTick> out;
    for (const auto& tick : series.ticks) {
        if (!usable(tick.usd)) return fail(Errc::decode, "a price is not a positive number");
        if (!out.empty() && tick.at < out.back().at) return fail(Errc::decode, "prices are out of order");
        if (!out.empty() && tick.at == out.back().at) out.pop_back();
        out.push_back(tick);
    }
    return out;
}

Result<std::vector<std::vector<PriceTick>>> all_distinct(std::span<const PriceSeries> series,
                                                         std::size_t least) {
    std::vector<std::vector<PriceTick>> out;
    for (const auto& one : series) {
        out.push_back(OR_TRY(distinct(one)));
        if (out.back().size() < least) return fail(Errc::stale, "an asset has too few prices");
    }
    if (out.empty()) return fail(Errc::stale, "there is no asset");
    return out;
}

/// The first tick after a moment, or nothing.
std::optional<TimePoint> first_after(const std::vector<PriceTick>& ticks, TimePoint t) {
    const auto found = std::upper_bound(ticks.begin(), ticks.end(), t,
                                        [](TimePoint at, const PriceTick& tick) { return at < tick.at; });
    return found == ticks.end() ? std::nullopt : std::optional(found->at);
}

/// The last price at or before a moment. Pre: there is one
double price_at(const std::vector<PriceTick>& ticks, TimePoint t) {
    return std::prev(std::upper_bound(ticks.begin(), ticks.end(), t,
                                      [](TimePoint at, const PriceTick& tick) { return at < tick.at; }))
        ->usd;
}

std::vector<TimePoint> refreshed(const std::vector<std::vector<PriceTick>>& ticks) {
    std::vector<TimePoint> out;
    TimePoint next = ticks.front().front().at;
    for (const auto& own : ticks) next = std::max(next, own.front().at);
    for (;;) {
        out.push_back(next);
        TimePoint latest = next;
        for (const auto& own : ticks) {
            const auto after = first_after(own, out.back());
            if (!after) return out;
            latest = std::max(latest, *after);
        }
        next = latest;
    }
}

}  // namespace

Result<std::vector<TimePoint>> refresh_times(std::span<const PriceSeries> series) {
    return refreshed(OR_TRY(all_distinct(series, 1)));
}

Result<ReturnPanel> refresh_panel(std::span<const PriceSeries> series) {
    const auto ticks = OR_TRY(all_distinct(series, 1));
    const auto times = refreshed(ticks);
    if (times.size() < 2) return fail(Errc::stale, "the prices have not all been published twice");
    ReturnPanel out;
    out.returns.resize(std::ssize(times) - 1, std::ssize(ticks));
    for (const auto& one : series) out.assets.push_back(one.asset);
    for (std::size_t t = 1; t < times.size(); ++t) {
        out.ends.push_back(times[t]);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            out.returns(static_cast<Index>(t) - 1, static_cast<Index>(i)) =
                std::log(price_at(ticks[i], times[t]) / price_at(ticks[i], times[t - 1]));
        }
    }
    return out;
}

AsyncCovariance::AsyncCovariance(std::size_t assets, std::optional<std::chrono::duration<double>> half_life)
    : half_life_(half_life),
      total_(MatrixXd::Zero(static_cast<Index>(assets), static_cast<Index>(assets))),
      last_(assets),
      snap_(assets, std::vector<std::optional<double>>(assets)) {}

Result<void> AsyncCovariance::add(std::size_t asset, TimePoint at, double usd) {
    if (asset >= last_.size()) return fail(Errc::decode, "there is no such asset");
    if (!usable(usd)) return fail(Errc::decode, "a price is not a positive number");
    if (newest_ && at < *newest_) return fail(Errc::decode, "prices are out of order");
    if (newest_ && half_life_)
        total_ *= std::exp2(-std::chrono::duration<double>(at - *newest_) / *half_life_);
    newest_ = at;
    const double x = std::log(usd);
    const auto k = static_cast<Index>(asset);
    if (last_[asset]) {
        const double r = x - last_[asset]->log_price;
        total_(k, k) += r * r;
        for (std::size_t j = 0; j < last_.size(); ++j) {
            if (j == asset || !last_[j] || !snap_[asset][j]) continue;
            const double c = r * (last_[j]->log_price - *snap_[asset][j]);
            total_(k, static_cast<Index>(j)) += c;
            total_(static_cast<Index>(j), k) += c;
        }
    }
    last_[asset] = Last{at, x};
    for (std::size_t j = 0; j < last_.size(); ++j) {
        if (j == asset) continue;
        if (last_[j]) snap_[asset][j] = last_[j]->log_price;
        // Two that publish at one moment saw the same past: without this each would count the other's jump
        // twice.
        if (last_[j] && (last_[j]->at == at || !snap_[j][asset])) snap_[j][asset] = x;
    }
    return {};
}

MatrixXd AsyncCovariance::correlation() const {
    constexpr double kNearest = 0.999;
    MatrixXd out = MatrixXd::Identity(total_.rows(), total_.cols());
    for (Index i = 0; i < out.rows(); ++i) {
        for (Index j = 0; j < out.cols(); ++j) {
            const double scale = std::sqrt(total_(i, i) * total_(j, j));
            if (i != j) out(i, j) = scale > 0 ? std::clamp(total_(i, j) / scale, -kNearest, kNearest) : 0;
        }
    }
    return out;
}

Result<AsyncCovariance> hayashi_yoshida(std::span<const PriceSeries> series,
                                        std::optional<std::chrono::duration<double>> half_life) {
    std::vector<AssetTick> ticks;
    const auto own = OR_TRY(all_distinct(series, 2));
    for (std::size_t i = 0; i < own.size(); ++i)
        for (const auto& tick : own[i]) ticks.push_back({tick.at, i, tick.usd});
    std::stable_sort(ticks.begin(), ticks.end(),
                     [](const AssetTick& a, const AssetTick& b) { return a.at < b.at; });
    AsyncCovariance out(series.size(), half_life);
    for (const auto& tick : ticks) OR_TRY(out.add(tick.asset, tick.at, tick.usd));
    return out;
}

Result<MatrixXd> clipped_correlation(const MatrixXd& matrix) {
    if (matrix.rows() == 0 || matrix.rows() != matrix.cols() || !matrix.allFinite() ||
        !matrix.isApprox(matrix.transpose(), 1e-12))
        return fail(Errc::decode, "only a symmetric matrix of finite numbers can become a correlation");
    constexpr double kSmallest = 1e-8;
    const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(matrix);
    const VectorXd& values = solver.eigenvalues();
    const double floor = kSmallest * values[values.size() - 1];
    if (values[0] >= floor) return correlation(matrix);
    if (!(floor > 0)) return fail(Errc::decode, "the matrix has no positive part");
    const MatrixXd lifted =
        solver.eigenvectors() * values.cwiseMax(floor).asDiagonal() * solver.eigenvectors().transpose();
    return correlation((lifted + lifted.transpose()) / 2);
}

double unseen_move(const FeedQuiet& feed, std::chrono::seconds age) {
    const double diffused = feed.volatility * std::sqrt(static_cast<double>(age.count()));
    if (age > feed.heartbeat) return diffused;
    constexpr double kPi = 3.14159265358979323846;
    const double hidden =
        feed.trigger * std::sqrt(1 - 8 / (kPi * kPi));  // a Brownian motion kept inside the trigger
    return std::min(diffused, hidden);
}

}  // namespace outrigger
