// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "chain/abi/query.hpp"
#include "chain/pool/pool.hpp"
#include "chain/pool/registry.hpp"
#include "chain/pool/token_identity.hpp"

namespace outrigger {

/// What never changes of a pair.
struct V2Identity {
    Address factory;
    TokenIdentity token0;
    TokenIdentity token1;
};

/// A share of a Uniswap v2 pair: PoolSpec::owner's balance of the pair's own token. One batch of seven reads
/// a round.
///
/// position(): amounts are to the wei what burning all shares would pay at that block, the protocol's pending
/// part taken off. Fees are in the reserves, never apart. No shares is a view that is emptied.
/// Errors: Errc::decode when what is read contradicts itself; Errc::unsupported beyond 128 bits
[[nodiscard]] Result<std::unique_ptr<Pool>> make_uniswap_v2(const PoolSpec& spec, const V2Identity& identity,
                                                            const TokenTable& tokens);

/// The whole start-up of one share at the pinned block: the pair, its tokens, and that its factory knows it.
/// Errors: Errc::config without an owner, or for tokens that are not configured; Errc::not_found when the
/// factory knows another pair
[[nodiscard]] Result<std::unique_ptr<Pool>> open_uniswap_v2(BatchReader& reader, const Pins& pins,
                                                            const PoolSpec& spec, const TokenTable& tokens);

}  // namespace outrigger
