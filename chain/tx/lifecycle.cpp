// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/lifecycle.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "chain/base/hex.hpp"
#include "chain/tx/fees.hpp"

namespace outrigger::tx {
namespace {

constexpr std::array<std::pair<Phase, std::string_view>, 8> kWords{{{Phase::claimed, "claimed"},
                                                                    {Phase::signed_, "signed"},
                                                                    {Phase::sending, "sending"},
                                                                    {Phase::sent, "sent"},
                                                                    {Phase::mined, "mined"},
                                                                    {Phase::confirmed, "confirmed"},
                                                                    {Phase::failed, "failed"},
                                                                    {Phase::abandoned, "abandoned"}}};

StepResult unchanged(const Record& record) {
    return {record, {}};
}

StepResult refused(const Record& record, std::string_view why) {
    return {record,
            {Alarm{fmt::format("nonce {} ({}): {}", record.tx.nonce.value, to_string(record.phase), why)}}};
}

bool ever_signed(const Record& record, const TxHash& hash) {
    return std::find(record.attempts.begin(), record.attempts.end(), hash) != record.attempts.end();
}

/// The reason a signed version does not belong to the record, or nothing.
std::optional<std::string_view> not_ours(const Record& record, const Signed& event) {
    const auto& before = record.tx;
    if (is_final(record.phase)) return "a version was signed after the end";
    if (event.tx.nonce != before.nonce) return "a version was signed with another nonce";
    if (record.cancelling && !event.cancellation) return "the call was signed again after its cancellation";
    const bool same_call = event.tx.call == before.call;
    if (event.cancellation && !record.cancelling) {
        const auto& call = event.tx.call;
        const bool bare = call.data.empty() && call.value.is_zero() && call.chain == before.call.chain;
        if (!bare) return "a cancellation was signed that carries a call or a value";
    } else if (!same_call) {
        return "a version was signed with another call";
    }
    const bool cheaper = event.tx.max_fee < before.max_fee || event.tx.tip < before.tip;
    if (!record.attempts.empty() && cheaper) return "a version was signed that pays less than the one before";
    return std::nullopt;
}

StepResult on(const Record& record, const Signed& event) {
    if (ever_signed(record, event.hash))
        return unchanged(record);  // signed once more after a restart: same bytes
    if (const auto why = not_ours(record, event))
        return refused(record, fmt::format("{}; it must not be sent", *why));
    Record next = record;
    next.tx = event.tx;
    if (!record.attempts.empty()) ++next.bumps;
    next.attempts.push_back(event.hash);
    next.cancelling = event.cancellation;
    if (event.cancellation) ++next.cancellations;
    if (next.phase != Phase::mined) next.phase = Phase::signed_;
    return {std::move(next), {}};
}

StepResult on(const Record& record, const Sending&) {
    if (record.phase == Phase::claimed) return refused(record, "about to send before anything was signed");
    Record next = record;
    if (next.phase == Phase::signed_) next.phase = Phase::sending;
    return {std::move(next), {}};
}

StepResult on(const Record& record, const Submitted& event) {
    switch (record.phase) {
        case Phase::claimed: return refused(record, "sent before anything was signed");
        case Phase::signed_:
        case Phase::sending:
        case Phase::sent: break;
        case Phase::mined:
        case Phase::confirmed:
        case Phase::failed:
        case Phase::abandoned: return unchanged(record);
    }
    Record next = record;
    next.phase = Phase::sent;
    if (next.first_sent == BlockNumber{}) next.first_sent = event.head;
    next.last_sent = std::max(next.last_sent, event.head);
    return {std::move(next), {}};
}

StepResult on(const Record& record, const Released&) {
    if (record.phase != Phase::claimed || !record.attempts.empty()) {
        return refused(record, "only a nonce that was never signed can be given back");
    }
    Record next = record;
    next.phase = Phase::abandoned;
    return {std::move(next), {}};
}

StepResult on(const Record& record, const Included& event) {
    if (!ever_signed(record, event.receipt.hash)) {
        return refused(record, fmt::format("a receipt came for {}, which was never signed for it",
                                           to_hex(event.receipt.hash)));
    }
    if (is_final(record.phase)) {
        const bool known = record.receipt && record.receipt->hash == event.receipt.hash &&
                           record.receipt->block.hash == event.receipt.block.hash;
        if (known) return unchanged(record);
        return refused(record,
                       "mined again elsewhere after it was final: a reorganisation deeper than the "
                       "configured confirmations. Compare the venue's position with the journal");
    }
    Record next = record;
    next.phase = Phase::mined;
    next.receipt = event.receipt;
    next.lost_nonce = false;
    return {std::move(next), {}};
}

StepResult on(const Record& record, const Vanished&) {
    if (record.phase == Phase::mined) {
        Record next = record;
        next.phase = Phase::sent;
        next.receipt.reset();
        return {std::move(next), {Rebroadcast{}}};
    }
    if (is_final(record.phase) && record.receipt) {
        return refused(record,
                       "its block left the chain after it was final: a reorganisation deeper than the "
                       "configured confirmations. Compare the venue's position with the journal");
    }
    return unchanged(record);
}

/// A receipt is known: final once its block is deep enough and the account's count agrees.
StepResult mined_at(const Record& record, const NewHead& event, const FeePolicy& policy) {
    const std::uint64_t head = event.head.number.value;
    const std::uint64_t block = record.receipt ? record.receipt->block.number.value : head;
    const std::uint64_t depth_wanted = std::max<std::uint64_t>(policy.confirmations, 1) - 1;
    const bool deep = record.receipt && head >= block && head - block >= depth_wanted;
    if (!deep || event.account_nonce <= record.tx.nonce.value) return unchanged(record);
    Record next = record;
    if (is_cancellation(record, record.receipt->hash)) {
        next.phase = Phase::abandoned;
    } else {
        next.phase = record.receipt->success ? Phase::confirmed : Phase::failed;
    }
    return {std::move(next), {}};
}

/// The nonce is spent and no version of ours is known to have done it: wait and watch, whatever the clock
/// says.
StepResult lost(const Record& record) {
    if (record.lost_nonce) return unchanged(record);
    Record next = record;
    next.lost_nonce = true;
    return {std::move(next),
            {Alarm{fmt::format(
                "nonce {} ({}) is spent on chain, by none of the {} versions we know a receipt of: a "
                "foreign transaction or a hidden receipt. Nothing more is signed or sent for it. Look "
                "the nonce up in a block explorer; if the key is used elsewhere, stop that first",
                record.tx.nonce.value, to_string(record.phase), record.attempts.size())}}};
}

/// Claimed, never signed: only time can end it.
StepResult claimed_at(const Record& record, const NewHead& event, TimePoint now) {
    StepResult result = event.account_nonce > record.tx.nonce.value ? lost(record) : unchanged(record);
    if (now > record.deadline) result.next.phase = Phase::abandoned;
    return result;
}

/// Signed and perhaps sent, no receipt known.
StepResult in_flight_at(const Record& record, const NewHead& event, const FeePolicy& policy, TimePoint now) {
    if (event.account_nonce > record.tx.nonce.value) return lost(record);
    StepResult result = unchanged(record);
    Record& next = result.next;
    next.lost_nonce = false;
    // A head below the last send: a short reorganisation, or that head was a lie. Patience starts from here.
    next.last_sent = std::min(next.last_sent, event.head.number);
    const Market market{event.base_fee, event.market_tip};
    const Fees paid{record.tx.max_fee, record.tx.tip};

    if (now > record.deadline && !record.cancelling) {
        if (const auto fees = cancel_fees(paid, market, policy)) {
            result.effects.emplace_back(Cancel{fees->max_fee, fees->tip});
        } else {
            result.effects.emplace_back(Alarm{fmt::format(
                "nonce {} is past its deadline and cannot be cancelled: its last version pays more "
                "than the fee caps of the configuration allow now. Raise them",
                record.tx.nonce.value)});
        }
        return result;
    }
    if (record.phase != Phase::sent) {  // whether the bytes left is not known: the same again harms nobody
        result.effects.emplace_back(Rebroadcast{});
        return result;
    }
    if (event.head.number.value - next.last_sent.value < policy.patience_blocks) return result;
    result.effects.emplace_back(Rebroadcast{});
    // Behind an earlier nonce of ours a dearer version would be mined no sooner.
    if (event.account_nonce < record.tx.nonce.value) return result;
    if (const auto fees = bump(paid, market, policy)) {
        if (record.cancelling) {
            result.effects.emplace_back(Cancel{fees->max_fee, fees->tip});
        } else {
            result.effects.emplace_back(Send{fees->max_fee, fees->tip});
        }
    }
    return result;
}

StepResult on(const Record& record, const NewHead& event, const FeePolicy& policy, TimePoint now) {
    switch (record.phase) {
        case Phase::claimed:
            if (record.attempts.empty()) return claimed_at(record, event, now);
            return in_flight_at(record, event, policy, now);
        case Phase::signed_:
        case Phase::sending:
        case Phase::sent: return in_flight_at(record, event, policy, now);
        case Phase::mined: return mined_at(record, event, policy);
        case Phase::confirmed:
        case Phase::failed:
        case Phase::abandoned: return unchanged(record);
    }
    return unchanged(record);
}

}  // namespace

std::string_view to_string(Phase phase) {
    for (const auto& [known, word] : kWords) {
        if (known == phase) return word;
    }
    return "unknown";
}

std::optional<Phase> phase_from_string(std::string_view word) {
    for (const auto& [phase, known] : kWords) {
        if (known == word) return phase;
    }
    return std::nullopt;
}

bool is_cancellation(const Record& record, const TxHash& hash) {
    // A record restored without the count still knows that its latest version is one.
    const std::size_t counted = std::max<std::size_t>(record.cancellations, record.cancelling ? 1 : 0);
    const auto tail = static_cast<std::ptrdiff_t>(std::min(counted, record.attempts.size()));
    return std::find(record.attempts.end() - tail, record.attempts.end(), hash) != record.attempts.end();
}

StepResult step(const Record& record, const Event& event, const FeePolicy& policy, TimePoint now) {
    return std::visit(
        [&](const auto& e) {
            if constexpr (std::is_same_v<std::decay_t<decltype(e)>, NewHead>) {
                return on(record, e, policy, now);
            } else {
                return on(record, e);
            }
        },
        event);
}

}  // namespace outrigger::tx
