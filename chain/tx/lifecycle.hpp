// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chain/tx/types.hpp"

namespace outrigger::tx {

/// Where a nonce is in its life. The journal stores the same words.
///
///   claimed -> signed -> sending -> sent -> mined -> confirmed | failed | abandoned
///
/// A dearer version or a cancellation goes from sent back to signed. `mined` goes back to sent when its block
/// leaves the chain. confirmed: the call succeeded, deep enough. failed: it was mined and reverted.
/// abandoned: the nonce was never signed, or a cancellation took it; either way the call has no effect.
enum class Phase : std::uint8_t { claimed, signed_, sending, sent, mined, confirmed, failed, abandoned };

/// The journal's word for a phase: "claimed", "signed", ...
[[nodiscard]] std::string_view to_string(Phase phase);
/// The phase of a word, or nothing for a word that is none.
[[nodiscard]] std::optional<Phase> phase_from_string(std::string_view word);
/// Whether nothing more can become of the nonce.
[[nodiscard]] constexpr bool is_final(Phase phase) {
    return phase == Phase::confirmed || phase == Phase::failed || phase == Phase::abandoned;
}

/// One nonce and everything ever signed for it.
struct Record {
    Phase phase = Phase::claimed;
    UnsignedTx tx;                 // the latest version
    std::vector<TxHash> attempts;  // every version ever signed; each is watched to the end
    BlockNumber first_sent{};
    BlockNumber last_sent{};
    std::uint32_t bumps = 0;
    TimePoint deadline{};             // after it the nonce is cancelled, not re-tried
    bool cancelling = false;          // the latest version is a cancellation
    std::optional<Receipt> receipt;   // of the version that was mined
    std::uint32_t cancellations = 0;  // so many of the last attempts are cancellations, the others the call
    bool lost_nonce = false;          // the alarm about a nonce spent by nobody we know has been raised
    friend bool operator==(const Record&, const Record&) = default;
};

/// Whether the version with this hash is one of the record's cancellations.
[[nodiscard]] bool is_cancellation(const Record& record, const TxHash& hash);

/// A version was signed and its bytes are durable. The first, a dearer one, or a cancellation.
struct Signed {
    UnsignedTx tx;
    TxHash hash;
    bool cancellation = false;
};
/// The latest version's bytes are about to leave.
struct Sending {};
/// The latest version's bytes were handed to the endpoints, whatever these answered or failed to answer.
struct Submitted {
    BlockNumber head;  // the newest block we know
};
/// The claim is given back. Only a nonce that was never signed can be.
struct Released {};
struct NewHead {
    BlockRef head;
    U256 base_fee;
    std::uint64_t account_nonce = 0;  // transactions of ours mined at that head
    std::optional<U256> market_tip;   // what others pay now; unknown: the tip only rises by the bump
};
struct Included {
    Receipt receipt;
};
struct Vanished {  // the block that held it left the chain
    BlockRef new_head;
};
using Event = std::variant<Signed, Sending, Submitted, Released, NewHead, Included, Vanished>;

struct Send {  // same nonce, same call, new fees: needs a new approval
    U256 max_fee;
    U256 tip;
    friend bool operator==(const Send&, const Send&) = default;
};
struct Cancel {  // same nonce, to ourselves, no value
    U256 max_fee;
    U256 tip;
    friend bool operator==(const Cancel&, const Cancel&) = default;
};
struct Rebroadcast {  // same bytes again, to every endpoint
    friend bool operator==(const Rebroadcast&, const Rebroadcast&) = default;
};
struct Alarm {
    std::string what;
    friend bool operator==(const Alarm&, const Alarm&) = default;
};
using Effect = std::variant<Send, Cancel, Rebroadcast, Alarm>;

struct FeePolicy {
    std::uint32_t bump_bps = 1250;  // both fields rise by at least this; geth asks 1000, some pools 1250
    U256 max_fee_cap;               // absolute, from configuration; never from a node
    U256 tip_cap;
    std::uint64_t patience_blocks = 3;
    std::uint64_t confirmations = 1;
};

struct StepResult {
    Record next;
    std::vector<Effect> effects;
};

/// What becomes of one nonce when something is learned. Total and pure.
/// An error or silence is never an event: only what we did and what the chain says moves a record. Effects
/// are wishes in the order they are to be tried; a wish not granted is made again at the next head. An event
/// that cannot follow from the record (another nonce, another call, a receipt of a hash we never signed)
/// changes nothing and raises an alarm.
[[nodiscard]] StepResult step(const Record& record, const Event& event, const FeePolicy& policy,
                              TimePoint now);

}  // namespace outrigger::tx
