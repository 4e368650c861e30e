// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chain/rpc/node.hpp"

namespace outrigger {

/// Which logs: of one contract, with these topics; an empty place matches anything.
struct LogFilter {
    Address address{};
    std::vector<std::optional<Hash32>> topics;
};

/// One log as the node tells it, checked against the question. What it claims is proven by reading the
/// contract.
struct Log {
    std::vector<Hash32> topics;
    Bytes data;
    BlockNumber number;
    friend bool operator==(const Log&, const Log&) = default;
};

/// The logs between two blocks, both included.
/// Errors: Errc::rpc when the node refuses the range; Errc::decode for anything malformed, and for a log that
/// was not asked for
[[nodiscard]] Result<std::vector<Log>> read_logs(Node& node, const LogFilter& filter, BlockNumber first,
                                                 BlockNumber last);

struct LogSearchLimits {
    std::size_t requests = 200;           // of the node, at most
    std::uint64_t window_first = 10'000;  // blocks asked for at once, at first
    std::uint64_t window_max = 1'000'000;
    std::size_t logs = 10'000;
};

/// What a search found, and how far back it came.
struct LogSearch {
    std::vector<Log> logs;  // newest window first, in block order within it
    BlockNumber reached;    // everything from here to the head was read
    std::string stopped;    // why not to the beginning; empty when it was
    std::uint64_t window = 0;
};

/// The logs from `head` back to block 0, in windows that halve when the node refuses one and double when it
/// does not: its limits are learned, not configured. A search that stops early says why and how far it came.
/// Errors: those of a node that does not answer at all
[[nodiscard]] Result<LogSearch> search_logs(Node& node, const LogFilter& filter, BlockNumber head,
                                            const LogSearchLimits& limits = {});

}  // namespace outrigger
