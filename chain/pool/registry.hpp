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

/// One configured position, before anything is known about it.
struct PoolSpec {
    std::string kind;  // "uniswap-v3"
    std::string name;
    ChainId chain;
    Address position_manager;
    U256 token_id;
};

/// The pool types there are, in the order of the table.
[[nodiscard]] std::vector<std::string_view> pool_kinds();

/// The position, identified at the pinned block.
/// Errors: Errc::config for an unknown kind (the message lists the known ones) or unconfigured tokens;
///         whatever the reads of its kind answer
[[nodiscard]] Result<std::unique_ptr<Pool>> open_pool(BatchReader& reader, const Pins& pins,
                                                      const PoolSpec& spec, const TokenTable& tokens);

}  // namespace outrigger
