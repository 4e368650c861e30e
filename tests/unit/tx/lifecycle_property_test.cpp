// SPDX-License-Identifier: Apache-2.0
// Random histories of one nonce, by a shell that obeys the effects and by a world that does not behave.
#include <algorithm>
#include <cstdlib>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "chain/tx/lifecycle.hpp"

namespace outrigger::tx {
namespace {

using std::chrono::seconds;

[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=1559 max_success=1000", 0);

constexpr std::uint64_t kNonce = 5;
constexpr TimePoint kStart{seconds(1'800'000'000)};
constexpr ChainId kChain(31337);
constexpr Address kSelf{{0x11}};

TxHash hash(std::size_t n) {
    return TxHash{{static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8), 0xaa}};
}

/// The shell and the world around one record.
struct World {
    Record record;
    FeePolicy policy;
    TimePoint now = kStart;
    std::uint64_t height = 100;
    std::size_t next_hash = 1;
    std::vector<Effect> wishes;  // effects of the last step
    std::set<TxHash> mined_hashes;

    StepResult apply(const Event& event) {
        auto result = step(record, event, policy, now);
        record = result.next;
        wishes = result.effects;
        return result;
    }
};

World start() {
    World w;
    w.policy.bump_bps = *rc::gen::inRange<std::uint32_t>(1000, 2001);
    w.policy.max_fee_cap = U256(*rc::gen::inRange<std::uint64_t>(50, 2000));
    w.policy.tip_cap = U256(*rc::gen::inRange<std::uint64_t>(5, 200));
    w.policy.patience_blocks = *rc::gen::inRange<std::uint64_t>(0, 4);
    w.policy.confirmations = *rc::gen::inRange<std::uint64_t>(0, 4);
    const U256 fee = std::min(U256(*rc::gen::inRange<std::uint64_t>(1, 300)), w.policy.max_fee_cap);
    const U256 tip = std::min({U256(*rc::gen::inRange<std::uint64_t>(0, 50)), fee, w.policy.tip_cap});
    w.record.tx = {Nonce(kNonce), TxCall{kChain, Address{{0x22}}, U256(), {9, 8, 7, 6}, Gas(100'000)}, fee,
                   tip};
    w.record.deadline = kStart + seconds(*rc::gen::inRange(-10, 300));
    return w;
}

/// What an obedient shell does with the wishes, or the beginning of an ordinary send.
std::vector<Event> obey(const World& w) {
    const auto& r = w.record;
    const BlockNumber at(w.height);
    if (r.phase == Phase::claimed) return {Signed{r.tx, hash(w.next_hash)}, Sending{}, Submitted{at}};
    for (const auto& wish : w.wishes) {
        if (const auto* send = std::get_if<Send>(&wish)) {
            UnsignedTx tx = r.tx;
            tx.max_fee = send->max_fee;
            tx.tip = send->tip;
            return {Signed{tx, hash(w.next_hash)}, Sending{}, Submitted{at}};
        }
        if (const auto* cancel = std::get_if<Cancel>(&wish)) {
            return {Signed{cancellation(kChain, kSelf, Nonce(kNonce), {cancel->max_fee, cancel->tip}),
                           hash(w.next_hash), true},
                    Sending{}, Submitted{at}};
        }
    }
    return {Sending{}, Submitted{at}};
}

Event world_event(World& w) {
    const auto any_hash = [&]() -> TxHash {
        const auto& known = w.record.attempts;
        if (known.empty() || *rc::gen::inRange(0, 8) == 0) return hash(60'000);
        return known[*rc::gen::inRange<std::size_t>(0, known.size())];
    };
    const auto a_block = [&] {
        return BlockRef{kChain, BlockNumber(w.height), BlockHash{{*rc::gen::inRange<std::uint8_t>(0, 3)}},
                        w.now};
    };
    switch (*rc::gen::inRange(0, 12)) {
        case 0: return Included{{any_hash(), a_block(), *rc::gen::arbitrary<bool>(), Gas(1), U256(1)}};
        case 1: return Vanished{a_block()};
        case 2: return Released{};
        case 3: {  // a version nobody asked for
            UnsignedTx tx = w.record.tx;
            tx.nonce = Nonce(kNonce + *rc::gen::inRange<std::uint64_t>(0, 2));
            tx.max_fee = U256(*rc::gen::inRange<std::uint64_t>(0, 3000));
            if (*rc::gen::arbitrary<bool>()) tx.call.data.push_back(1);
            return Signed{tx, hash(50'000 + w.next_hash), *rc::gen::arbitrary<bool>()};
        }
        case 4: return Submitted{BlockNumber(*rc::gen::arbitrary<std::uint64_t>())};
        default: break;
    }
    w.height += *rc::gen::inRange<std::uint64_t>(0, 3);
    w.now += seconds(*rc::gen::inRange(-30, 60));
    NewHead head{a_block(), U256(*rc::gen::inRange<std::uint64_t>(0, 400)), kNonce, std::nullopt};
    head.account_nonce = w.record.receipt ? kNonce + 1 : kNonce - 1 + *rc::gen::inRange<std::uint64_t>(0, 3);
    if (*rc::gen::arbitrary<bool>()) head.market_tip = U256(*rc::gen::inRange<std::uint64_t>(0, 400));
    return head;
}

void check_effects(const Record& before, const World& w, const StepResult& result) {
    for (const auto& effect : result.effects) {
        const auto fees = [&](const U256& max_fee, const U256& tip) {
            RC_ASSERT(max_fee <= w.policy.max_fee_cap);
            RC_ASSERT(tip <= w.policy.tip_cap);
            RC_ASSERT(tip <= max_fee);
            RC_ASSERT(max_fee >= before.tx.max_fee);
            RC_ASSERT(tip >= before.tx.tip);
        };
        if (const auto* send = std::get_if<Send>(&effect)) {
            fees(send->max_fee, send->tip);
            RC_ASSERT(!before.cancelling);
            RC_ASSERT(w.now <= before.deadline);
            RC_ASSERT(send->max_fee > before.tx.max_fee && send->tip > before.tx.tip);
        }
        if (const auto* cancel = std::get_if<Cancel>(&effect)) {
            fees(cancel->max_fee, cancel->tip);
            RC_ASSERT(before.cancelling || w.now > before.deadline);
        }
        if (!std::holds_alternative<Alarm>(effect)) {
            RC_ASSERT(!is_final(before.phase));
            RC_ASSERT(!before.attempts.empty());
            RC_ASSERT(!result.next.lost_nonce);
        }
    }
}

void check_record(const Record& before, const Record& next, const TxCall& call) {
    RC_ASSERT(next.tx.nonce == Nonce(kNonce));              // one nonce
    if (!next.cancelling) RC_ASSERT(next.tx.call == call);  // one purpose
    if (next.cancelling) {
        RC_ASSERT(next.tx.call.data.empty());
        RC_ASSERT(next.tx.call.value.is_zero());
    }
    if (before.cancelling) RC_ASSERT(next.cancelling);  // never un-cancelled
    RC_ASSERT(next.deadline == before.deadline);
    // Nothing is forgotten: attempts only grow.
    RC_ASSERT(next.attempts.size() >= before.attempts.size());
    RC_ASSERT(std::equal(before.attempts.begin(), before.attempts.end(), next.attempts.begin()));
    if (!before.attempts.empty()) {
        RC_ASSERT(next.tx.max_fee >= before.tx.max_fee);
        RC_ASSERT(next.tx.tip >= before.tx.tip);
    }
    if (is_final(before.phase)) RC_ASSERT(next == before);  // the end is the end
    // A receipt is one of ours, and is there exactly from mined on.
    const bool has_receipt = next.receipt.has_value();
    if (has_receipt) {
        RC_ASSERT(std::count(next.attempts.begin(), next.attempts.end(), next.receipt->hash) == 1);
    }
    if (next.phase == Phase::mined || next.phase == Phase::confirmed || next.phase == Phase::failed) {
        RC_ASSERT(has_receipt);
    } else if (next.phase != Phase::abandoned) {
        RC_ASSERT(!has_receipt);
    }
    if (next.phase == Phase::confirmed)
        RC_ASSERT(next.receipt->success && !is_cancellation(next, next.receipt->hash));
    if (next.phase == Phase::failed) RC_ASSERT(!next.receipt->success);
    if (next.phase == Phase::abandoned && !has_receipt) RC_ASSERT(next.attempts.empty());
    if (next.phase == Phase::claimed) RC_ASSERT(next.attempts.empty());
}

RC_GTEST_PROP(LifecycleProperty, AnyHistoryKeepsTheInvariants, ()) {
    World w = start();
    const TxCall call = w.record.tx.call;
    const int length = *rc::gen::inRange(1, 60);
    for (int i = 0; i < length; ++i) {
        std::vector<Event> events;
        if (*rc::gen::inRange(0, 3) == 0) {
            events = obey(w);
            ++w.next_hash;
        } else {
            events.push_back(world_event(w));
        }
        for (const auto& event : events) {
            const Record before = w.record;
            const auto result = w.apply(event);
            check_effects(before, w, result);
            check_record(before, result.next, call);
        }
    }
}

/// Faults cease: an obedient shell, a pool that mines the newest version after some blocks, an honest node.
RC_GTEST_PROP(LifecycleProperty, InACalmWorldEveryNonceComesToItsEnd, ()) {
    World w = start();
    const auto stuck_blocks = *rc::gen::inRange<std::uint64_t>(0, 30);
    const bool success = *rc::gen::arbitrary<bool>();
    const std::uint64_t mined_at = w.height + stuck_blocks;
    bool spent = false;
    for (int i = 0; i < 200 && !is_final(w.record.phase); ++i) {
        const bool cancelled_before = w.record.cancelling;
        for (const auto& event : obey(w)) w.apply(event);
        if (w.record.cancelling != cancelled_before || w.record.attempts.size() >= w.next_hash) ++w.next_hash;
        ++w.height;
        w.now += seconds(12);
        const BlockRef block{kChain, BlockNumber(w.height), BlockHash{{1}}, w.now};
        if (!spent && w.height > mined_at && !w.record.attempts.empty()) {
            w.apply(Included{{w.record.attempts.back(), block, success, Gas(1), U256(1)}});
            spent = true;
        }
        const auto result = w.apply(NewHead{block, U256(10), spent ? kNonce + 1 : kNonce, std::nullopt});
        for (const auto& effect : result.effects) RC_ASSERT(!std::holds_alternative<Alarm>(effect));
    }
    RC_ASSERT(is_final(w.record.phase));
    RC_ASSERT(w.record.receipt.has_value());
    if (is_cancellation(w.record, w.record.receipt->hash)) {
        RC_ASSERT(w.record.phase == Phase::abandoned);
    } else {
        RC_ASSERT(w.record.phase == (success ? Phase::confirmed : Phase::failed));
    }
}

}  // namespace
}  // namespace outrigger::tx
