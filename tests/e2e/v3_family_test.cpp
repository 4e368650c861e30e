// SPDX-License-Identifier: Apache-2.0
// Uniswap v3 and its forks with NFTs that are staked and taken out again, against the contracts themselves:
// after every step of a random life what the keeper reads of each NFT equals, to the wei, what they would
// pay.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/e2e/pool_world.hpp"

namespace outrigger {
namespace {

struct V3Family : test::PoolWorld<::testing::TestWithParam<const char*>> {
    static Address lp() { return address(devnet->world().at("accounts").at("lp")); }
    static TokenAmounts amounts(const json& q, const char* first, const char* second) {
        return {number(q.at(first)), number(q.at(second))};
    }
    static PoolSpec spec_of(const json& made, const json& id) {
        PoolSpec spec{.kind = GetParam(), .name = "nft", .chain = kChain};
        spec.position_manager = address(made.at("npm"));
        spec.token_id = U256(id.get<std::uint64_t>());
        return spec;
    }
    std::unique_ptr<Pool> open(const json& made, const PoolSpec& spec) {
        const auto tokens = tokens_of(made, "token0", "token1");
        auto pool = open_pool(reader, pins(), spec, tokens);
        EXPECT_TRUE(pool) << pool.error().what;
        return pool ? *std::move(pool) : nullptr;
    }
    LpView view(const Pool& pool) {
        auto read = reader.read(pins(), pool.position());
        EXPECT_TRUE(read) << read.error().what;
        return read.value_or(LpView{});
    }

    /// Each NFT as one that lies with its owner, and as one that is staked: where it is, it is read to the
    /// wei. One that is staked is gone from its owner; one that came back to its owner is not gone.
    struct Readers {
        std::unique_ptr<Pool> at_home;
        std::unique_ptr<Pool> at_stake;
    };
    void expect_exact(const std::vector<Readers>& nfts, const json& quotes) {
        const Pins at = pins();
        ASSERT_EQ(quotes.at("block_hash").get<std::string>(), to_hex(at.at(kChain).hash));
        std::vector<Query<LpView>> queries;
        for (const auto& nft : nfts) {
            queries.push_back(nft.at_home->position());
            queries.push_back(nft.at_stake->position());
        }
        const auto requests = reader.http_requests();
        const auto views = reader.read(at, each(std::move(queries)));
        EXPECT_EQ(reader.http_requests(), requests + 1);
        ASSERT_TRUE(views);
        for (std::size_t i = 0; i < nfts.size(); ++i) {
            const json& q = quotes.at("positions").at(i);
            const bool in = q.at("staked").get<bool>();
            SCOPED_TRACE(q.dump());
            const auto& here = (*views)[2 * i + (in ? 1 : 0)];
            const auto& gone = (*views)[2 * i + (in ? 0 : 1)];
            ASSERT_TRUE(here) << here.error().what;
            ASSERT_TRUE(gone) << gone.error().what;
            expect_quote(*here, q);
            EXPECT_EQ(here->fee_pips, quotes.at("fee").get<std::uint32_t>());
            if (!in) {  // not where it was staked, and still its owner's
                EXPECT_EQ(gone->state, here->state);
                EXPECT_EQ(gone->principal, here->principal);
                EXPECT_EQ(gone->uncollected_fees, here->uncollected_fees);
                continue;
            }
            EXPECT_EQ(gone->state, PositionState::transferred);
            EXPECT_EQ(gone->owner, address(q.at("holder")));
            EXPECT_EQ(gone->principal, TokenAmounts{});
            EXPECT_EQ(gone->uncollected_fees, TokenAmounts{});
        }
        fees_seen.insert(quotes.at("fee").get<std::uint32_t>());
    }
    void expect_quote(const LpView& v, const json& q) {
        EXPECT_EQ(v.principal, amounts(q, "amount0", "amount1"));
        EXPECT_EQ(v.uncollected_fees, amounts(q, "fees0", "fees1"));
        EXPECT_EQ(v.state, v.liquidity.is_zero() ? PositionState::emptied : PositionState::open);
        EXPECT_EQ(v.liquidity.to_decimal(), q.at("liquidity").get<std::string>());
        if (q.at("staked").get<bool>()) {
            const TokenAmounts all{v.principal.amount0 + v.uncollected_fees.amount0,
                                   v.principal.amount1 + v.uncollected_fees.amount1};
            EXPECT_EQ(all, amounts(q, "leaving0", "leaving1"));
            ++staked;
            staked_earning += v.uncollected_fees == TokenAmounts{} ? 0U : 1U;
        } else {
            earning += v.uncollected_fees == TokenAmounts{} ? 0U : 1U;
        }
        ++compared;
    }

