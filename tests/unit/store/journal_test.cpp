// SPDX-License-Identifier: Apache-2.0
// What a journal refuses to be opened as, and what it keeps of rounds, hedges and state.
#include "keeper/store/journal.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include "tests/unit/store/ledger.hpp"

namespace outrigger::test {
namespace {

namespace fs = std::filesystem;

unsigned mode_of(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
    ::chmod(path.c_str(), 0600);
}

TEST(JournalOpen, NewFileIsForItsOwnerOnlyAndDurable) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    ::umask(022);
    const auto journal = open_or_die(path);
    expect_ok(journal->record_round(round_row()));
    EXPECT_EQ(mode_of(path), 0600U);
    EXPECT_EQ(mode_of(path + "-wal"), 0600U);
    SQLite::Database other(path, SQLite::OPEN_READONLY);
    EXPECT_EQ(other.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST(JournalOpen, RefusesAFileOthersMayRead) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    open_or_die(path).reset();
    for (const mode_t mode : {0640U, 0604U, 0602U, 0644U}) {
        ::chmod(path.c_str(), mode);
        expect_refused(Journal::open(path, identity()), Errc::storage, "chmod 600 " + path);
        expect_refused(Journal::open_read_only(path), Errc::storage, "chmod 600 " + path);
    }
    ::chmod(path.c_str(), 0600);
    expect_ok(Journal::open(path, identity()));
}

TEST(JournalOpen, RefusesAnotherOwner) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    open_or_die(path).reset();
    auto who = identity();
    who.mode = Mode::dry_run;
    expect_refused(Journal::open(path, who), Errc::storage, "belongs to mode LIVE, not DRY-RUN");
    who = identity();
    who.chain = ChainId(1);
    expect_refused(Journal::open(path, who), Errc::storage, "belongs to chain 31337, not 1");
    who = identity();
    who.signer = address_of(2);
    expect_refused(Journal::open(path, who), Errc::storage, "belongs to signer 0xab");
    expect_ok(Journal::open(path, identity()));
}

TEST(JournalOpen, RefusesASecondWriterButNotAReader) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    auto first = open_or_die(path);
    expect_ok(first->record_round(round_row(7)));
    expect_refused(Journal::open(path, identity()), Errc::storage, "busy");
    const auto reader = Journal::open_read_only(path);
    expect_ok(reader);
    EXPECT_EQ((**(*reader)->last_round()).at, at(7));
    expect_refused((*reader)->record_round(round_row()), Errc::storage, "readonly");
    first.reset();
    expect_ok(Journal::open(path, identity()));
}

TEST(JournalOpen, NothingToReadIsNotFound) {
    const ScratchDir dir;
    expect_refused(Journal::open_read_only(dir.file("live.db")), Errc::not_found, "no journal at");
    EXPECT_FALSE(fs::exists(dir.file("live.db")));
}

TEST(JournalOpen, RefusesWhatIsNotAJournal) {
    const ScratchDir dir;
    const auto text = dir.file("text.db");
    write_text(text, std::string(8192, 'x'));
    expect_refused(Journal::open(text, identity()), Errc::storage, "not a database");
    expect_refused(Journal::open(text, identity()), Errc::storage, "put back a backup");

    const auto foreign = dir.file("foreign.db");
    SQLite::Database(foreign, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
    ::chmod(foreign.c_str(), 0600);
    expect_refused(Journal::open(foreign, identity()), Errc::storage, "some other program");

    const auto folder = dir.file("folder.db");
    fs::create_directory(folder);
    ::chmod(folder.c_str(), 0700);
    expect_refused(Journal::open(folder, identity()), Errc::storage, "not a regular file");

    expect_refused(Journal::open(dir.file("absent/live.db"), identity()), Errc::storage,
                   "No such file or directory");
}

TEST(JournalOpen, RefusesAnotherSchemaVersion) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    open_or_die(path).reset();
    SQLite::Database(path, SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
    expect_refused(Journal::open(path, identity()), Errc::storage, "version 99");
    expect_refused(Journal::open_read_only(path), Errc::storage, "version 99");
}

TEST(JournalOpen, RefusesADamagedFileAndSaysWhatToDo) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    {
        const auto journal = open_or_die(path);
        for (int i = 0; i < 200; ++i) expect_ok(journal->record_round(round_row(i)));
    }
    const auto size = fs::file_size(path);
    // The first page holds the header; the damage is in the tables behind it.
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t offset = 4096; offset < size; offset += 512) {
        file.seekp(static_cast<std::streamoff>(offset));
        file << "damage!!";
    }
    file.close();
    const auto opened = Journal::open(path, identity());
    expect_refused(opened, Errc::storage, path);
    expect_refused(opened, Errc::storage, "Fix: keep the damaged file and put back a backup");
}

