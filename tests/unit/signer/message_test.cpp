// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/message.hpp"

#include <gtest/gtest.h>

#include <random>

namespace outrigger::signer {
namespace {

AskSignature a_request() {
    AskSignature ask;
    ask.tx.nonce = Nonce(7);
    ask.tx.call.chain = ChainId(42161);
    ask.tx.call.to.data.fill(0xab);
    ask.tx.call.value = U256(5);
    ask.tx.call.data = {1, 2, 3, 4, 5};
    ask.tx.call.gas_limit = Gas(210'000);
    ask.tx.max_fee = U256::pow2(200) + 1;
    ask.tx.tip = U256(9);
    ask.price_usd = {{"ETH", 3152.4}, {"USDC", 0.9998}};
    ask.chain_time = TimePoint{std::chrono::seconds{1'764'000'000}};
    return ask;
}

std::vector<Bytes> requests() {
    return {encode(Request(AskIdentity{})), encode(Request(a_request()))};
}

std::vector<Bytes> answers() {
    Identity identity;
    identity.address.data.fill(7);
    identity.chain = ChainId(1);
    identity.policy = "0x1234";
    tx::SignedTx made{{1, 2, 3}, {}};
    made.hash.data.fill(9);
    return {encode(Answer(identity)), encode(Answer(made)),
            encode(Answer(Refusal{Errc::rejected, "target: no"}))};
}

TEST(SignerMessage, SaysWhatWasSaid) {
    EXPECT_EQ(std::get<AskSignature>(decode_request(encode(Request(a_request()))).value()), a_request());
    EXPECT_TRUE(std::holds_alternative<AskIdentity>(decode_request(requests()[0]).value()));
    const auto refusal = std::get<Refusal>(decode_answer(answers()[2]).value());
    EXPECT_EQ(refusal.code, Errc::rejected);
    EXPECT_EQ(refusal.why, "target: no");
    EXPECT_EQ(std::get<tx::SignedTx>(decode_answer(answers()[1]).value()).raw, (Bytes{1, 2, 3}));
    EXPECT_EQ(std::get<Identity>(decode_answer(answers()[0]).value()).chain, ChainId(1));
}

TEST(SignerMessage, AnythingShorterOrLongerIsRefused) {
    for (const auto& message : requests()) {
        for (std::size_t size = 0; size < message.size(); ++size)
            EXPECT_FALSE(decode_request(ByteView(message).first(size))) << size;
        Bytes longer = message;
        longer.push_back(0);
        EXPECT_FALSE(decode_request(longer));
    }
    for (const auto& message : answers()) {
        for (std::size_t size = 0; size < message.size(); ++size)
            EXPECT_FALSE(decode_answer(ByteView(message).first(size))) << size;
    }
}

TEST(SignerMessage, OneSidesMessagesAreNotTheOthers) {
    for (const auto& message : answers()) EXPECT_FALSE(decode_request(message));
    for (const auto& message : requests()) EXPECT_FALSE(decode_answer(message));
}

TEST(SignerMessage, NoPriceThatIsNoneAndNoneTwice) {
    for (const double bad : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        auto ask = a_request();
        ask.price_usd["ETH"] = bad;
        EXPECT_FALSE(decode_request(encode(Request(ask)))) << bad;
    }
    Bytes twice = encode(Request(a_request()));
    // The second name is four letters long, the first three: make the second record the first again.
    auto ask = a_request();
    ask.price_usd = {{"AAA", 1}, {"BBB", 1}};
    twice = encode(Request(ask));
    const auto at = std::search(twice.begin(), twice.end(), "BBB", "BBB" + 3);
    ASSERT_NE(at, twice.end());
    std::copy_n("AAA", 3, at);
    EXPECT_FALSE(decode_request(twice));
}

/// A fixed seed; whatever comes, an error or something that says the same again.
TEST(SignerMessage, DamagedBytesNeverCrashAndNeverChangeOnTheWay) {
    std::mt19937_64 random(20261127);
    std::size_t read = 0;
    for (int i = 0; i < 200'000; ++i) {
        Bytes message = requests()[static_cast<std::size_t>(i % 2)];
        for (int k = 0; k < 3; ++k) message[random() % message.size()] = static_cast<std::uint8_t>(random());
        if (const auto request = decode_request(message)) {
            ++read;
            EXPECT_EQ(encode(*request), message);
        }
        static_cast<void>(decode_answer(message));
    }
    EXPECT_GT(read, 1000U);
}

}  // namespace
}  // namespace outrigger::signer
