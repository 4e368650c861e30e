// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "chain/abi/query.hpp"
#include "chain/base/chain_types.hpp"
#include "chain/base/u256.hpp"

namespace outrigger::tx {

/// What one unit of gas may cost. Units: wei per gas.
struct Fees {
    U256 max_fee;
    U256 tip;  // of it, at most this to the block's builder
    friend bool operator==(const Fees&, const Fees&) = default;
};

/// An EIP-1559 transaction without its signature.
struct UnsignedTx {
    Nonce nonce;
    TxCall call;
    U256 max_fee;  // wei per gas
    U256 tip;      // wei per gas, max_priority_fee
    friend bool operator==(const UnsignedTx&, const UnsignedTx&) = default;
};

struct SignedTx {
    Bytes raw;
    TxHash hash;
    friend bool operator==(const SignedTx&, const SignedTx&) = default;
};

struct Receipt {
    TxHash hash;
    BlockRef block;
    bool success = false;
    Gas gas_used;
    U256 effective_gas_price;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// Gas of a cancellation: a bare transfer to ourselves.
inline constexpr std::uint64_t kCancelGas = 21'000;

/// The cancellation of a nonce: to ourselves, no value, no data.
inline UnsignedTx cancellation(ChainId chain, const Address& self, Nonce nonce, const Fees& fees) {
    return {nonce, TxCall{chain, self, U256(), {}, Gas(kCancelGas)}, fees.max_fee, fees.tip};
}

}  // namespace outrigger::tx
