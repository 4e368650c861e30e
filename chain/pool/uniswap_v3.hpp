// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "chain/pool/v3_dialect.hpp"
#include "chain/pool/v3_position.hpp"

namespace outrigger {

/// Uniswap v3 itself, and the forks that changed nothing of its interface: Sushi v3. Staked in
/// UniswapV3Staker, where the fees stay the owner's.
inline constexpr V3Dialect kUniswapV3{.missing_nft = "Invalid token ID",
                                      .record = v3_record<v3::Positions>,
                                      .pool_of = v3_pool_by_fee,
                                      .price = v3_slot_price<v3::Slot0>,
                                      .tick = v3_tick<v3::Ticks, 2, 7>,
                                      .staker = v3_depositor<v3::Deposits, 0>};

/// A Uniswap v3 position by its NFT: see open_v3_position.
[[nodiscard]] Result<std::unique_ptr<Pool>> open_uniswap_v3(BatchReader& reader, const Pins& pins,
                                                            const PoolSpec& spec, const TokenTable& tokens);

/// Where a factory deploys the pool of two tokens and a fee. Pre: token0 < token1.
/// Source: v3-periphery PoolAddress.computeAddress
[[nodiscard]] Address v3_pool_address(const Address& factory, const Hash32& init_code_hash,
                                      const Address& token0, const Address& token1, std::uint32_t fee_pips);

}  // namespace outrigger
