// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/uniswap_v3.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "chain/abi/erc20.hpp"
#include "chain/abi/function.hpp"
#include "chain/abi/revert.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "tests/unit/pool/scripted_reader.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::ScriptedReader;

constexpr ChainId kChain(31337);
const Pins kPins;

/// What the contracts' own bytecode answered, and what it would have paid, recorded on a local node.
const json& recorded() {
    static const json doc =
        json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/v3_positions.json"));
    return doc;
}
const json& find_case(const std::string& suffix) {
    for (const auto& c : recorded().at("cases")) {
        const auto name = c.at("name").get<std::string>();
        if (name.size() >= suffix.size() &&
            name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0)
            return c;
    }
    ADD_FAILURE() << "no recorded case " << suffix;
    return recorded().at("cases").at(0);
}

Bytes hex(const json& j) {
    return *parse_hex(j.get<std::string>());
}
Address address(const json& j) {
    return *parse_address(j.get<std::string>());
}
TokenAmounts amounts(const json& j) {
    return {*U256::from_decimal(j.at(0).get<std::string>()), *U256::from_decimal(j.at(1).get<std::string>())};
}

/// One recorded position: its specification, identity and the calls of a round with their answers.
struct Recording {
    explicit Recording(const json& c)
        : spec{.kind = "uniswap-v3",
               .name = "test",
               .chain = kChain,
               .position_manager = address(c.at("npm")),
               .token_id = *U256::from_decimal(c.at("tokenId").get<std::string>())},
          identity{.pool = address(c.at("pool")),
                   .owner = address(c.at("owner")),
                   .token0 = {address(c.at("token0")), c.at("decimals0").get<std::uint8_t>(), "T0"},
                   .token1 = {address(c.at("token1")), c.at("decimals1").get<std::uint8_t>(), "T1"},
                   .fee_pips = c.at("fee").get<std::uint32_t>(),
                   .range = {Tick(c.at("tickLower").get<int>()), Tick(c.at("tickUpper").get<int>())}},
          tokens(*TokenTable::make({{identity.token0.address, identity.token0.decimals, AssetId(3), "T0"},
                                    {identity.token1.address, identity.token1.decimals, AssetId(5), "T1"}})) {
        const Hash32 key = *parse_fixed<Hash32>(c.at("positionKey").get<std::string>());
        const auto& r = c.at("reads");
        const auto tick = [](Tick t) { return abi::Int<24>(t.value); };
        calls = {{spec.position_manager, v3::Positions::encode(spec.token_id), hex(r.at("positions"))},
                 {spec.position_manager, v3::OwnerOf::encode(spec.token_id), hex(r.at("ownerOf"))},
                 {identity.pool, v3::Slot0::encode(), hex(r.at("slot0"))},
                 {identity.pool, v3::FeeGrowthGlobal0::encode(), hex(r.at("feeGrowthGlobal0X128"))},
                 {identity.pool, v3::FeeGrowthGlobal1::encode(), hex(r.at("feeGrowthGlobal1X128"))},
                 {identity.pool, v3::Ticks::encode(tick(identity.range.lower)), hex(r.at("ticksLower"))},
                 {identity.pool, v3::Ticks::encode(tick(identity.range.upper)), hex(r.at("ticksUpper"))},
                 {identity.pool, v3::PoolPositions::encode(key), hex(r.at("poolPosition"))}};
        for (const auto& call : calls) reader.set(call.to, call.data, call.answer);
    }

    Result<LpView> view() {
        auto pool = make_uniswap_v3(spec, identity, tokens);
        EXPECT_TRUE(pool);
        return reader.read(kPins, (*pool)->position());
    }

    struct Call {
        Address to;
        Bytes data;
        Bytes answer;
    };
    PoolSpec spec;
    V3Identity identity;
    TokenTable tokens;
    std::vector<Call> calls;
    ScriptedReader reader;
};

Recording typical() {
    return Recording(find_case("in range, after swaps"));
}

