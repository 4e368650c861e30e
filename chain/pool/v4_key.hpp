// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// What a Uniswap v4 pool is: two currencies (zero is the native one), its fee, its ticks and its hooks.
struct V4PoolKey {
    Address currency0;
    Address currency1;
    std::uint32_t fee = 0;
    std::int32_t tick_spacing = 0;
    Address hooks;
    friend bool operator==(const V4PoolKey&, const V4PoolKey&) = default;
    /// The pool's fee may change with every block: slot0 has the one that counts.
    [[nodiscard]] bool dynamic_fee() const { return fee == kDynamicFee; }
    static constexpr std::uint32_t kDynamicFee = 0x800000;
};

/// The pool's id. Source: v4-core PoolIdLibrary.toId
[[nodiscard]] Hash32 v4_pool_id(const V4PoolKey& key);

/// A position manager's packed word about one NFT.
/// Layout: 200 bits of the pool id, 24 upper tick, 24 lower tick, 8 has a subscriber.
/// Source: v4-periphery PositionInfoLibrary
struct V4PositionInfo {
    TickRange range;
    FixedBytes<struct V4PoolPrefixTag, 25> pool_prefix;
    bool subscribed = false;
};
[[nodiscard]] V4PositionInfo unpack_v4_position(const U256& packed);

/// What a hook's address lets it do: the low 14 bits, by name, or "nothing". Source: v4-core Hooks
[[nodiscard]] std::string v4_hook_permissions(const Address& hooks);

/// Whether the hook can change what a withdrawal pays, or replace the curve: then no formula of ours applies.
[[nodiscard]] bool v4_hook_moves_tokens(const Address& hooks);

}  // namespace outrigger
