// SPDX-License-Identifier: Apache-2.0
// Random pairs and pools live random lives on the local chain; after every step what the keeper reads of each
// position equals, to the wei, what the contracts themselves would pay.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/pool/registry.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr ChainId kChain(31337);

struct RandomPools : ::testing::Test {
    static void SetUpTestSuite() {
        auto started = test::Devnet::start();
        ASSERT_TRUE(started) << started.error().what;
        devnet = *std::move(started);
    }
    static void TearDownTestSuite() { devnet.reset(); }

    static json post(const std::string& path, const json& body) {
        auto answer = devnet->post(path, body);
        EXPECT_TRUE(answer) << path << " " << body << ": " << (answer ? "" : answer.error().what);
        return answer.value_or(json::object());
    }
    static Address address(const json& j) { return *parse_address(j.get<std::string>()); }
    static Address named(const char* name) { return address(devnet->world().at("addresses").at(name)); }
    static U256 number(const json& j) { return *U256::from_decimal(j.get<std::string>()); }
    static NodeSetOptions any_age() {
        NodeSetOptions options;
        options.head_age = {std::nullopt, std::nullopt};
        return options;
    }
    static TokenTable tokens_of(const json& pool, const char* first, const char* second) {
        const auto token = [&](const char* key, const char* decimals, std::uint16_t asset) {
            return TokenInfo{address(pool.at(key)), pool.at(decimals).get<std::uint8_t>(), AssetId(asset),
                             "T" + std::to_string(asset)};
        };
        return *TokenTable::make({token(first, "decimals0", 0), token(second, "decimals1", 1)});
    }
    Pins pins() { return {{kChain, nodes.latest(TimePoint{}).value().block}}; }

    /// All positions read in one request, each compared with its quote.
    void expect_exact(const std::vector<std::unique_ptr<Pool>>& pools, const json& quotes) {
        const Pins at = pins();
        ASSERT_EQ(quotes.at("block_hash").get<std::string>(), to_hex(at.at(kChain).hash));
        std::vector<Query<LpView>> queries;
        for (const auto& pool : pools) queries.push_back(pool->position());
        const auto requests = reader.http_requests();
        const auto views = reader.read(at, each(std::move(queries)));
        EXPECT_EQ(reader.http_requests(), requests + 1);
        ASSERT_TRUE(views);
        for (std::size_t i = 0; i < pools.size(); ++i) {
            const json& q = quotes.at("positions").at(i);
            SCOPED_TRACE(q.dump());
            ASSERT_TRUE((*views)[i]) << (*views)[i].error().what;
            const LpView& v = *(*views)[i];
            EXPECT_EQ(v.principal, (TokenAmounts{number(q.at("amount0")), number(q.at("amount1"))}));
            if (q.contains("fees0")) {
                const TokenAmounts fees{number(q.at("fees0")), number(q.at("fees1"))};
                EXPECT_EQ(v.uncollected_fees, fees);
                earned += fees == TokenAmounts{} ? 0U : 1U;
            }
            EXPECT_EQ(v.state, v.liquidity.is_zero() ? PositionState::emptied : PositionState::open);
            ++compared;
        }
    }

    static std::unique_ptr<test::Devnet> devnet;
    CurlTransport transport;
    NodeSet nodes{transport, kChain, {{devnet->rpc_url()}}, any_age()};
    MulticallReader reader{{{kChain, &nodes}}};
    std::size_t compared = 0;
    std::size_t earned = 0;  // views with fees in them
};
std::unique_ptr<test::Devnet> RandomPools::devnet;

TEST_F(RandomPools, SharesOfV2PairsToTheWei) {
    for (int seed = 1; seed <= 8; ++seed) {
        const json pair = post("/v2/random", {{"seed", seed}});
        const TokenTable tokens = tokens_of(pair, "token0", "token1");
        std::vector<std::unique_ptr<Pool>> pools;
        for (int step = 0; step < 25; ++step) {
            const json quotes = post("/v2/step", {{"name", pair.at("name")}});
            if (pools.empty()) {
                const Pins at = pins();
                for (const json& q : quotes.at("positions")) {
                    PoolSpec spec{.kind = "uniswap-v2", .name = "share", .chain = kChain};
                    spec.pair = address(pair.at("pair"));
                    spec.owner = address(q.at("owner"));
                    auto pool = open_pool(reader, at, spec, tokens);
                    ASSERT_TRUE(pool) << pool.error().what;
                    pools.push_back(*std::move(pool));
                }
            }
            expect_exact(pools, quotes);
        }
    }
    EXPECT_EQ(compared, 8U * 25U * 4U);
}

TEST_F(RandomPools, V3PositionsToTheWei) {
    constexpr int kSeeds = 10;
    constexpr int kSteps = 10;
    constexpr int kCount = 20;
    for (int seed = 1; seed <= kSeeds; ++seed) {
        const json pool = post("/v3/random", {{"seed", seed}, {"count", kCount}});
        const TokenTable tokens = tokens_of(pool, "token0", "token1");
        std::vector<std::unique_ptr<Pool>> pools;
        const Pins at = pins();
        for (const json& id : pool.at("ids")) {
            PoolSpec spec{.kind = "uniswap-v3", .name = "nft", .chain = kChain};
            spec.position_manager = named("v3.npm");
            spec.token_id = U256(id.get<std::uint64_t>());
            auto opened = open_pool(reader, at, spec, tokens);
            ASSERT_TRUE(opened) << opened.error().what;
            pools.push_back(*std::move(opened));
        }
        for (int step = 0; step < kSteps; ++step)
            expect_exact(pools, post("/v3/step", {{"name", pool.at("name")}}));
    }
    EXPECT_EQ(compared, kSeeds * kSteps * kCount);
    EXPECT_GT(earned, compared / 3);
}

TEST_F(RandomPools, V4PositionsToTheWei) {
    constexpr int kCount = 20;
    for (int seed = 1; seed <= 6; ++seed) {
        const json pool = post("/v4/random", {{"seed", seed}, {"count", kCount}});
        const TokenTable tokens = tokens_of(pool, "currency0", "currency1");
        std::vector<std::unique_ptr<Pool>> pools;
        const Pins at = pins();
        for (const json& id : pool.at("ids")) {
            PoolSpec spec{.kind = "uniswap-v4", .name = "nft", .chain = kChain};
            spec.position_manager = named("v4.position_manager");
            spec.state_view = named("v4.state_view");
            spec.token_id = U256(id.get<std::uint64_t>());
            auto opened = open_pool(reader, at, spec, tokens);
            ASSERT_TRUE(opened) << opened.error().what;
            pools.push_back(*std::move(opened));
        }
        for (int step = 0; step < 8; ++step)
            expect_exact(pools, post("/v4/step", {{"name", pool.at("name")}}));
    }
    EXPECT_EQ(compared, 6U * 8U * kCount);
    EXPECT_GT(earned, compared / 3);
}

}  // namespace
}  // namespace outrigger
