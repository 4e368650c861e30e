// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/prices.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace outrigger {

namespace {

std::string date_of(TimePoint t) {
    return fmt::format("{:%Y-%m-%d %H:%M}", std::chrono::floor<std::chrono::minutes>(t));
}

}  // namespace

Result<void> PriceBook::fill(BatchReader& reader, const Pins& pins, const Market& market,
                             const std::function<void(const std::string&)>& progress) {
    const TimePoint now = pins.begin()->second.timestamp;
    const TimePoint from = now - lookback_ - bar_;
    for (const auto& feed : market.prices.feeds) {
        const auto& symbol = market.universe.symbol(feed.asset());
        const auto report =
            fill_from_rounds(reader, pins, feed, symbol, store_, from, {}, [&](const auto& p) {
                if (p.rounds >= FillOptions{}.page)
                    progress(fmt::format("{}: {} rounds, back to {} of {}", symbol, p.rounds,
                                         date_of(p.reached), date_of(p.goal)));
            });
        if (!report && report.error().code == Errc::storage) return tl::unexpected(report.error());
        // Also what an earlier version of the program or a file brought in.
        const auto stored = OR_TRY(store_.load(symbol, from));
        OR_TRY(history_.add_all(feed.asset(), stored));
        if (!report) {
            progress(fmt::format("{}: {} stored prices; the feed's own history could not be read ({})",
                                 symbol, stored.size(), report.error().what));
            continue;
        }
        progress(fmt::format("{}: {} prices, {} of them read now{}", symbol, stored.size(), report->rounds,
                             report->stopped.empty() ? "" : "; " + report->stopped));
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

std::vector<PriceSeries> PriceBook::series(const Market& market, TimePoint now) const {
    std::vector<PriceSeries> out;
    const TimePoint from = now - lookback_;
    for (std::size_t i = 0; i < market.prices.feeds.size(); ++i) {
        const auto asset = market.prices.feeds[i].asset();
        if (market.universe.assets.at(asset.value).is_quote) continue;
        out.push_back(history_.series(asset, market.prices.heartbeats[i], from));
    }
    return out;
}

Result<ReturnPanel> PriceBook::panel(const Market& market, TimePoint now) const {
    return make_panel(series(market, now), {.bar = bar_, .from = now - lookback_, .to = now});
}

Result<BarChoice> PriceBook::bar_choice(const Market& market, TimePoint now, const BarRule& rule) const {
    const auto prices = series(market, now);
    std::vector<std::string> names;
    for (const auto& one : prices) names.push_back(market.universe.symbol(one.asset));
    return choose_bar(prices, names, rule);
}

}  // namespace outrigger
