// SPDX-License-Identifier: Apache-2.0
// The forks of Uniswap v3: the recorded answers of its contracts, put into the fork's words, are the same
// position; and in another fork's words they are nothing.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "chain/pool/uniswap_v3.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "tests/unit/pool/scripted_reader.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::ScriptedReader;

constexpr ChainId kChain(31337);
const Pins kPins;
const Address kFactory{{0xfa}};
const Address kStaking{{0x57}};
const Address kUser{{0x05}};
constexpr std::int32_t kSpacing = 2000;
constexpr std::uint32_t kFee = 2718;

Bytes hex(const json& j) {
    return *parse_hex(j.get<std::string>());
}
Address address(const json& j) {
    return *parse_address(j.get<std::string>());
}
U256 number(const json& j) {
    return *U256::from_decimal(j.get<std::string>());
}
Bytes word(const U256& value) {
    const auto be = value.to_be();
    return {be.begin(), be.end()};
}
Bytes word(const Address& a) {
    Bytes out(12);
    out.insert(out.end(), a.data.begin(), a.data.end());
    return out;
}

/// An answer taken apart into words, to be put together otherwise.
struct Words {
    explicit Words(const Bytes& b) {
        for (std::size_t i = 0; i + 32 <= b.size(); i += 32)
            all.emplace_back(b.begin() + static_cast<std::ptrdiff_t>(i),
                             b.begin() + static_cast<std::ptrdiff_t>(i + 32));
    }
    Words& set(std::size_t at, Bytes w) {
        all.at(at) = std::move(w);
        return *this;
    }
    Words& insert(std::size_t at, Bytes w) {
        all.insert(all.begin() + static_cast<std::ptrdiff_t>(at), std::move(w));
        return *this;
    }
    Words& erase(std::size_t at) {
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(at));
        return *this;
    }
    Bytes bytes() const {
        Bytes out;
        for (const auto& w : all) out.insert(out.end(), w.begin(), w.end());
        return out;
    }
    std::vector<Bytes> all;
};

/// The recorded position in range after swaps, as a fork's contracts would answer.
struct Fork {
    explicit Fork(const std::string& kind) : slipstream(kind == "slipstream") {
        spec.kind = kind;
        spec.name = "test";
        spec.chain = kChain;
        spec.position_manager = address(c.at("npm"));
        spec.token_id = number(c.at("tokenId"));
        pool = address(c.at("pool"));
        range = {Tick(c.at("tickLower").get<int>()), Tick(c.at("tickUpper").get<int>())};
        script_identity();
        script_round(spec.position_manager);
    }
    static json find() {
        const json doc = json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/v3_positions.json"));
        for (const auto& one : doc.at("cases")) {
            if (one.at("name").get<std::string>().find("in range, after swaps") != std::string::npos)
                return one;
        }
        return {};
    }
    void script_identity() {
        const Address token0 = address(c.at("token0"));
        const Address token1 = address(c.at("token1"));
        const auto fee = c.at("fee").get<std::uint32_t>();
        reader.set(spec.position_manager, v3::Factory::encode(), word(kFactory));
        reader.set(kFactory,
                   slipstream ? slipstream::GetPool::encode(token0, token1, abi::Int<24>(kSpacing))
                              : v3::GetPool::encode(token0, token1, abi::UInt<24>(fee)),
                   word(pool));
        std::vector<TokenInfo> infos;
        for (const auto& [token, key] : {std::pair{token0, "decimals0"}, {token1, "decimals1"}}) {
            const auto decimals = c.at(key).get<std::uint8_t>();
            reader.set(token, *parse_hex("0x313ce567"), word(U256(decimals)));
            reader.set(token, *parse_hex("0x95d89b41"), fail(Errc::reverted, "no symbol"));
            infos.push_back({token, decimals, AssetId(static_cast<std::uint16_t>(infos.size())), "T"});
        }
        tokens = *TokenTable::make(infos);
    }
    void script_round(const Address& account) {
        const auto& r = c.at("reads");
        const auto tick = [](Tick t) { return abi::Int<24>(t.value); };
        Words nft(hex(r.at("positions")));
        Words slot(hex(r.at("slot0")));
        Words lower(hex(r.at("ticksLower")));
        Words upper(hex(r.at("ticksUpper")));
        if (slipstream) {
            nft.set(4, word(U256(kSpacing)));
            slot.erase(5);
            for (Words* t : {&lower, &upper}) t->insert(2, Bytes(32, 0xff)).insert(5, word(U256(123)));
            reader.set(pool, slipstream::Fee::encode(), word(U256(kFee)));
            reader.set(pool, slipstream::Gauge::encode(), word(kStaking));
            for (const Address& other : {spec.position_manager, kStaking, address(c.at("owner"))})
                reader.set(pool, v3::PoolPositions::encode(v3_position_key(other, range)), Bytes(32 * 5));
        } else {
            slot.set(5, word(U256(0x0fa00fa0U)));  // feeProtocol of 32 bits
        }
        reader.set(spec.position_manager, v3::Positions::encode(spec.token_id), nft.bytes());
        reader.set(spec.position_manager, v3::OwnerOf::encode(spec.token_id), hex(r.at("ownerOf")));
        reader.set(pool, v3::Slot0::encode(), slot.bytes());
        reader.set(pool, v3::FeeGrowthGlobal0::encode(), hex(r.at("feeGrowthGlobal0X128")));
        reader.set(pool, v3::FeeGrowthGlobal1::encode(), hex(r.at("feeGrowthGlobal1X128")));
        reader.set(pool, v3::Ticks::encode(tick(range.lower)), lower.bytes());
        reader.set(pool, v3::Ticks::encode(tick(range.upper)), upper.bytes());
        reader.set(pool, v3::PoolPositions::encode(v3_position_key(account, range)),
                   hex(r.at("poolPosition")));
    }
    /// The NFT lies in a staking contract, which says for whom.
    void stake(Result<Bytes> proof) {
        spec.staked_in = kStaking;
        spec.owner = kUser;
        reader.set(spec.position_manager, v3::OwnerOf::encode(spec.token_id), word(kStaking));
        if (slipstream) {
            script_round(kStaking);
            reader.set(spec.position_manager, v3::OwnerOf::encode(spec.token_id), word(kStaking));
            reader.set(kStaking, slipstream::StakedContains::encode(kUser, spec.token_id), std::move(proof));
        } else if (spec.kind == "pancake-v3") {
            reader.set(kStaking, pancake_v3::UserPositionInfos::encode(spec.token_id), std::move(proof));
        } else {
            reader.set(kStaking, v3::Deposits::encode(spec.token_id), std::move(proof));
        }
    }
    Result<LpView> view() {
        const auto opened = OR_TRY(open_pool(reader, kPins, spec, tokens));
        return reader.read(kPins, opened->position());
    }
    TokenAmounts paid(const char* what) const { return {number(c.at(what).at(0)), number(c.at(what).at(1))}; }

