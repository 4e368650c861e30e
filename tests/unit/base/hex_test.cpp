// SPDX-License-Identifier: Apache-2.0
#include "chain/base/hex.hpp"

#include <cctype>
#include <string>

#include <gtest/gtest.h>

namespace outrigger {
namespace {

TEST(Hex, BytesThereAndBack) {
    EXPECT_EQ(to_hex(Bytes{}), "0x");
    EXPECT_EQ(to_hex(Bytes{0x00, 0x0f, 0xf0, 0xff}), "0x000ff0ff");
    EXPECT_EQ(parse_hex("0x"), Bytes{});
    EXPECT_EQ(parse_hex("0x000fF0Ff"), (Bytes{0x00, 0x0f, 0xf0, 0xff}));
}

TEST(Hex, OnlyWholePrefixedBytesAreAccepted) {
    for (const char* text : {"", "0", "x", "00", "0X00", "0x0", "0x000", "0x0g", "0x 0", "0x0\n", "00x00",
                             " 0x00", "0x-1", "0x0x00", "0x\xc3\xa4"}) {
        const auto r = parse_hex(text);
        ASSERT_FALSE(r) << text;
        EXPECT_EQ(r.error().code, Errc::decode);
    }
    EXPECT_NE(parse_hex("0x12z4").error().what.find("'z' at position 4"), std::string::npos);
}

TEST(Hex, EveryByteThatIsNotAHexDigitIsRefused) {
    for (int c = 0; c < 256; ++c) {
        const char ch = static_cast<char>(c);
        const bool digit = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
        const std::string text = std::string("0x0") + ch;
        EXPECT_EQ(parse_hex(text).has_value(), digit) << c;
        EXPECT_EQ(parse_quantity(std::string("0x1") + ch).has_value(), digit) << c;
    }
}

TEST(Hex, FixedLengthsMustMatch) {
    EXPECT_EQ(parse_fixed<Selector>("0xa9059cbb"), (Selector{{0xa9, 0x05, 0x9c, 0xbb}}));
    EXPECT_FALSE(parse_fixed<Selector>("0xa9059c"));
    EXPECT_FALSE(parse_fixed<Selector>("0xa9059cbb00"));
    EXPECT_FALSE(parse_fixed<Selector>("a9059cbb"));
    EXPECT_EQ(to_hex(Selector{{0xa9, 0x05, 0x9c, 0xbb}}), "0xa9059cbb");
}

// Source: the JSON-RPC specification's own examples of right and wrong quantities.
TEST(Hex, QuantitiesAsJsonRpcDefinesThem) {
    EXPECT_EQ(parse_quantity("0x41"), U256(65));
    EXPECT_EQ(parse_quantity("0x400"), U256(1024));
    EXPECT_EQ(parse_quantity("0x0"), U256(0));
    for (const char* wrong : {"0x", "0x0400", "ff", "0x00", "", "0xg", "1024", "-0x1"}) {
        EXPECT_FALSE(parse_quantity(wrong)) << wrong;
    }
    const std::string max = "0x" + std::string(64, 'f');
    EXPECT_EQ(parse_quantity(max), U256::max());
    EXPECT_FALSE(parse_quantity(max + "0"));
    EXPECT_EQ(parse_quantity_u64("0xffffffffffffffff"), ~std::uint64_t{0});
    EXPECT_FALSE(parse_quantity_u64("0x10000000000000000"));
    EXPECT_EQ(to_quantity(0), "0x0");
    EXPECT_EQ(to_quantity(1024), "0x400");
    EXPECT_EQ(to_quantity(U256::max()), max);
    for (unsigned bit = 0; bit < 256; ++bit) {
        EXPECT_EQ(parse_quantity(to_quantity(U256::pow2(bit))), U256::pow2(bit));
    }
}

// Source: EIP-55, "Test Cases".
constexpr const char* kChecksummed[] = {
    "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};

TEST(Eip55, PublishedVectors) {
    for (const std::string text : kChecksummed) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(checksum_address(*address), text);
        EXPECT_EQ(parse_address(to_hex(*address)), address);
        std::string upper = text;
        for (std::size_t i = 2; i < upper.size(); ++i) upper[i] = static_cast<char>(std::toupper(upper[i]));
        EXPECT_EQ(parse_address(upper), address);
    }
}

TEST(Eip55, EveryFlippedCapitalIsCaught) {
    const std::string right = kChecksummed[4];
    for (std::size_t i = 2; i < right.size(); ++i) {
        std::string wrong = right;
        if (std::isalpha(wrong[i]) == 0) continue;
        wrong[i] = static_cast<char>(wrong[i] ^ 0x20);
        const auto r = parse_address(wrong);
        ASSERT_FALSE(r) << wrong;
        EXPECT_EQ(r.error().what, "checksum of " + wrong + " does not match: one character is wrong");
    }
}

TEST(Eip55, WhatIsNotAnAddressIsRefused) {
    for (const char* text :
         {"", "0x", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0xgggggggggggggggggggggggggggggggggggggggg",
          "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

}  // namespace
}  // namespace outrigger
