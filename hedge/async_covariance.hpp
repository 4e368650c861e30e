// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "chain/base/result.hpp"
#include "hedge/returns.hpp"

/// Covariance of prices that are not published at the same moments.
///
/// Bars of such prices understate correlation, the more the shorter they are (Epps 1979). The Hayashi-Yoshida
/// sum needs no bars: every pair of returns whose intervals overlap counts. Feeds that publish because the
/// price has moved bias it slightly upwards; it is the cross-check of the bars, and what their length is
/// chosen by. Source: methods B.1 to B.5
namespace outrigger {

/// The moments at which every asset has published anew since the last one, the first of them when all have.
///
/// Errors:  Errc::stale when an asset has no tick; Errc::decode when a price is not a positive finite number
/// or
///          ticks are out of order. Of ticks with one timestamp the last counts.
/// Source:  Barndorff-Nielsen, Hansen, Lunde and Shephard (2011), J. Econometrics 162, 149-169
[[nodiscard]] Result<std::vector<TimePoint>> refresh_times(std::span<const PriceSeries> series);

/// Log returns of previous-tick prices between refresh times.
/// Shape:   as make_panel; bar is zero, the intervals differ
/// Errors:  as refresh_times; Errc::stale with fewer than two of them
[[nodiscard]] Result<ReturnPanel> refresh_panel(std::span<const PriceSeries> series);

/// The Hayashi-Yoshida covariance, one tick at a time. A value; O(N) a tick, and with no half-life exactly
/// the sum over all overlapping intervals.
class AsyncCovariance {
  public:
    /// Of so many assets; what is old halves with every half-life, or with none counts forever.
    explicit AsyncCovariance(std::size_t assets,
                             std::optional<std::chrono::duration<double>> half_life = std::nullopt);

    /// One more price. Errors: Errc::decode for an asset out of range, a price that is not positive and
    /// finite, or one older than the last of any asset; the state is then unchanged.
    Result<void> add(std::size_t asset, TimePoint at, double usd);

    /// Of the log returns so far, in all; not divided by time. Symmetric, not always positive semidefinite.
    [[nodiscard]] const Eigen::MatrixXd& total() const { return total_; }
    /// Its correlations, no closer to one than .999; zero with an asset that has not moved.
    [[nodiscard]] Eigen::MatrixXd correlation() const;

  private:
    struct Last {
        TimePoint at;
        double log_price = 0;
    };
    std::optional<std::chrono::duration<double>> half_life_;
    Eigen::MatrixXd total_;
    std::vector<std::optional<Last>> last_;
    /// snap_[k][j]: log price of j known when k last ticked.
    std::vector<std::vector<std::optional<double>>> snap_;
    std::optional<TimePoint> newest_;
};

/// All of the ticks through AsyncCovariance, in time's order.
/// Errors:  Errc::stale when an asset has fewer than two ticks; Errc::decode as refresh_times
/// Source:  Hayashi and Yoshida (2005), Bernoulli 11, 359-379
[[nodiscard]] Result<AsyncCovariance> hayashi_yoshida(
    std::span<const PriceSeries> series,
    std::optional<std::chrono::duration<double>> half_life = std::nullopt);

/// A correlation matrix made of one that is none: negative eigenvalues are clipped and the diagonal put back
/// to one. Errors: Errc::decode when it is not square, symmetric and finite
///
/// Source:  methods C.7
[[nodiscard]] Result<Eigen::MatrixXd> clipped_correlation(const Eigen::MatrixXd& matrix);

/// How a push feed publishes, and what its asset does meanwhile.
struct FeedQuiet {
    double volatility = 0;  // of the log price, per square root of a second
    double trigger = 0;     // the move that makes it publish: 0.005
    std::chrono::seconds heartbeat{0};
};

/// The standard deviation of the move that a feed has not shown yet, so long after its last update: what the
/// volatility makes of the time, and never more than a move inside the trigger can hide. Beyond the heartbeat
/// the feed is broken and only the first holds.
///
/// Pre:     age >= 0
/// Source:  methods B.5
[[nodiscard]] double unseen_move(const FeedQuiet& feed, std::chrono::seconds age);

}  // namespace outrigger
