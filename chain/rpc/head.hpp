// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// A block header, as far as we use it.
struct Head {
    BlockRef block;
    BlockHash parent;
    U256 base_fee;  // wei per gas
    Gas gas_limit;
    Gas gas_used;
    friend bool operator==(const Head&, const Head&) = default;
};

/// How far a head's timestamp may lie from our own clock. Nothing: not checked.
struct HeadAge {
    std::optional<std::chrono::seconds> behind_max;
    std::optional<std::chrono::seconds> ahead_max = std::chrono::seconds{15};
};

/// Nothing when the head is as recent as asked.
/// Errors: Errc::stale, naming the age; a head from the future is as useless as one from the past.
Result<void> check_age(const Head& head, TimePoint now, const HeadAge& age);

/// Where headers come from: a set of nodes, or a test.
class HeadSource {
  public:
    virtual ~HeadSource() = default;
    /// The newest head of a node whose head is recent enough.
    virtual Result<Head> latest(TimePoint now) = 0;
    /// The canonical headers first, first + 1, ... in one request, all from one node.
    /// Errors: Errc::not_found when the node's chain does not reach that far.
    virtual Result<std::vector<Head>> headers(BlockNumber first, std::size_t count) = 0;
};

}  // namespace outrigger
