// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "chain/pool/registry.hpp"
#include "keeper/cli/context.hpp"
#include "keeper/cli/position_stories.hpp"

namespace outrigger::cli {

/// The positions an account owns on a network at the pinned block, by every way there is to list them.
/// Errors: why the chain could not be asked; nothing is then known.
using Discover = std::function<Result<std::vector<PoolSpec>>(BatchReader&, const Pins&,
                                                             const config::Network&, const Address&)>;

/// NFT positions of v3 and its forks, by their position managers' own enumeration (EIP-721).
/// Errors: also Errc::unsupported for an account with more NFTs than a person can mean
Result<std::vector<PoolSpec>> enumerate_nfts(BatchReader& reader, const Pins& pins,
                                             const config::Network& network, const Address& owner);

/// Shares of Uniswap v2 pairs between the network's tokens.
Result<std::vector<PoolSpec>> candidate_pairs(BatchReader& reader, const Pins& pins,
                                              const config::Network& network, const Address& owner);

/// Both: what can be listed with reads at one block.
Result<std::vector<PoolSpec>> discover_owned(BatchReader& reader, const Pins& pins,
                                             const config::Network& network, const Address& owner);

/// What the logs of Uniswap v4's position manager told.
struct LoggedNfts {
    std::vector<PoolSpec> specs;
    std::string note;  // how far back they were read, in words
};
/// The Uniswap v4 NFTs that were ever sent to the account and are its own at the pinned block. Their manager
/// keeps no list, so its Transfer logs are read back as far as the endpoint lets them be.
/// Errors: why the chain could not be asked
Result<LoggedNfts> logged_nfts(NodeSet& nodes, BatchReader& reader, const Pins& pins,
                               const config::Network& network, const Address& owner);

/// What an account was found to own.
struct Owned {
    BlockRef block;
    std::vector<Told> positions;  // as discovered
    std::string note;             // what the search could not reach; empty when there was nothing to say
};

/// Everything the account owns, told as far as the network's tokens and feeds reach: a token the network does
/// not know is named by its symbol and address, and what holds it has amounts but no USD value.
/// Errors: as a failure for a person
Outcome<Owned> tell_owned(const config::Settings& settings, const Address& owner, const StoryInputs& inputs,
                          const Discover& discover);

}  // namespace outrigger::cli