    std::size_t staked = 0;
    std::size_t staked_earning = 0;
    std::size_t earning = 0;
    std::set<std::uint32_t> fees_seen;
};

TEST_P(V3Family, StakedOrNotToTheWei) {
    constexpr int kCount = 10;
    constexpr int kSteps = 14;
    for (int seed = 1; seed <= 5; ++seed) {
        const json made = post("/fork/random", {{"kind", GetParam()}, {"seed", seed}, {"count", kCount}});
        std::vector<Readers> nfts;
        for (const json& id : made.at("ids")) {
            PoolSpec spec = spec_of(made, id);
            spec.owner = lp();
            auto at_home = open(made, spec);
            spec.staked_in = address(made.at("staking"));
            nfts.push_back({std::move(at_home), open(made, spec)});
            ASSERT_TRUE(nfts.back().at_home && nfts.back().at_stake);
        }
        for (int step = 0; step < kSteps; ++step)
            expect_exact(nfts, post("/fork/step", {{"name", made.at("name")}}));
    }
    EXPECT_EQ(compared, 5U * kSteps * kCount);
    EXPECT_GT(staked, compared / 6);
    EXPECT_GT(earning, compared / 4);
    if (GetParam() == std::string_view("slipstream")) {
        EXPECT_GT(fees_seen.size(), 5U);  // more than one a pool: it moves
    } else {
        EXPECT_GT(staked_earning, staked / 4);
    }
}

TEST_P(V3Family, AStakeIsWhoseTheStakingContractSays) {
    const json made = post("/fork/random", {{"kind", GetParam()}, {"seed", 100}, {"count", 2}});
    const json id = made.at("ids").at(1);
    const Address staking = address(made.at("staking"));
    const auto stake = [&](bool in) {
        return post("/fork/stake", {{"name", made.at("name")}, {"token_id", id}, {"staked", in}});
    };
    stake(true);
    PoolSpec spec = spec_of(made, id);
    spec.staked_in = staking;
    const auto whosoever = open(made, spec);
    spec.owner = lp();
    const auto ours = open(made, spec);
    spec.owner = address(devnet->world().at("accounts").at("trader"));
    const auto theirs = open(made, spec);
    spec.staked_in = {};
    spec.owner = lp();
    const auto unstaked = open(made, spec);
    ASSERT_TRUE(whosoever && ours && theirs && unstaked);

    EXPECT_EQ(view(*whosoever).state, PositionState::open);
    EXPECT_EQ(view(*ours).state, PositionState::open);
    EXPECT_EQ(view(*ours).principal, view(*whosoever).principal);
    // A gauge does not say whose the NFT is, only whose it is not.
    EXPECT_EQ(view(*theirs).state, PositionState::transferred);
    EXPECT_EQ(view(*theirs).owner, GetParam() == std::string_view("slipstream") ? Address{} : lp());
    EXPECT_EQ(view(*theirs).principal, TokenAmounts{});
    EXPECT_EQ(view(*unstaked).state, PositionState::transferred);
    EXPECT_EQ(view(*unstaked).owner, staking);

    stake(false);
    EXPECT_EQ(view(*ours).state, PositionState::open) << "it is back with its owner";
    for (const auto* pool : {&whosoever, &theirs}) {
        EXPECT_EQ(view(**pool).state, PositionState::transferred) << "it is no longer where it was staked";
        EXPECT_EQ(view(**pool).owner, lp());
    }
    EXPECT_EQ(view(*unstaked).state, PositionState::open);
}

/// Where an NFT lies decides whose the fees are, not what the configuration says of it.
TEST_P(V3Family, HeldByTheStakingContractWithoutSayingSo) {
    const json made = post("/fork/random", {{"kind", GetParam()}, {"seed", 101}, {"count", 14}});
    for (const json& id : made.at("ids"))
        post("/fork/stake",
             {{"name", made.at("name")}, {"token_id", id}, {"staked", id.get<int>() % 2 == 0}});
    std::vector<std::unique_ptr<Pool>> pools;
    for (const json& id : made.at("ids")) pools.push_back(open(made, spec_of(made, id)));
    for (int step = 0; step < 4; ++step) {
        const json quotes = post("/fork/swap", {{"name", made.at("name")}});
        for (std::size_t i = 0; i < pools.size(); ++i) {
            const json& q = quotes.at("positions").at(i);
            SCOPED_TRACE(q.dump());
            const auto read = reader.read(pins(), pools[i]->position());
            ASSERT_TRUE(read) << read.error().what;
            expect_quote(*read, q);
            EXPECT_EQ(read->owner, address(q.at("holder")));
        }
    }
    EXPECT_GT(staked, 20U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, V3Family, ::testing::Values("uniswap-v3", "pancake-v3", "slipstream"),
                         [](const auto& kind) {
                             std::string name = kind.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

}  // namespace
}  // namespace outrigger