TEST(JournalRounds, TheNewestComesBackAsItWas) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    EXPECT_EQ(*journal->last_round(), std::nullopt);
    auto row = round_row(5);
    row.blind = true;
    row.block.number = BlockNumber(~std::uint64_t{0});
    row.snapshot_json = std::string("{\"note\":\"\xC3\xA9\"}");
    EXPECT_EQ(*journal->record_round(round_row()), 1);
    EXPECT_EQ(*journal->record_round(row), 2);
    const auto read = journal->last_round();
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->at, row.at);
    EXPECT_EQ((*read)->block, row.block);
    EXPECT_TRUE((*read)->blind);
    EXPECT_EQ((*read)->snapshot_json, row.snapshot_json);
    EXPECT_EQ((*read)->decision_json, row.decision_json);
}

TEST(JournalRounds, TheFirstThatHoldsAValueIsFound) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    const char* snapshots[] = {"not json", R"({"positions": {"a-b": {"error": "stale"}}})",
                               R"({"positions": {"a-b": {"liquidity": "7"}}})",
                               R"({"positions": {"a-b": {"liquidity": "9"}}})",
                               R"({"positions": {"a-b": {"liquidity": "9"}}})"};
    for (int i = 0; i < 5; ++i) {
        auto row = round_row(i);
        row.snapshot_json = snapshots[i];
        expect_ok(journal->record_round(row));
    }
    const std::string path = R"($.positions."a-b".liquidity)";
    EXPECT_EQ((**journal->first_round_with(path, "9")).at, at(3));
    EXPECT_EQ((**journal->first_round_with(path, "7")).at, at(2));
    EXPECT_EQ(*journal->first_round_with(path, "8"), std::nullopt);
    EXPECT_EQ(*journal->first_round_with(R"($.positions."c".liquidity)", "9"), std::nullopt);
}

TEST(JournalRounds, ForgettingKeepsTheNewestAndThoseThatLedToATransaction) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    for (int i = 0; i < 5; ++i) expect_ok(journal->record_round(round_row(i)));
    expect_ok(journal->claim(claim_row(0, 2)));
    EXPECT_EQ(*journal->forget_rounds(at(3)), 2U);  // rounds 1 and 3; 2 has a decision
    EXPECT_EQ(*journal->forget_rounds(at(100)), 1U);
    EXPECT_EQ((**journal->last_round()).at, at(4));
}

TEST(JournalHedges, OneOpenPerPosition) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    const auto first = journal->open_hedge(hedge_row("a"));
    expect_ok(first);
    expect_refused(journal->open_hedge(hedge_row("a")), Errc::storage, "UNIQUE");
    expect_ok(journal->open_hedge(hedge_row("b")));
    EXPECT_EQ((*journal->hedge_in_progress("a"))->id, *first);
    EXPECT_EQ(*journal->hedge_in_progress("c"), std::nullopt);
    expect_ok(journal->close_hedge(*first, at(60), "done"));
    EXPECT_EQ(*journal->hedge_in_progress("a"), std::nullopt);
    expect_ok(journal->close_hedge(*first, at(90), "abandoned"));  // it has ended: stays as it was
    const auto all = journal->hedges();
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ(all->front().status, "done");
    EXPECT_EQ(all->front().closed_at, at(60));
    EXPECT_DOUBLE_EQ(all->front().wanted_units, -1.5);
    EXPECT_DOUBLE_EQ(all->front().price_usd, 1700.25);
    expect_ok(journal->open_hedge(hedge_row("a")));
}

TEST(JournalHedges, UnknownIsNeverStoredAsANumber) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    auto row = hedge_row();
    row.price_usd = std::numeric_limits<double>::quiet_NaN();
    expect_refused(journal->open_hedge(row), Errc::storage, "NOT NULL");
    row = hedge_row();
    row.status = "finished";
    expect_refused(journal->open_hedge(row), Errc::storage, "CHECK");
    EXPECT_TRUE(journal->hedges()->empty());
}

