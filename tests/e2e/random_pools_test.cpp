// SPDX-License-Identifier: Apache-2.0
// Random pairs and pools live random lives on the local chain; after every step what the keeper reads of each
// position equals, to the wei, what the contracts themselves would pay.
#include <gtest/gtest.h>

#include "tests/e2e/pool_world.hpp"

namespace outrigger {
namespace {

struct RandomPools : test::PoolWorld<::testing::Test> {
    /// The positions of these ids, each as the specification says otherwise.
    std::vector<std::unique_ptr<Pool>> open_nfts(const json& ids, PoolSpec spec, const TokenTable& tokens) {
        std::vector<std::unique_ptr<Pool>> pools;
        const Pins at = pins();
        for (const json& id : ids) {
            spec.token_id = U256(id.get<std::uint64_t>());
            auto opened = open_pool(reader, at, spec, tokens);
            EXPECT_TRUE(opened) << opened.error().what;
            if (opened) pools.push_back(*std::move(opened));
        }
        EXPECT_EQ(pools.size(), ids.size());
        return pools;
    }
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

    std::size_t earned = 0;  // views with fees in them
};
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
        PoolSpec spec{.kind = "uniswap-v3", .name = "nft", .chain = kChain};
        spec.position_manager = named("v3.npm");
        const auto pools = open_nfts(pool.at("ids"), spec, tokens);
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
        PoolSpec spec{.kind = "uniswap-v4", .name = "nft", .chain = kChain};
        spec.position_manager = named("v4.position_manager");
        spec.state_view = named("v4.state_view");
        const auto pools = open_nfts(pool.at("ids"), spec, tokens);
        for (int step = 0; step < 8; ++step)
            expect_exact(pools, post("/v4/step", {{"name", pool.at("name")}}));
    }
    EXPECT_EQ(compared, 6U * 8U * kCount);
    EXPECT_GT(earned, compared / 3);
}

}  // namespace
}  // namespace outrigger
