// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/prices.hpp"

#include <fmt/format.h>

#include <cmath>

namespace outrigger {

namespace {

constexpr std::size_t kBackfillPage = 250;
constexpr std::size_t kBackfillRounds = 5000;

double usd_of(const ChainlinkFeed& feed, const Round& round) {
    return feed.to_price(round).usd;
}

/// The feed's rounds from `from` on that are not known yet, as settled ticks.
Result<std::vector<RecordedTick>> missing_rounds(BatchReader& reader, const Pins& pins,
                                                 const ChainlinkFeed& feed, TimePoint from) {
    const auto past = OR_TRY(chainlink_backfill(reader, pins, feed, from, kBackfillRounds, kBackfillPage));
    std::vector<RecordedTick> ticks;
    for (const auto& round : past.rounds)
        ticks.push_back({{round.updated_at, usd_of(feed, round)}, std::nullopt});
    return ticks;
}

}  // namespace

Result<void> PriceBook::fill(BatchReader& reader, const Pins& pins, const Market& market,
                             const std::function<void(const std::string&)>& progress) {
    const TimePoint now = pins.begin()->second.timestamp;
    const TimePoint from = now - lookback_ - bar_;
    for (std::size_t i = 0; i < market.prices.feeds.size(); ++i) {
        const auto& feed = market.prices.feeds[i];
        const auto& symbol = market.universe.symbol(feed.asset());
        const auto stored = OR_TRY(store_.load(symbol, from));
        OR_TRY(history_.add_all(feed.asset(), stored));
        // What is stored is contiguous up to its newest tick; the feed is asked for everything once, and then
        // only for what was published since.
        const TimePoint since = stored.empty() ? from : stored.back().tick.at;
        const auto rounds = missing_rounds(reader, pins, feed, since);
        if (!rounds) {
            progress(fmt::format("{}: {} stored prices; the feed's own history could not be read ({})",
                                 symbol, stored.size(), rounds.error().what));
            continue;
        }
        OR_TRY(store_.append(symbol, *rounds));
        OR_TRY(history_.add_all(feed.asset(), *rounds));
        progress(fmt::format("{}: {} stored prices, {} from the feed's rounds", symbol, stored.size(),
                             rounds->size()));
    }
    return {};
}

Result<void> PriceBook::add(const Reading& reading, const Market& market) {
    for (std::size_t i = 0; i < market.prices.feeds.size(); ++i) {
        if (!reading.prices.feeds[i]) continue;
        const auto asset = market.prices.feeds[i].asset();
        const RecordedTick tick{
            {reading.prices.feeds[i]->published, reading.prices.feeds[i]->usd},
            SeenAt{reading.head.block.chain, reading.head.block.number, reading.head.block.hash}};
        const auto changed = history_.add(asset, tick);
        if (!changed || !*changed) continue;
        OR_TRY(store_.append(market.universe.symbol(asset), std::span(&tick, 1)));
    }
    return {};
}

Result<void> PriceBook::drop_after(const BlockRef& ancestor) {
    history_.drop_after(ancestor);
    return store_.drop_after(ancestor);
}

Result<ReturnPanel> PriceBook::panel(const Market& market, TimePoint now) const {
    std::vector<PriceSeries> series;
    const TimePoint from = now - lookback_;
    for (std::size_t i = 0; i < market.prices.feeds.size(); ++i) {
        const auto asset = market.prices.feeds[i].asset();
        if (market.universe.assets.at(asset.value).is_quote) continue;
        series.push_back(history_.series(asset, market.prices.heartbeats[i], from));
    }
    return make_panel(series, {.bar = bar_, .from = from, .to = now});
}

}  // namespace outrigger
