// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/link.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outrigger {

namespace {

std::vector<Endpoint> endpoints_of(const config::ChainSettings& chain) {
    std::vector<Endpoint> out;
    for (const auto& rpc : chain.rpc) out.push_back({rpc.url, rpc.reads(), rpc.sends(), rpc.timeout});
    return out;
}

/// With the chain's own clock there is nothing to compare a block's time with.
HeadAge head_age(const config::ChainSettings& chain) {
    if (chain.clock == config::ClockSource::chain) return {std::nullopt, std::nullopt};
    return {};
}

/// Where blocks are made faster than the clock says, as on the local chain, jumps mean nothing.
HeadRules head_rules(const config::ChainSettings& chain) {
    const bool timed = chain.clock == config::ClockSource::wall;
    return {.ethereum = chain.network.ethereum_headers,
            .block_time_s = timed ? chain.network.block_time_s : 0};
}

NodeSetOptions node_options(const config::ChainSettings& chain) {
    NodeSetOptions options;
    options.head_age = head_age(chain);
    options.head_rules = head_rules(chain);
    options.head_lag_max = chain.max_head_lag;
    if (chain.network.block_time_s > 0) {
        const auto lag_s = static_cast<double>(chain.max_head_lag.count());
        options.head_lead_max += static_cast<std::uint64_t>(lag_s / chain.network.block_time_s);
    }
    options.quorum = chain.read_quorum;
    for (const auto& rpc : chain.rpc) {
        options.hedge_after = std::min(options.hedge_after, rpc.timeout / 4);
        options.head_grace = std::min(options.head_grace, rpc.timeout / 4);
    }
    return options;
}

TrafficOptions traffic_options(const config::ChainSettings& chain) {
    TrafficOptions options;
    for (const auto& rpc : chain.rpc) options.limits[rpc.url] = {rpc.max_rps, rpc.burst};
    return options;
}

HeadTrackerOptions tracker_options(const config::ChainSettings& chain) {
    HeadTrackerOptions options;
    options.depth = chain.reorg_depth;
    options.age = head_age(chain);
    options.rules = head_rules(chain);
    return options;
}

}  // namespace

ChainLink::ChainLink(const config::ChainSettings& chain)
    : traffic_(wire_, traffic_options(chain)),
      round_deadline_(chain.round_deadline),
      nodes_(traffic_, chain.network.chain_id, endpoints_of(chain), node_options(chain)),
      heads_(tracker_options(chain)),
      reader_({{chain.network.chain_id, &nodes_}}, MulticallOptions{.multicall = chain.network.multicall3}) {}

Result<void> ChainLink::listen(const config::ChainSettings& chain, const std::function<void()>& wake) {
    for (const auto& rpc : chain.rpc) {
        if (rpc.ws.empty()) continue;
        WsOptions options;
        options.url = rpc.ws;
        auto socket = WsHeads::open(std::move(options), wake);
        if (!socket) {
            return fail(socket.error().code,
                        fmt::format("chain.rpc ws {}: {}", origin_of(rpc.ws), socket.error().what));
        }
        sockets_.push_back(*std::move(socket));
    }
    return {};
}

bool ChainLink::hears_heads() const {
    return std::any_of(sockets_.begin(), sockets_.end(), [](const auto& s) { return s->live(); });
}

Result<void> ChainLink::check_endpoints() {
    std::string problems;
    std::size_t working = 0;
    bool all_wrong = true;
    for (const auto& answer : nodes_.check_all()) {
        if (answer) {
            ++working;
            continue;
        }
        all_wrong = all_wrong && answer.error().code == Errc::config;
        problems += (problems.empty() ? "" : "; ") + answer.error().what;
    }
    if (working == 0) return fail(all_wrong ? Errc::config : Errc::transport, problems);
    return {};
}

}  // namespace outrigger