/// The answer with one 32-byte word replaced.
Bytes with_word(Bytes answer, std::size_t index, const U256& value) {
    const auto be = value.to_be();
    std::copy(be.begin(), be.end(), answer.begin() + static_cast<std::ptrdiff_t>(32 * index));
    return answer;
}

TEST(UniswapV3, EveryRecordedPositionIsExactToTheWei) {
    ASSERT_EQ(recorded().at("cases").size(), 80U);
    for (const auto& c : recorded().at("cases")) {
        SCOPED_TRACE(c.at("name").get<std::string>());
        Recording r(c);
        const auto view = r.view();
        ASSERT_TRUE(view) << view.error().what;
        EXPECT_EQ(view->principal, amounts(c.at("decreaseLiquidity")));
        EXPECT_EQ(view->uncollected_fees, amounts(c.at("collect")));
        const TokenAmounts total{view->principal.amount0 + view->uncollected_fees.amount0,
                                 view->principal.amount1 + view->uncollected_fees.amount1};
        EXPECT_EQ(total, amounts(c.at("decreaseAndCollect")));
        EXPECT_EQ(view->liquidity.to_decimal(), c.at("liquidity").get<std::string>());
        EXPECT_EQ(view->sqrt_price_x96.to_decimal(), c.at("sqrtPriceX96").get<std::string>());
        EXPECT_EQ(view->tick.value, c.at("tick").get<int>());
        EXPECT_EQ(view->in_range, view->tick >= view->tick_lower && view->tick < view->tick_upper);
        EXPECT_EQ(view->fee_pips, c.at("fee").get<std::uint32_t>());
        EXPECT_EQ(r.reader.batches, 1U);
    }
}

/// The curve in whole units describes the same position as the integers: its amounts agree with the wei.
TEST(UniswapV3, TheCurveAgreesWithTheIntegers) {
    for (const auto& c : recorded().at("cases")) {
        if (c.at("name").get<std::string>().find("in range, after swaps") == std::string::npos) continue;
        SCOPED_TRACE(c.at("name").get<std::string>());
        const LpView v = *Recording(c).view();
        EXPECT_EQ(v.curve.asset0, AssetId(3));
        EXPECT_EQ(v.curve.asset1, AssetId(5));
        const double p = std::clamp(v.pool_price, v.curve.price_lower, v.curve.price_upper);
        const double x = v.curve.liquidity * (1 / std::sqrt(p) - 1 / std::sqrt(v.curve.price_upper));
        const double y = v.curve.liquidity * (std::sqrt(p) - std::sqrt(v.curve.price_lower));
        const double want_x = v.principal.amount0.to_double() / std::pow(10, v.decimals0);
        const double want_y = v.principal.amount1.to_double() / std::pow(10, v.decimals1);
        const double scale = want_x * p + want_y;
        EXPECT_NEAR(x * p, want_x * p, 1e-9 * scale + std::pow(10, -v.decimals0) * p);
        EXPECT_NEAR(y, want_y, 1e-9 * scale + std::pow(10, -v.decimals1));
        EXPECT_NEAR(v.curve.price_lower /
                        (std::pow(1.0001, v.tick_lower.value) * std::pow(10, v.decimals0 - v.decimals1)),
                    1.0, 1e-10);
    }
}

TEST(UniswapV3, ZeroLiquidityIsAValidViewOfNothing) {
    const LpView v = *Recording(find_case("empty")).view();
    EXPECT_TRUE(v.liquidity.is_zero());
    EXPECT_EQ(v.principal, TokenAmounts{});
    EXPECT_EQ(v.uncollected_fees, TokenAmounts{});
    EXPECT_EQ(v.curve.liquidity, 0.0);
    EXPECT_GT(v.curve.price_upper, v.curve.price_lower);
    EXPECT_GT(v.pool_price, 0.0);
}

/// Without the pool's own account the last holder of a shared range would be told more than it gets.
TEST(UniswapV3, ASharedRangeIsCappedByWhatThePoolOwes) {
    const json& c = find_case("last of three after the others left");
    Recording r(c);
    Recording uncapped(c);
    auto& held = uncapped.calls.back();
    const auto lift = with_word(with_word(held.answer, 3, 1'000'000), 4, 1'000'000);
    uncapped.reader.set(held.to, held.data, lift);
    EXPECT_EQ(r.view()->uncollected_fees, (TokenAmounts{21, 18}));  // what the contract paid
    EXPECT_EQ(uncapped.view()->uncollected_fees, (TokenAmounts{32, 31}));
}

