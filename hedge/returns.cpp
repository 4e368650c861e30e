// SPDX-License-Identifier: Apache-2.0
#include "hedge/returns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>

namespace outrigger {
namespace {

// A limit on everything: a century of hourly bars.
constexpr std::int64_t kMaxGridPoints = 876'600;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

Result<void> check_spec(const PanelSpec& spec) {
    if (spec.bar.count() <= 0) {
        return fail(Errc::config,
                    fmt::format("the bar length must be positive, it is {} s", spec.bar.count()));
    }
    if (spec.grace.count() < 0) {
        return fail(Errc::config, fmt::format("the staleness grace is negative: {} s", spec.grace.count()));
    }
    return {};
}

Result<void> check_series(const PriceSeries& series) {
    const auto id = series.asset.value;
    if (series.heartbeat.count() < 0) {
        return fail(Errc::config,
                    fmt::format("asset {}: the heartbeat is negative: {} s", id, series.heartbeat.count()));
    }
    if (series.ticks.empty()) return fail(Errc::stale, fmt::format("asset {} has no price history", id));
    for (std::size_t i = 0; i < series.ticks.size(); ++i) {
        const PriceTick& tick = series.ticks[i];
        if (!std::isfinite(tick.usd) || tick.usd <= 0) {
            return fail(Errc::decode, fmt::format("asset {}: the price at {} is not a positive number: {}",
                                                  id, tick.at.time_since_epoch().count(), tick.usd));
        }
        if (i > 0 && tick.at < series.ticks[i - 1].at) {
            return fail(Errc::decode,
                        fmt::format("asset {}: the prices are not in order of time: {} after {}", id,
                                    tick.at.time_since_epoch().count(),
                                    series.ticks[i - 1].at.time_since_epoch().count()));
        }
    }
    return {};
}

Result<void> check_all(std::span<const PriceSeries> series) {
    if (series.empty()) return fail(Errc::config, "a return panel needs at least one asset");
    for (std::size_t i = 0; i < series.size(); ++i) {
        OR_TRY(check_series(series[i]));
        for (std::size_t j = 0; j < i; ++j) {
            if (series[j].asset == series[i].asset) {
                return fail(Errc::decode, fmt::format("asset {} appears twice", series[i].asset.value));
            }
        }
    }
    return {};
}

/// Walks one series forward in time.
class Cursor {
  public:
    Cursor(const PriceSeries& series, std::chrono::seconds grace)
        : series_(&series), age_max_(series.heartbeat + grace) {}

    /// The last price published at or before `at`, or nothing when that is too old. `at` never decreases.
    std::optional<double> fresh(TimePoint at) {
        const auto& ticks = series_->ticks;
        while (next_ < ticks.size() && ticks[next_].at <= at) ++next_;
        if (next_ == 0) return std::nullopt;
        const PriceTick& last = ticks[next_ - 1];
        if (at - last.at > age_max_) return std::nullopt;
        return last.usd;
    }

  private:
    const PriceSeries* series_;
    std::chrono::seconds age_max_;
    std::size_t next_ = 0;
};

struct Rows {
    std::vector<double> values;  // row-major
    std::vector<TimePoint> ends;
    std::size_t dropped = 0;
};

Rows collect(std::span<const PriceSeries> series, const PanelSpec& spec, std::int64_t first,
             std::int64_t last) {
    std::vector<Cursor> cursors;
    cursors.reserve(series.size());
    for (const PriceSeries& s : series) cursors.emplace_back(s, spec.grace);

    Rows rows;
    std::vector<double> before(series.size());
    std::vector<double> now(series.size());
    bool before_ok = false;
    for (std::int64_t k = first; k <= last; ++k) {
        const TimePoint at{std::chrono::seconds{k * spec.bar.count()}};
        bool ok = true;
        for (std::size_t i = 0; i < cursors.size(); ++i) {
            const auto price = cursors[i].fresh(at);
            ok = ok && price.has_value();
            now[i] = price.value_or(0);
        }
        if (ok && before_ok) {
            for (std::size_t i = 0; i < now.size(); ++i) rows.values.push_back(std::log(now[i] / before[i]));
            rows.ends.push_back(at);
        } else if (k > first) {
            ++rows.dropped;
        }
        before_ok = ok;
        std::swap(before, now);
    }
    return rows;
}

}  // namespace

Result<ReturnPanel> make_panel(std::span<const PriceSeries> series, const PanelSpec& spec) {
    OR_TRY(check_spec(spec));
    OR_TRY(check_all(series));

    TimePoint start = spec.from;
    for (const PriceSeries& s : series) start = std::max(start, s.ticks.front().at);
    const std::int64_t step = spec.bar.count();
    const std::int64_t first = -floor_div(-start.time_since_epoch().count(), step);
    const std::int64_t last = floor_div(spec.to.time_since_epoch().count(), step);
    if (last - first > kMaxGridPoints) {
        return fail(Errc::config,
                    fmt::format("{} bars of {} s are asked for, at most {} are allowed: use a later "
                                "start or a longer bar",
                                last - first, step, kMaxGridPoints));
    }

    Rows rows = collect(series, spec, first, last);
    const std::size_t have = rows.ends.size();
    if (have == 0 || have < spec.min_bars) {
        return fail(
            Errc::stale,
            fmt::format("{} complete bars of {} s, {} are needed; {} were dropped because a price was "
                        "missing or older than its heartbeat",
                        have, step, std::max<std::size_t>(spec.min_bars, 1), rows.dropped));
    }

    ReturnPanel panel;
    for (const PriceSeries& s : series) panel.assets.push_back(s.asset);
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    panel.returns = Eigen::Map<const RowMajor>(rows.values.data(), std::ssize(rows.ends), std::ssize(series));
    panel.ends = std::move(rows.ends);
    panel.bar = spec.bar;
    panel.dropped = rows.dropped;
    if (!panel.returns.allFinite()) {
        return fail(Errc::decode, "a price change between two bars is too large to be a number");
    }
    return panel;
}

}  // namespace outrigger
