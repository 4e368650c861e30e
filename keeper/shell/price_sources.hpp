// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/settings.hpp"
#include "keeper/base/universe.hpp"
#include "oracle/aggregate.hpp"
#include "oracle/chainlink.hpp"
#include "oracle/feed.hpp"
#include "oracle/sequencer.hpp"

namespace outrigger {

/// A source of an asset's price beside its Chainlink feed in USD.
struct SecondSource {
    std::string name;  // "ETH/USD (Pyth)", for messages
    std::shared_ptr<const PriceFeed> feed;
    std::chrono::seconds max_age{0};
};

/// Where prices come from, identified on the chain once at start.
struct PriceSources {
    std::vector<ChainlinkFeed> feeds;              // at most one per asset, in USD: these have a history
    std::vector<std::chrono::seconds> heartbeats;  // index: feed
    std::vector<SecondSource> seconds;
    std::optional<Address> sequencer;  // uptime feed of an L2
    std::chrono::seconds sequencer_grace{0};
    AggregateLimits limits;
};

/// The sources of these assets that the network's description has.
/// Errors: Errc::config for an asset without any; whatever opening a feed answers
Result<PriceSources> open_price_sources(const config::Settings& settings, BatchReader& reader,
                                        const Pins& pins, const std::set<AssetId>& assets,
                                        const Universe& universe);

/// What the sources said at one block.
struct PriceReadings {
    std::vector<Result<Price>> feeds;    // index: feed
    std::vector<Result<Price>> seconds;  // index: second source
    std::optional<Result<SequencerStatus>> sequencer;
};

/// All sources in one query.
Query<PriceReadings> read_prices(const PriceSources& sources, ChainId chain);
/// The readings when nothing could be read.
PriceReadings unread_prices(const PriceSources& sources, const Error& why);

/// Each asset's price as its sources agree on it, fail closed: with too few usable sources, with sources that
/// disagree, or while the chain's sequencer is not to be trusted, there is none, and the reason says who said
/// what. A source that shows an older price than the `newest` known of it, by its name, is not usable.
/// `age_limit` is the oldest Chainlink price to believe, by asset.
std::map<AssetId, Observed<Price>> agreed_prices(const PriceSources& sources, const PriceReadings& readings,
                                                 const Universe& universe, const BlockRef& block,
                                                 TimePoint now,
                                                 const std::map<std::string, TimePoint>& newest = {});

}  // namespace outrigger