TEST(UniswapV3, AnyFailedReadFailsTheViewWithItsCode) {
    for (const Errc code : {Errc::timeout, Errc::transport, Errc::rpc, Errc::reorged}) {
        for (std::size_t i = 0; i < 8; ++i) {
            auto r = typical();
            r.reader.set(r.calls[i].to, r.calls[i].data, fail(code, "broken on purpose"));
            const auto view = r.view();
            ASSERT_FALSE(view) << i;
            EXPECT_EQ(view.error().code, code) << i << view.error().what;
            EXPECT_NE(view.error().what.find("broken on purpose"), std::string::npos);
        }
    }
}

TEST(UniswapV3, EmptyShortAndLongAnswersAreDecodeErrors) {
    for (std::size_t i = 0; i < 8; ++i) {
        for (const int change : {0, -32, -1, 1, 32}) {
            auto r = typical();
            Bytes bad = r.calls[i].answer;
            bad.resize(
                change == 0 ? 0 : bad.size() + static_cast<std::size_t>(static_cast<std::ptrdiff_t>(change)));
            r.reader.set(r.calls[i].to, r.calls[i].data, bad);
            const auto view = r.view();
            ASSERT_FALSE(view) << i << " " << change;
            EXPECT_EQ(view.error().code, Errc::decode) << i << " " << change;
        }
    }
}

TEST(UniswapV3, ABurnedNftIsNamed) {
    const auto& burned = recorded().at("burned");
    const auto reason = abi::revert_reason(hex(burned.at("data")));
    const auto owner_reason = abi::revert_reason(hex(burned.at("ownerOf").at("data")));
    auto r = typical();
    r.reader.set(r.calls[0].to, r.calls[0].data, fail(Errc::reverted, reason));
    r.reader.set(r.calls[1].to, r.calls[1].data, fail(Errc::reverted, owner_reason));
    const auto view = r.view();
    ASSERT_TRUE(view) << view.error().what;
    EXPECT_EQ(view->state, PositionState::burned);
    EXPECT_EQ(view->owner, Address{});
    EXPECT_EQ(view->principal, TokenAmounts{});
    EXPECT_EQ(view->uncollected_fees, TokenAmounts{});
    EXPECT_TRUE(view->liquidity.is_zero());
    EXPECT_EQ(view->curve.liquidity, 0);
    EXPECT_GT(view->pool_price, 0);
    const auto identified = r.reader.read(kPins, identify_v3_nft(r.spec));
    EXPECT_EQ(identified.error().code, Errc::not_found);
}

TEST(UniswapV3, AnUnexplainedRevertOfOneReadProvesNothing) {
    auto r = typical();
    r.reader.set(r.calls[0].to, r.calls[0].data, fail(Errc::reverted, "execution reverted"));
    EXPECT_EQ(r.view().error().code, Errc::reverted);
    // The text alone, from a node that does not call it a revert, proves nothing either.
    r.reader.set(r.calls[0].to, r.calls[0].data, fail(Errc::rpc, "Invalid token ID"));
    EXPECT_EQ(r.view().error().code, Errc::rpc);
}

TEST(UniswapV3, AnEmptyAnswerProvesNothing) {
    auto r = typical();
    r.reader.set(r.calls[0].to, r.calls[0].data, Bytes{});
    r.reader.set(r.calls[1].to, r.calls[1].data, Bytes{});
    EXPECT_EQ(r.view().error().code, Errc::decode);
}

TEST(UniswapV3, ANewOwnersPositionHoldsNothingForUs) {
    auto r = typical();
    r.reader.set(r.calls[1].to, r.calls[1].data, with_word(r.calls[1].answer, 0, 0xbeef));
    const auto view = r.view();
    ASSERT_TRUE(view) << view.error().what;
    EXPECT_EQ(view->state, PositionState::transferred);
    EXPECT_EQ(view->owner.data.back(), 0xef);
    EXPECT_EQ(view->principal, TokenAmounts{});
    EXPECT_TRUE(view->liquidity.is_zero());
}

