// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "chain/rpc/head.hpp"
#include "chain/rpc/head_rules.hpp"

namespace outrigger {

struct HeadTrackerOptions {
    std::size_t depth = 128;  // headers kept; a reorg deeper than this is not followed
    HeadAge age;
    HeadRules rules{};
};

/// What a poll has shown.
struct HeadUpdate {
    Head head;
    bool is_new = false;               // another head than at the last poll
    std::optional<BlockRef> ancestor;  // after a reorg: the last block both branches share
    std::vector<BlockRef> dropped;     // after a reorg: the blocks that left the chain, lowest first
    bool reorged() const { return ancestor.has_value(); }
};

/// Follows one chain's head by polling, and keeps the last headers by height.
class HeadTracker {
  public:
    explicit HeadTracker(HeadTrackerOptions options = {});

    /// The newest head, linked by parent hashes to the one before it; when it is on another branch, which
    /// blocks left the chain. A head that is older or newer than `now` allows, lower than the last one
    /// without a branch to prove it, or impossible after its parent by the rules is refused and changes
    /// nothing. Errors: Errc::stale for such a head, Errc::decode for an impossible one; Errc::reorged when
    /// the branch leaves the kept headers behind, until reset(); Errc::decode when the source's headers do
    /// not link; else the source's own.
    Result<HeadUpdate> poll(HeadSource& source, TimePoint now);

    /// Forgets everything: the next head is taken as it is.
    void reset();
    /// The newest head accepted, if any.
    std::optional<Head> last() const;
    /// The kept header at a height, if any: the tracker's view of the canonical chain.
    std::optional<Head> at(BlockNumber number) const;

  private:
    Result<HeadUpdate> follow(HeadSource& source, const Head& head);
    Result<std::optional<BlockNumber>> join(HeadSource& source, const Head& head,
                                            std::map<BlockNumber, Head>& branch);
    Result<bool> still_canonical(HeadSource& source, const Head& known);
    void keep(const Head& head);

    HeadTrackerOptions options_;
    std::map<BlockNumber, Head> ring_;  // consecutive heights, each the parent of the next
};

}  // namespace outrigger
