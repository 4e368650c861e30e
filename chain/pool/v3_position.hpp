// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

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
    Address owner;  // who must hold it: the configured owner, else where it is staked, else its first holder
    TokenIdentity token0;
    TokenIdentity token1;
    std::int32_t pool_key = 0;  // see V3Nft
    TickRange range;
};

/// First question: the NFT and its position manager.
/// Errors: Errc::not_found when there is no such NFT (burned, or never minted)
[[nodiscard]] Query<V3Nft> identify_v3_nft(const V3Dialect& dialect, const PoolSpec& spec);
/// Second question, from the first one's answer: the pool and its tokens.
/// Errors: Errc::not_found when the factory knows no such pool; Errc::unsupported for over kMaxDecimals
/// decimals
[[nodiscard]] Query<V3Identity> identify_v3_pool(const V3Dialect& dialect, const PoolSpec& spec,
                                                 const V3Nft& nft);

/// A position of Uniswap v3 or a fork of it by its NFT. One batch of eight reads a round, and one more for
/// each of: a stake to be proven, a fee that may change, a gauge and its account.
///
/// position(): amounts and fees are to the wei what decreaseLiquidity (all) and collect (all) would pay at
/// that block. A burned or transferred NFT is a view of that state which holds nothing; burned is what the
/// position manager's own reverts prove, never an empty answer.
///
/// An NFT in PoolSpec::staked_in is the configured owner's when the staking contract says so, `transferred`
/// when it says otherwise (LpView::owner is then whom it names, or the contract itself when that names
/// nobody), and an error when it does not say. With no owner configured, whatever is held there is ours. One
/// that is back with its configured owner is as good as staked.
///
/// Errors: Errc::decode when what is read contradicts itself or the identity; Errc::unsupported for amounts
/// over 128 bits, where the contracts' own bookkeeping wraps; Errc::config when a token is not configured or
/// its decimals differ from the contract's
/// Pre: the dialect outlives the pool
[[nodiscard]] Result<std::unique_ptr<Pool>> make_v3_position(const V3Dialect& dialect, const PoolSpec& spec,
                                                             const V3Identity& identity,
                                                             const TokenTable& tokens);

/// The whole start-up of one position: both identity questions at the pinned block, then make_v3_position.
[[nodiscard]] Result<std::unique_ptr<Pool>> open_v3_position(const V3Dialect& dialect, BatchReader& reader,
                                                             const Pins& pins, const PoolSpec& spec,
                                                             const TokenTable& tokens);

/// The same for one dialect: a registry's entry.
template <const V3Dialect& Dialect>
Result<std::unique_ptr<Pool>> open_v3(BatchReader& reader, const Pins& pins, const PoolSpec& spec,
                                      const TokenTable& tokens) {
    return open_v3_position(Dialect, reader, pins, spec, tokens);
}

/// The pool's key for an owner's liquidity in a range. Source: v3-core Position.get
[[nodiscard]] Hash32 v3_position_key(const Address& owner, const TickRange& range);

}  // namespace outrigger
