// SPDX-License-Identifier: Apache-2.0
// Keccak-256 against published hashes, and the same sponge with SHA-3's padding against OpenSSL.
#include "chain/base/keccak.hpp"

#include <random>

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

std::string hash(std::string_view text) {
    return to_hex(keccak256(text));
}

TEST(Keccak, PublishedHashes) {
    // The empty string and RLP's empty string and list: Yellow Paper (empty code, empty trie, empty uncles).
    EXPECT_EQ(hash(""), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    EXPECT_EQ(hash("\x80"), "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    EXPECT_EQ(hash("\xc0"), "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
    EXPECT_EQ(hash("abc"), "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    // ERC-20's Transfer topic and EIP-1967's implementation slot plus one.
    EXPECT_EQ(hash("Transfer(address,address,uint256)"),
              "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    EXPECT_EQ(hash("eip1967.proxy.implementation"),
              "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbd");
}

TEST(Keccak, WorksAtCompileTime) {
    static_assert(keccak256("abc")[0] == 0x4e && keccak256("abc")[31] == 0x45);
    SUCCEED();
}

TEST(Keccak, TextAndBytesAgree) {
    std::string text;
    for (int i = 0; i < 300; ++i) {
        const Bytes bytes(text.begin(), text.end());
        ASSERT_EQ(keccak256(text), keccak256(ByteView(bytes)));
        text.push_back(static_cast<char>(i));
    }
}

TEST(Keccak, SpongeWithSha3PaddingIsOpenSslsSha3) {
    std::mt19937 random(1);
    for (std::size_t size = 0; size <= 300; ++size) {
        for (int round = 0; round < 3; ++round) {
            Bytes data(size);
            for (auto& b : data) b = static_cast<std::uint8_t>(random());
            std::array<std::uint8_t, 32> want{};
            unsigned length = 0;
            ASSERT_EQ(EVP_Digest(data.data(), data.size(), want.data(), &length, EVP_sha3_256(), nullptr), 1);
            ASSERT_EQ(length, 32U);
            ASSERT_EQ(to_hex((sponge256<0x06>(ByteView(data)))), to_hex(want)) << size;
        }
    }
}

}  // namespace
}  // namespace outrigger
