// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/crypto/secp256k1.hpp"
#include "chain/tx/types.hpp"

namespace outrigger::tx {

struct AccessEntry {
    Address address{};
    std::vector<Hash32> storage_keys;
    friend bool operator==(const AccessEntry&, const AccessEntry&) = default;
};

/// A transaction of a kind we can read: legacy (type 0) or EIP-1559 (type 2). The keeper itself signs type 2
/// only.
struct Transaction {
    std::uint8_t type = 2;
    std::optional<ChainId> chain;  // nothing: a legacy transaction from before EIP-155, valid on every chain
    Nonce nonce;
    std::optional<Address> to;  // nothing: creates a contract
    U256 value;
    Bytes data;
    Gas gas_limit;
    U256 max_fee;                          // type 0: the gas price
    U256 tip;                              // type 0: the gas price as well
    std::vector<AccessEntry> access_list;  // type 2 only
    friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// The same transaction in the wider form.
Transaction to_transaction(const UnsignedTx& tx);

/// The hash that is signed. Source: EIP-155 for type 0, EIP-1559 for type 2. Pre: type is 0 or 2.
Hash32 signing_hash(const Transaction& tx);

/// The bytes that go to a node, and their hash. Pre: type is 0 or 2.
SignedTx serialize(const Transaction& tx, const Signature& signature);

/// The transaction, signed.
/// Errors: Errc::rejected for a type other than 0 and 2, no chain id (it could be replayed on every chain), a
/// tip above the fee, an access list in type 0, the nonce 2^64 - 1 (EIP-2681); Errc::key as KeyPair::sign.
Result<SignedTx> sign_transaction(const Transaction& tx, const KeyPair& key);

struct DecodedTx {
    Transaction tx;
    Signature signature;
    Address from{};
    TxHash hash{};
    friend bool operator==(const DecodedTx&, const DecodedTx&) = default;
};

/// What signed bytes say, and who signed them.
/// Errors: Errc::unsupported for types 1, 3 and 4; Errc::decode for anything not exactly as the standards
/// write it: trailing bytes, leading zeros, wrong lengths, a high s, a chain id of zero or over 64 bits, a
/// tip above the fee, a signature nobody can have made.
Result<DecodedTx> decode_transaction(ByteView raw);

}  // namespace outrigger::tx
