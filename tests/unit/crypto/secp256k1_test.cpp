// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/secp256k1.hpp"

#include <cstdlib>
#include <string_view>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <rapidcheck/gtest.h>

#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

// Before rapidcheck reads its configuration: the same cases in every run.
[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=6979 max_success=100", 0);

const U256 kOrder =
    U256::from_be(parse_hex("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").value());
const U256 kHalf = kOrder >> 1;

Result<KeyPair> pair_of(const U256& key) {
    auto bytes = key.to_be();
    return KeyPair::create(Secret<32>::take(bytes));
}
Result<KeyPair> pair_of(std::string_view hex) {
    return pair_of(U256::from_be(parse_hex(hex).value()));
}

Hash32 sha256(std::string_view text) {
    Hash32 out;
    EXPECT_EQ(EVP_Digest(text.data(), text.size(), out.data.data(), nullptr, EVP_sha256(), nullptr), 1);
    return out;
}

struct Vector {
    const char* key;
    const char* message;
    const char* r;
    const char* s;
};
// RFC 6979 with SHA-256 on secp256k1: the vectors Bitcoin libraries share (btcec, elliptic, libsecp256k1
// wrappers).
constexpr Vector kRfc6979[] = {
    {"0xcca9fbcc1b41e5a95d369eaa6ddcff73b61a4efaa279cfc6567e8daa39cbaf50", "sample",
     "0xaf340daf02cc15c8d5d08d7735dfe6b98a474ed373bdb5fbecf7571be52b3842",
     "0x5009fb27f37034a9b24b707b7c6b79ca23ddef9e25f7282e8a797efe53a8f124"},
    {"0x01", "Satoshi Nakamoto", "0x934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8",
     "0x2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5"},
    {"0x01", "Everything should be made as simple as possible, but not simpler.",
     "0x33a69cd2065432a30f3d1ce4eb0d59b8ab58c74f27c41a7fdb5696ad4e6108c9",
     "0x6f807982866f785d3f6418d24163ddae117b7db4d5fdf0071de069fa54342262"},
    {"0x01", "All those moments will be lost in time, like tears in rain. Time to die...",
     "0x8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b",
     "0x547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21"},
    {"0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", "Satoshi Nakamoto",
     "0xfd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0",
     "0x6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5"},
    {"0xf8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181", "Alan Turing",
     "0x7063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c",
     "0x58dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea"},
    {"0xe91671c46231f833a6406ccbea0e3e392c76c167bac1cb013f6f1013980455c2",
     "There is a computer disease that anybody who works with computers knows about. It's a very serious "
     "disease "
     "and it interferes completely with the work. The trouble with computers is that you 'play' with them!",
     "0xb552edd27580141f3b2a5463048cb7cd3e047b97c9f98076c32dbdf85a68718b",
     "0x279fa72dd19bfae05577e06c7c0c1900c371fcd5893f7e1d56a37d30174671f6"}};

TEST(KeyPair, SignsAsRfc6979Says) {
    for (const auto& v : kRfc6979) {
        const auto key = pair_of(v.key).value();
        const auto hash = sha256(v.message);
        const auto signature = key.sign(hash).value();
        EXPECT_EQ(to_hex(signature.r.to_be()), v.r) << v.message;
        EXPECT_EQ(to_hex(signature.s.to_be()), v.s) << v.message;
        EXPECT_EQ(recover(hash, signature.r, signature.s, signature.y_parity), key.address()) << v.message;
    }
}

TEST(KeyPair, KnowsItsAddress) {
    // The addresses of the keys 1, 2 and 3, known to every wallet; and the first account of the devnets.
    EXPECT_EQ(checksum_address(pair_of(U256(1))->address()), "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
    EXPECT_EQ(checksum_address(pair_of(U256(2))->address()), "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF");
    EXPECT_EQ(checksum_address(pair_of(U256(3))->address()), "0x6813Eb9362372EEF6200f3b1dbC3f819671cBA69");
    EXPECT_EQ(checksum_address(
                  pair_of("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")->address()),
              "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
}

TEST(KeyPair, RefusesWhatIsNoKey) {
    for (const auto& key : {U256(0), kOrder, kOrder + 1, U256::max()}) {
        const auto pair = pair_of(key);
        ASSERT_FALSE(pair.has_value()) << key.to_decimal();
        EXPECT_EQ(pair.error().code, Errc::key);
    }
    EXPECT_TRUE(pair_of(kOrder - 1).has_value());
}

TEST(Recover, RefusesSignaturesOutOfRange) {
    const auto hash = sha256("Satoshi Nakamoto");
    const auto good = pair_of(U256(1))->sign(hash).value();
    struct Case {
        const char* why;
        U256 r;
        U256 s;
        std::uint8_t y_parity;
    };
    const auto other = static_cast<std::uint8_t>(1 - good.y_parity);
    const Case cases[] = {{"r zero", 0, good.s, 0},
                          {"s zero", good.r, 0, 0},
                          {"r the order", kOrder, good.s, 0},
                          {"s the order", good.r, kOrder, 0},
                          {"r all ones", U256::max(), good.s, 0},
                          {"s all ones", good.r, U256::max(), 0},
                          {"the same signature, high s", good.r, kOrder - good.s, other},
                          {"just above half the order", good.r, kHalf + 1, 0},
                          {"no point has this x", 5, good.s, 0},
                          {"y parity 2", good.r, good.s, 2},
                          {"y parity 27", good.r, good.s, 27}};
    for (const auto& c : cases) {
        const auto answer = recover(hash, c.r, c.s, c.y_parity);
        ASSERT_FALSE(answer.has_value()) << c.why;
        EXPECT_EQ(answer.error().code, Errc::decode) << c.why;
    }
    EXPECT_TRUE(recover(hash, good.r, kHalf, 0).has_value()) << "half the order itself is low";
    EXPECT_NE(recover(hash, good.r, good.s, other), pair_of(U256(1))->address());
}

RC_GTEST_PROP(KeyPair, RecoversItsOwnSignaturesAndNoOther, ()) {
    const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(32, rc::gen::arbitrary<std::uint8_t>());
    const auto key_number = U256::from_be(bytes) % (kOrder - 1) + 1;
    const auto message = *rc::gen::arbitrary<std::string>();
    const auto key = pair_of(key_number).value();
    const auto hash = sha256(message);
    const auto signature = key.sign(hash).value();
    RC_ASSERT(signature == key.sign(hash).value());
    RC_ASSERT(signature.s <= kHalf);
    RC_ASSERT(recover(hash, signature.r, signature.s, signature.y_parity) == key.address());
    RC_ASSERT(recover(sha256(message + "!"), signature.r, signature.s, signature.y_parity) != key.address());
}

}  // namespace
}  // namespace outrigger
