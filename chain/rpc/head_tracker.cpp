// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/head_tracker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

constexpr std::size_t kWindow = 32;      // headers asked for at once
constexpr std::uint64_t kBridged = 256;  // blocks of a gap that are worth reading

/// Some headers below one that nothing was known before: the very next block may already replace it.
Result<std::map<BlockNumber, Head>> below(HeadSource& source, const Head& top,
                                          const HeadTrackerOptions& options) {
    std::map<BlockNumber, Head> out;
    const std::uint64_t number = top.block.number.value;
    const auto count = std::min<std::uint64_t>({options.depth, kWindow, number});
    if (count == 0) return out;
    const auto found = source.headers(BlockNumber{number - count}, count);
    // A node that has just begun may know none: then there are none.
    if (!found && found.error().code == Errc::not_found) return out;
    if (!found) return tl::unexpected(found.error());
    const Head* child = &top;
    for (auto h = found->rbegin(); h != found->rend(); ++h) {
        if (h->block.hash != child->parent) return fail(Errc::decode, "the chain moved while it was read");
        OR_TRY(check_child(*h, *child, options.rules));
        out[h->block.number] = *h;
        child = &*h;
    }
    return out;
}

/// The highest kept height at which the source has what is kept; nothing when there is none.
Result<std::optional<BlockNumber>> newest_canonical(HeadSource& source,
                                                    const std::map<BlockNumber, Head>& ring) {
    const std::uint64_t lowest = ring.begin()->first.value;
    for (std::uint64_t above = ring.rbegin()->first.value + 1; above > lowest;) {
        const auto count = std::min<std::uint64_t>(kWindow, above - lowest);
        const auto headers = OR_TRY(source.headers(BlockNumber{above - count}, count));
        for (auto h = headers.rbegin(); h != headers.rend(); ++h) {
            const auto kept = ring.find(h->block.number);
            if (kept != ring.end() && kept->second.block.hash == h->block.hash)
                return std::optional(kept->first);
        }
        above -= count;
    }
    return std::optional<BlockNumber>{};
}

tl::unexpected<Error> too_deep(const Head& head, const std::map<BlockNumber, Head>& ring) {
    const BlockRef& lowest = ring.begin()->second.block;
    return fail(
        Errc::reorged,
        fmt::format("block {} ({}) is on a branch that left the chain more than {} blocks ago: it does "
                    "not stand on block {} ({}), which was read before. If no reorganisation that "
                    "deep is known of this chain, run outrigger check and replace the endpoint; "
                    "chain.reorg_depth says how far a branch is followed",
                    head.block.number.value, to_hex(head.block.hash), ring.size() - 1, lowest.number.value,
                    to_hex(lowest.hash)));
}

/// What is kept above the joint has left the chain.
void note_dropped(const std::map<BlockNumber, Head>& ring, BlockNumber joint, HeadUpdate& update) {
    for (auto it = ring.upper_bound(joint); it != ring.end(); ++it)
        update.dropped.push_back(it->second.block);
    if (!update.dropped.empty()) update.ancestor = ring.at(joint).block;
}

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
        ring_ = OR_TRY(below(source, head, options_));
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
    HeadUpdate update{head, true, {}, {}};
    // After a long silence the blocks in between are not worth reading: it is enough to know down to where
    // the chain still is what was kept.
    if (ahead > std::min<std::uint64_t>(options_.depth, kBridged)) {
        const auto joint = OR_TRY(still_canonical(source, last)) ? std::optional(last.block.number)
                                                                 : OR_TRY(newest_canonical(source, ring_));
        if (!joint) return too_deep(head, ring_);
        if (head.block.timestamp < ring_.at(*joint).block.timestamp)
            return fail(Errc::decode, fmt::format("block {} is older than block {}", head.block.number.value,
                                                  joint->value));
        auto fresh = OR_TRY(below(source, head, options_));
        note_dropped(ring_, *joint, update);
        ring_ = std::move(fresh);
        keep(head);
        return update;
    }
    std::map<BlockNumber, Head> branch;
    const auto joint = OR_TRY(join(source, head, branch));
    if (!joint) return too_deep(head, ring_);
    note_dropped(ring_, *joint, update);
    ring_.erase(ring_.upper_bound(*joint), ring_.end());
    for (const auto& [number, header] : branch) keep(header);
    return update;
}

void HeadTracker::keep(const Head& head) {
    ring_[head.block.number] = head;
    // One more: the ancestor of a reorganisation of that depth.
    while (ring_.size() > options_.depth + 1) ring_.erase(ring_.begin());
}

}  // namespace outrigger
