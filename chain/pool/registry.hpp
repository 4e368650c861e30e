// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "chain/abi/query.hpp"
#include "chain/pool/pool.hpp"
#include "chain/pool/tokens.hpp"

namespace outrigger {

/// One configured position, before anything is known about it. A kind reads the fields it needs.
struct PoolSpec {
    std::string kind;  // a line of pool_kinds(): "uniswap-v3"
    std::string name;
    ChainId chain;
    Address position_manager{};  // NFT kinds
    U256 token_id{};             // NFT kinds
    Address pair{};              // uniswap-v2: the pair, which is also the LP token
    Address owner{};             // uniswap-v2: the holder; NFT kinds: zero means whoever owned it first
    Address staked_in{};         // v3 kinds: the contract that holds the NFT for its staker; zero: none
    Address state_view{};        // uniswap-v4: StateView
    std::vector<Address> hooks_allowed{};  // uniswap-v4: hooks the operator has judged
    std::string record{};                  // what Pool::record() said at an earlier start
};

/// The name of an NFT position itself, whatever the configuration calls it: what a record is kept under.
[[nodiscard]] std::string position_key(const PoolSpec& spec);

/// The pool types there are, in the order of the table.
[[nodiscard]] std::vector<std::string_view> pool_kinds();

/// The position, identified at the pinned block.
/// Errors: Errc::config for an unknown kind (the message lists the known ones) or unconfigured tokens;
///         whatever the reads of its kind answer
[[nodiscard]] Result<std::unique_ptr<Pool>> open_pool(BatchReader& reader, const Pins& pins,
                                                      const PoolSpec& spec, const TokenTable& tokens);

}  // namespace outrigger