    json c = find();
    bool slipstream;
    PoolSpec spec;
    Address pool;
    TickRange range;
    TokenTable tokens = *TokenTable::make({});
    ScriptedReader reader;
};

TEST(V3Forks, TheSamePositionInEveryDialect) {
    for (const std::string kind : {"pancake-v3", "slipstream"}) {
        SCOPED_TRACE(kind);
        Fork f(kind);
        const auto view = f.view();
        ASSERT_TRUE(view) << view.error().what;
        EXPECT_EQ(view->principal, f.paid("decreaseLiquidity"));
        EXPECT_EQ(view->uncollected_fees, f.paid("collect"));
        EXPECT_EQ(view->fee_pips, kind == "slipstream" ? kFee : f.c.at("fee").get<std::uint32_t>());
        EXPECT_EQ(view->state, PositionState::open);
    }
}

TEST(V3Forks, OneDialectsAnswersAreNothingInAnother) {
    for (const std::string spoken : {"pancake-v3", "slipstream"}) {
        for (const std::string understood : {"uniswap-v3", "sushi-v3", "pancake-v3", "slipstream"}) {
            if (spoken == understood) continue;
            SCOPED_TRACE(spoken + " read as " + understood);
            Fork f(spoken);
            f.spec.kind = understood;
            EXPECT_FALSE(f.view());
        }
    }
}

