// SPDX-License-Identifier: Apache-2.0
// Positions and prices as the keeper reads them, against what the contracts on the devnet would pay and say.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "chain/base/quantize.hpp"
#include "chain/pool/v3_math.hpp"
#include "oracle/chainlink.hpp"
#include "tests/e2e/pool_world.hpp"

namespace outrigger {
namespace {

struct V3Exact : test::PoolWorld<::testing::Test> {
    PoolSpec spec(std::uint64_t token_id) const {
        return {.kind = "uniswap-v3",
                .name = "nft " + std::to_string(token_id),
                .chain = kChain,
                .position_manager = named("v3.npm"),
                .token_id = token_id};
    }

    /// The keeper's view of each position equals what the contracts would pay at the same block.
    void expect_exact(const std::vector<std::uint64_t>& ids, const TokenTable& tokens) {
        const Pins at = pins();
        const json quotes = post("/position_quotes", {{"token_ids", ids}});
        ASSERT_EQ(quotes.size(), ids.size());
        for (std::size_t i = 0; i < ids.size(); ++i) {
            const json& q = quotes.at(i);
            SCOPED_TRACE(q.dump());
            ASSERT_EQ(q.at("block_hash").get<std::string>(), to_hex(at.at(kChain).hash));
            const auto pool = open_pool(reader, at, spec(ids[i]), tokens);
            ASSERT_TRUE(pool) << pool.error().what;
            const auto requests = reader.http_requests();
            const auto view = reader.read(at, (*pool)->position());
            ASSERT_TRUE(view) << view.error().what;
            EXPECT_EQ(reader.http_requests(), requests + 1);
            EXPECT_EQ(view->principal, (TokenAmounts{number(q.at("amount0")), number(q.at("amount1"))}));
            EXPECT_EQ(view->uncollected_fees, (TokenAmounts{number(q.at("fees0")), number(q.at("fees1"))}));
            EXPECT_EQ(view->tick.value, q.at("tick").get<int>());
            EXPECT_EQ(view->sqrt_price_x96, number(q.at("sqrtPriceX96")));
            ++compared;
            earned += view->uncollected_fees == TokenAmounts{} ? 0U : 1U;
        }
    }

