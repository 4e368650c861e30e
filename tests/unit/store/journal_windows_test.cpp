// SPDX-License-Identifier: Apache-2.0
// Spending windows, facts for decide and totals, against sums done by hand.
#include "tests/unit/store/life.hpp"

namespace outrigger::test {
namespace {

struct JournalWindows : ::testing::Test {
    ScratchDir dir;
    std::unique_ptr<Journal> journal = open_or_die(dir.file("live.db"));
    std::int64_t round = journal->record_round(round_row()).value_or(0);

    /// A decision from claim to end; gas is worth 2 once known, 5 before.
    void trade(std::uint64_t nonce, std::int64_t t, double notional, bool success, bool verified,
               std::optional<std::int64_t> hedge = {}) {
        const auto request = claim_row(nonce, round, hedge, t, notional);
        expect_ok(journal->claim(request));
        live_through(*journal, request, success, verified, 2);
    }
    void expect_spending(std::int64_t now, double hour, double day, double gas) {
        const auto s = journal->spending(at(now));
        ASSERT_TRUE(s.has_value()) << s.error().what;
        EXPECT_DOUBLE_EQ(s->hour_usd, hour);
        EXPECT_DOUBLE_EQ(s->day_usd, day);
        EXPECT_DOUBLE_EQ(s->gas_day_usd, gas);
    }
};

TEST_F(JournalWindows, DebitsAtTheClaimAtTheWorstCase) {
    expect_spending(0, 0, 0, 0);
    expect_ok(journal->claim(claim_row(0, round, {}, 0, 1000, 5)));
    expect_spending(0, 1000, 1000, 5);
    live_through(*journal, claim_row(0, round, {}, 0, 1000, 5), true, true, 2);
    expect_spending(0, 1000, 1000, 2);  // the gas is known now
}

TEST_F(JournalWindows, CreditsWhatIsProvenUnspentAndNothingElse) {
    trade(0, 0, 1000, false, false);
    expect_spending(0, 0, 0, 2);  // reverted: the gas is gone, the money is not
    trade(1, 0, 300, true, false);
    expect_spending(0, 300, 300, 4);  // mined, its effect not found: the money did move
    expect_ok(journal->claim(claim_row(2, round, {}, 0, 50)));
    expect_spending(0, 350, 350, 9);
    expect_ok(journal->release(Nonce(2), "refused"));
    expect_spending(0, 300, 300, 4);
}

TEST_F(JournalWindows, ACancelledNonceIsCreditedWhenTheCancellationIsFinal) {
    const auto request = claim_row(0, round, {}, 0, 700);
    expect_ok(journal->claim(request));
    Life life(request);
    expect_ok(life.sign(*journal, 1));
    life.apply(tx::Submitted{BlockNumber(101)});
    expect_ok(life.sign_cancellation(*journal, 2, 2));
    expect_ok(journal->save(Nonce(0), life.record));
    expect_spending(0, 700, 700, 5);  // either version may still be mined
    life.apply(tx::Submitted{BlockNumber(102)});
    life.apply(tx::Included{life.receipt(2, true, 103)});
    life.apply(life.head(103, 1));
    expect_ok(journal->save(Nonce(0), life.record));
    expect_ok(journal->finish(Nonce(0), false, "cancelled", 2));
    expect_spending(0, 0, 0, 2);
}

TEST_F(JournalWindows, WindowsRollWithTheClockAndSurviveReopening) {
    trade(0, 0, 1, true, true);
    trade(1, 3000, 10, true, true);
    trade(2, 6000, 100, true, true);
    expect_spending(6000, 110, 111, 6);
    expect_spending(6599, 110, 111, 6);
    expect_spending(6600, 100, 111, 6);  // 3000 has left the hour
    expect_spending(86'399, 0, 111, 6);
    expect_spending(86'400, 0, 110, 4);
    journal.reset();
    journal = open_or_die(dir.file("live.db"));
    expect_spending(6000, 110, 111, 6);
}

TEST_F(JournalWindows, FactsOfAPositionWithoutAPast) {
    const auto f = journal->facts("eth-usdc", at(0));
    ASSERT_TRUE(f.has_value());
    EXPECT_EQ(f->last_fill, std::nullopt);
    EXPECT_EQ(f->trades_today, 0U);
    EXPECT_EQ(f->failures_in_a_row, 0U);
    EXPECT_FALSE(f->paused);
    EXPECT_FALSE(f->hedge_open);
}

TEST_F(JournalWindows, FactsFollowFillsFailuresHedgesAndPauses) {
    const auto hedge = *journal->open_hedge(hedge_row("eth-usdc", 0));
    EXPECT_TRUE(journal->facts("eth-usdc", at(1))->hedge_open);
    EXPECT_FALSE(journal->facts("other", at(1))->hedge_open);
    trade(0, 10, 1000, true, true, hedge);
    trade(1, 20, 1000, false, false, hedge);
    trade(2, 30, 1000, true, false, hedge);
    auto f = *journal->facts("eth-usdc", at(40));
    EXPECT_EQ(f.last_fill, at(10));
    EXPECT_EQ(f.failures_in_a_row, 2U);
    EXPECT_EQ(f.trades_today, 1U);
    // A released claim is no failure: nothing was tried.
    expect_ok(journal->claim(claim_row(3, round, hedge, 40)));
    expect_ok(journal->release(Nonce(3), "refused by policy"));
    EXPECT_EQ(journal->facts("eth-usdc", at(40))->failures_in_a_row, 2U);
    trade(3, 50, 1000, true, true, hedge);
    f = *journal->facts("eth-usdc", at(60));
    EXPECT_EQ(f.failures_in_a_row, 0U);
    EXPECT_EQ(f.last_fill, at(50));
    expect_ok(journal->close_hedge(hedge, at(60), "done"));
    expect_ok(journal->pause("eth-usdc", "too many failures", at(60)));
    f = *journal->facts("eth-usdc", at(61));
    EXPECT_FALSE(f.hedge_open);
    EXPECT_TRUE(f.paused);
    EXPECT_EQ(journal->facts("eth-usdc", at(86'400))->trades_today, 0U);
}

TEST_F(JournalWindows, ResumeForgetsLatchesAndFailuresButNothingElse) {
    trade(0, 0, 1000, true, false);
    trade(1, 1, 1000, true, false);
    expect_ok(journal->pause("eth-usdc", "two failures", at(2)));
    expect_ok(journal->set_state({9, true}));
    expect_refused(journal->next_nonce(Nonce(5)), Errc::rejected, "foreign");
    expect_ok(journal->claim(claim_row(2, round, {}, 3)));
    expect_ok(journal->resume(Nonce(5)));
    const auto f = *journal->facts("eth-usdc", at(4));
    EXPECT_EQ(f.failures_in_a_row, 0U);
    EXPECT_FALSE(f.paused);
    EXPECT_EQ(*journal->state(), State{});
    EXPECT_EQ(*journal->next_nonce(Nonce(5)), Nonce(5));
    EXPECT_EQ(journal->open_txs()->size(), 1U);
    expect_spending(4, 3000, 3000, 9);  // what was spent stays spent
    live_through(*journal, claim_row(2, round, {}, 3), true, false, 2);
    EXPECT_EQ(journal->facts("eth-usdc", at(5))->failures_in_a_row,
              0U);  // decided before the operator looked
    trade(5, 6, 10, true, false);
    EXPECT_EQ(journal->facts("eth-usdc", at(7))->failures_in_a_row, 1U);
}

TEST_F(JournalWindows, UpkeepIsNoFill) {
    auto request = claim_row(0, round, {}, 10);
    request.step.delta_units = 0;
    expect_ok(journal->claim(request));
    live_through(*journal, request, true, true, 2);
    EXPECT_EQ(journal->facts("eth-usdc", at(20))->last_fill, std::nullopt);
}

TEST_F(JournalWindows, ASimulatedHedgeCountsAsAFill) {
    auto row = hedge_row("eth-usdc", 100);
    row.status = "simulated";
    row.closed_at = at(100);
    expect_ok(journal->open_hedge(row));
    row.opened_at = at(200);
    expect_ok(journal->open_hedge(row));  // simulated hedges do not block one another
    const auto f = *journal->facts("eth-usdc", at(300));
    EXPECT_EQ(f.last_fill, at(200));
    EXPECT_EQ(f.trades_today, 2U);
    EXPECT_FALSE(f.hedge_open);
}

TEST_F(JournalWindows, TotalsAndHedgesAddUp) {
    const auto hedge = *journal->open_hedge(hedge_row());
    trade(0, 0, 10, true, true, hedge);
    trade(1, 1, 10, false, false, hedge);
    trade(2, 2, 10, true, true, hedge);
    expect_ok(journal->claim(claim_row(3, round)));
    expect_ok(journal->release(Nonce(3), "never signed: never sent"));
    const auto totals = *journal->totals();
    EXPECT_EQ(totals.sent, 3U);
    EXPECT_EQ(totals.verified, 2U);
    EXPECT_EQ(totals.failed, 1U);
    EXPECT_DOUBLE_EQ(totals.gas_usd, 6);
    EXPECT_DOUBLE_EQ(*journal->gas_usd("eth-usdc"), 6);
    EXPECT_DOUBLE_EQ(*journal->gas_usd("other"), 0);
    const auto row = journal->hedges()->front();
    EXPECT_EQ(row.txs, 3U);
    EXPECT_DOUBLE_EQ(row.filled_units, 2 * -0.603);  // the reverted one filled nothing
    EXPECT_DOUBLE_EQ(row.cost_usd, 6);
}

}  // namespace
}  // namespace outrigger::test
