// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/head_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

constexpr std::size_t kWindow = 32;  // headers asked for at once

}  // namespace

HeadTracker::HeadTracker(HeadTrackerOptions options) : options_(options) {
    OR_ASSERT(options_.depth > 0);
}

void HeadTracker::reset() {
    ring_.clear();
}

std::optional<Head> HeadTracker::last() const {
    if (ring_.empty()) return std::nullopt;
    return ring_.rbegin()->second;
}

std::optional<Head> HeadTracker::at(BlockNumber number) const {
    const auto found = ring_.find(number);
    if (found == ring_.end()) return std::nullopt;
    return found->second;
}

Result<HeadUpdate> HeadTracker::poll(HeadSource& source, TimePoint now) {
    const Head head = OR_TRY(source.latest(now));
    OR_TRY(check_age(head, now, options_.age));
    if (ring_.empty()) {
        keep(head);
        return HeadUpdate{head, true, {}, {}};
    }
    const Head last = ring_.rbegin()->second;
    if (head.block.hash == last.block.hash) return HeadUpdate{last, false, {}, {}};
    if (const auto known = at(head.block.number); known && known->block.hash == head.block.hash) {
        return fail(Errc::stale,
                    fmt::format("the head went back from block {} to {} on the same chain: the node lags",
                                last.block.number.value, head.block.number.value));
    }
    if (head.parent == last.block.hash) {
        OR_TRY(check_child(last, head, options_.rules));
        keep(head);
        return HeadUpdate{head, true, {}, {}};
    }
    return follow(source, head);
}

/// True when the source still has a header we kept.
Result<bool> HeadTracker::still_canonical(HeadSource& source, const Head& known) {
    auto found = source.headers(known.block.number, 1);
    if (!found && found.error().code == Errc::not_found) return false;
    const std::vector<Head> headers = OR_TRY(std::move(found));
    return headers.size() == 1 && headers.front().block.hash == known.block.hash;
}

/// Fetches the new branch downwards until it meets a kept header, and returns that height; nothing when it
/// leaves them all behind. `branch` gets the blocks above the meeting point.
Result<std::optional<BlockNumber>> HeadTracker::join(HeadSource& source, const Head& head,
                                                     std::map<BlockNumber, Head>& branch) {
    branch[head.block.number] = head;
    const std::uint64_t lowest = ring_.begin()->first.value;
    while (true) {
        const Head& bottom = branch.begin()->second;
        const std::uint64_t number = bottom.block.number.value;
        if (number <= lowest) return std::optional<BlockNumber>{};
        if (const auto below = at(BlockNumber{number - 1}); below && below->block.hash == bottom.parent) {
            OR_TRY(check_child(*below, bottom, options_.rules));
            return std::optional(below->block.number);
        }
        const std::uint64_t first = std::max(lowest, number > kWindow ? number - kWindow : 0);
        const auto window = OR_TRY(source.headers(BlockNumber{first}, number - first));
        Head child = bottom;
        for (auto h = window.rbegin(); h != window.rend(); ++h) {
            if (h->block.hash != child.parent) {
                return fail(Errc::decode,
                            fmt::format("block {} is not the parent of {}: the chain moved while it was read",
                                        h->block.number.value, h->block.number.value + 1));
            }
            OR_TRY(check_child(*h, child, options_.rules));
            if (const auto known = at(h->block.number); known && known->block.hash == h->block.hash) {
                return std::optional(known->block.number);
            }
            branch[h->block.number] = *h;
            child = *h;
        }
    }
}

/// The head is not a child of the last one: a gap, or another branch.
Result<HeadUpdate> HeadTracker::follow(HeadSource& source, const Head& head) {
    const Head last = ring_.rbegin()->second;
    const std::uint64_t ahead = head.block.number.value > last.block.number.value
                                    ? head.block.number.value - last.block.number.value
                                    : 0;
    // After a long silence the blocks in between are not worth reading when the last one is still on the
    // chain.
    if (ahead > options_.depth && OR_TRY(still_canonical(source, last))) {
        ring_.clear();
        keep(head);
        return HeadUpdate{head, true, {}, {}};
    }
    std::map<BlockNumber, Head> branch;
    const auto joint = OR_TRY(join(source, head, branch));
    if (!joint) {
        return fail(Errc::reorged,
                    fmt::format("block {} is on a branch that left the chain more than {} blocks ago",
                                head.block.number.value, ring_.size()));
    }
    HeadUpdate update{head, true, {}, {}};
    const auto first_dropped = ring_.upper_bound(*joint);
    for (auto it = first_dropped; it != ring_.end(); ++it) update.dropped.push_back(it->second.block);
    if (!update.dropped.empty()) update.ancestor = ring_.at(*joint).block;
    ring_.erase(first_dropped, ring_.end());
    for (const auto& [number, header] : branch) keep(header);
    return update;
}

void HeadTracker::keep(const Head& head) {
    ring_[head.block.number] = head;
    while (ring_.size() > options_.depth) ring_.erase(ring_.begin());
}

}  // namespace outrigger
