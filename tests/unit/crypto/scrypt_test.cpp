// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/scrypt.hpp"

#include <gtest/gtest.h>

#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

ByteView bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Vector {
    const char* password;
    const char* salt;
    ScryptCost cost;
    const char* key;
};
// RFC 7914, section 12. Its fourth vector needs 1 GiB, which is over the bound; see Refuses below.
constexpr Vector kRfc7914[] = {{"",
                                "",
                                {16, 1, 1},
                                "0x77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                                "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
                               {"password",
                                "NaCl",
                                {1024, 8, 16},
                                "0xfdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                                "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
                               {"pleaseletmein",
                                "SodiumChloride",
                                {16384, 8, 1},
                                "0x7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                                "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"}};

TEST(Scrypt, DerivesWhatTheRfcSays) {
    for (const auto& v : kRfc7914) {
        Bytes key(64);
        ASSERT_TRUE(scrypt(v.password, bytes(v.salt), v.cost, key)) << v.password;
        EXPECT_EQ(to_hex(key), v.key) << v.password;
    }
}

TEST(Scrypt, DerivesTheSameWithoutOpenSslsLimit) {
    for (const auto& v : kRfc7914) {
        Bytes key(64);
        ASSERT_TRUE(detail::scrypt_any(v.password, bytes(v.salt), v.cost, key)) << v.password;
        EXPECT_EQ(to_hex(key), v.key) << v.password;
    }
}

TEST(Scrypt, BothWaysAgreeOnOddCosts) {
    for (const ScryptCost cost :
         {ScryptCost{2, 1, 1}, ScryptCost{64, 3, 2}, ScryptCost{128, 1, 5}, ScryptCost{32, 64, 1}}) {
        Bytes one(40);
        Bytes other(40);
        ASSERT_TRUE(scrypt("password", bytes("salt"), cost, one));
        ASSERT_TRUE(detail::scrypt_any("password", bytes("salt"), cost, other));
        EXPECT_EQ(one, other) << cost.n << " " << cost.r << " " << cost.p;
    }
}

TEST(Scrypt, RefusesCostsBeyondItsBounds) {
    Bytes key(32);
    const std::uint64_t huge = ~std::uint64_t{0};
    for (const ScryptCost cost : {ScryptCost{0, 8, 1},
                                  {1, 8, 1},
                                  {3, 8, 1},
                                  {1 << 21, 1, 1},
                                  {1ULL << 40, 8, 1},
                                  {1ULL << 63, 8, 1},
                                  {1024, 0, 1},
                                  {1024, 8, 0},
                                  {1024, 65, 1},
                                  {1024, 8, 65},
                                  {1 << 20, 8, 1},
                                  {1 << 18, 17, 1},
                                  {1 << 18, 8, 9},
                                  {huge, huge, huge},
                                  {2, huge, 1},
                                  {2, 1, huge}}) {
        const auto answer = scrypt("x", bytes("y"), cost, key);
        ASSERT_FALSE(answer.has_value()) << cost.n << " " << cost.r << " " << cost.p;
        EXPECT_EQ(answer.error().code, Errc::key);
    }
    EXPECT_TRUE(check_cost({1 << 18, 8, 1})) << "geth's own cost";
    EXPECT_TRUE(check_cost({1 << 19, 8, 1})) << "exactly 512 MiB";
    EXPECT_TRUE(check_cost({1 << 18, 8, 8})) << "exactly 2^24 of work";
}

TEST(Scrypt, SaysHowMuchMemoryItNeeds) {
    EXPECT_EQ(scrypt_memory_bytes({1 << 18, 8, 1}), 268'435'456U + 3 * 1024);
}

}  // namespace
}  // namespace outrigger
