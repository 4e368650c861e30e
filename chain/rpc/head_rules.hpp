// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "chain/rpc/head.hpp"

namespace outrigger {

/// What the headers of a chain must be beside each other, as far as its rules are known.
struct HeadRules {
    /// Ethereum's own: times rise strictly, and the base fee follows from the parent to the wei (EIP-1559).
    bool ethereum = false;
    /// Seconds between blocks, 0: not known. Bounds how far a head may get ahead between two looks.
    double block_time_s = 0;
};

/// The base fee of the block after `parent`, wei per gas.
/// Pre: a gas limit of at least two, a base fee below 2^128
/// Source: EIP-1559, with the elasticity of 2 and the denominator of 8 that Ethereum has
[[nodiscard]] U256 next_base_fee(const Head& parent);

/// Nothing when `child` can follow `parent`, whose hash it names.
/// Errors: Errc::decode for a height, time, base fee or use of gas that cannot be
[[nodiscard]] Result<void> check_child(const Head& parent, const Head& child, const HeadRules& rules);

/// Nothing when a chain can have grown that much in that time, measured by our own clock.
/// Errors: Errc::stale for a jump
[[nodiscard]] Result<void> check_growth(const Head& before, const Head& after, std::chrono::seconds elapsed,
                                        const HeadRules& rules);

}  // namespace outrigger
