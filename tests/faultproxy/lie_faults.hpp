// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test::faults {

/// Gives this as the result of every call of that method.
Fault result_of(std::string method, nlohmann::json result);
/// Gives this as a field of the newest block.
Fault head_field(std::string field, nlohmann::json value);
/// Shows the block that was newest at first as the newest for ever, or every other time.
Fault frozen_head();
Fault flapping_head();
/// Shows a newest block later by that time and so many blocks.
Fault future_head(std::chrono::seconds later, std::uint64_t blocks);
/// Shows another hash for every block.
Fault forked_blocks();
/// Answers each read with what it first answered to it, whatever block it is asked at.
Fault stale_calls();
/// Shows a mined transaction's outcome the other way round, in another block, or not at all.
Fault flipped_receipts();
Fault moved_receipts();
Fault hidden_receipts();
/// Shows this many more (or fewer) transactions of any account.
Fault nonce_off_by(std::int64_t more);
/// Answers every call of that method with an error of this text, repeated to that many bytes.
Fault error_text(std::string method, std::string text, std::size_t bytes);
/// Cuts the results of contract reads to this many bytes, or makes them so many longer.
Fault short_answers(std::size_t bytes);
Fault long_answers(std::size_t more);
/// Gives each answer of a batch the result of another.
Fault swapped_results();
/// Leaves one answer of a batch out, gives one twice, or refuses batches.
Fault partial_batch();
Fault doubled_answer();
Fault refused_batch();

}  // namespace outrigger::test::faults
