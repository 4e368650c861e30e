// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/multicall.hpp"

#include <gtest/gtest.h>

#include "chain/abi/revert.hpp"

namespace outrigger::abi {
namespace {

Bytes join(Selector selector, const Bytes& body) {
    Bytes out(selector.data.begin(), selector.data.end());
    out.insert(out.end(), body.begin(), body.end());
    return out;
}
Bytes error_string(const std::string& text) {
    return join(selector_of("Error(string)"), encode(text));
}

TEST(Multicall3, DeployedAddressIsThePublishedOne) {
    EXPECT_EQ(checksum_address(kMulticall3), "0xcA11bde05977b3631167028862bE2a173976CA11");
}

TEST(Multicall3, CallsKeepTheirOrderAndMayFailAlone) {
    const std::vector<EthCall> calls{{ChainId(1), Address{{1}}, {1, 2, 3}}, {ChainId(1), Address{{2}}, {}}};
    const auto decoded = multicall3::Aggregate3::decode_call(encode_aggregate3(calls));
    ASSERT_TRUE(decoded);
    const auto& inner = std::get<0>(*decoded);
    ASSERT_EQ(inner.size(), 2U);
    EXPECT_EQ(inner[0], std::make_tuple(Address{{1}}, true, Bytes{1, 2, 3}));
    EXPECT_EQ(inner[1], std::make_tuple(Address{{2}}, true, Bytes{}));
    EXPECT_TRUE(multicall3::Aggregate3::decode_call(encode_aggregate3({})));
}

TEST(Multicall3, EachAnswerSucceedsOrFailsByItself) {
    const std::vector<multicall3::Answer> answers{
        {true, Bytes{1, 2}}, {false, error_string("STF")}, {true, Bytes{}}, {false, Bytes{}}};
    const auto decoded = decode_aggregate3(encode(answers), 4);
    ASSERT_TRUE(decoded) << decoded.error().what;
    EXPECT_EQ((*decoded)[0], (Bytes{1, 2}));
    ASSERT_FALSE((*decoded)[1]);
    EXPECT_EQ((*decoded)[1].error(), (Error{Errc::reverted, "reverted: STF"}));
    EXPECT_EQ((*decoded)[2], Bytes{});
    EXPECT_EQ((*decoded)[3].error(), (Error{Errc::reverted, "reverted: no reason given"}));
}

TEST(Multicall3, MalformedAnswersAreOneError) {
    const Bytes two = encode(std::vector<multicall3::Answer>{{true, Bytes{1}}, {true, Bytes{2}}});
    EXPECT_FALSE(decode_aggregate3(two, 1));
    EXPECT_FALSE(decode_aggregate3(two, 3));
    EXPECT_TRUE(decode_aggregate3(two, 2));
    EXPECT_FALSE(decode_aggregate3({}, 0));
    for (std::size_t size = 0; size < two.size(); ++size) {
        const auto r = decode_aggregate3(ByteView(two).first(size), 2);
        ASSERT_FALSE(r) << size;
        EXPECT_EQ(r.error().code, Errc::decode);
    }
}

TEST(RevertReason, ErrorPanicAndCustom) {
    EXPECT_EQ(revert_reason({}), "no reason given");
    EXPECT_EQ(revert_reason(error_string("Too little received")), "Too little received");
    EXPECT_EQ(revert_reason(error_string("")), "empty reason");
    const auto panic = [](std::uint64_t code) {
        return revert_reason(join(selector_of("Panic(uint256)"), encode(U256(code))));
    };
    EXPECT_EQ(panic(0x11), "panic 0x11: arithmetic overflow or underflow");
    EXPECT_EQ(panic(0x12), "panic 0x12: division by zero");
    EXPECT_EQ(panic(0x99), "panic 0x99");
    EXPECT_EQ(revert_reason(Bytes{0xde, 0xad, 0xbe, 0xef, 1, 2}),
              "custom error 0xdeadbeef with 2 bytes of arguments");
    EXPECT_EQ(revert_reason(Bytes{0xde, 0xad}), "malformed reason 0xdead");
}

TEST(RevertReason, IsFitForATerminal) {
    EXPECT_EQ(revert_reason(error_string("a\x1b[31mb\nc\xff")), "a?[31mb?c?");
    const std::string longest = revert_reason(error_string(std::string(10000, 'x')));
    EXPECT_EQ(longest.size(), 200U);
    EXPECT_TRUE(longest.ends_with("x..."));
}

TEST(RevertReason, UntidyStringsAreReadAndLyingOnesAreNot) {
    Bytes unpadded = error_string("hello");
    unpadded.resize(4 + 64 + 5);
    EXPECT_EQ(revert_reason(unpadded), "hello");
    for (std::size_t size = 4; size < unpadded.size(); ++size) {
        EXPECT_TRUE(revert_reason(ByteView(unpadded).first(size)).starts_with("custom error 0x08c379a0"));
    }
    for (const std::size_t word : {std::size_t{4}, std::size_t{36}}) {
        Bytes lying = error_string("hello");
        std::fill_n(lying.begin() + static_cast<std::ptrdiff_t>(word), 32, std::uint8_t{0xff});
        EXPECT_TRUE(revert_reason(lying).starts_with("custom error 0x08c379a0"));
    }
}

}  // namespace
}  // namespace outrigger::abi
