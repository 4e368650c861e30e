// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "hedge/venue/registry.hpp"

/// tests/fixtures/venue/venues.json: what the real Aave, Uniswap and Perp bytecode answered, and what ethers
/// says those answers and our calls are.
namespace outrigger::venue_test {

inline const nlohmann::json& recorded() {
    static const nlohmann::json document = [] {
        std::ifstream in(OUTRIGGER_SOURCE_DIR "/tests/fixtures/venue/venues.json");
        return nlohmann::json::parse(in);
    }();
    return document;
}

inline const Address& at(std::string_view name) {
    static const auto all = [] {
        std::map<std::string, Address, std::less<>> parsed;
        for (const auto& [key, text] : recorded()["addresses"].items()) {
            parsed[key] = *parse_address(text.get<std::string>());
        }
        return parsed;
    }();
    return all.find(name)->second;
}

inline constexpr ChainId kChain{31337};
inline constexpr AssetId kUsd{0};
inline constexpr AssetId kEth{1};
inline constexpr AssetId kBtc{2};

inline TimePoint time_at(std::int64_t seconds) {
    return TimePoint(std::chrono::seconds(seconds));
}
inline TimePoint deadline() {
    static const TimePoint at_all_times = time_at(recorded()["deadline"].get<std::int64_t>());
    return at_all_times;
}

inline AaveV3Params aave_params() {
    AaveV3Params p;
    p.id = VenueId(0);
    p.name = "aave";
    p.chain = kChain;
    p.pool = at("pool");
    p.data_provider = at("data_provider");
    p.oracle = at("oracle");
    p.router = at("router");
    p.collateral = {at("usdc"), 6, "USDC", kUsd};
    BorrowToken weth;
    weth.address = at("weth");
    weth.decimals = 18;
    weth.symbol = "WETH";
    weth.asset = kEth;
    weth.swap_fee_pips = 500;
    p.tokens = {weth};
    return p;
}

inline PerpV2Params perp_params() {
    PerpV2Params p;
    p.id = VenueId(1);
    p.name = "perp";
    p.chain = kChain;
    p.clearing_house = at("clearing_house");
    p.vault = at("vault");
    p.account_balance = at("account_balance");
    p.exchange = at("exchange");
    p.market_registry = at("market_registry");
    p.collateral = {at("usdc"), 6, "USDC", kUsd};
    p.markets = {{at("base_token"), "WETH", kEth}};
    return p;
}

inline std::unique_ptr<Venue> make(const VenueSpec& spec) {
    auto venue = make_venue(std::holds_alternative<AaveV3Params>(spec) ? "aave-v3" : "perp-v2", spec);
    EXPECT_TRUE(venue.has_value()) << (venue ? "" : venue.error().what);
    return std::move(*venue);
}

inline std::unique_ptr<Venue> aave() {
    return make(aave_params());
}
inline std::unique_ptr<Venue> perp() {
    return make(perp_params());
}

inline const nlohmann::json& scene(const std::string& venue, const std::string& name) {
    for (const auto& s : recorded()["scenes"]) {
        if (s["venue"] == venue && s["name"] == name) return s;
    }
    ADD_FAILURE() << "no scene " << venue << " " << name;
    static const nlohmann::json kNone;
    return kNone;
}

/// The recorded answer of each read. A read that ethers did not encode the same way has none.
inline std::vector<Result<Bytes>> answers(const Query<VenueAccount>& query, const nlohmann::json& scene) {
    std::vector<Result<Bytes>> out;
    for (const Read& read : query.reads) {
        const auto& call = std::get<EthCall>(read);
        const auto found = scene["answers"].find(to_hex(call.to) + ":" + to_hex(call.data));
        if (found == scene["answers"].end()) {
            out.push_back(fail(Errc::reverted, "nobody asked " + to_hex(call.data)));
        } else {
            out.push_back(parse_hex(found->get<std::string>()));
        }
    }
    return out;
}

inline Result<VenueAccount> account(const Venue& venue, const nlohmann::json& scene) {
    const auto query = venue.account(*parse_address(scene["owner"].get<std::string>()));
    return query.decode(answers(query, scene));
}

inline PlanContext context(double eth_usd = 3000) {
    PlanContext c;
    c.account = at("keeper");
    c.deadline = deadline();
    c.now = c.deadline - std::chrono::seconds(120);
    c.price_usd = {{kUsd, 1.0}, {kEth, eth_usd}};
    return c;
}

inline HedgeOrder order(const Venue& venue, double delta, double limit) {
    return {venue.id(), kEth, delta, limit, deadline()};
}

inline Bytes golden(const std::string& name) {
    return *parse_hex(recorded()["calldata"][name].get<std::string>());
}

inline TxCall call(const Address& to, Bytes data) {
    return {kChain, to, 0, std::move(data), Gas{}};
}

}  // namespace outrigger::venue_test
