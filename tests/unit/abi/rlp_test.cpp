// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/rlp.hpp"

#include <random>

#include <gtest/gtest.h>

#include "chain/base/hex.hpp"

namespace outrigger::rlp {
namespace {

Item text(std::string_view s) {
    return Item{Bytes(s.begin(), s.end())};
}
Item list(std::vector<Item> elements = {}) {
    return Item{std::move(elements)};
}
Bytes hex(std::string_view s) {
    return *parse_hex(s);
}

/// A list with this one element, already encoded.
Bytes with_list(const Bytes& element) {
    const Bytes as_string = encode_bytes(element);  // same length prefix, other kind
    Bytes out = element.size() == 1
                    ? Bytes{0xc1}
                    : Bytes(as_string.begin(), as_string.end() - static_cast<std::ptrdiff_t>(element.size()));
    if (element.size() > 1) out[0] = static_cast<std::uint8_t>(out[0] + 0x40);
    out.insert(out.end(), element.begin(), element.end());
    return out;
}

struct Vector {
    Item item;
    const char* encoding;
};

// Source: the Ethereum wiki's RLP page and ethereum/tests RLPTests/rlptest.json.
std::vector<Vector> published() {
    return {
        {text("dog"), "0x83646f67"},
        {list({text("cat"), text("dog")}), "0xc88363617483646f67"},
        {text(""), "0x80"},
        {list(), "0xc0"},
        {text(std::string_view("\0", 1)), "0x00"},
        {text("\x0f"), "0x0f"},
        {text(std::string_view("\x04\x00", 2)), "0x820400"},
        {list({list(), list({list()}), list({list(), list({list()})})}), "0xc7c0c1c0c3c0c1c0"},
        {text("Lorem ipsum dolor sit amet, consectetur adipisicing elit"),
         "0xb8384c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e7365637465747572206164697069736"
         "963"
         "696e6720656c6974"},
        {text("Lorem ipsum dolor sit amet, consectetur adipisicing eli"),
         "0xb74c6f72656d20697073756d20646f6c6f722073697420616d65742c20636f6e736563746574757220616469706973696"
         "3696e"
         "6720656c69"},
        {text("\x7f"), "0x7f"},
        {text("\x80"), "0x8180"},
        {list({text("zw"), list({Item{Bytes{4}}}), Item{Bytes{1}}}), "0xc6827a77c10401"},
        {list({list({list(), list()}), list()}), "0xc4c2c0c0c0"},
        {list({text("asdf"), text("qwer"), text("zxcv"), text("asdf"), text("qwer"), text("zxcv"),
               text("asdf"), text("qwer"), text("zxcv"), text("asdf"), text("qwer")}),
         "0xf784617364668471776572847a78637684617364668471776572847a78637684617364668471776572847a78637684617"
         "364668"
         "471776572"},
    };
}

TEST(Rlp, PublishedVectorsBothWays) {
    for (const Vector& v : published()) {
        EXPECT_EQ(to_hex(encode(v.item)), v.encoding);
        const auto decoded = decode(hex(v.encoding));
        ASSERT_TRUE(decoded) << v.encoding << ": " << decoded.error().what;
        EXPECT_EQ(*decoded, v.item) << v.encoding;
    }
}

TEST(Rlp, NumbersAreMinimalBigEndian) {
    EXPECT_EQ(to_hex(encode_uint(0)), "0x80");
    EXPECT_EQ(to_hex(encode_uint(15)), "0x0f");
    EXPECT_EQ(to_hex(encode_uint(127)), "0x7f");
    EXPECT_EQ(to_hex(encode_uint(128)), "0x8180");
    EXPECT_EQ(to_hex(encode_uint(1024)), "0x820400");
    EXPECT_EQ(to_hex(encode_uint(U256::pow2(256 - 1))), "0xa08" + std::string(63, '0'));
    // ethereum/tests: bigint = 2^256
    EXPECT_EQ(to_hex(encode_bytes(hex("0x01" + std::string(64, '0')))), "0xa101" + std::string(64, '0'));
}

TEST(Rlp, ListBuilderIsTheItemTree) {
    const List inner = List().bytes(Bytes{1, 2, 3}).uint(0);
    const Bytes built = List().uint(1).bytes(Address{{9}}).list(inner).list(List()).encode();
    Bytes address(20);
    address[0] = 9;
    EXPECT_EQ(built,
              encode(list({Item{Bytes{1}}, Item{address}, list({Item{Bytes{1, 2, 3}}, text("")}), list()})));
}

TEST(Rlp, LengthsRoundTripAcrossEveryPrefixForm) {
    for (const std::size_t size : {0U, 1U, 54U, 55U, 56U, 57U, 255U, 256U, 257U, 65535U, 65536U, 70000U}) {
        const Item string{Bytes(size, 0xab)};
        EXPECT_EQ(decode(encode(string)), string) << size;
        const Item ones = list(std::vector<Item>(size, Item{Bytes{1}}));
        EXPECT_EQ(decode(encode(ones)), ones) << size;
    }
}

TEST(Rlp, EverythingThatIsNotCanonicalIsRefused) {
    const struct {
        const char* data;
        const char* why;
    } cases[] = {
        {"0x", "an item is expected"},
        {"0x8100", "a small byte with a prefix"},
        {"0x817f", "a small byte with a prefix"},
        {"0xb800", "leading zeros"},
        {"0xb801ff", "a short length"},
        {"0xb83700", "a short length"},
        {"0xf801c0", "a short length"},
        {"0xb90038", "leading zeros"},
        {"0xb8", "a length is cut off"},
        {"0xb9ff", "a length is cut off"},
        {"0x81", "beyond the end"},
        {"0x83646f", "beyond the end"},
        {"0xbfffffffffffffffff", "beyond the end"},
        {"0xffffffffffffffffff", "beyond the end"},
        {"0xbf0fffffffffffffff646f67", "beyond the end"},
        {"0xc1", "beyond the end"},
        {"0xc283", "beyond the end"},
        {"0xc382646f67", "1 bytes too many"},
        {"0xc3836f67", "beyond the end"},
        {"0xf800", "leading zeros"},
        {"0xf90038", "leading zeros"},
        {"0xc28100", "a small byte with a prefix"},
        {"0x8080", "1 bytes too many"},
        {"0xc0c0", "1 bytes too many"},
        {"0x83646f6700", "1 bytes too many"},
    };
    for (const auto& c : cases) {
        const auto r = decode(hex(c.data));
        ASSERT_FALSE(r) << c.data;
        EXPECT_EQ(r.error().code, Errc::decode);
        EXPECT_NE(r.error().what.find(c.why), std::string::npos) << c.data << ": " << r.error().what;
    }
}

TEST(Rlp, DepthIsBounded) {
    Bytes nested{0xc0};
    for (unsigned i = 1; i < kMaxDepth; ++i) nested = with_list(nested);
    const auto deepest = decode(nested);
    ASSERT_TRUE(deepest) << deepest.error().what;
    EXPECT_EQ(encode(*deepest), nested);
    const auto deeper = decode(with_list(nested));
    ASSERT_FALSE(deeper);
    EXPECT_NE(deeper.error().what.find("too deep"), std::string::npos);
}

constexpr std::uint8_t kLikely[] = {0x80, 0x81, 0xb8, 0xb9, 0xc0, 0xc1, 0xc2, 0xf8, 0x00, 0x38};

TEST(Rlp, AnyBytesEitherFailOrAreTheEncodingOfWhatTheyDecodeTo) {
    std::mt19937 random(1);
    int accepted = 0;
    for (int i = 0; i < 200000; ++i) {
        Bytes data(random() % 12);
        for (auto& b : data) {
            b = random() % 2 == 0 ? kLikely[random() % std::size(kLikely)]
                                  : static_cast<std::uint8_t>(random());
        }
        const auto item = decode(data);
        if (!item) continue;
        ++accepted;
        ASSERT_EQ(to_hex(encode(*item)), to_hex(data));
    }
    EXPECT_GT(accepted, 1000);
}

TEST(Rlp, ReadersCheckWhatTheyRead) {
    const Item number{Bytes{1, 0}};
    EXPECT_EQ(uint_of(number), U256(256));
    EXPECT_EQ(u64_of(number), 256U);
    EXPECT_EQ(uint_of(text("")), U256(0));
    EXPECT_FALSE(uint_of(Item{Bytes{0}}));
    EXPECT_FALSE(uint_of(Item{Bytes{0, 1}}));
    EXPECT_FALSE(uint_of(Item{Bytes(33, 1)}));
    EXPECT_FALSE(uint_of(list()));
    EXPECT_FALSE(u64_of(Item{Bytes(9, 1)}));
    EXPECT_FALSE(bytes_of(list()));
    EXPECT_FALSE(list_of(number));
    EXPECT_EQ(list_of(list({number}))->size(), 1U);
    EXPECT_TRUE(fixed_of<Address>(Item{Bytes(20, 7)}));
    EXPECT_FALSE(fixed_of<Address>(Item{Bytes(19, 7)}));
    EXPECT_FALSE(fixed_of<Address>(Item{Bytes(21, 7)}));
    EXPECT_FALSE(fixed_of<Address>(list()));
}

}  // namespace
}  // namespace outrigger::rlp
