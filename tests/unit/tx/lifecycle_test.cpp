// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/lifecycle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace outrigger::tx {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

constexpr TimePoint kNow{seconds(1'800'000'000)};
constexpr TimePoint kDeadline = kNow + seconds(120);
constexpr TimePoint kLater = kDeadline + seconds(1);
constexpr std::uint64_t kNonce = 12;
constexpr std::uint64_t kGwei = 1'000'000'000;

TxHash hash(std::uint8_t n) {
    return TxHash{{n}};
}
BlockRef block(std::uint64_t number, std::uint8_t branch = 0) {
    return {ChainId(31337), BlockNumber(number), BlockHash{{static_cast<std::uint8_t>(number), branch}},
            kNow};
}

FeePolicy policy() {
    FeePolicy p;
    p.max_fee_cap = U256(100 * kGwei);
    p.tip_cap = U256(10 * kGwei);
    p.patience_blocks = 3;
    p.confirmations = 2;
    return p;
}

UnsignedTx call(std::uint64_t fee_gwei = 20, std::uint64_t tip_gwei = 2) {
    return {Nonce(kNonce), TxCall{ChainId(31337), Address{{0x22}}, U256(), {1, 2, 3, 4}, Gas(100'000)},
            U256(fee_gwei * kGwei), U256(tip_gwei * kGwei)};
}
UnsignedTx cancel_tx(std::uint64_t fee_gwei = 30, std::uint64_t tip_gwei = 3) {
    return cancellation(ChainId(31337), Address{{0x11}}, Nonce(kNonce),
                        {U256(fee_gwei * kGwei), U256(tip_gwei * kGwei)});
}

Record claimed() {
    Record r;
    r.tx = call();
    r.deadline = kDeadline;
    return r;
}

/// The record after these events; none of them may raise an alarm.
Record after(Record record, const std::vector<Event>& events) {
    for (const auto& event : events) {
        auto result = step(record, event, policy(), kNow);
        for (const auto& effect : result.effects) {
            EXPECT_FALSE(std::holds_alternative<Alarm>(effect)) << std::get<Alarm>(effect).what;
        }
        record = std::move(result.next);
    }
    return record;
}

NewHead head(std::uint64_t number, std::uint64_t account_nonce = kNonce, std::uint64_t base_gwei = 9) {
    return {block(number), U256(base_gwei * kGwei), account_nonce, std::nullopt};
}
Included included(std::uint8_t version, std::uint64_t number, bool success = true, std::uint8_t branch = 0) {
    return {{hash(version), block(number, branch), success, Gas(50'000), U256(10 * kGwei)}};
}

Record signed_record() {
    return after(claimed(), {Signed{call(), hash(1)}});
}
Record sent() {
    return after(signed_record(), {Sending{}, Submitted{BlockNumber(100)}});
}
Record mined(bool success = true) {
    return after(sent(), {included(1, 101, success)});
}
Record confirmed() {
    return after(mined(), {head(102, kNonce + 1)});
}
Record cancelling() {
    return after(sent(), {Signed{cancel_tx(), hash(2), true}, Sending{}, Submitted{BlockNumber(104)}});
}

const Alarm* alarm_of(const StepResult& result) {
    return result.effects.size() == 1 ? std::get_if<Alarm>(&result.effects[0]) : nullptr;
}

// ---- what we do
// ------------------------------------------------------------------------------------------------

TEST(Lifecycle, FollowsTheOrdinaryWay) {
    EXPECT_EQ(signed_record().phase, Phase::signed_);
    EXPECT_EQ(signed_record().attempts, std::vector{hash(1)});
    EXPECT_EQ(signed_record().bumps, 0U);
    EXPECT_EQ(after(signed_record(), {Sending{}}).phase, Phase::sending);
    EXPECT_EQ(sent().phase, Phase::sent);
    EXPECT_EQ(sent().first_sent, BlockNumber(100));
    EXPECT_EQ(sent().last_sent, BlockNumber(100));
    EXPECT_EQ(mined().phase, Phase::mined);
    EXPECT_EQ(confirmed().phase, Phase::confirmed);
}

TEST(Lifecycle, GivesBackOnlyAClaimThatWasNeverSigned) {
    EXPECT_EQ(after(claimed(), {Released{}}).phase, Phase::abandoned);
    for (const auto& record : {signed_record(), sent(), mined(), confirmed(), cancelling()}) {
        const auto result = step(record, Released{}, policy(), kNow);
        EXPECT_NE(alarm_of(result), nullptr);
        EXPECT_EQ(result.next, record);
    }
}

TEST(Lifecycle, NothingIsSentBeforeItIsSigned) {
    for (const Event& event : {Event{Sending{}}, Event{Submitted{BlockNumber(5)}}}) {
        const auto result = step(claimed(), event, policy(), kNow);
        EXPECT_NE(alarm_of(result), nullptr);
        EXPECT_EQ(result.next, claimed());
    }
}

TEST(Lifecycle, ADearerVersionJoinsTheOthers) {
    const auto record = after(sent(), {Signed{call(25, 3), hash(2)}});
    EXPECT_EQ(record.phase, Phase::signed_);
    EXPECT_EQ(record.attempts, (std::vector{hash(1), hash(2)}));
    EXPECT_EQ(record.bumps, 1U);
    EXPECT_EQ(record.tx, call(25, 3));
    const auto again = after(record, {Sending{}, Submitted{BlockNumber(104)}});
    EXPECT_EQ(again.first_sent, BlockNumber(100));
    EXPECT_EQ(again.last_sent, BlockNumber(104));
    EXPECT_EQ(after(again, {Submitted{BlockNumber(103)}}).last_sent, BlockNumber(104)) << "a head that lags";
    EXPECT_EQ(after(again, {Signed{call(25, 3), hash(2)}}), again)
        << "the same bytes signed again after a restart";
}

TEST(Lifecycle, AVersionWithAnotherPurposeIsRefused) {
    UnsignedTx other_nonce = call(30, 3);
    other_nonce.nonce = Nonce(kNonce + 1);
    UnsignedTx other_call = call(30, 3);
    other_call.call.data.push_back(0);
    UnsignedTx other_gas = call(30, 3);
    other_gas.call.gas_limit = Gas(1);
    UnsignedTx carries_value = cancel_tx();
    carries_value.call.value = U256(1);
    UnsignedTx other_chain = cancel_tx();
    other_chain.call.chain = ChainId(1);
    UnsignedTx other_recipient = cancel_tx(40, 4);
    other_recipient.call.to = Address{{0x99}};
    struct Case {
        const char* why;
        Record record;
        Signed event;
    };
    for (const auto& c : {Case{"another nonce", sent(), {other_nonce, hash(9)}},
                          Case{"another call", sent(), {other_call, hash(9)}},
                          Case{"another gas limit", sent(), {other_gas, hash(9)}},
                          Case{"another call, first version", claimed(), {other_call, hash(9)}},
                          Case{"a lower fee", sent(), {call(19, 2), hash(9)}},
                          Case{"a lower tip", sent(), {call(30, 1), hash(9)}},
                          Case{"a cancellation with a value", sent(), {carries_value, hash(9), true}},
                          Case{"a call said to be a cancellation", sent(), {call(30, 3), hash(9), true}},
                          Case{"a cancellation on another chain", sent(), {other_chain, hash(9), true}},
                          Case{"a cancellation not said to be one", sent(), {cancel_tx(), hash(9), false}},
                          Case{"the call after its cancellation", cancelling(), {call(40, 4), hash(9)}},
                          Case{"another cancellation", cancelling(), {other_recipient, hash(9), true}},
                          Case{"after the end", confirmed(), {call(30, 3), hash(9)}}}) {
        const auto result = step(c.record, c.event, policy(), kNow);
        ASSERT_NE(alarm_of(result), nullptr) << c.why;
        EXPECT_THAT(alarm_of(result)->what, HasSubstr("must not be sent")) << c.why;
        EXPECT_EQ(result.next, c.record) << c.why;
    }
}

// ---- waiting
// ---------------------------------------------------------------------------------------------------

TEST(Lifecycle, WaitsForPatienceThenRebroadcastsThenRaises) {
    for (const std::uint64_t number : {99U, 100U, 101U, 102U}) {
        EXPECT_TRUE(step(sent(), head(number), policy(), kNow).effects.empty()) << number;
    }
    const std::vector<Effect> expected{Rebroadcast{}, Send{U256(22'500'000'000), U256(2'250'000'000)}};
    EXPECT_EQ(step(sent(), head(103), policy(), kNow).effects, expected);
    EXPECT_EQ(step(sent(), head(200), policy(), kNow).effects, expected)
        << "a wish not granted is made again";
    EXPECT_EQ(step(sent(), head(103), policy(), kNow).next.phase, Phase::sent) << "a wish moves nothing";
    // A market above us sets the fees, within the caps.
    NewHead dear = head(103, kNonce, 30);
    dear.market_tip = U256(5 * kGwei);
    EXPECT_EQ(step(sent(), dear, policy(), kNow).effects[1],
              (Effect{Send{U256(65 * kGwei), U256(5 * kGwei)}}));
}

TEST(Lifecycle, ParksAtTheCap) {
    FeePolicy tight = policy();
    tight.max_fee_cap = U256(22 * kGwei);
    EXPECT_EQ(step(sent(), head(103), tight, kNow).effects, std::vector<Effect>{Rebroadcast{}});
    tight = policy();
    tight.tip_cap = U256(2 * kGwei);
    EXPECT_EQ(step(sent(), head(103), tight, kNow).effects, std::vector<Effect>{Rebroadcast{}});
}

TEST(Lifecycle, BehindAnEarlierNonceOnlyRebroadcasts) {
    EXPECT_EQ(step(sent(), head(103, kNonce - 1), policy(), kNow).effects,
              std::vector<Effect>{Rebroadcast{}});
}

TEST(Lifecycle, BytesThatMayOrMayNotHaveLeftAreSentAgain) {
    const auto sending = after(signed_record(), {Sending{}});
    EXPECT_EQ(step(signed_record(), head(100), policy(), kNow).effects, std::vector<Effect>{Rebroadcast{}});
    EXPECT_EQ(step(sending, head(100), policy(), kNow).effects, std::vector<Effect>{Rebroadcast{}});
}

TEST(Lifecycle, AHeadBelowTheLastSendStartsPatienceAnew) {
    // A node that once claimed a head far ahead must not stop the bumps for ever.
    const auto lied_to = after(sent(), {Submitted{BlockNumber(~std::uint64_t{0})}});
    const auto healed = after(lied_to, {head(101)});
    EXPECT_EQ(healed.last_sent, BlockNumber(101));
    EXPECT_EQ(step(healed, head(104), policy(), kNow).effects.size(), 2U);
}

TEST(Lifecycle, AClaimEndsAtItsDeadlineOnlyIfNeverSigned) {
    EXPECT_EQ(step(claimed(), head(100), policy(), kDeadline).next.phase, Phase::claimed);
    const auto result = step(claimed(), head(100), policy(), kLater);
    EXPECT_EQ(result.next.phase, Phase::abandoned);
    EXPECT_TRUE(result.effects.empty());
    EXPECT_EQ(step(signed_record(), head(100), policy(), kLater).next.phase, Phase::signed_);
}

// ---- cancelling
// ------------------------------------------------------------------------------------------------

TEST(Lifecycle, AfterTheDeadlineItIsCancelledAtOnce) {
    const auto sending = after(signed_record(), {Sending{}});
    const std::vector<Effect> expected{Cancel{U256(22'500'000'000), U256(2'250'000'000)}};
    for (const auto& record : {signed_record(), sending, sent()}) {
        EXPECT_EQ(step(record, head(101), policy(), kLater).effects, expected) << to_string(record.phase);
        EXPECT_EQ(step(record, head(101), policy(), kLater).next.cancelling, false)
            << "not before one is signed";
    }
    EXPECT_TRUE(step(sent(), head(101), policy(), kDeadline).effects.empty())
        << "the deadline itself is in time";
}

TEST(Lifecycle, ACancellationThatDoesNotFitUnderTheCapsGoesToTheCaps) {
    FeePolicy tight = policy();
    tight.max_fee_cap = U256(21 * kGwei);
    EXPECT_EQ(step(sent(), head(101), tight, kLater).effects,
              (std::vector<Effect>{Cancel{U256(21 * kGwei), U256(10 * kGwei)}}));
    tight.max_fee_cap = U256(19 * kGwei);  // lowered below what is already paid
    const auto stuck = step(sent(), head(101), tight, kLater);
    ASSERT_NE(alarm_of(stuck), nullptr);
    EXPECT_THAT(alarm_of(stuck)->what, HasSubstr("cannot be cancelled"));
}

TEST(Lifecycle, OnceCancellingItStaysSo) {
    EXPECT_TRUE(cancelling().cancelling);
    EXPECT_EQ(cancelling().cancellations, 1U);
    EXPECT_TRUE(step(cancelling(), head(106), policy(), kLater).effects.empty());
    for (const TimePoint now : {kNow, kLater}) {  // even when the clock goes back before the deadline
        EXPECT_EQ(step(cancelling(), head(107), policy(), now).effects,
                  (std::vector<Effect>{Rebroadcast{}, Cancel{U256(33'750'000'000), U256(3'375'000'000)}}));
    }
    const auto dearer = after(cancelling(), {Signed{cancel_tx(40, 4), hash(3), true}});
    EXPECT_EQ(dearer.cancellations, 2U);
    EXPECT_TRUE(is_cancellation(dearer, hash(2)));
    EXPECT_TRUE(is_cancellation(dearer, hash(3)));
    EXPECT_FALSE(is_cancellation(dearer, hash(1)));
}

TEST(Lifecycle, ACancellationRacesWithTheCallAndEitherIsBelieved) {
    // The cancellation wins: the call never happened.
    EXPECT_EQ(after(cancelling(), {included(2, 105), head(106, kNonce + 1)}).phase, Phase::abandoned);
    // The call wins.
    EXPECT_EQ(after(cancelling(), {included(1, 105), head(106, kNonce + 1)}).phase, Phase::confirmed);
    EXPECT_EQ(after(cancelling(), {included(1, 105, false), head(106, kNonce + 1)}).phase, Phase::failed);
    // A record restored without the count of its cancellations still knows the last one.
    Record restored = cancelling();
    restored.cancellations = 0;
    EXPECT_EQ(after(restored, {included(2, 105), head(106, kNonce + 1)}).phase, Phase::abandoned);
}

// ---- what the chain says
// ---------------------------------------------------------------------------------------

TEST(Lifecycle, AnyVersionsReceiptCounts) {
    auto record = after(sent(), {Signed{call(25, 3), hash(2)}, Sending{}, Submitted{BlockNumber(103)},
                                 Signed{call(30, 4), hash(3)}});
    for (std::uint8_t version = 1; version <= 3; ++version) {
        const auto result = step(record, included(version, 104), policy(), kNow);
        EXPECT_EQ(result.next.phase, Phase::mined) << int{version};
        EXPECT_EQ(result.next.receipt->hash, hash(version));
        EXPECT_TRUE(result.effects.empty());
    }
    const auto stranger = step(record, included(7, 104), policy(), kNow);
    ASSERT_NE(alarm_of(stranger), nullptr);
    EXPECT_EQ(stranger.next, record);
}

TEST(Lifecycle, IsFinalAtTheDepthAndNotBefore) {
    struct Case {
        std::uint64_t confirmations, head;
        bool final;
    };
    for (const auto& c : {Case{1, 101, true}, Case{0, 101, true}, Case{2, 101, false}, Case{2, 102, true},
                          Case{5, 104, false}, Case{5, 105, true}, Case{2, 100, false}, Case{1, 0, false},
                          Case{~0ULL, ~0ULL, false}, Case{~0ULL - 200, ~0ULL, true}}) {
        FeePolicy p = policy();
        p.confirmations = c.confirmations;
        const auto phase = step(mined(), head(c.head, kNonce + 1), p, kNow).next.phase;
        EXPECT_EQ(phase, c.final ? Phase::confirmed : Phase::mined) << c.confirmations << " at " << c.head;
    }
}

TEST(Lifecycle, IsNotFinalWhileTheAccountsCountDisagrees) {
    EXPECT_EQ(after(mined(), {head(110, kNonce)}).phase, Phase::mined) << "one of two nodes is behind";
}

TEST(Lifecycle, AMinedRevertFailsAtTheDepth) {
    EXPECT_EQ(mined(false).phase, Phase::mined);
    EXPECT_EQ(after(mined(false), {head(102, kNonce + 1)}).phase, Phase::failed);
}

TEST(Lifecycle, ABlockThatLeavesTheChainPutsItBack) {
    const auto result = step(mined(), Vanished{block(101, 1)}, policy(), kNow);
    EXPECT_EQ(result.next.phase, Phase::sent);
    EXPECT_FALSE(result.next.receipt.has_value());
    EXPECT_EQ(result.effects, std::vector<Effect>{Rebroadcast{}});
    // Mined again on the new branch, and again elsewhere without anyone having said it vanished.
    const auto remined = after(result.next, {included(1, 102, true, 1)});
    EXPECT_EQ(remined.phase, Phase::mined);
    EXPECT_EQ(after(mined(), {included(1, 103, true, 2)}).receipt->block, block(103, 2));
    for (const auto& record : {claimed(), signed_record(), sent()}) {
        EXPECT_EQ(after(record, {Vanished{block(101)}}), record);
    }
}

TEST(Lifecycle, ANonceSpentByNobodyWeKnowStopsEverything) {
    for (const auto& record : {claimed(), signed_record(), sent(), cancelling()}) {
        const auto result = step(record, head(150, kNonce + 1), policy(), kNow);
        ASSERT_NE(alarm_of(result), nullptr) << to_string(record.phase);
        EXPECT_THAT(alarm_of(result)->what, HasSubstr("foreign transaction or a hidden receipt"));
        EXPECT_EQ(result.next.phase, record.phase) << "nothing is concluded from absence";
        EXPECT_TRUE(step(result.next, head(151, kNonce + 1), policy(), kNow).effects.empty()) << "said once";
    }
    const auto lost = step(sent(), head(150, kNonce + 1), policy(), kNow).next;
    EXPECT_TRUE(step(lost, head(150, kNonce + 1), policy(), kLater).effects.empty()) << "not even cancelled";
    // The receipt was hidden.
    EXPECT_EQ(after(lost, {included(1, 149), head(151, kNonce + 1)}).phase, Phase::confirmed);
    // The node was ahead of itself.
    const auto back = after(lost, {head(151, kNonce)});
    EXPECT_FALSE(back.lost_nonce);
    EXPECT_EQ(step(back, head(151, kNonce), policy(), kNow).effects.size(), 2U);
    // A claim nobody ever signed ends with its deadline all the same.
    EXPECT_EQ(step(claimed(), head(150, kNonce + 1), policy(), kLater).next.phase, Phase::abandoned);
}

TEST(Lifecycle, TheEndIsTheEnd) {
    const auto failed = after(mined(false), {head(102, kNonce + 1)});
    const auto cancelled = after(cancelling(), {included(2, 105), head(106, kNonce + 1)});
    const auto released = after(claimed(), {Released{}});
    for (const auto& record : {confirmed(), failed, cancelled, released}) {
        for (const Event& event : {Event{Sending{}}, Event{Submitted{BlockNumber(9)}},
                                   Event{head(500, kNonce)}, Event{head(500, kNonce + 1)}}) {
            const auto result = step(record, event, policy(), kLater);
            EXPECT_EQ(result.next, record) << to_string(record.phase);
            EXPECT_TRUE(result.effects.empty());
        }
    }
    EXPECT_EQ(after(confirmed(), {included(1, 101)}), confirmed()) << "the same receipt once more";
    EXPECT_EQ(after(released, {Vanished{block(101)}}), released);
    for (const auto& record : {confirmed(), failed, cancelled}) {
        const auto result = step(record, Vanished{block(101, 1)}, policy(), kNow);
        ASSERT_NE(alarm_of(result), nullptr);
        EXPECT_THAT(alarm_of(result)->what, HasSubstr("deeper than the configured confirmations"));
        EXPECT_EQ(result.next, record);
    }
    const auto moved = step(confirmed(), included(1, 103, true, 3), policy(), kNow);
    EXPECT_NE(alarm_of(moved), nullptr);
    EXPECT_EQ(moved.next, confirmed());
}

TEST(Lifecycle, APhaseAndItsWord) {
    const char* const words[] = {"claimed", "signed",    "sending", "sent",
                                 "mined",   "confirmed", "failed",  "abandoned"};
    for (std::uint8_t i = 0; i < 8; ++i) {
        EXPECT_EQ(to_string(Phase{i}), words[i]);
        EXPECT_EQ(phase_from_string(words[i]), Phase{i});
    }
    EXPECT_EQ(phase_from_string("signed_"), std::nullopt);
    EXPECT_EQ(phase_from_string(""), std::nullopt);
}

}  // namespace
}  // namespace outrigger::tx
