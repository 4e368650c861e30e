// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "chain/abi/query.hpp"
#include "chain/pool/pool.hpp"
#include "chain/pool/registry.hpp"
#include "chain/pool/token_identity.hpp"
#include "chain/pool/tokens.hpp"
#include "chain/pool/v3_dialect.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// What never changes during the life of an NFT (its owner may; that is watched).
struct V3Identity {
    Address pool;
    Address owner;
    TokenIdentity token0;
    TokenIdentity token1;
    std::uint32_t fee_pips = 0;     // zero where the pool's own may change
    std::int32_t tick_spacing = 0;  // only where the pool is keyed by it
    TickRange range;
};

/// First question: the NFT and its position manager.
/// Errors: Errc::not_found when there is no such NFT (burned, or never minted),
/// unless spec.record tells what it was. Errc::decode for such a record that is damaged
[[nodiscard]] Query<V3Nft> identify_v3_nft(const PoolSpec& spec, const V3Dialect& speech = kUniswapV3);
/// Second question, from the first one's answer: the pool and its tokens.
/// Errors: Errc::not_found when the factory knows no such pool; Errc::unsupported for over kMaxDecimals
/// decimals
[[nodiscard]] Query<V3Identity> identify_v3_pool(const PoolSpec& spec, const V3Nft& nft,
                                                 const V3Dialect& speech = kUniswapV3);

/// A position of Uniswap v3, or of a fork of it, by its NFT. One batch of eight reads a round, of nine where
/// the pool's fee may change, two more for a gauge and its account, and one to prove for whom it is staked.
///
/// position(): amounts and fees are to the wei what decreaseLiquidity (all) and collect (all) would pay at
/// that block. A burned or transferred NFT is a view of that state which holds nothing; burned is what the
/// position manager's own reverts prove, never an empty answer. Errors: Errc::decode when what is read
/// contradicts itself or the identity;
/// Errc::unsupported for amounts over 128 bits, where the contracts' own bookkeeping wraps. Errors:
/// Errc::config when a token is not configured or its decimals differ from the contract's
[[nodiscard]] Result<std::unique_ptr<Pool>> make_uniswap_v3(const PoolSpec& spec, const V3Identity& identity,
                                                            const TokenTable& tokens,
                                                            const V3Dialect& speech = kUniswapV3);

/// The whole start-up of one position: both identity questions at the pinned block, then make_uniswap_v3.
[[nodiscard]] Result<std::unique_ptr<Pool>> open_uniswap_v3(BatchReader& reader, const Pins& pins,
                                                            const PoolSpec& spec, const TokenTable& tokens,
                                                            const V3Dialect& speech = kUniswapV3);

/// Where a factory deploys the pool of two tokens and a fee. Pre: token0 < token1.
/// Source: v3-periphery PoolAddress.computeAddress
[[nodiscard]] Address v3_pool_address(const Address& factory, const Hash32& init_code_hash,
                                      const Address& token0, const Address& token1, std::uint32_t fee_pips);
/// The pool's key for an owner's liquidity in a range. Source: v3-core Position.get
[[nodiscard]] Hash32 v3_position_key(const Address& owner, const TickRange& range);

}  // namespace outrigger
