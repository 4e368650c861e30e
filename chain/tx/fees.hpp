// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "chain/base/result.hpp"
#include "chain/tx/lifecycle.hpp"
#include "chain/tx/types.hpp"

namespace outrigger::tx {

/// A parent block, as far as it decides the base fee of the next one.
struct ParentBlock {
    U256 base_fee;
    std::uint64_t gas_used = 0;
    std::uint64_t gas_limit = 0;
};

/// The base fee of the block after `parent`, exact.
/// Errors: Errc::decode when the parent cannot be one (gas target of zero, more gas used than the limit, or a
/// fee so large that the rule overflows).
/// Source: EIP-1559, elasticity 2, denominator 8. Chains with their own constants differ.
Result<U256> next_base_fee(const ParentBlock& parent);

/// Fees of a first version: room for the base fee to double, and the suggested tip, each within its cap.
/// Errors: Errc::rejected when the base fee alone is above the cap: the transaction is parked, not sent.
Result<Fees> initial_fees(const U256& base_fee, const U256& suggested_tip, const FeePolicy& policy);

/// What the market asks of a replacement.
struct Market {
    U256 base_fee;
    std::optional<U256> tip;  // nothing: unknown
};

/// Fees of the next version: both raised by at least bump_bps (rounded up) and one wei, as pools demand of a
/// replacement, and to the market where the caps allow it. Nothing when that rise does not fit under the
/// caps.
std::optional<Fees> bump(const Fees& previous, const Market& market, const FeePolicy& policy);

/// Fees of a cancellation: as bump, and where bump does not fit, the caps themselves. A pool that still holds
/// the version before may refuse those, one that dropped it takes them: either way the nonce is spent.
/// Nothing when the version before already paid more than the caps, which must have been lowered since.
std::optional<Fees> cancel_fees(const Fees& previous, const Market& market, const FeePolicy& policy);

}  // namespace outrigger::tx
