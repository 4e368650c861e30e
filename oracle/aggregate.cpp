// SPDX-License-Identifier: Apache-2.0
#include "oracle/aggregate.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace outrigger {
namespace {

/// 5400 -> "5,400"
std::string grouped(std::int64_t n) {
    std::string digits = fmt::format("{}", n < 0 ? -n : n);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return n < 0 ? "-" + digits : digits;
}

bool positive(double x) {
    return std::isfinite(x) && x > 0;
}

double median(std::vector<double> sorted) {
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : 0.5 * sorted[half - 1] + 0.5 * sorted[half];
}

struct Used {
    std::string name;
    Price price;
};

Result<Price> combine(const std::vector<Used>& used, double max_deviation_ratio) {
    std::vector<double> prices;
    prices.reserve(used.size());
    for (const auto& u : used) prices.push_back(u.price.usd);
    std::sort(prices.begin(), prices.end());
    const double middle = median(prices);
    const double spread = (prices.back() - prices.front()) / middle;
    if (!(spread <= max_deviation_ratio)) {
        std::string who;
        for (const auto& u : used)
            who += fmt::format("{}{} {:.6g} USD", who.empty() ? "" : ", ", u.name, u.price.usd);
        return fail(Errc::rejected, fmt::format("sources disagree by {:.2f} % (limit {:.2f} %): {}",
                                                100 * spread, 100 * max_deviation_ratio, who));
    }
    Price out = used.front().price;
    out.usd = middle;
    out.sources = static_cast<std::uint32_t>(used.size());
    for (const auto& u : used) {
        out.published = std::min(out.published, u.price.published);
        out.half_width_usd =
            std::max({out.half_width_usd, u.price.half_width_usd, std::abs(u.price.usd - middle)});
    }
    return out;
}

Result<Price> agreed(std::span<const FeedReading> readings, const AggregateLimits& limits, TimePoint now) {
    if (readings.empty())
        return fail(Errc::config, "no price source is configured; add a feed for the asset");
    const std::size_t quorum = limits.quorum == 0 ? readings.size() : limits.quorum;
    std::vector<Used> used;
    std::optional<Error> first;
    for (const auto& reading : readings) {
        auto price = usable_price(reading, limits.future_slack, now);
        if (price) {
            used.push_back({reading.name, *price});
        } else if (!first) {
            first = price.error();
        }
    }
    if (used.size() < quorum) {
        if (!first)
            return fail(Errc::config,
                        fmt::format("quorum of {} sources, but only {} configured", quorum, used.size()));
        const std::string missed = readings.size() == 1 ? ""
                                                        : fmt::format(" ({} of {} sources usable, {} needed)",
                                                                      used.size(), readings.size(), quorum);
        return fail(first->code, first->what + missed);
    }
    return combine(used, limits.max_deviation_ratio);
}

}  // namespace

Result<Price> usable_price(const FeedReading& reading, std::chrono::seconds future_slack, TimePoint now) {
    const auto& [value, as_of] = reading.price;
    if (!value) return fail(value.error().code, fmt::format("{}: {}", reading.name, value.error().what));
    const Price& p = *value;
    if (!positive(p.usd) || !std::isfinite(p.half_width_usd) || p.half_width_usd < 0) {
        return fail(Errc::decode, fmt::format("{} answered {} +- {} USD, which is no price", reading.name,
                                              p.usd, p.half_width_usd));
    }
    // Judged by the chain's clock as well as ours: a feed cannot know more than the block it was read at.
    const TimePoint latest = std::min(now, as_of.timestamp) + future_slack;
    if (p.published > latest) {
        return fail(Errc::decode, fmt::format("{} is dated {} s in the future", reading.name,
                                              grouped((p.published - latest + future_slack).count())));
    }
    if (reading.newest_known && p.published < *reading.newest_known) {
        return fail(Errc::decode,
                    fmt::format("{} went back by {} s; the node shows an older state", reading.name,
                                grouped((*reading.newest_known - p.published).count())));
    }
    const auto age = now - p.published;
    if (age > reading.max_age) {
        return fail(Errc::stale, fmt::format("{} is {} s old (limit {} s)", reading.name,
                                             grouped(age.count()), grouped(reading.max_age.count())));
    }
    return p;
}

Observed<Price> aggregate(std::span<const FeedReading> readings, const AggregateLimits& limits,
                          TimePoint now) {
    return {.value = agreed(readings, limits, now),
            .as_of = readings.empty() ? BlockRef{} : readings.front().price.as_of};
}

Result<double> pool_gap_bps(double pool_price, double usd0, double usd1) {
    if (!positive(pool_price) || !positive(usd0) || !positive(usd1)) {
        return fail(Errc::decode,
                    fmt::format("no gap between a pool price of {} and oracle prices of {} and {} USD",
                                pool_price, usd0, usd1));
    }
    return 1e4 * (std::log(pool_price) + std::log(usd1) - std::log(usd0));
}

}  // namespace outrigger