TEST(UniswapV3, AnNftThatChangesItsNatureIsNotBelieved) {
    struct Change {
        std::size_t word;
        U256 value;
    };
    for (const auto& change : {Change{2, 1}, Change{3, 2}, Change{4, 100}, Change{5, 60}, Change{6, 120}}) {
        auto r = typical();
        r.reader.set(r.calls[0].to, r.calls[0].data, with_word(r.calls[0].answer, change.word, change.value));
        EXPECT_EQ(r.view().error().code, Errc::decode) << change.word;
    }
}

TEST(UniswapV3, MixedStateIsNotBelieved) {
    const auto broken = [](std::size_t call, std::size_t word, const U256& value) {
        auto r = typical();
        r.reader.set(r.calls[call].to, r.calls[call].data, with_word(r.calls[call].answer, word, value));
        return r.view();
    };
    EXPECT_EQ(broken(2, 0, 0).error().code, Errc::decode);                // never initialised
    EXPECT_EQ(broken(2, 1, 0).error().code, Errc::decode);                // tick of another price
    EXPECT_EQ(broken(2, 0, U256::pow2(159)).error().code, Errc::decode);  // no such price
    EXPECT_EQ(broken(5, 7, 0).error().code, Errc::decode);                // lower tick not initialised
    EXPECT_EQ(broken(6, 7, 0).error().code, Errc::decode);                // upper tick not initialised
    EXPECT_EQ(broken(7, 0, 1).error().code, Errc::decode);                // pool holds less than the NFT
    EXPECT_EQ(broken(0, 10, U256::pow2(128) - 1).has_value(),
              true);  // owed beyond what the pool owes: capped
    EXPECT_EQ(broken(2, 1, U256::pow2(23)).error().code, Errc::decode);  // not an int24
}

TEST(UniswapV3, AmountsBeyond128BitsAreRefused) {
    Recording r(find_case("huge, after swaps"));
    const U256 most = U256::pow2(128) - 1;
    // NFT and pool owe nearly 2^128 already; with the principal the contracts' sums would wrap.
    auto nft = with_word(with_word(r.calls[0].answer, 10, most), 11, most);
    auto held = with_word(with_word(r.calls[7].answer, 3, most), 4, most);
    // No growth since, or the fees themselves would wrap first.
    nft = with_word(with_word(nft, 7, U256::pow2(100)), 8, 0);
    held = with_word(held, 0, U256::pow2(100));
    const auto zero = [](Bytes b, std::size_t w0, std::size_t w1) {
        return with_word(with_word(std::move(b), w0, 0), w1, 0);
    };
    r.reader.set(r.calls[0].to, r.calls[0].data, zero(nft, 8, 9));
    r.reader.set(r.calls[3].to, r.calls[3].data, Bytes(32));
    r.reader.set(r.calls[4].to, r.calls[4].data, Bytes(32));
    r.reader.set(r.calls[5].to, r.calls[5].data, zero(r.calls[5].answer, 2, 3));
    r.reader.set(r.calls[6].to, r.calls[6].data, zero(r.calls[6].answer, 2, 3));
    r.reader.set(r.calls[7].to, r.calls[7].data, zero(held, 1, 2));
    EXPECT_EQ(r.view().error().code, Errc::unsupported);
}

// ---- identity ----

