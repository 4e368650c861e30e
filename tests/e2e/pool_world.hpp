// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "chain/base/hex.hpp"
#include "chain/pool/registry.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger::test {

/// Pools on the local chain as the keeper reads them. All tests of a suite share one devnet. `Base` is the
/// kind of fixture: ::testing::Test, or one with a parameter.
template <class Base>
class PoolWorld : public Base {
  protected:
    using json = nlohmann::json;
    static constexpr ChainId kChain{31337};

    static void SetUpTestSuite() {
        auto started = Devnet::start();
        ASSERT_TRUE(started) << started.error().what;
        devnet = *std::move(started);
    }
    static void TearDownTestSuite() { devnet.reset(); }

    static json post(const std::string& path, const json& body) {
        auto answer = devnet->post(path, body);
        EXPECT_TRUE(answer) << path << " " << body << ": " << (answer ? "" : answer.error().what);
        return answer.value_or(json::object());
    }
    static Address address(const json& j) { return *parse_address(j.template get<std::string>()); }
    static U256 number(const json& j) { return *U256::from_decimal(j.template get<std::string>()); }
    /// The address of that name in the devnet's world.
    static Address named(const std::string& name) {
        return address(devnet->world().at("addresses").at(name));
    }
    /// One token of a pool, as the answer that made the pool describes it.
    static TokenInfo token_of(const json& pool, const char* key, const char* decimals, std::uint16_t asset) {
        return {address(pool.at(key)), pool.at(decimals).template get<std::uint8_t>(), AssetId(asset),
                "T" + std::to_string(asset)};
    }
    static TokenTable tokens_of(const json& pool, const char* first, const char* second) {
        return *TokenTable::make(
            {token_of(pool, first, "decimals0", 0), token_of(pool, second, "decimals1", 1)});
    }
    Pins pins() { return {{kChain, nodes.latest(TimePoint{}).value().block}}; }

    static inline std::unique_ptr<Devnet> devnet;
    CurlTransport transport;
    NodeSet nodes{transport, kChain, {{devnet->rpc_url()}}, any_age()};
    MulticallReader reader{{{kChain, &nodes}}};
    std::size_t compared = 0;
};

}  // namespace outrigger::test
