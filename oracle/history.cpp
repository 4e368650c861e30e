// SPDX-License-Identifier: Apache-2.0
#include "oracle/history.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace outrigger {
namespace {

bool earlier(const RecordedTick& a, const RecordedTick& b) {
    return a.tick.at < b.tick.at;
}

RecordedTick at_time(TimePoint t) {
    return {.tick = {.at = t, .usd = 0}, .seen = std::nullopt};
}

Result<void> usable(const RecordedTick& tick) {
    if (std::isfinite(tick.tick.usd) && tick.tick.usd > 0) return {};
    return fail(Errc::decode, fmt::format("a price of {} USD is not a price", tick.tick.usd));
}

/// The stronger of two pieces of evidence for the same price: none needed, then the lower block.
std::optional<SeenAt> stronger(const std::optional<SeenAt>& a, const std::optional<SeenAt>& b) {
    if (!a || !b) return std::nullopt;
    return b->number < a->number ? b : a;
}

/// Inserts a usable tick; true when that changed anything.
bool insert(std::vector<RecordedTick>& ticks, const RecordedTick& tick) {
    const auto at = std::lower_bound(ticks.begin(), ticks.end(), tick, earlier);
    if (at == ticks.end() || at->tick.at != tick.tick.at) {
        ticks.insert(at, tick);
        return true;
    }
    RecordedTick merged = tick;
    if (at->tick == tick.tick) merged.seen = stronger(at->seen, tick.seen);
    if (merged == *at) return false;
    *at = merged;
    return true;
}

}  // namespace

bool lost_in_reorg(const RecordedTick& tick, const BlockRef& ancestor) {
    if (!tick.seen || tick.seen->chain != ancestor.chain || tick.tick.at <= ancestor.timestamp) return false;
    return tick.seen->number > ancestor.number ||
           (tick.seen->number == ancestor.number && tick.seen->hash != ancestor.hash);
}

Result<bool> PriceHistory::add(AssetId asset, const RecordedTick& tick) {
    OR_TRY(usable(tick));
    return insert(by_asset_[asset], tick);
}

Result<std::size_t> PriceHistory::add_all(AssetId asset, std::span<const RecordedTick> ticks) {
    for (const auto& tick : ticks) OR_TRY(usable(tick));
    auto& known = by_asset_[asset];
    std::size_t changed = 0;
    for (const auto& tick : ticks) changed += insert(known, tick) ? 1U : 0U;
    return changed;
}

std::size_t PriceHistory::drop_after(const BlockRef& ancestor) {
    std::size_t dropped = 0;
    for (auto& [asset, ticks] : by_asset_) {
        dropped += std::erase_if(ticks, [&](const RecordedTick& t) { return lost_in_reorg(t, ancestor); });
    }
    return dropped;
}

void PriceHistory::settle(const BlockRef& finalized) {
    for (auto& [asset, ticks] : by_asset_) {
        for (auto& tick : ticks) {
            if (tick.seen && tick.seen->chain == finalized.chain && tick.seen->number <= finalized.number)
                tick.seen.reset();
        }
    }
}

void PriceHistory::trim(TimePoint from) {
    for (auto& [asset, ticks] : by_asset_) {
        const auto after = std::upper_bound(ticks.begin(), ticks.end(), at_time(from), earlier);
        if (after - ticks.begin() > 1) ticks.erase(ticks.begin(), after - 1);
    }
}

std::optional<RecordedTick> PriceHistory::newest(AssetId asset) const {
    const auto known = ticks(asset);
    if (known.empty()) return std::nullopt;
    return known.back();
}

std::span<const RecordedTick> PriceHistory::ticks(AssetId asset) const {
    const auto found = by_asset_.find(asset);
    if (found == by_asset_.end()) return {};
    return found->second;
}

PriceSeries PriceHistory::series(AssetId asset, std::chrono::seconds heartbeat, TimePoint from) const {
    const auto known = ticks(asset);
    auto begin = std::upper_bound(known.begin(), known.end(), at_time(from), earlier);
    if (begin != known.begin()) --begin;
    PriceSeries series{.asset = asset, .heartbeat = heartbeat, .ticks = {}};
    series.ticks.reserve(static_cast<std::size_t>(known.end() - begin));
    std::transform(begin, known.end(), std::back_inserter(series.ticks),
                   [](const RecordedTick& t) { return t.tick; });
    return series;
}

}  // namespace outrigger
