// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "chain/base/hex.hpp"
#include "chain/pool/registry.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "keeper/shell/observer.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger::test {

/// A devnet with many positions and feeds, and the connection of a keeper that reads them all.
class Crowd {
  public:
    static constexpr ChainId kChain{31337};

    Crowd(std::size_t positions, std::size_t feeds) {
        devnet_ = must(Devnet::start());
        nodes_.push_back(std::make_unique<NodeSet>(transport_, kChain,
                                                   std::vector<Endpoint>{{devnet_->rpc_url()}}, any_age()));
        reader_ = std::make_unique<MulticallReader>(std::map<ChainId, NodeSet*>{{kChain, nodes_[0].get()}});
        ids_ = must(devnet_->post("/v3/many", {{"pool", "WETH-USDC"}, {"count", positions}}))
                   .at("ids")
                   .get<std::vector<std::uint64_t>>();
        const auto more = must(devnet_->post("/feeds/more", {{"count", feeds}}));
        tokens_ = must(TokenTable::make(
            {{named("tokens.USDC"), 6, AssetId(0), "USDC"}, {named("tokens.WETH"), 18, AssetId(1), "WETH"}}));
        pins_ = pins();
        for (const auto& feed : more) open_feed(feed);
    }

    Devnet& devnet() { return *devnet_; }
    NodeSet& nodes() { return *nodes_[0]; }
    MulticallReader& reader() { return *reader_; }
    /// The positions' NFT ids.
    const std::vector<std::uint64_t>& ids() const { return ids_; }
    /// What each feed was told to publish, in USD.
    const std::vector<double>& prices() const { return prices_; }
    Head head() { return nodes().latest(TimePoint{}).value(); }
    Pins pins() { return {{kChain, head().block}}; }

    /// What a keeper of the first so many of them would read each round.
    Market market(std::size_t positions, std::size_t feeds) {
        Market out;
        for (std::size_t i = 0; i < positions; ++i) out.pools.push_back(open_one(ids_[i]));
        const auto some = static_cast<std::ptrdiff_t>(std::min(feeds, feeds_.size()));
        out.prices.feeds.assign(feeds_.begin(), feeds_.begin() + some);
        out.prices.heartbeats.assign(out.prices.feeds.size(), std::chrono::hours{1});
        return out;
    }

  private:
    template <class T>
    static T must(Result<T> result) {
        if (!result) {
            fmt::print(stderr, "{}\n", result.error().what);
            std::abort();
        }
        return *std::move(result);
    }
    Address named(const std::string& name) const {
        return *parse_address(devnet_->world().at("addresses").at(name).get<std::string>());
    }
    void open_feed(const nlohmann::json& feed) {
        const ChainlinkSpec spec{.name = feed.at("name").get<std::string>(),
                                 .chain = kChain,
                                 .proxy = *parse_address(feed.at("proxy").get<std::string>()),
                                 .asset = AssetId(static_cast<std::uint16_t>(feeds_.size())),
                                 .deviation_ratio = 0.005,
                                 .decimals = 8};
        feeds_.push_back(must(open_chainlink(*reader_, pins_, spec)));
        prices_.push_back(feed.at("price").get<double>());
    }
    std::unique_ptr<Pool> open_one(std::uint64_t id) {
        PoolSpec spec{.kind = "uniswap-v3", .name = "nft " + std::to_string(id), .chain = kChain};
        spec.position_manager = named("v3.npm");
        spec.token_id = U256(id);
        return must(open_pool(*reader_, pins_, spec, *tokens_));
    }

    std::unique_ptr<Devnet> devnet_;
    CurlTransport transport_;
    std::vector<std::unique_ptr<NodeSet>> nodes_;
    std::unique_ptr<MulticallReader> reader_;
    std::optional<TokenTable> tokens_;
    Pins pins_;
    std::vector<std::uint64_t> ids_;
    std::vector<ChainlinkFeed> feeds_;
    std::vector<double> prices_;
};

}  // namespace outrigger::test
