// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/link.hpp"

#include <fmt/format.h>

namespace outrigger {

namespace {

std::vector<Endpoint> endpoints_of(const config::ChainSettings& chain) {
    std::vector<Endpoint> out;
    for (const auto& rpc : chain.rpc) out.push_back({rpc.url, rpc.reads(), rpc.sends()});
    return out;
}

/// With the chain's own clock there is nothing to compare a block's time with.
HeadAge head_age(const config::ChainSettings& chain) {
    if (chain.clock == config::ClockSource::chain) return {std::nullopt, std::nullopt};
    return {};
}

NodeSetOptions node_options(const config::ChainSettings& chain) {
    NodeSetOptions options;
    if (!chain.rpc.empty()) options.timeout = chain.rpc.front().timeout;
    options.head_age = head_age(chain);
    options.head_lag_max = chain.max_head_lag;
    options.quorum = chain.read_quorum;
    return options;
}

HeadTrackerOptions tracker_options(const config::ChainSettings& chain) {
    HeadTrackerOptions options;
    options.age = head_age(chain);
    return options;
}

}  // namespace

ChainLink::ChainLink(const config::ChainSettings& chain)
    : nodes_(transport_, chain.network.chain_id, endpoints_of(chain), node_options(chain)),
      heads_(tracker_options(chain)),
      reader_({{chain.network.chain_id, &nodes_}}, MulticallOptions{.multicall = chain.network.multicall3}) {}

Result<void> ChainLink::check_endpoints() {
    std::string problems;
    std::size_t working = 0;
    for (const auto& answer : nodes_.check_all()) {
        if (answer) {
            ++working;
            continue;
        }
        if (answer.error().code == Errc::config) return tl::unexpected(answer.error());
        problems += (problems.empty() ? "" : "; ") + answer.error().what;
    }
    if (working == 0) return fail(Errc::transport, problems);
    return {};
}

}  // namespace outrigger
