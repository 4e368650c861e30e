// SPDX-License-Identifier: Apache-2.0
// The words of real clients, as they send them.
#include "chain/rpc/error_map.hpp"

#include <gtest/gtest.h>

#include <array>

namespace outrigger {
namespace {

struct Said {
    const char* client;
    std::int64_t code;
    const char* message;
    SendFault expected;
};

using enum SendFault;
constexpr std::array kSaid{
    // anvil 1.7
    Said{"anvil", -32003, "nonce too low", nonce_too_low},
    Said{"anvil", -32003, "Insufficient funds for gas * price + value", no_funds},
    Said{"anvil", -32003, "replacement transaction underpriced", replacement_underpriced},
    Said{"anvil", -32003, "max fee per gas less than block base fee", underpriced},
    Said{"anvil", -32003, "invalid chain id for signer", wrong_chain},
    Said{"anvil", -32000, "intrinsic gas too low", gas_limit},
    Said{"anvil", -32000, "intrinsic gas too high", gas_limit},
    Said{"anvil", -32003, "transaction already imported", already_known},
    Said{"anvil", -32602, "Failed to decode transaction", unknown},
    // geth: core/txpool/errors.go, core/error.go
    Said{"geth", -32000, "already known", already_known},
    Said{"geth", -32000, "nonce too low: next nonce 8, tx nonce 7", nonce_too_low},
    Said{"geth", -32000, "nonce too low: address 0x71C7656EC7ab88b098defB751B7401B5f6d8976F, tx: 1 state: 2",
         nonce_too_low},
    Said{"geth", -32000, "nonce too high", nonce_too_high},
    Said{"geth", -32000, "replacement transaction underpriced", replacement_underpriced},
    Said{"geth", -32000, "transaction underpriced: gas tip cap 1, minimum needed 1000000", underpriced},
    Said{"geth", -32000, "transaction underpriced", underpriced},
    Said{"geth", -32000,
         "max fee per gas less than block base fee: address 0x71C7656EC7ab88b098defB751B7401B5f6d8976F, "
         "maxFeePerGas: 1, baseFee: 875000000",
         underpriced},
    Said{"geth", -32000,
         "insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000", no_funds},
    Said{"geth", -32000, "insufficient funds for transfer", no_funds},
    Said{"geth", -32000, "intrinsic gas too low", gas_limit},
    Said{"geth", -32000, "exceeds block gas limit", gas_limit},
    Said{"geth", -32000, "tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", fee_cap},
    Said{"geth", -32000, "txpool is full", pool_full},
    Said{"geth", -32000, "invalid sender", wrong_chain},
    Said{"geth", -32000, "invalid chain id for signer: have 1 want 10", wrong_chain},
    // Erigon: txpoolcfg.DiscardReason, with and without the status prefix
    Said{"erigon", -32000, "INTERNAL_ERROR: existing tx with same hash", already_known},
    Said{"erigon", -32000, "ALREADY_EXISTS: already known", already_known},
    Said{"erigon", -32000, "INTERNAL_ERROR: could not replace existing tx", replacement_underpriced},
    Said{"erigon", -32000, "INTERNAL_ERROR: nonce too low", nonce_too_low},
    Said{"erigon", -32000, "underpriced", underpriced},
    Said{"erigon", -32000, "fee too low", underpriced},
    Said{"erigon", -32000, "insufficient funds", no_funds},
    Said{"erigon", -32000, "IntrinsicGas", gas_limit},
    Said{"erigon", -32000, "pending sub-pool is full", pool_full},
    // Nethermind: AcceptTxResult, the names it sent until 2026 and the phrases since
    Said{"nethermind", -32010, "AlreadyKnown", already_known},
    Said{"nethermind", -32010, "OwnNonceAlreadyUsed", replacement_underpriced},
    Said{"nethermind", -32010, "ReplacementNotAllowed", replacement_underpriced},
    Said{"nethermind", -32010, "OldNonce, Current nonce: 22, nonce of rejected tx: 17", nonce_too_low},
    Said{"nethermind", -32010, "NonceGap, Future nonce. Expected nonce: 10", nonce_too_high},
    Said{"nethermind", -32010,
         "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 50, BaseFee: 100, MaxPriorityFeePerGas:50, Block "
         "number: 5",
         underpriced},
    Said{"nethermind", -32010, "FeeTooLowToCompete", underpriced},
    Said{"nethermind", -32010,
         "InsufficientFunds, Account balance: 4740799397601480913, cumulative cost: 22019342038993800000",
         no_funds},
    Said{
        "nethermind", -32010,
        "InsufficientFunds, Balance is 1092404690719251702 less than sending value + gas 7165512000464000000",
        no_funds},
    Said{"nethermind", -32010, "GasLimitExceeded, Gas limit: 100, gas limit of rejected tx: 150", gas_limit},
    Said{"nethermind", -32000, "already known", already_known},
    Said{"nethermind", -32000, "nonce too high, Future nonce. Expected nonce: 10", nonce_too_high},
    // Besu: RpcErrorType
    Said{"besu", -32000, "Known transaction", already_known},
    Said{"besu", -32001, "Nonce too low", nonce_too_low},
    Said{"besu", -32003, "Intrinsic gas exceeds gas limit", gas_limit},
    Said{"besu", -32004, "Upfront cost exceeds account balance", no_funds},
    Said{"besu", -32005, "Transaction gas limit exceeds block gas limit", gas_limit},
    Said{"besu", -32006, "Transaction nonce is too distant from current sender nonce", nonce_too_high},
    Said{"besu", -32009, "Gas price below configured minimum gas price", underpriced},
    Said{"besu", -32000, "Wrong chainId", wrong_chain},
    Said{"besu", -32000, "Transaction fee cap exceeded", fee_cap},
    Said{"besu", -32000, "Replacement transaction underpriced", replacement_underpriced},
    // reth: RpcPoolError, RpcInvalidTransactionError
    Said{"reth", -32000, "already known", already_known},
    Said{"reth", -32000, "nonce too low: next nonce 5, tx nonce 3", nonce_too_low},
    Said{"reth", -32000, "replacement transaction underpriced", replacement_underpriced},
    Said{"reth", -32003, "transaction underpriced", underpriced},
    Said{"reth", -32003, "insufficient funds for gas * price + value: have 0 want 21000", no_funds},
    Said{"reth", -32003, "max fee per gas less than block base fee", underpriced},
    Said{"reth", -32003, "exceeds block gas limit", gas_limit},
    Said{"reth", -32003, "txpool is full", pool_full},
    // Arbitrum, OpenEthereum
    Said{"nitro", -32000, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1 baseFee: 2",
         underpriced},
    Said{"nitro", -32000, "sequencer pending tx pool full, please try again", pool_full},
    Said{"openethereum", -32010, "Transaction with the same hash was already imported.", already_known},
    Said{"openethereum", -32010, "Transaction nonce is too low. Try incrementing the nonce.", nonce_too_low},
    Said{"openethereum", -32010,
         "Transaction gas price 18000000000wei is too low. There is another transaction with same nonce in "
         "the queue",
         replacement_underpriced},
    Said{"openethereum", -32010,
         "Insufficient funds. The account you tried to send transaction from does not have enough funds.",
         no_funds},
    // and what nobody should act on
    Said{"gateway", -32000, "something went wrong", unknown},
    Said{"gateway", -32000, "", unknown},
    Said{"attacker", -32000, "reset your seed at https://example.invalid", unknown},
};

TEST(ClassifySend, KnowsTheWordsOfEachClient) {
    for (const Said& said : kSaid) {
        EXPECT_EQ(to_string(classify_send({said.code, said.message, {}})), to_string(said.expected))
            << said.client << ": " << said.message;
    }
}

TEST(ClassifyCall, TellsARevertFromARefusalFromARateLimit) {
    EXPECT_EQ(classify_call({3, "execution reverted: custom error 0xdeadbeef", {0xde}}),
              Errc::reverted);  // anvil, geth
    EXPECT_EQ(classify_call({3, "execution reverted", {}}), Errc::reverted);
    EXPECT_EQ(classify_call({-32000, "execution reverted", {}}), Errc::reverted);      // geth without data
    EXPECT_EQ(classify_call({-32000, "Execution reverted", {0x08}}), Errc::reverted);  // Besu
    EXPECT_EQ(classify_call({-32015, "VM execution error.", {}}), Errc::reverted);     // Nethermind
    EXPECT_EQ(classify_call({-32603, "EVM error OutOfGas", {}}), Errc::rpc);           // anvil
    EXPECT_EQ(classify_call({-32000, "out of gas", {}}), Errc::rpc);
    EXPECT_EQ(classify_call({-32000, "gas limit exceeded", {}}), Errc::rpc) << "not a rate limit";
    EXPECT_EQ(classify_call({429, "Your app has exceeded its compute units per second capacity.", {}}),
              Errc::transport);
    EXPECT_EQ(classify_call({-32005, "daily request count exceeded, request rate limited", {}}),
              Errc::transport);
    EXPECT_EQ(classify_call({-32000, "Too Many Requests", {}}), Errc::transport);
    EXPECT_EQ(classify_call({-32601, "Method not found", {}}), Errc::rpc);
}

TEST(ClassifyPin, TellsALostBlockFromAnOldNode) {
    for (const NodeFault& gone :
         {NodeFault{-32001, "Resource not found", {}},  // anvil, for unknown and reorged alike
          NodeFault{-32000, "header for hash not found", {}}, NodeFault{-32000, "header not found", {}},
          NodeFault{-32000, "hash 0x1 is not currently canonical", {}},
          NodeFault{-32000, "unknown block", {}}, NodeFault{-32001, "Block 0x1 could not be found", {}},
          NodeFault{-32000, "block not found: 0x1", {}}}) {
        EXPECT_EQ(classify_pin(gone), PinFault::gone) << gone.message;
    }
    for (const NodeFault& old :
         {NodeFault{
              -32602, "invalid argument 1: json: cannot unmarshal object into Go value of type string", {}},
          NodeFault{-32602, "Invalid params", {}}}) {
        EXPECT_EQ(classify_pin(old), PinFault::unsupported) << old.message;
    }
    EXPECT_EQ(classify_pin({-32603, "EVM error OutOfGas", {}}), PinFault::none);
    EXPECT_EQ(classify_pin({-32000, "missing trie node 0x1 (path )", {}}), PinFault::none);
}

TEST(IsMethodMissing, KnowsTheUsualWords) {
    EXPECT_TRUE(is_method_missing({-32601, "Method not found", {}}));
    EXPECT_TRUE(is_method_missing({-32601, "the method eth_x does not exist/is not available", {}}));
    EXPECT_TRUE(is_method_missing({-32000, "Unsupported method: eth_maxPriorityFeePerGas", {}}));
    EXPECT_FALSE(is_method_missing({-32000, "header not found", {}}));
}

}  // namespace
}  // namespace outrigger
