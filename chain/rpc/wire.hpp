// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "chain/abi/query.hpp"
#include "chain/rpc/head.hpp"
#include "chain/tx/types.hpp"

/// The objects of Ethereum's JSON-RPC, read strictly: a missing, misspelt or mistyped field is an error,
/// never a default. Source: the execution-apis specification.
namespace outrigger {

/// A member that must be a quantity ("0x1b4"). Errors: Errc::decode, naming the field.
Result<U256> quantity_field(const nlohmann::json& object, std::string_view name);
Result<std::uint64_t> u64_field(const nlohmann::json& object, std::string_view name);
/// A member that must be 32 bytes.
Result<Hash32> hash_field(const nlohmann::json& object, std::string_view name);
/// A value that must be a quantity, bytes, or 32 bytes.
Result<U256> quantity_value(const nlohmann::json& value);
Result<std::uint64_t> u64_value(const nlohmann::json& value);
Result<Bytes> bytes_value(const nlohmann::json& value);
Result<Hash32> hash_value(const nlohmann::json& value);

/// The header in a block object. Errors: Errc::not_found for null, Errc::decode, Errc::unsupported for a
/// chain without a base fee.
Result<Head> head_of(const nlohmann::json& block, ChainId chain);

/// The receipt in its JSON text, as a GetReceipt read answers it. The block's timestamp is not in it: it is
/// TimePoint{} here, and filled by Node::receipt.
/// Errors: Errc::decode for anything malformed, and for a receipt of another transaction.
Result<tx::Receipt> parse_receipt(std::string_view text, ChainId chain, const TxHash& wanted);
Result<tx::Receipt> receipt_of(const nlohmann::json& receipt, ChainId chain, const TxHash& wanted);

/// A transaction as a node knows it.
struct TransactionInfo {
    TxHash hash;
    Address from{};
    Nonce nonce;
    std::optional<BlockRef> block;  // nothing while it is pending; without timestamp otherwise
};
/// The transaction in its JSON. Errors: Errc::decode, also when it is another transaction.
Result<TransactionInfo> transaction_of(const nlohmann::json& transaction, ChainId chain,
                                       const TxHash& wanted);

/// The JSON of a call's object for eth_call and eth_estimateGas; `from` is left out when it is null.
std::string call_object(const Address* from, const TxCall& call);

}  // namespace outrigger
