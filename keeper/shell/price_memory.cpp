// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/price_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outrigger {

namespace {

/// Keeps the newest time at which each source that is read has published.
void remember(const PriceSources& sources, const PriceReadings& readings, TimePoint now,
              std::map<std::string, TimePoint>& newest) {
    const auto note = [&](const std::string& name, const Result<Price>& read) {
        if (!read || read->published > now) return;
        auto& known = newest[name];
        known = std::max(known, read->published);
    };
    for (std::size_t i = 0; i < sources.feeds.size(); ++i)
        note(sources.feeds[i].spec().name, readings.feeds[i]);
    for (std::size_t i = 0; i < sources.seconds.size(); ++i)
        note(sources.seconds[i].name, readings.seconds[i]);
}

}  // namespace

void PriceMemory::begin(const PriceHistory& history, const PriceSources& sources) {
    for (const auto& feed : sources.feeds) {
        const auto ticks = history.ticks(feed.asset());
        if (ticks.empty()) continue;
        // Judged once more, so that a price that was waiting to be confirmed still is.
        constexpr std::size_t kEnough = 100;
        PriceBand band;
        for (const auto& known : ticks.last(std::min(kEnough, ticks.size()))) {
            Price price;
            price.usd = known.tick.usd;
            price.published = known.tick.at;
            band = judge_price(band, price, 1, limits_).band;
        }
        bands_[feed.asset()] = band;
        newest_[feed.spec().name] = ticks.back().tick.at;
    }
}

std::map<AssetId, Observed<Price>> PriceMemory::believe(const PriceSources& sources,
                                                        const PriceReadings& readings,
                                                        const Universe& universe, const BlockRef& block,
                                                        TimePoint now) {
    auto prices = agreed_prices(sources, readings, universe, block, now, newest_);
    remember(sources, readings, std::min(now, block.timestamp), newest_);
    for (auto& [asset, observed] : prices) {
        if (!observed.value) continue;
        const auto& symbol = universe.symbol(asset);
        const Price price = *observed.value;
        PriceBand& band = bands_[asset];
        // The oldest of several sources may be another one than before.
        if (band.last && price.published < band.last->published) band.last->published = price.published;
        BandStep step = judge_price(band, price, price.sources, limits_);
        band = step.band;
        if (!step.price) {
            observed.value =
                fail(step.price.error().code, fmt::format("{}: {}", symbol, step.price.error().what));
        } else if (universe.assets.at(asset.value).is_quote && std::abs(price.usd - 1) > max_depeg_ratio_) {
            observed.value =
                fail(Errc::rejected, fmt::format("{} is {:.4f} USD, more than {:.2f} % off its peg "
                                                 "(guard.max_depeg_bps)",
                                                 symbol, price.usd, 100 * max_depeg_ratio_));
        }
    }
    return prices;
}

void PriceMemory::drop_after(const BlockRef& ancestor) {
    for (auto& [name, newest] : newest_) newest = std::min(newest, ancestor.timestamp);
    for (auto& [asset, band] : bands_) {
        band.waiting.reset();
        if (band.last) band.last->published = std::min(band.last->published, ancestor.timestamp);
    }
}

}  // namespace outrigger
