// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/code_pins.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "config/position_kind.hpp"

namespace outrigger {

namespace {

void add_venues(const config::Settings& settings, std::vector<ContractInUse>& out) {
    const auto& network = settings.chain.network;
    for (const auto& venue : settings.venues) {
        if (venue.kind == config::VenueKind::aave_v3 && network.aave_v3) {
            out.push_back({"Aave's pool", network.aave_v3->pool});
            out.push_back({"Aave's data provider", network.aave_v3->data_provider});
            out.push_back({"Aave's oracle", network.aave_v3->oracle});
            out.push_back({"Uniswap's router", network.uniswap_v3.router});
        }
        if (venue.kind == config::VenueKind::perp_v2 && network.perp_v2) {
            out.push_back({"Perp's clearing house", network.perp_v2->clearing_house});
            out.push_back({"Perp's vault", network.perp_v2->vault});
            out.push_back({"Perp's account balance", network.perp_v2->account_balance});
            out.push_back({"Perp's exchange", network.perp_v2->exchange});
            out.push_back({"Perp's market registry", network.perp_v2->market_registry});
        }
    }
}

void add_pools(const config::Settings& settings, std::vector<ContractInUse>& out) {
    const auto& network = settings.chain.network;
    for (const auto& position : settings.positions) {
        const auto* kind = config::position_kind(position.ref.kind);
        if (kind == nullptr) continue;
        if (const auto manager = network.address(kind->manager))
            out.push_back({"the position manager of " + position.name, *manager});
        out.push_back({"the pair of " + position.name, position.ref.pair});
        if (position.ref.kind == "uniswap-v4" && network.uniswap_v4) {
            out.push_back({"Uniswap v4's pool manager", network.uniswap_v4->pool_manager});
            out.push_back({"Uniswap v4's state view", network.uniswap_v4->state_view});
        }
    }
}

}  // namespace

std::vector<ContractInUse> contracts_in_use(const config::Settings& settings, const Market& market) {
    const auto& network = settings.chain.network;
    std::vector<ContractInUse> all;
    add_pools(settings, all);
    add_venues(settings, all);
    std::set<std::string> assets;
    for (const auto& feed : market.prices.feeds) assets.insert(market.universe.symbol(feed.asset()));
    for (const auto& feed : network.feeds) {
        if (assets.count(feed.asset) != 0) all.push_back({"the price feed of " + feed.asset, feed.proxy});
    }
    for (const auto& token : network.tokens) {
        if (assets.count(token.asset) != 0) all.push_back({"the token " + token.symbol, token.address});
    }
    if (network.pyth && !market.prices.seconds.empty()) all.push_back({"Pyth", *network.pyth});
    if (market.prices.sequencer) all.push_back({"the sequencer's uptime feed", *market.prices.sequencer});
    all.push_back({"Multicall3", network.multicall3});
    std::vector<ContractInUse> out;
    std::set<Address> seen{Address{}};  // unset: not in use
    for (auto& contract : all) {
        if (seen.insert(contract.address).second) out.push_back(std::move(contract));
    }
    return out;
}

Result<CodeHashes> read_code_hashes(BatchReader& reader, const Pins& pins,
                                    const std::vector<ContractInUse>& contracts) {
    const ChainId chain = pins.begin()->first;
    Query<std::vector<Bytes>> codes;
    for (const auto& contract : contracts) codes.reads.push_back(GetCode{chain, contract.address});
    codes.decode = [](std::span<const Result<Bytes>> answers) -> Result<std::vector<Bytes>> {
        std::vector<Bytes> out;
        for (const auto& answer : answers) out.push_back(OR_TRY(Result<Bytes>(answer)));
        return out;
    };
    const auto found = OR_TRY(reader.read(pins, codes));
    CodeHashes out;
    for (std::size_t i = 0; i < contracts.size(); ++i)
        out[to_hex(contracts[i].address)] = found[i].empty() ? "" : to_hex(keccak256(found[i]));
    return out;
}

std::optional<std::string> code_fault(const std::vector<ContractInUse>& contracts, const CodeHashes& known,
                                      const CodeHashes& seen) {
    std::string out;
    for (const auto& contract : contracts) {
        const std::string address = to_hex(contract.address);
        const std::string& now = seen.at(address);
        const auto before = known.find(address);
        if (now.empty()) {
            out += fmt::format("{}{} ({}) has no code", out.empty() ? "" : "; ", contract.name, address);
        } else if (before != known.end() && before->second != now) {
            out += fmt::format("{}the code of {} ({}) has changed: its hash was {} and is {}",
                               out.empty() ? "" : "; ", contract.name, address, before->second, now);
        }
    }
    if (out.empty()) return std::nullopt;
    return out;
}

}  // namespace outrigger
