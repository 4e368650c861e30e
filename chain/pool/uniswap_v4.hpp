// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "chain/abi/query.hpp"
#include "chain/pool/pool.hpp"
#include "chain/pool/registry.hpp"
#include "chain/pool/token_identity.hpp"
#include "chain/pool/v4_key.hpp"

namespace outrigger {

/// What never changes during the life of a v4 NFT (its owner may; that is watched).
struct V4Identity {
    V4PoolKey key;
    Address owner;
    TokenIdentity token0;
    TokenIdentity token1;
    TickRange range;
};

/// A Uniswap v4 position by its NFT. One batch of five reads a round.
///
/// position(): amounts and fees are to the wei what taking out everything would pay at that block. The pool's
/// fee is read each round, as it may be dynamic. A burned NFT is one whose owner the contract denies while it
/// has forgotten its pool; an empty answer proves nothing. Errors: Errc::decode when what is read contradicts
/// itself or the identity.
[[nodiscard]] Result<std::unique_ptr<Pool>> make_uniswap_v4(const PoolSpec& spec, const V4Identity& identity,
                                                            const TokenTable& tokens);

/// The whole start-up of one position at the pinned block.
/// Errors: Errc::not_found when there is no such NFT; Errc::unsupported for a pool with hooks that are not
/// allowed (a hook may keep part of what a withdrawal pays); Errc::config for tokens that are not configured
[[nodiscard]] Result<std::unique_ptr<Pool>> open_uniswap_v4(BatchReader& reader, const Pins& pins,
                                                            const PoolSpec& spec, const TokenTable& tokens);

}  // namespace outrigger
