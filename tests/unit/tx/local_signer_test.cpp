// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/local_signer.hpp"

#include <type_traits>

#include <gtest/gtest.h>

#include "chain/tx/encode.hpp"

namespace outrigger::tx {
namespace {

// Nothing but the gate makes an approval.
static_assert(!std::is_default_constructible_v<Approved<UnsignedTx>>);
static_assert(!std::is_constructible_v<Approved<UnsignedTx>, UnsignedTx>);

LocalSigner signer_for(ChainId chain) {
    std::array<std::uint8_t, 32> key{};
    key[31] = 1;
    return LocalSigner(KeyPair::create(Secret<32>::take(key)).value(), chain);
}

PolicyGate gate_for(ChainId chain, const Address& self) {
    PolicyLimits limits;
    limits.chain = chain;
    limits.self = self;
    limits.max_fee_cap = U256(1000);
    return PolicyGate(limits, [](const std::string&) { return false; });
}

TEST(LocalSigner, SignsExactlyWhatWasApproved) {
    auto signer = signer_for(ChainId(31337));
    const auto gate = gate_for(ChainId(31337), signer.address());
    const auto approved = gate.approve_cancel(Nonce(12), U256(100), U256(9)).value();
    const auto made = signer.sign(approved, {});
    ASSERT_TRUE(made.has_value()) << made.error().what;
    const auto read = decode_transaction(made->raw).value();
    EXPECT_EQ(read.tx, to_transaction(approved.get()));
    EXPECT_EQ(read.from, signer.address());
    EXPECT_EQ(read.hash, made->hash);
    EXPECT_EQ(signer.sign(approved, {}).value(), *made) << "the same bytes every time";
}

TEST(LocalSigner, SignsForNoOtherChain) {
    auto signer = signer_for(ChainId(1));
    const auto approved =
        gate_for(ChainId(10), signer.address()).approve_cancel(Nonce(0), U256(1), U256(1)).value();
    const auto made = signer.sign(approved, {});
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, Errc::rejected);
}

TEST(LocalSigner, SignsNothingInvalid) {
    auto signer = signer_for(ChainId(10));
    const auto gate = gate_for(ChainId(10), signer.address());
    const auto approved = gate.approve_cancel(Nonce(~std::uint64_t{0}), U256(1), U256(1)).value();
    const auto made = signer.sign(approved, {});
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().code, Errc::rejected);
}

}  // namespace
}  // namespace outrigger::tx