TEST(V3Forks, SlipstreamsFeeMayChange) {
    Fork f("slipstream");
    const auto opened = open_pool(f.reader, kPins, f.spec, f.tokens);
    ASSERT_TRUE(opened) << opened.error().what;
    for (const std::uint32_t fee : {100U, 30'000U}) {
        f.reader.set(f.pool, slipstream::Fee::encode(), word(U256(fee)));
        EXPECT_EQ(f.reader.read(kPins, (*opened)->position())->fee_pips, fee);
    }
    f.reader.set(f.pool, slipstream::Fee::encode(), fail(Errc::timeout, "slow"));
    EXPECT_EQ(f.reader.read(kPins, (*opened)->position()).error().code, Errc::timeout);
}

/// deposits(): owner first of four words; userPositionInfos(): user seventh of nine.
Bytes proof_of(const std::string& kind, const Address& user) {
    if (kind == "slipstream") return word(U256(user == kUser ? 1U : 0U));
    Bytes out((kind == "pancake-v3" ? 9U : 4U) * 32U);
    const auto w = word(user);
    std::copy(w.begin(), w.end(), out.begin() + (kind == "pancake-v3" ? 6 * 32 : 0));
    return out;
}

TEST(V3Forks, AStakedNftIsItsStakers) {
    for (const std::string kind : {"pancake-v3", "slipstream"}) {
        SCOPED_TRACE(kind);
        Fork f(kind);
        f.stake(proof_of(kind, kUser));
        const auto view = f.view();
        ASSERT_TRUE(view) << view.error().what;
        EXPECT_EQ(view->state, PositionState::open);
        EXPECT_EQ(view->principal, f.paid("decreaseLiquidity"));
        // In a gauge, fees go to its voters; the NFT keeps what it was owed when it was staked.
        const Words words(hex(f.c.at("reads").at("positions")));
        const TokenAmounts owed{U256::from_be(words.all.at(10)), U256::from_be(words.all.at(11))};
        EXPECT_EQ(view->uncollected_fees, kind == "slipstream" ? owed : f.paid("collect"));
    }
}

TEST(V3Forks, InAGaugeItIsOwedNoMoreThanThePoolOwesTheGauge) {
    Fork f("slipstream");
    f.stake(word(U256(1)));
    Words nft(hex(f.c.at("reads").at("positions")));
    f.reader.set(f.spec.position_manager, slipstream::Positions::encode(f.spec.token_id),
                 nft.set(4, word(U256(kSpacing))).set(10, word(U256(700))).set(11, word(U256(800))).bytes());
    Words held(hex(f.c.at("reads").at("poolPosition")));
    f.reader.set(f.pool, v3::PoolPositions::encode(v3_position_key(kStaking, f.range)),
                 held.set(3, word(U256(600))).set(4, word(U256(900))).bytes());
    EXPECT_EQ(f.view()->uncollected_fees, (TokenAmounts{600, 800}));
}

/// Whose the fees are is decided by who holds the NFT, not by what the configuration says of it.
TEST(V3Forks, OnlyThePoolsOwnGaugeTakesFees) {
    Fork named("slipstream");
    named.stake(word(U256(1)));
    const auto in_gauge = named.view()->uncollected_fees;
    Fork unnamed("slipstream");  // nobody is configured: it is in the gauge at the start
    unnamed.stake(word(U256(1)));
    unnamed.spec.staked_in = {};
    unnamed.spec.owner = {};
    EXPECT_EQ(unnamed.view()->uncollected_fees, in_gauge);
    Fork vault("slipstream");  // held by a contract that is not the gauge: fees grow as ever
    vault.stake(word(U256(1)));
    vault.script_round(vault.spec.position_manager);
    vault.reader.set(vault.spec.position_manager, v3::OwnerOf::encode(vault.spec.token_id), word(kStaking));
    vault.reader.set(vault.pool, slipstream::Gauge::encode(), word(Address{{0x99}}));
    EXPECT_EQ(vault.view()->uncollected_fees, vault.paid("collect"));
    vault.reader.set(vault.pool, slipstream::Gauge::encode(), fail(Errc::timeout, "slow"));
    EXPECT_EQ(vault.view().error().code, Errc::timeout);
}

TEST(V3Forks, AnNftStakedForSomebodyElseIsTransferred) {
    const Address other{{0x07}};
    for (const std::string kind : {"pancake-v3", "slipstream"}) {
        SCOPED_TRACE(kind);
        Fork f(kind);
        f.stake(proof_of(kind, other));
        const auto view = f.view();
        ASSERT_TRUE(view) << view.error().what;
        EXPECT_EQ(view->state, PositionState::transferred);
        EXPECT_EQ(view->owner, kind == "slipstream" ? Address{} : other) << "a gauge answers yes or no";
        EXPECT_EQ(view->principal, TokenAmounts{});
    }
}

TEST(V3Forks, AProofThatCannotBeReadIsNone) {
    for (const std::string kind : {"pancake-v3", "slipstream"}) {
        SCOPED_TRACE(kind);
        for (const Bytes& bad : {Bytes{}, Bytes(31), Bytes(32 * 12), Bytes(32, 0xff)}) {
            Fork f(kind);
            f.stake(bad);
            const auto view = f.view();
            ASSERT_FALSE(view);
            EXPECT_EQ(view.error().code, Errc::decode) << view.error().what;
        }
        Fork f(kind);
        f.stake(fail(Errc::reverted, "no"));
        EXPECT_EQ(f.view().error().code, Errc::reverted);
    }
}

}  // namespace
}  // namespace outrigger
