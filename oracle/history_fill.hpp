// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oracle/chainlink.hpp"
#include "oracle/history.hpp"

namespace outrigger {

struct FillOptions {
    std::size_t page = 250;          // rounds asked for at once
    std::size_t rounds_max = 20000;  // of one asset, in one run
    /// Rounds younger than this may still be undone with the block they were read at.
    std::chrono::seconds settled_after = std::chrono::minutes{30};
};

/// How far a fill has come: after each page.
struct FillProgress {
    std::size_t rounds = 0;  // read so far
    TimePoint reached{};     // everything published since is stored
    TimePoint goal{};
};

struct FillReport {
    std::size_t rounds = 0;   // read
    std::size_t missing = 0;  // of those asked for: never completed, or no longer kept
    TimePoint reached{};      // everything published since is stored
    std::string stopped;      // why not to the goal; empty when it was reached
};

/// Under which name what a feed covers is kept.
[[nodiscard]] std::string source_of(const ChainlinkSpec& spec);

/// Stores every round of a feed published since `from` that is not stored yet: what is new first, then the
/// gaps between what is covered, then what is older. Each page is durable with the mark of how far it came,
/// so that a fill that was interrupted anywhere goes on there. Errors: any failed read or write; what a feed
/// cannot give is no failure, see `stopped`
[[nodiscard]] Result<FillReport> fill_from_rounds(BatchReader& reader, const Pins& pins,
                                                  const ChainlinkFeed& feed, std::string_view asset,
                                                  PriceStore& store, TimePoint from,
                                                  const FillOptions& options,
                                                  const std::function<void(const FillProgress&)>& progress);

/// The stretches as they are once another one, which ends no earlier than it begins, is covered too: those
/// that touch become one, newest first. Of two that touch, the older one knows how to go on.
[[nodiscard]] std::vector<Coverage> merged(std::vector<Coverage> covered);

}  // namespace outrigger