struct Start : Recording {
    Start()
        : Recording(recorded().at("cases").at(0)),
          factory(address(recorded().at("cases").at(0).at("factory"))) {
        const auto& id = recorded().at("identity");
        reader.set(spec.position_manager, v3::Factory::encode(), hex(id.at("factory")));
        get_pool = v3::GetPool::encode(identity.token0.address, identity.token1.address,
                                       abi::UInt<24>(identity.fee_pips));
        reader.set(factory, get_pool, hex(id.at("getPool")));
        reader.set(identity.token0.address, erc20::Decimals::encode(), hex(id.at("decimals0")));
        reader.set(identity.token1.address, erc20::Decimals::encode(), hex(id.at("decimals1")));
        reader.set(identity.token0.address, erc20::Symbol::encode(), hex(id.at("symbol0")));
        reader.set(identity.token1.address, erc20::Symbol::encode(), hex(id.at("symbol1")));
    }
    Result<V3Identity> identify() {
        const V3Nft nft = OR_TRY(reader.read(kPins, identify_v3_nft(spec)));
        return reader.read(kPins, identify_v3_pool(spec, nft));
    }
    Address factory;
    Bytes get_pool;
};

TEST(UniswapV3Identity, ReadsEverythingFromTheChain) {
    Start s;
    const auto id = s.identify();
    ASSERT_TRUE(id) << id.error().what;
    EXPECT_EQ(id->pool, s.identity.pool);
    EXPECT_EQ(id->owner, s.identity.owner);
    EXPECT_EQ(id->token0.address, s.identity.token0.address);
    EXPECT_EQ(id->token1.address, s.identity.token1.address);
    EXPECT_EQ(id->token0.decimals, 18);
    EXPECT_EQ(id->token1.decimals, 6);
    EXPECT_EQ(id->token0.symbol, recorded().at("identity").at("symbols").at(0).get<std::string>());
    EXPECT_EQ(id->token1.symbol, recorded().at("identity").at("symbols").at(1).get<std::string>());
    EXPECT_EQ(id->range, s.identity.range);
    EXPECT_EQ(id->fee_pips, 500U);
}

TEST(UniswapV3Identity, TheRegistryOpensAPositionInTwoBatches) {
    Start s;
    const auto pool = open_pool(s.reader, kPins, s.spec, s.tokens);
    ASSERT_TRUE(pool) << pool.error().what;
    EXPECT_EQ(s.reader.batches, 2U);
    EXPECT_EQ((*pool)->name(), "test");
    const auto view = s.reader.read(kPins, (*pool)->position());
    ASSERT_TRUE(view);
    EXPECT_EQ(view->principal, amounts(recorded().at("cases").at(0).at("decreaseLiquidity")));
}

TEST(UniswapV3Identity, AConfiguredOwnerCountsFromTheStart) {
    Start s;
    s.spec.owner = s.identity.owner;
    auto pool = open_pool(s.reader, kPins, s.spec, s.tokens);
    ASSERT_TRUE(pool) << pool.error().what;
    EXPECT_EQ(s.reader.read(kPins, (*pool)->position())->state, PositionState::open);
    s.spec.owner.data.back() ^= 1;
    pool = open_pool(s.reader, kPins, s.spec, s.tokens);
    ASSERT_TRUE(pool) << pool.error().what;
    EXPECT_EQ(s.reader.read(kPins, (*pool)->position())->state, PositionState::transferred);
}

TEST(UniswapV3Identity, AnUnknownKindNamesTheKnownOnes) {
    Start s;
    s.spec.kind = "uniswap-v9";
    const auto pool = open_pool(s.reader, kPins, s.spec, s.tokens);
    ASSERT_FALSE(pool);
    EXPECT_EQ(pool.error().code, Errc::config);
    EXPECT_NE(pool.error().what.find("uniswap-v3"), std::string::npos);
    EXPECT_EQ(s.reader.batches, 0U);
    EXPECT_EQ(pool_kinds(), (std::vector<std::string_view>{"uniswap-v2", "uniswap-v3", "uniswap-v4",
                                                           "sushi-v3", "pancake-v3", "slipstream"}));
}

TEST(UniswapV3Identity, SymbolsOfEveryKind) {
    Start s;
    Bytes fixed(32);
    const std::string_view mkr = "MKR";
    std::copy(mkr.begin(), mkr.end(), fixed.begin());
    s.reader.set(s.identity.token0.address, erc20::Symbol::encode(), fixed);
    s.reader.set(s.identity.token1.address, erc20::Symbol::encode(), fail(Errc::reverted, "no symbol"));
    const auto id = s.identify();
    ASSERT_TRUE(id) << id.error().what;
    EXPECT_EQ(id->token0.symbol, "MKR");
    EXPECT_EQ(id->token1.symbol, "");
}

