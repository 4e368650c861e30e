// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "chain/abi/query.hpp"

namespace outrigger {

/// What one endpoint answered to every read of a round.
struct EndpointAnswers {
    std::string origin;
    std::vector<Result<Bytes>> slots;
};

/// What several endpoints' answers to the same reads come to.
struct Agreement {
    std::vector<Result<Bytes>> slots;   // Errc::rejected where no answer has more than half of the voices
    std::vector<std::string> outvoted;  // index: endpoint; why it is not believed, empty when it is
    bool unanimous = true;
};

/// The answers of the majority, read by read. A failure counts as an answer by its code: its words are each
/// node's own. Receipts are taken from the first endpoint: clients word them differently, and a receipt is
/// proven otherwise.
/// Pre: at least one endpoint, each with one slot a read
[[nodiscard]] Agreement agree(std::span<const Read> reads, std::span<const EndpointAnswers> answers);

/// A read in words: "0x70a08231 of 0x5aAe...".
[[nodiscard]] std::string describe(const Read& read);

}  // namespace outrigger
