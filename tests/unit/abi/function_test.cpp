// SPDX-License-Identifier: Apache-2.0
// Signatures, selectors and return types against the protocols' own published ABIs.
#include "chain/abi/function.hpp"

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tests/conformance/functions.hpp"

namespace outrigger::abi {
namespace {

using conformance::Json;

Json published() {
    std::ifstream file(OUTRIGGER_SOURCE_DIR "/tests/fixtures/published_abis.json");
    return Json::parse(file);
}

// As listed by block explorers and the 4byte directory.
constexpr struct {
    const char* signature;
    const char* selector;
} kWellKnown[] = {
    {"name()", "0x06fdde03"},
    {"symbol()", "0x95d89b41"},
    {"decimals()", "0x313ce567"},
    {"totalSupply()", "0x18160ddd"},
    {"balanceOf(address)", "0x70a08231"},
    {"transfer(address,uint256)", "0xa9059cbb"},
    {"transferFrom(address,address,uint256)", "0x23b872dd"},
    {"approve(address,uint256)", "0x095ea7b3"},
    {"allowance(address,address)", "0xdd62ed3e"},
    {"ownerOf(uint256)", "0x6352211e"},
    {"deposit()", "0xd0e30db0"},
    {"withdraw(uint256)", "0x2e1a7d4d"},
    {"owner()", "0x8da5cb5b"},
    {"getReserves()", "0x0902f1ac"},
    {"token0()", "0x0dfe1681"},
    {"token1()", "0xd21220a7"},
    {"factory()", "0xc45a0155"},
    {"slot0()", "0x3850c7bd"},
    {"liquidity()", "0x1a686502"},
    {"ticks(int24)", "0xf30dba93"},
    {"feeGrowthGlobal0X128()", "0xf3058399"},
    {"feeGrowthGlobal1X128()", "0x46141319"},
    {"tickSpacing()", "0xd0c93a7c"},
    {"fee()", "0xddca3f43"},
    {"observe(uint32[])", "0x883bdbfd"},
    {"getPool(address,address,uint24)", "0x1698ee82"},
    {"positions(uint256)", "0x99fbab88"},
    {"decreaseLiquidity((uint256,uint128,uint256,uint256,uint256))", "0x0c49ccbe"},
    {"collect((uint256,address,uint128,uint128))", "0xfc6f7865"},
    {"multicall(bytes[])", "0xac9650d8"},
    {"multicall(uint256,bytes[])", "0x5ae401dc"},
    {"exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))", "0x414bf389"},
    {"exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))", "0x04e45aaf"},
    {"exactOutputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))", "0xdb3e2198"},
    {"exactOutputSingle((address,address,uint24,address,uint256,uint256,uint160))", "0x5023b4df"},
    {"latestRoundData()", "0xfeaf968c"},
    {"getRoundData(uint80)", "0x9a6fc8f5"},
    {"latestAnswer()", "0x50d25bcd"},
    {"description()", "0x7284e416"},
    {"aggregator()", "0x245a7bfc"},
    {"phaseId()", "0x58303b10"},
    {"supply(address,uint256,address,uint16)", "0x617ba037"},
    {"withdraw(address,uint256,address)", "0x69328dec"},
    {"borrow(address,uint256,uint256,uint16,address)", "0xa415bcad"},
    {"repay(address,uint256,uint256,address)", "0x573ade81"},
    {"getUserAccountData(address)", "0xbf92857c"},
    {"getReserveData(address)", "0x35ea6a75"},
    {"getAssetPrice(address)", "0xb3596f07"},
    {"aggregate3((address,bool,bytes)[])", "0x82ad56cb"},
    {"getBlockNumber()", "0x42cbb15c"},
    {"getEthBalance(address)", "0x4d2301cc"},
};

TEST(Selector, WellKnownOnes) {
    for (const auto& f : kWellKnown) EXPECT_EQ(to_hex(selector_of(f.signature)), f.selector) << f.signature;
}

TEST(Selector, EveryFunctionAndEventOfThePublishedAbis) {
    int functions = 0;
    int events = 0;
    for (const auto& entry : published()) {
        if (entry.contains("event")) {
            const auto event = entry.at("event").get<std::string>();
            EXPECT_EQ(to_hex(keccak256(event)), entry.at("topic").get<std::string>()) << event;
            ++events;
        } else {
            const auto signature = entry.at("signature").get<std::string>();
            EXPECT_EQ(to_hex(selector_of(signature)), entry.at("selector").get<std::string>()) << signature;
            ++functions;
        }
    }
    EXPECT_GT(functions, 400);
    EXPECT_GT(events, 80);
}

/// A static struct and its members one by one are the same bytes, and the code may use either.
std::string flat(std::string types) {
    types.erase(std::remove_if(types.begin(), types.end(), [](char c) { return c == '(' || c == ')'; }),
                types.end());
    return types;
}

/// In the code for a reason, and in none of the packages above.
const std::set<std::pair<std::string, std::string>> kUnpublished{
    {"symbol()", "bytes32"},    // MKR and other tokens from before ERC-20 was settled
    {"minAnswer()", "int256"},  // OCR aggregators say int192; every int192 reads the same as int256
    {"maxAnswer()", "int256"},
};

TEST(Function, EveryContractFunctionInTheCodeIsAPublishedOne) {
    std::set<std::pair<std::string, std::string>> known;
    for (const auto& entry : published()) {
        if (entry.contains("event")) continue;
        known.emplace(entry.at("signature").get<std::string>(), flat(entry.at("returns").get<std::string>()));
    }
    const auto functions = conformance::contract_functions();
    EXPECT_GE(functions.size(), 60U);
    for (const auto& f : functions) {
        const std::pair key{f.signature, flat(f.returns)};
        EXPECT_TRUE(known.contains(key) || kUnpublished.contains(key))
            << f.signature << " returns " << f.returns;
        EXPECT_EQ(f.selector, to_hex(selector_of(f.signature)));
    }
}

using Transfer = Function<"transfer", bool(Address, U256)>;
using Slot0 =
    Function<"slot0", std::tuple<UInt<160>, Int<24>, UInt<16>, UInt<16>, UInt<16>, UInt<8>, bool>()>;
using ExactInputSingle =
    Function<"exactInputSingle",
             U256(std::tuple<Address, Address, UInt<24>, Address, U256, U256, U256, UInt<160>>)>;
using GetRoundData = Function<"getRoundData", std::tuple<UInt<80>, I256, U256, U256, UInt<80>>(UInt<80>)>;
using TransferEvent = Event<"Transfer", Address, Address, U256>;
using SwapEvent = Event<"Swap", Address, Address, I256, I256, UInt<160>, UInt<128>, Int<24>>;

TEST(Function, SignatureSelectorAndTopicAreKnownAtCompileTime) {
    static_assert(Transfer::signature == "transfer(address,uint256)");
    static_assert(Transfer::returns == "(bool)");
    static_assert(Transfer::selector == Selector{{0xa9, 0x05, 0x9c, 0xbb}});
    static_assert(Slot0::returns == "(uint160,int24,uint16,uint16,uint16,uint8,bool)");
    static_assert(Slot0::selector == Selector{{0x38, 0x50, 0xc7, 0xbd}});
    static_assert(ExactInputSingle::selector == Selector{{0x41, 0x4b, 0xf3, 0x89}});
    static_assert(GetRoundData::selector == Selector{{0x9a, 0x6f, 0xc8, 0xf5}});
    EXPECT_EQ(to_hex(TransferEvent::topic),
              "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    EXPECT_EQ(to_hex(SwapEvent::topic), "0xc42079f94a6350d7e6235f29174924f928cc2ac818eb64fed8004e115fbcca67");
}

TEST(Function, DecodesOneSeveralAndNoReturnValues) {
    EXPECT_EQ(Transfer::decode(encode(true)), true);
    const auto slot = Slot0::decode(encode(UInt<160>(U256::pow2(96)), Int<24>(-887272), UInt<16>(1),
                                           UInt<16>(2), UInt<16>(3), UInt<8>(0), true));
    ASSERT_TRUE(slot) << slot.error().what;
    const auto& [price, tick, index, cardinality, next, protocol, unlocked] = *slot;
    EXPECT_EQ(price.value(), U256::pow2(96));
    EXPECT_EQ(tick.value(), -887272);
    EXPECT_TRUE(unlocked);
    EXPECT_EQ(index.value() + cardinality.value() + next.value() + protocol.value(), 6U);
    using Nothing = Function<"pause", void()>;
    EXPECT_TRUE(Nothing::decode({}));
    EXPECT_FALSE(Nothing::decode(Bytes(32)));
    using Struct = Function<"f", std::tuple<std::tuple<U256, Bytes>>()>;
    EXPECT_EQ(Struct::decode(encode(std::tuple(U256(1), Bytes{2}))),
              std::make_tuple(std::tuple(U256(1), Bytes{2})));
}

TEST(Function, ErrorsSayWhichFunctionAndWhere) {
    EXPECT_EQ(Transfer::decode(Bytes(31)).error().what,
              "the answer of transfer(address,uint256): byte 0: a word is expected, but the data end at 31");
    EXPECT_EQ(Transfer::decode_call(Bytes(3)).error().what, "calldata shorter than a selector");
    EXPECT_EQ(Transfer::decode_call(Slot0::encode()).error().what,
              "calldata starts with 0x3850c7bd, which is not transfer(address,uint256) (0xa9059cbb)");
    Bytes call = Transfer::encode(Address{{1}}, 5);
    EXPECT_EQ(Transfer::decode_call(call), std::make_tuple(Address{{1}}, U256(5)));
    call[4] = 1;
    EXPECT_EQ(Transfer::decode_call(call).error().what,
              "the arguments of transfer(address,uint256): byte 0: address with padding that is not zero");
}

}  // namespace
}  // namespace outrigger::abi