TEST(UniswapV3Identity, MissingPoolAndOddTokensAreErrors) {
    {
        Start s;
        s.reader.set(s.factory, s.get_pool, Bytes(32));
        EXPECT_EQ(s.identify().error().code, Errc::not_found);
    }
    {
        Start s;
        s.reader.set(s.identity.token0.address, erc20::Decimals::encode(), with_word(Bytes(32), 0, 77));
        EXPECT_EQ(s.identify().error().code, Errc::unsupported);
    }
    {
        Start s;
        s.reader.set(s.identity.token0.address, erc20::Decimals::encode(), fail(Errc::timeout, "late"));
        EXPECT_EQ(s.identify().error().code, Errc::timeout);
    }
    {
        Start s;  // tokens in the wrong order: not a Uniswap v3 position manager
        const auto& call = s.calls[0];
        s.reader.set(call.to, call.data, with_word(call.answer, 2, U256::pow2(160) - 1));
        EXPECT_EQ(s.identify().error().code, Errc::decode);
    }
}

TEST(UniswapV3Identity, TokensMustBeConfiguredAsTheyAre) {
    const auto r = typical();
    const auto& token0 = r.identity.token0;
    const auto& token1 = r.identity.token1;
    const auto only_one = *TokenTable::make({{token0.address, token0.decimals, AssetId(0), "T0"}});
    const auto missing = make_uniswap_v3(r.spec, r.identity, only_one);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, Errc::config);
    EXPECT_NE(missing.error().what.find(checksum_address(token1.address)), std::string::npos)
        << missing.error().what;
    const auto wrong =
        *TokenTable::make({{token0.address, 8, AssetId(0), "T0"}, {token1.address, 8, AssetId(1), "T1"}});
    const auto mismatch = make_uniswap_v3(r.spec, r.identity, wrong);
    ASSERT_FALSE(mismatch);
    EXPECT_EQ(mismatch.error().code, Errc::config);
    EXPECT_NE(mismatch.error().what.find("decimals"), std::string::npos);
}

TEST(TokenTable, RefusesDuplicatesAndAbsurdDecimals) {
    const Address a{{1}};
    EXPECT_EQ(TokenTable::make({{a, 18, AssetId(0), "A"}, {a, 18, AssetId(1), "B"}}).error().code,
              Errc::config);
    EXPECT_EQ(TokenTable::make({{a, 37, AssetId(0), "A"}}).error().code, Errc::config);
    EXPECT_TRUE(TokenTable::make({{a, 36, AssetId(0), "A"}}));
}

// ---- addresses ----

TEST(UniswapV3Address, IsWhereTheFactoryDeploys) {
    // Mainnet's USDC/WETH 0.05 % and WBTC/WETH 0.3 % pools.
    const Hash32 code =
        *parse_fixed<Hash32>("0xe34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54");
    const Address factory = *parse_address("0x1F98431c8aD98523631AE4a59f267346ea31F984");
    const Address usdc = *parse_address("0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
    const Address weth = *parse_address("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2");
    const Address wbtc = *parse_address("0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599");
    EXPECT_EQ(checksum_address(v3_pool_address(factory, code, usdc, weth, 500)),
              "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640");
    EXPECT_EQ(checksum_address(v3_pool_address(factory, code, wbtc, weth, 3000)),
              "0xCBCdF9626bC03E24f779434178A73a0B4bad62eD");
    // And the recorded ones, from the bytecode itself.
    const Hash32 recorded_code =
        *parse_fixed<Hash32>(recorded().at("identity").at("initCodeHash").get<std::string>());
    EXPECT_EQ(recorded_code, code);
    for (const auto& c : recorded().at("cases")) {
        EXPECT_EQ(v3_pool_address(address(c.at("factory")), code, address(c.at("token0")),
                                  address(c.at("token1")), c.at("fee").get<std::uint32_t>()),
                  address(c.at("pool")));
    }
}

}  // namespace
}  // namespace outrigger
