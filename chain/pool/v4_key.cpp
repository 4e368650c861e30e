// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/v4_key.hpp"

#include <algorithm>
#include <array>

#include "chain/abi/codec.hpp"
#include "chain/base/keccak.hpp"

namespace outrigger {
namespace {

/// From bit 0 upwards. Source: v4-core Hooks
constexpr std::array kPermissions{"afterRemoveLiquidityReturnDelta",
                                  "afterAddLiquidityReturnDelta",
                                  "afterSwapReturnDelta",
                                  "beforeSwapReturnDelta",
                                  "afterDonate",
                                  "beforeDonate",
                                  "afterSwap",
                                  "beforeSwap",
                                  "afterRemoveLiquidity",
                                  "beforeRemoveLiquidity",
                                  "afterAddLiquidity",
                                  "beforeAddLiquidity",
                                  "afterInitialize",
                                  "beforeInitialize"};
constexpr std::uint32_t kMovesTokens = 0b1011;  // on removing, on adding, and a swap curve of its own

std::uint32_t flags(const Address& hooks) {
    return (static_cast<std::uint32_t>(hooks.data[18]) << 8 | hooks.data[19]) & 0x3fff;
}

/// A signed 24-bit number at that bit.
Tick tick_at(const U256& packed, unsigned bit) {
    const auto raw = static_cast<std::int32_t>(((packed >> bit) & U256(0xffffff)).as_u64());
    return Tick(raw >= 0x800000 ? raw - 0x1000000 : raw);
}

}  // namespace

Hash32 v4_pool_id(const V4PoolKey& key) {
    return Hash32{keccak256(abi::encode(key.currency0, key.currency1, abi::UInt<24>(key.fee),
                                        abi::Int<24>(key.tick_spacing), key.hooks))};
}

V4PositionInfo unpack_v4_position(const U256& packed) {
    V4PositionInfo out;
    out.subscribed = !(packed & U256(0xff)).is_zero();
    out.range = {tick_at(packed, 8), tick_at(packed, 32)};
    const auto be = packed.to_be();
    std::copy_n(be.begin(), out.pool_prefix.data.size(), out.pool_prefix.data.begin());
    return out;
}

std::string v4_hook_permissions(const Address& hooks) {
    std::string out;
    for (std::size_t bit = 0; bit < kPermissions.size(); ++bit) {
        if ((flags(hooks) >> bit & 1) == 0) continue;
        out += (out.empty() ? "" : ", ") + std::string(kPermissions[bit]);
    }
    return out.empty() ? "nothing" : out;
}

bool v4_hook_moves_tokens(const Address& hooks) {
    return (flags(hooks) & kMovesTokens) != 0;
}

}  // namespace outrigger
