// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v4_key.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "chain/abi/codec.hpp"
#include "chain/abi/revert.hpp"
#include "chain/base/hex.hpp"
#include "chain/pool/registry.hpp"
#include "chain/pool/uniswap_v4_abi.hpp"
#include "chain/pool/v2_math.hpp"
#include "tests/unit/pool/scripted_reader.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::ScriptedReader;

Address address(const std::string& text) {
    return *parse_address(text);
}

/// @uniswap/v4-sdk's own results.
const json& sdk() {
    static const json doc = json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/v4_sdk.json"));
    return doc;
}
V4PoolKey key_of(const json& c) {
    return {address(c.at("currency0")), address(c.at("currency1")), c.at("fee").get<std::uint32_t>(),
            c.at("tickSpacing").get<std::int32_t>(), address(c.at("hooks"))};
}

TEST(V4Key, PoolIdsAreThoseOfTheSdk) {
    ASSERT_GE(sdk().at("cases").size(), 3U);
    for (const json& c : sdk().at("cases"))
        EXPECT_EQ(to_hex(v4_pool_id(key_of(c))), c.at("poolId").get<std::string>());
}

TEST(V4Key, AmountsAreThoseOfTheSdk) {
    const auto number = [](const json& c, const char* key) {
        return *U256::from_decimal(c.at(key).get<std::string>());
    };
    for (const json& c : sdk().at("cases")) {
        const PoolPrice price{number(c, "sqrtPriceX96"), Tick(c.at("tickCurrent").get<int>())};
        const TickRange range{Tick(c.at("tickLower").get<int>()), Tick(c.at("tickUpper").get<int>())};
        EXPECT_EQ(position_amounts(price, range, number(c, "liquidity"), Rounding::down).value(),
                  (TokenAmounts{number(c, "amount0"), number(c, "amount1")}));
    }
}

TEST(V4Key, ThePackedInfoIsReadBySign) {
    // 25 bytes of pool id, upper tick 887220, lower tick -887220, subscribed.
    const U256 id = U256::pow2(255) + 0x1234;
    const U256 packed = ((id >> 56) << 56) | (U256(887220) << 32) | (U256(0x1000000 - 887220) << 8) | U256(1);
    const V4PositionInfo info = unpack_v4_position(packed);
    EXPECT_EQ(info.range, (TickRange{Tick(-887220), Tick(887220)}));
    EXPECT_TRUE(info.subscribed);
    EXPECT_EQ(info.pool_prefix.data.front(), 0x80);
}

TEST(V4Key, HooksAreNamedByTheirAddress) {
    const auto hook = [](std::uint64_t low) {
        Address a{};
        a.data[18] = static_cast<std::uint8_t>(low >> 8);
        a.data[19] = static_cast<std::uint8_t>(low);
        return a;
    };
    EXPECT_EQ(v4_hook_permissions(hook(0)), "nothing");
    EXPECT_EQ(v4_hook_permissions(hook(0xc0)), "afterSwap, beforeSwap");
    EXPECT_EQ(v4_hook_permissions(hook(0x2001)), "afterRemoveLiquidityReturnDelta, beforeInitialize");
    for (const std::uint64_t low : {0x1U, 0x2U, 0x8U}) EXPECT_TRUE(v4_hook_moves_tokens(hook(low)));
    for (const std::uint64_t low : {0x4U, 0x10U, 0x3ff4U}) EXPECT_FALSE(v4_hook_moves_tokens(hook(low)));
}

/// An NFT of the position manager as its contracts answer, each answer replaceable.
struct V4Reads : ::testing::Test {
    using Info = v4::PoolAndPositionInfo;
    void SetUp() override {
        key.currency1 = address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
        key.fee = 500;
        key.tick_spacing = 10;
        spec.kind = "uniswap-v4";
        spec.name = "eth-usdc";
        spec.chain = ChainId(1);
        spec.position_manager = address("0xbD216513d74C8cf14cf4747E6AaA6420FF64ee9e");
        spec.state_view = address("0x7fFE42C4a5DEeA5b0feC41C94C136Cf115597227");
        spec.token_id = U256(7);
        script();
    }
    Bytes info_answer(const U256& packed) const {
        return abi::encode(
            v4::PoolKeyTuple{key.currency0, key.currency1, key.fee, key.tick_spacing, key.hooks}, packed);
    }
    U256 packed() const {
        const Hash32 id = v4_pool_id(key);
        U256 word = U256::from_be(id.data);
        word = ((word >> 56) << 56) | (U256(0x1000000 - 196000) << 8) | (U256(0x1000000 - 195000) << 32);
        return word;
    }
    void script() {
        reader.set(spec.position_manager, Info::encode(spec.token_id), info_answer(packed()));
        reader.set(spec.position_manager, v4::OwnerOf::encode(spec.token_id), abi::encode(owner));
        const Hash32 id = v4_pool_id(key);
        const U256 sqrt = *tick_to_sqrt_price(Tick(-195500));
        reader.set(
            spec.state_view, v4::GetSlot0::encode(id),
            abi::encode(abi::UInt<160>(sqrt), abi::Int<24>(-195500), abi::UInt<24>(0), abi::UInt<24>(500)));
        reader.set(spec.state_view,
                   v4::GetPositionInfo::encode(id, spec.position_manager, abi::Int<24>(-196000),
                                               abi::Int<24>(-195000), Hash32{spec.token_id.to_be()}),
                   abi::encode(abi::UInt<128>(U256(1'000'000'000'000)), U256(), U256()));
        reader.set(spec.state_view,
                   v4::GetFeeGrowthInside::encode(id, abi::Int<24>(-196000), abi::Int<24>(-195000)),
                   abi::encode(U256::pow2(120), U256()));
        for (const auto& [selector, answer] :
             {std::pair{Bytes{0x31, 0x3c, 0xe5, 0x67}, abi::encode(U256(6))},
              {Bytes{0x95, 0xd8, 0x9b, 0x41}, abi::encode(std::string("USDC"))}})
            reader.set(key.currency1, selector, answer);
    }
    Result<std::unique_ptr<Pool>> open() { return open_pool(reader, {}, spec, tokens); }