    std::size_t earned = 0;  // views with fees in them
};

/// A fresh pool and, in it, positions of every kind.
struct Market {
    int decimals0;
    int decimals1;
    int fee;
    int spacing;
    int tick;
};

TEST_F(V3Exact, EveryKindOfPositionToTheWei) {
    for (const auto& m :
         {Market{18, 6, 500, 10, -196000}, Market{6, 18, 3000, 60, 196020}, Market{8, 18, 3000, 60, 253440},
          Market{18, 8, 10000, 200, -253400}, Market{6, 8, 500, 10, -20}, Market{18, 18, 10000, 200, 600}}) {
        // Exactly on a tick, so that two positions begin with the price on their boundary.
        const U256 start = *tick_to_sqrt_price(Tick(m.tick));
        const json pool =
            post("/create_pool", {{"tokens", {{{"decimals", m.decimals0}}, {{"decimals", m.decimals1}}}},
                                  {"fee", m.fee},
                                  {"sqrt_price_x96", start.to_decimal()}});
        const auto tokens = TokenTable::make(
            {{address(pool.at("token0")), static_cast<std::uint8_t>(m.decimals0), AssetId(0), "T0"},
             {address(pool.at("token1")), static_cast<std::uint8_t>(m.decimals1), AssetId(1), "T1"}});
        std::vector<std::uint64_t> ids;
        const auto mint = [&](int lower, int upper, const U256& liquidity) {
            ids.push_back(post("/mint", {{"pool", pool.at("pool")},
                                         {"tick_lower", m.tick + lower * m.spacing},
                                         {"tick_upper", m.tick + upper * m.spacing},
                                         {"liquidity", liquidity.to_decimal()}})
                              .at("token_id")
                              .get<std::uint64_t>());
        };
        const U256 depth = U256::pow2(90);
        mint(-300, 300, depth);                    // the market, and a huge position
        mint(-5, 7, 1'234'567'890'123'456'789U);   // in range
        mint(0, 9, 987'654'321'987'654'321U);      // lower tick on the price
        mint(-9, 0, 987'654'321'987'654'321U);     // upper tick on the price
        mint(20, 30, 555'555'555'555'555'555U);    // above
        mint(-30, -20, 555'555'555'555'555'555U);  // below
        mint(-2, 3, 1);                            // as tiny as it gets
        mint(-2, 3, 40'961);                       // the same range, shared
        expect_exact(ids, *tokens);
        const double root = std::ldexp(start.to_double(), -96);
        const double width = std::sqrt(std::pow(1.0001, m.spacing)) - 1;
        const auto swap = [&](bool zero_for_one, double spacings) {
            const double amount = depth.to_double() * width * spacings * (zero_for_one ? 1 / root : root);
            post("/swap", {{"pool", pool.at("pool")},
                           {"token_in", pool.at(zero_for_one ? "token0" : "token1")},
                           {"amount_in", quantize(amount, 0, Rounding::down)->to_decimal()}});
        };
        for (const auto& [zero_for_one, spacings] :
             {std::pair{true, 3.3}, {false, 11.7}, {false, 16.2}, {true, 51.9}, {false, 24.4}}) {
            swap(zero_for_one, spacings);
            expect_exact(ids, *tokens);
        }
    }
    EXPECT_EQ(compared, 6U * 8U * 6U);
    EXPECT_GT(earned, compared / 2);
}

TEST_F(V3Exact, ThePositionsTheDemoHedges) {
    const auto& world = devnet->world();
    std::vector<TokenInfo> infos;
    for (const auto* symbol : {"USDC", "WETH", "WBTC", "ARB"}) {
        infos.push_back({address(world.at("addresses").at(std::string("tokens.") + symbol)),
                         world.at("decimals").at(symbol).get<std::uint8_t>(),
                         AssetId(static_cast<std::uint16_t>(infos.size())), symbol});
    }
    const auto tokens = TokenTable::make(std::move(infos));
    std::vector<std::uint64_t> ids;
    for (const auto& [name, id] : world.at("positions").items()) ids.push_back(id.get<std::uint64_t>());
    ASSERT_GE(ids.size(), 2U);
    for (const double price : {3100.0, 2850.0, 3500.0, 3152.4}) {  // inside, below, above, back
        post("/price", {{"WETH", price}, {"seconds", 600}});
        expect_exact(ids, *tokens);
    }
    EXPECT_GT(earned, 0U);
}

/// The real v3-staker: an NFT in it is its staker's, until the deposit is given away or taken back.
TEST_F(V3Exact, AStakedPositionIsReadThroughItsStaker) {
    const auto& world = devnet->world();
    const auto id = world.at("positions").begin().value().get<std::uint64_t>();
    std::vector<TokenInfo> infos;
    for (const auto* symbol : {"USDC", "WETH", "WBTC", "ARB"}) {
        infos.push_back({address(world.at("addresses").at(std::string("tokens.") + symbol)),
                         world.at("decimals").at(symbol).get<std::uint8_t>(),
                         AssetId(static_cast<std::uint16_t>(infos.size())), symbol});
    }
    const auto tokens = *TokenTable::make(std::move(infos));
    const Address lp = address(world.at("accounts").at("lp"));
    const Address trader = address(world.at("accounts").at("trader"));
    const TokenAmounts before =
        reader.read(pins(), (*open_pool(reader, pins(), spec(id), tokens))->position())->principal;

    const json staked = post("/stake", {{"token_id", id}});
    EXPECT_EQ(address(staked.at("owner")), lp) << "the staker's own answer";
    const auto view = [&](const Address& owner) {
        PoolSpec s = spec(id);
        s.staked_in = address(staked.at("staker"));
        s.owner = owner;
        return reader.read(pins(), (*open_pool(reader, pins(), s, tokens))->position());
    };
    EXPECT_EQ(view(lp)->state, PositionState::open);
    EXPECT_EQ(view(lp)->principal, before);
    EXPECT_EQ(view({})->principal, before) << "nobody is named: whoever staked it is meant";
    EXPECT_EQ(view(trader)->state, PositionState::transferred);
    EXPECT_EQ(view(trader)->owner, lp);

    post("/stake/give", {{"token_id", id}});
    EXPECT_EQ(view(lp)->state, PositionState::transferred);
    EXPECT_EQ(view(lp)->owner, trader);
    EXPECT_EQ(view(trader)->principal, before);

    post("/unstake", {{"token_id", id}});
    EXPECT_EQ(view(trader)->principal, before) << "no longer staked, and still its owner's";
    EXPECT_EQ(view(lp)->state, PositionState::transferred);
    EXPECT_EQ(view({})->state, PositionState::transferred) << "nobody is named who could have taken it back";
    PoolSpec unstaked = spec(id);
    unstaked.owner = trader;
    EXPECT_EQ(reader.read(pins(), (*open_pool(reader, pins(), unstaked, tokens))->position())->principal,
              before);
}

TEST_F(V3Exact, AnNftThatDoesNotExistIsNamed) {
    const auto pool = open_pool(reader, pins(), spec(999'999), *TokenTable::make({}));
    ASSERT_FALSE(pool);
    EXPECT_EQ(pool.error().code, Errc::not_found) << pool.error().what;
}

TEST_F(V3Exact, FeedsAndTheirHistory) {
    const json status = devnet->get("/status").value();
    const Pins at = pins();
    for (const auto* symbol : {"USDC", "WETH", "WBTC", "ARB"}) {
        SCOPED_TRACE(symbol);
        const ChainlinkSpec feed_spec{
            .name = symbol,
            .chain = kChain,
            .proxy = address(devnet->world().at("addresses").at(std::string("feeds.") + symbol)),
            .asset = AssetId(0),
            .deviation_ratio = 0.005,
            .decimals = 8};
        const auto feed = open_chainlink(reader, at, feed_spec);
        ASSERT_TRUE(feed) << feed.error().what;
        const auto round = reader.read(at, feed->latest_round());
        ASSERT_TRUE(round) << round.error().what;
        const json& want = status.at("feeds").at(symbol);
        EXPECT_EQ(round->answer.to_decimal(), want.at("answer").get<std::string>());
        EXPECT_EQ(round->id.to_u256().to_decimal(), want.at("round_id").get<std::string>());
        EXPECT_EQ(round->updated_at.time_since_epoch().count(), want.at("updated_at").get<std::int64_t>());
        const auto past = chainlink_backfill(reader, at, *feed, TimePoint{}, 1000, 100);
        ASSERT_TRUE(past) << past.error().what;
        EXPECT_GE(past->rounds.size(), 240U);  // the built history; other tests may have added to it
        EXPECT_EQ(past->rounds.size(), round->id.round);
        EXPECT_EQ(past->missing + past->invalid, 0U);
        EXPECT_FALSE(past->stopped.empty());
        EXPECT_EQ(past->rounds.back(), *round);
    }
}

}  // namespace
}  // namespace outrigger
