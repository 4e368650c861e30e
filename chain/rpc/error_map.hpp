// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// A node's own "no" to one call, as JSON-RPC carries it. Everything in it is a hint.
struct NodeFault {
    std::int64_t code = 0;
    std::string message;  // printable, at most 200 characters
    Bytes data;           // revert data; empty when there is none
};

/// Why a node did not take a transaction. Never a fact: the chain decides what became of it.
enum class SendFault : std::uint8_t {
    none,                     // accepted
    already_known,            // it has these very bytes: keep polling
    nonce_too_low,            // some transaction with this nonce is mined, ours or another
    nonce_too_high,           // a lower nonce is missing
    replacement_underpriced,  // a transaction holds this nonce, ours or another, and the new fees are too
                              // close
    underpriced,              // fees below what the pool or the next block takes
    no_funds,
    gas_limit,  // below the intrinsic cost or above the block's limit
    fee_cap,    // above the node's own fee cap
    wrong_chain,
    pool_full,
    wrong_hash,  // it answered with a hash that is not the transaction's
    no_answer,   // timeout or broken connection: it may well have been accepted
    unknown,
};

/// The lower-case name of a fault, as it appears in logs and the journal.
std::string_view to_string(SendFault fault);

/// What a node's refusal of a raw transaction most likely means. Unrecognised texts are SendFault::unknown.
/// Source: the error texts of geth, Nethermind, Erigon, Besu, reth and anvil.
SendFault classify_send(const NodeFault& fault);

/// The code of a node's refusal: Errc::reverted when the contract said no, Errc::transport when the node is
/// rate limiting (so that another endpoint is tried), otherwise Errc::rpc.
Errc classify_call(const NodeFault& fault);

/// What a node says of a read that was pinned to a block.
enum class PinFault : std::uint8_t {
    none,         // something else
    gone,         // it does not have that block, or not on its chain
    unsupported,  // it does not understand EIP-1898
};
PinFault classify_pin(const NodeFault& fault);

/// What a node says of the size of a request.
enum class BatchFault : std::uint8_t {
    none,      // something else
    refused,   // it takes no batches
    too_many,  // the batch, or the answer to it, is too large
};
BatchFault classify_batch(const NodeFault& fault);
/// The size such a text names, when it is less than what was asked; a hint like the rest.
std::optional<std::size_t> named_batch_size(const NodeFault& fault, std::size_t asked);

/// True when the node does not offer the method at all.
bool is_method_missing(const NodeFault& fault);

}  // namespace outrigger