    V4PoolKey key;
    PoolSpec spec;
    Address owner = address("0x3f5CE5FBFe3E9af3971dD833D26bA9b5C936f0bE");
    TokenTable tokens =
        *TokenTable::make({{Address{}, 18, AssetId(0), "ETH"},
                           {address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), 6, AssetId(1), "USDC"}});
    ScriptedReader reader;
};

TEST_F(V4Reads, NativeEtherIsACurrencyWithoutAContract) {
    const auto pool = open();
    ASSERT_TRUE(pool) << pool.error().what;
    const auto view = reader.read({}, (*pool)->position());
    ASSERT_TRUE(view) << view.error().what;
    EXPECT_EQ(view->state, PositionState::open);
    EXPECT_EQ(view->curve.asset0, AssetId(0));
    EXPECT_EQ(view->decimals0, 18);
    EXPECT_EQ(view->uncollected_fees.amount0, U256(1'000'000'000'000 >> 8));
}

TEST_F(V4Reads, HooksAreRefusedUntilTheOperatorHasJudgedThem) {
    key.hooks = address("0x0000000000000000000000000000000000000081");
    script();
    const auto refused = open();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unsupported);
    EXPECT_NE(refused.error().what.find("beforeSwap and keep part"), std::string::npos)
        << refused.error().what;
    spec.hooks_allowed = {key.hooks};
    EXPECT_TRUE(open());
}

TEST_F(V4Reads, BurnedIsWhatTwoAnswersProve) {
    const auto pool = open();
    ASSERT_TRUE(pool);
    const auto view = [&] { return reader.read({}, (*pool)->position()); };
    const auto owner_of = v4::OwnerOf::encode(spec.token_id);
    reader.set(spec.position_manager, owner_of, fail(Errc::reverted, "NOT_MINTED"));
    EXPECT_EQ(view().error().code, Errc::reverted) << "the pool is still remembered";
    key = {};
    reader.set(spec.position_manager, Info::encode(spec.token_id), info_answer(U256()));
    ASSERT_TRUE(view()) << view().error().what;
    EXPECT_EQ(view()->state, PositionState::burned);
    reader.set(spec.position_manager, owner_of, Bytes{});
    EXPECT_EQ(view().error().code, Errc::decode) << "an empty answer proves nothing";
    EXPECT_EQ(open().error().code, Errc::decode);
    reader.set(spec.position_manager, owner_of, fail(Errc::reverted, "NOT_MINTED"));
    EXPECT_EQ(open().error().code, Errc::not_found);
}

TEST_F(V4Reads, ANewOwnersPositionHoldsNothingForUs) {
    const auto pool = open();
    ASSERT_TRUE(pool);
    reader.set(spec.position_manager, v4::OwnerOf::encode(spec.token_id), abi::encode(spec.state_view));
    const auto view = reader.read({}, (*pool)->position());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->state, PositionState::transferred);
    EXPECT_EQ(view->principal, TokenAmounts{});
}

TEST_F(V4Reads, AnIdThatIsNotThePoolsIsNotBelieved) {
    reader.set(spec.position_manager, Info::encode(spec.token_id), info_answer(packed() ^ U256::pow2(200)));
    EXPECT_EQ(open().error().code, Errc::decode);
}

TEST(V2Math, TheProtocolsPartIsTakenOffFirst) {
    V2Pair pair{.reserve0 = U256(1'210'000),
                .reserve1 = U256(1'210'000),
                .balance0 = U256(1'210'000),
                .balance1 = U256(1'210'000),
                .total_supply = U256(1'000'000),
                .k_last = U256(1'000'000'000'000),
                .fee_on = false};
    EXPECT_EQ(v2_supply_at_burn(pair), U256(1'000'000));
    pair.fee_on = true;  // 1e6 * 210000 / (1210000 * 5 + 1000000), by hand
    EXPECT_EQ(v2_supply_at_burn(pair), U256(1'000'000 + 29'787));
    pair.k_last = U256();
    EXPECT_EQ(v2_supply_at_burn(pair), U256(1'000'000));
    EXPECT_FALSE(v2_share_amounts(pair, U256(1'000'001)));
    EXPECT_EQ(v2_share_amounts(pair, U256())->amount0, U256());
}

}  // namespace
}  // namespace outrigger
