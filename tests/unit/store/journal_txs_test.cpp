// SPDX-License-Identifier: Apache-2.0
// One nonce in flight, bound to one decision, with everything ever signed for it.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include "keeper/store/text.hpp"
#include "tests/unit/store/life.hpp"

namespace outrigger::test {
namespace {

struct JournalTxs : ::testing::Test {
    ScratchDir dir;
    std::string path = dir.file("live.db");
    std::unique_ptr<Journal> journal = open_or_die(path);
    std::int64_t round = journal->record_round(round_row()).value_or(0);

    void reopen() {
        journal.reset();
        journal = open_or_die(path);
    }
    OpenTx only_open() {
        const auto open = journal->open_txs();
        EXPECT_TRUE(open.has_value()) << open.error().what;
        EXPECT_EQ(open->size(), 1U);
        return open->empty() ? OpenTx{} : open->front();
    }
};

TEST_F(JournalTxs, AClaimComesBackWholeAfterReopening) {
    const auto hedge = *journal->open_hedge(hedge_row());
    const auto request = claim_row(4, round, hedge);
    expect_ok(journal->claim(request));
    reopen();
    const auto open = only_open();
    EXPECT_EQ(open.record, Life(request).record);
    EXPECT_EQ(open.hedge, hedge);
    EXPECT_EQ(open.position, "eth-usdc");
    EXPECT_EQ(open.venue, "aave");
    EXPECT_EQ(open.label, "borrow 0.603 WETH");
    EXPECT_DOUBLE_EQ(open.delta_units, -0.603);
    EXPECT_TRUE(open.raws.empty());
    ASSERT_EQ(open.expect.size(), 2U);
    EXPECT_EQ(open.expect[0].fact, "debt:WETH");
    EXPECT_EQ(open.expect[0].min, I256(603));
    EXPECT_EQ(open.expect[0].max, I256::max());
    EXPECT_EQ(open.expect[1].min, I256::min());
    EXPECT_EQ(open.expect[1].max, I256(-1));
}

TEST_F(JournalTxs, UpkeepHasNoHedge) {
    expect_ok(journal->claim(claim_row(0, round)));
    EXPECT_EQ(only_open().hedge, std::nullopt);
}

TEST_F(JournalTxs, TheRecordComesBackExactlyAfterEveryStepOfItsLife) {
    const auto request = claim_row(4, round);
    expect_ok(journal->claim(request));
    Life life(request);
    const auto same = [&](const char* where) {
        reopen();
        EXPECT_EQ(only_open().record, life.record) << where;
    };
    const auto saved = [&](const char* where) {
        expect_ok(journal->save(Nonce(4), life.record));
        same(where);
    };
    expect_ok(life.sign(*journal, 1));
    same("signed, not saved");  // the crash between signing and the next write
    life.apply(tx::Sending{});
    saved("sending");
    life.apply(tx::Submitted{BlockNumber(101)});
    saved("sent");
    expect_ok(life.sign(*journal, 2, 2));
    same("a dearer version signed, not saved");
    life.apply(tx::Submitted{BlockNumber(105)});
    saved("sent again");
    life.apply(life.head(106, 5));  // spent, and by no version we know
    EXPECT_TRUE(life.record.lost_nonce);
    saved("lost nonce");
    life.apply(tx::Included{life.receipt(1, true, 106)});
    saved("mined, the first version after all");
    life.apply(tx::Vanished{block(105)});
    EXPECT_EQ(life.record.receipt, std::nullopt);
    saved("its block left the chain");
    expect_ok(life.sign_cancellation(*journal, 3, 4));
    same("cancellation signed, not saved");
    EXPECT_EQ(life.record.cancellations, 1U);
    EXPECT_TRUE(tx::is_cancellation(only_open().record, version(4, 3).hash));
    EXPECT_FALSE(tx::is_cancellation(only_open().record, version(4, 2).hash));
    expect_ok(life.sign_cancellation(*journal, 4, 8));  // a dearer one is still a version of the same record
    same("dearer cancellation");
    life.apply(tx::Submitted{BlockNumber(108)});
    life.apply(tx::Included{life.receipt(4, true, 109)});
    saved("cancellation mined");
    life.apply(life.head(110, 5));
    EXPECT_EQ(life.record.phase, tx::Phase::abandoned);
    saved("abandoned");
    EXPECT_THAT(only_open().raws, ::testing::ElementsAre(version(4, 1).raw, version(4, 2).raw,
                                                         version(4, 3).raw, version(4, 4).raw));
    expect_ok(journal->finish(Nonce(4), false, "cancelled", 1.25));
    EXPECT_TRUE(journal->open_txs()->empty());
}

TEST_F(JournalTxs, OnlyOneNonceIsInFlight) {
    expect_ok(journal->claim(claim_row(0, round)));
    expect_refused(journal->claim(claim_row(1, round)), Errc::storage, "nonce 0 is still in flight");
    live_through(*journal, claim_row(0, round), true, true, 1);
    expect_ok(journal->claim(claim_row(1, round)));
}

TEST_F(JournalTxs, ANonceIsBoundOnce) {
    expect_ok(journal->claim(claim_row(0, round)));
    live_through(*journal, claim_row(0, round), true, true, 1);
    expect_refused(journal->claim(claim_row(0, round)), Errc::storage, "UNIQUE");
    EXPECT_TRUE(journal->open_txs()->empty());
}

TEST_F(JournalTxs, TheDatabaseItselfKeepsTheRules) {
    expect_ok(journal->claim(claim_row(0, round)));
    Life life(claim_row(0, round));
    expect_ok(life.sign(*journal, 1));
    journal.reset();
    // Whoever writes here without the Journal still cannot break them.
    SQLite::Database db(path, SQLite::OPEN_READWRITE);
    db.exec("PRAGMA foreign_keys = ON");
    const auto message = [&](const char* sql) -> std::string {
        try {
            db.exec(sql);
            return "accepted";
        } catch (const SQLite::Exception& e) {
            return e.what();
        }
    };
    EXPECT_THAT(message("DELETE FROM versions"), ::testing::HasSubstr("never forgotten"));
    EXPECT_THAT(message("DELETE FROM txs"), ::testing::HasSubstr("FOREIGN KEY"));
    EXPECT_THAT(message("UPDATE decisions SET nonce = 5"), ::testing::HasSubstr("keeps the nonce"));
    EXPECT_THAT(message("UPDATE decisions SET nonce = NULL"), ::testing::HasSubstr("keeps the nonce"));
    EXPECT_THAT(
        message(
            "INSERT INTO txs SELECT nonce + 1, decision, phase, to_address, value, data, gas_limit, "
            "max_fee, tip, deadline, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 1 FROM txs"),
        ::testing::HasSubstr("UNIQUE"));
    EXPECT_THAT(message("UPDATE txs SET phase = 'lost'"), ::testing::HasSubstr("CHECK"));
    EXPECT_THAT(message("UPDATE decisions SET round = 99"), ::testing::HasSubstr("FOREIGN KEY"));
}

TEST_F(JournalTxs, OnlyANonceNeverSignedIsGivenBack) {
    expect_refused(journal->release(Nonce(0), "?"), Errc::storage, "not claimed");
    expect_ok(journal->claim(claim_row(0, round)));
    expect_ok(journal->release(Nonce(0), "the simulation reverted"));
    EXPECT_TRUE(journal->open_txs()->empty());
    expect_ok(journal->claim(claim_row(0, round)));  // the same nonce, another decision
    Life life(claim_row(0, round));
    expect_ok(life.sign(*journal, 1));
    expect_refused(journal->release(Nonce(0), "?"), Errc::storage, "may be mined");
    EXPECT_EQ(only_open().record, life.record);
}

TEST_F(JournalTxs, AClaimPastItsDeadlineCanStillBeGivenBack) {
    expect_ok(journal->claim(claim_row(0, round)));
    Life life(claim_row(0, round));
    life.apply(life.head(101, 0), at(121));
    ASSERT_EQ(life.record.phase, tx::Phase::abandoned);
    expect_ok(journal->save(Nonce(0), life.record));
    expect_refused(journal->finish(Nonce(0), false, "never signed", 0), Errc::storage, "released instead");
    expect_ok(journal->release(Nonce(0), "deadline"));
    EXPECT_EQ(*journal->next_nonce(Nonce(0)), Nonce(0));  // no gap is left behind
}

TEST_F(JournalTxs, NothingIsFinishedBeforeItsEndIsSaved) {
    expect_ok(journal->claim(claim_row(0, round)));
    Life life(claim_row(0, round));
    expect_ok(life.sign(*journal, 1));
    life.apply(tx::Submitted{BlockNumber(101)});
    life.apply(tx::Included{life.receipt(1, true, 102)});
    expect_ok(journal->save(Nonce(0), life.record));
    expect_refused(journal->finish(Nonce(0), true, "", 1), Errc::storage, "whose end is saved");
    EXPECT_EQ(journal->totals()->verified, 0U);  // the refused call left nothing behind
    life.apply(life.head(102, 1));
    expect_ok(journal->save(Nonce(0), life.record));
    expect_ok(journal->finish(Nonce(0), true, "", 1));
    expect_refused(journal->finish(Nonce(0), false, "twice", 9), Errc::storage, "whose end is saved");
    EXPECT_EQ(journal->totals()->verified, 1U);
    EXPECT_DOUBLE_EQ(journal->totals()->gas_usd, 1);
}

TEST_F(JournalTxs, SignedBytesNeedAnOpenNonceAndAreStoredOnce) {
    const auto request = claim_row(0, round);
    expect_refused(journal->add_version(Nonce(0), version(0, 1), request.tx, false), Errc::storage,
                   "not open");
    expect_ok(journal->claim(request));
    Life life(request);
    expect_ok(life.sign(*journal, 1));
    expect_ok(journal->add_version(Nonce(0), version(0, 1), life.record.tx,
                                   false));  // signed again after a restart
    EXPECT_EQ(only_open().raws.size(), 1U);
    auto other = version(0, 1);
    other.raw.push_back(0);
    expect_refused(journal->add_version(Nonce(0), other, life.record.tx, false), Errc::storage, "UNIQUE");
    expect_ok(life.sign_cancellation(*journal, 2, 2));
    expect_refused(journal->add_version(Nonce(0), version(0, 3), request.tx, false), Errc::storage,
                   "being cancelled");
    EXPECT_EQ(only_open().record, life.record);
}

TEST_F(JournalTxs, ARecordThatKnowsMoreThanTheJournalIsRefused) {
    expect_refused(journal->save(Nonce(0), Life(claim_row(0, round)).record), Errc::storage, "never claimed");
    expect_ok(journal->claim(claim_row(0, round)));
    Life life(claim_row(0, round));
    life.apply(tx::Signed{life.record.tx, version(0, 1).hash, false});  // signed, but not stored
    expect_refused(journal->save(Nonce(0), life.record), Errc::storage,
                   "knows 1 signed versions, the journal 0");
    expect_refused(journal->save(Nonce(1), life.record), Errc::storage, "the record is of nonce 0");
}

TEST_F(JournalTxs, NextNonceFollowsTheJournalAndAlarmsOnForeignOnes) {
    EXPECT_EQ(*journal->next_nonce(Nonce(17)), Nonce(17));  // fresh: the past is not ours to judge
    expect_ok(journal->claim(claim_row(17, round)));
    EXPECT_EQ(*journal->next_nonce(Nonce(17)), Nonce(18));  // bound, not mined yet
    live_through(*journal, claim_row(17, round), true, true, 1);
    EXPECT_EQ(*journal->next_nonce(Nonce(18)), Nonce(18));
    EXPECT_EQ(*journal->next_nonce(Nonce(17)), Nonce(18));  // a node that lags behind does not rebind
    expect_refused(journal->next_nonce(Nonce(19)), Errc::rejected, "foreign transaction");
    expect_ok(journal->adopt_nonce(Nonce(19)));
    reopen();
    EXPECT_EQ(*journal->next_nonce(Nonce(19)), Nonce(19));
    expect_refused(journal->next_nonce(Nonce(20)), Errc::rejected, "nonce 18");
    expect_ok(journal->adopt_nonce(Nonce(3)));  // an operator's slip never makes us bind a spent nonce
    EXPECT_EQ(*journal->next_nonce(Nonce(18)), Nonce(18));
}

TEST(StoreText, RefusesExpectationsItDidNotWrite) {
    for (const char* bad :
         {"", "{}", "[1]", R"([{"fact":"a","min":"0"}])", R"([{"fact":1,"min":"0","max":"1"}])",
          R"([{"fact":"a","min":0,"max":"1"}])", R"([{"fact":"a","min":"0x","max":"1"}])"}) {
        EXPECT_FALSE(store::expectations_from(bad).has_value()) << bad;
    }
    EXPECT_EQ(store::facts_json({{"debt", I256::min()}}),
              R"({"debt":"-57896044618658097711785492504343953926634992332820282019728792003956564819968"})");
}

}  // namespace
}  // namespace outrigger::test
