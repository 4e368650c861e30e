// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/price_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "chain/pool/gather.hpp"
#include "oracle/composed.hpp"
#include "oracle/pyth.hpp"

namespace outrigger {
namespace {

/// The opened Chainlink feed of that asset in USD, shared with who composes it; null when it has none.
std::shared_ptr<const PriceFeed> usd_feed(const PriceSources& sources, AssetId asset) {
    for (const auto& feed : sources.feeds) {
        if (feed.asset() == asset) return std::make_shared<ChainlinkFeed>(feed);
    }
    return nullptr;
}

Result<ChainlinkFeed> open_feed(BatchReader& reader, const Pins& pins, const ChainlinkSpec& spec) {
    auto opened = open_chainlink(reader, pins, spec);
    if (opened) return opened;
    return fail(opened.error().code, fmt::format("feed {}: {}", spec.name, opened.error().what));
}

Result<void> add_feed(const config::Network& network, BatchReader& reader, const Pins& pins, AssetId asset,
                      const std::string& symbol, PriceSources& out) {
    const auto* feed = network.feed(symbol);
    if (feed == nullptr) return {};
    const ChainlinkSpec spec{symbol + "/USD", network.chain_id,      feed->proxy,
                             asset,           feed->deviation_ratio, std::nullopt};
    out.feeds.push_back(OR_TRY(open_feed(reader, pins, spec)));
    out.heartbeats.push_back(feed->heartbeat);
    return {};
}

Result<void> add_composed(const config::Settings& settings, BatchReader& reader, const Pins& pins,
                          const std::set<AssetId>& assets, const Universe& universe, PriceSources& out) {
    const auto& network = settings.chain.network;
    for (const auto& entry : network.composed_feeds) {
        const auto asset = universe.find(entry.asset);
        if (!asset || assets.count(*asset) == 0) continue;
        const auto through = OR_TRY(universe.find(entry.through));
        auto quote = usd_feed(out, through);
        if (!quote) {
            OR_TRY(add_feed(network, reader, pins, through, entry.through, out));
            quote = usd_feed(out, through);
        }
        if (!quote) {
            return fail(Errc::config, fmt::format("the feed {}/{} leads to {}, which has no feed in USD",
                                                  entry.asset, entry.through, entry.through));
        }
        const ChainlinkSpec spec{fmt::format("{}/{}", entry.asset, entry.through),
                                 network.chain_id,
                                 entry.proxy,
                                 *asset,
                                 entry.deviation_ratio,
                                 std::nullopt};
        auto rate = std::make_shared<ChainlinkFeed>(OR_TRY(open_feed(reader, pins, spec)));
        out.seconds.push_back({fmt::format("{} through {}", spec.name, entry.through),
                               std::make_shared<ComposedFeed>(*asset, std::move(rate), std::move(quote)),
                               std::max(entry.heartbeat, network.feed(entry.through)->heartbeat) * 6 / 5});
    }
    return {};
}

Result<void> add_pyth(const config::Network& network, const std::set<AssetId>& assets,
                      const Universe& universe, PriceSources& out) {
    for (const auto& entry : network.pyth_prices) {
        const auto asset = universe.find(entry.asset);
        if (!asset || assets.count(*asset) == 0) continue;
        PythSpec spec{entry.asset + "/USD",      network.chain_id, *network.pyth, entry.id, *asset,
                      entry.max_confidence_ratio};
        const std::string name = spec.name + " (Pyth)";
        out.seconds.push_back(
            {name, std::make_shared<PythFeed>(OR_TRY(PythFeed::make(std::move(spec)))), entry.max_age});
    }
    return {};
}

Result<void> check_each_has_one(const PriceSources& sources, const std::set<AssetId>& assets,
                                const Universe& universe, const std::string& network) {
    for (const auto asset : assets) {
        const auto of_asset = [&](const SecondSource& s) { return s.feed->asset() == asset; };
        if (usd_feed(sources, asset) || std::any_of(sources.seconds.begin(), sources.seconds.end(), of_asset))
            continue;
        return fail(Errc::config,
                    fmt::format("no price feed of {} is configured on {}", universe.symbol(asset), network));
    }
    return {};
}

/// Nothing while the chain's prices may be used.
Result<void> sequencer_trusted(const PriceSources& sources, const PriceReadings& readings, TimePoint now) {
    if (!readings.sequencer) return {};
    const auto status = OR_TRY(*readings.sequencer);
    return sequencer_usable(status, sources.sequencer_grace, now);
}

}  // namespace

Result<PriceSources> open_price_sources(const config::Settings& settings, BatchReader& reader,
                                        const Pins& pins, const std::set<AssetId>& assets,
                                        const Universe& universe) {
    const auto& network = settings.chain.network;
    PriceSources out;
    out.sequencer = network.sequencer_uptime;
    out.sequencer_grace = settings.chain.sequencer_grace;
    out.limits.max_deviation_ratio = settings.guard.max_source_gap_ratio;
    out.limits.quorum = settings.guard.price_quorum;
    for (const auto asset : assets)
        OR_TRY(add_feed(network, reader, pins, asset, universe.symbol(asset), out));
    OR_TRY(add_composed(settings, reader, pins, assets, universe, out));
    OR_TRY(add_pyth(network, assets, universe, out));
    OR_TRY(check_each_has_one(out, assets, universe, network.name));
    return out;
}

Query<PriceReadings> read_prices(const PriceSources& sources, ChainId chain) {
    std::vector<Query<Price>> feeds;
    std::vector<Query<Price>> seconds;
    for (const auto& feed : sources.feeds) feeds.push_back(feed.latest());
    for (const auto& source : sources.seconds) seconds.push_back(source.feed->latest());
    std::vector<Query<SequencerStatus>> sequencer;
    if (sources.sequencer) sequencer.push_back(sequencer_status(chain, *sources.sequencer));
    return map(both(both(each(std::move(feeds)), each(std::move(seconds))), each(std::move(sequencer))),
               [](const auto& answers) {
                   PriceReadings out{answers.first.first, answers.first.second, std::nullopt};
                   if (!answers.second.empty()) out.sequencer = answers.second.front();
                   return out;
               });
}

PriceReadings unread_prices(const PriceSources& sources, const Error& why) {
    PriceReadings out{std::vector<Result<Price>>(sources.feeds.size(), tl::unexpected(why)),
                      std::vector<Result<Price>>(sources.seconds.size(), tl::unexpected(why)), std::nullopt};
    if (sources.sequencer) out.sequencer = Result<SequencerStatus>(tl::unexpected(why));
    return out;
}

std::map<AssetId, Observed<Price>> agreed_prices(const PriceSources& sources, const PriceReadings& readings,
                                                 const Universe& universe, const BlockRef& block,
                                                 TimePoint now,
                                                 const std::map<std::string, TimePoint>& newest) {
    std::map<AssetId, std::vector<FeedReading>> said;
    const auto known = [&](const std::string& name) {
        const auto at = newest.find(name);
        return at == newest.end() ? std::nullopt : std::optional(at->second);
    };
    for (std::size_t i = 0; i < sources.feeds.size(); ++i) {
        const auto asset = sources.feeds[i].asset();
        said[asset].push_back({sources.feeds[i].spec().name,
                               {readings.feeds[i], block},
                               universe.assets.at(asset.value).price_age_max,
                               known(sources.feeds[i].spec().name)});
    }
    for (std::size_t i = 0; i < sources.seconds.size(); ++i) {
        const auto& source = sources.seconds[i];
        said[source.feed->asset()].push_back(
            {source.name, {readings.seconds[i], block}, source.max_age, known(source.name)});
    }
    const auto trusted = sequencer_trusted(sources, readings, now);
    std::map<AssetId, Observed<Price>> out;
    for (const auto& [asset, sayings] : said) {
        out.insert_or_assign(asset, trusted ? aggregate(sayings, sources.limits, now)
                                            : Observed<Price>{tl::unexpected(trusted.error()), block});
    }
    return out;
}

}  // namespace outrigger