TEST(JournalState, SurvivesReopening) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    {
        const auto journal = open_or_die(path);
        EXPECT_EQ(*journal->state(), State{});
        expect_ok(journal->set_state({7, true}));
        expect_ok(journal->pause("a", "first reason", at(1)));
        expect_ok(journal->pause("a", "second reason", at(2)));  // the first reason is the one that matters
    }
    const auto journal = open_or_die(path);
    EXPECT_EQ(*journal->state(), (State{7, true}));
    EXPECT_EQ(*journal->paused("a"), "first reason");
    EXPECT_EQ(*journal->paused("b"), std::nullopt);
}

TEST(JournalPrices, ReplacesByTimeAndKeepsTheEvidence) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    const RecordedTick settled{{at(0), 1700.5}, std::nullopt};
    const RecordedTick live{{at(60), 1701.25},
                            SeenAt{ChainId(31337), BlockNumber(105), hash_of<BlockHash>(5)}};
    const RecordedTick better{{at(60), 1702},
                              SeenAt{ChainId(31337), BlockNumber(106), hash_of<BlockHash>(6)}};
    {
        const auto journal = open_or_die(path);
        expect_ok(journal->append("ETH", std::vector{live, settled}));
        expect_ok(journal->append("UNI", std::vector{live}));
        expect_ok(journal->append("ETH", std::vector{better}));
    }
    const auto journal = open_or_die(path);
    EXPECT_THAT(*journal->load("ETH", at(0)), ::testing::ElementsAre(settled, better));
    EXPECT_THAT(*journal->load("ETH", at(1)), ::testing::ElementsAre(better));
    EXPECT_THAT(*journal->load("UNI", at(0)), ::testing::ElementsAre(live));
    EXPECT_TRUE(journal->load("BTC", at(0))->empty());
}

TEST(JournalPrices, ABadTickKeepsTheWholeBatchOut) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    const RecordedTick good{{at(0), 1700.5}, std::nullopt};
    const RecordedTick bad{{at(60), std::numeric_limits<double>::quiet_NaN()}, std::nullopt};
    expect_refused(journal->append("ETH", std::vector{good, bad}), Errc::storage, "NOT NULL");
    EXPECT_TRUE(journal->load("ETH", at(0))->empty());
}

TEST(JournalPrices, AReorganisationTakesAwayExactlyWhatItUndid) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("live.db"));
    // block(n) carries the time at(12 n); the chain goes back to block 105.
    const RecordedTick settled{{block(107).timestamp, 1}, std::nullopt};
    const RecordedTick below{{block(104).timestamp, 2},
                             SeenAt{ChainId(31337), BlockNumber(104), hash_of<BlockHash>(104)}};
    const RecordedTick past{{block(105).timestamp, 3},
                            SeenAt{ChainId(31337), BlockNumber(107), hash_of<BlockHash>(107)}};
    const RecordedTick undone{{block(106).timestamp, 4},
                              SeenAt{ChainId(31337), BlockNumber(106), hash_of<BlockHash>(106)}};
    expect_ok(journal->append("ETH", std::vector{settled, below, past, undone}));
    expect_ok(journal->append("UNI", std::vector{undone}));
    expect_ok(journal->drop_after(block(105)));
    EXPECT_THAT(*journal->load("ETH", at(0)), ::testing::ElementsAre(below, past, settled));
    EXPECT_TRUE(journal->load("UNI", at(0))->empty());
}

TEST(JournalVirtual, FillsAddUpByVenueAndAsset) {
    const ScratchDir dir;
    const auto journal = open_or_die(dir.file("dry.db"));
    expect_ok(journal->add_virtual_fill("aave", "ETH", -1.5, 2550));
    expect_ok(journal->add_virtual_fill("aave", "ETH", 0.5, -850));
    expect_ok(journal->add_virtual_fill("aave", "BTC", -0.25, 5000));
    expect_ok(journal->add_virtual_fill("perp", "ETH", -3, 5100));
    EXPECT_EQ(*journal->virtual_position("aave"),
              (std::map<std::string, double>{{"ETH", -1.0}, {"BTC", -0.25}}));
    EXPECT_EQ(*journal->virtual_position("perp"), (std::map<std::string, double>{{"ETH", -3.0}}));
    EXPECT_TRUE(journal->virtual_position("gmx")->empty());
}

}  // namespace
}  // namespace outrigger::test
