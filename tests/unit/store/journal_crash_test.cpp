// SPDX-License-Identifier: Apache-2.0
// What is left after the process dies, or the disk fails, at any point of a write.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <functional>

#include "tests/unit/store/life.hpp"

namespace outrigger::test {
namespace {

namespace fs = std::filesystem;

/// Everything a restart would learn, as one comparable text.
std::string everything(const Journal& journal) {
    std::string out;
    const auto add = [&](const std::string& text) { out += text + "\n"; };
    const auto round = journal.last_round();
    add(round && *round ? "round at " + std::to_string((*round)->at.time_since_epoch().count()) : "no round");
    const auto hedges = journal.hedges();
    for (const auto& h : *hedges)
        add("hedge " + std::to_string(h.id) + " " + h.status + " " + std::to_string(h.txs));
    const auto open = journal.open_txs();
    if (!open) add("open: " + open.error().what);
    for (const auto& o : open ? *open : std::vector<OpenTx>{}) {
        add("tx " + std::to_string(o.record.tx.nonce.value) + " " +
            std::string(tx::to_string(o.record.phase)) + " v" + std::to_string(o.raws.size()) + " sent " +
            std::to_string(o.record.last_sent.value) + " mined " +
            (o.record.receipt ? std::to_string(o.record.receipt->block.number.value) : "-"));
    }
    const auto s = *journal.spending(at(10));
    add("spent " + std::to_string(s.hour_usd) + " " + std::to_string(s.day_usd) + " " +
        std::to_string(s.gas_day_usd));
    add("next " + std::to_string(journal.next_nonce(Nonce(4)).value_or(Nonce(0)).value));
    const auto t = *journal.totals();
    add("totals " + std::to_string(t.sent) + " " + std::to_string(t.verified) + " " +
        std::to_string(t.failed));
    return out;
}

/// The two files a dead process leaves, as they are now. The shared-memory index dies with the machine.
struct Remains {
    std::string db;
    std::string wal;
};
std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
Remains remains(const std::string& path) {
    return {bytes_of(path), bytes_of(path + "-wal")};
}

/// What a restart on these files learns.
std::string restarted(const Remains& left, std::size_t wal_bytes = std::string::npos) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    std::ofstream(path, std::ios::binary) << left.db;
    std::ofstream(path + "-wal", std::ios::binary) << left.wal.substr(0, wal_bytes);
    ::chmod(path.c_str(), 0600);
    const auto journal = open_or_die(path);
    return journal ? everything(*journal) : "cannot be opened";
}

/// One write of the keeper, in the order a hedge makes them.
struct Write {
    const char* name;
    std::function<Result<void>(Journal&)> run;
};

template <class T>
Result<void> drop(const Result<T>& r) {
    if (!r) return tl::unexpected(r.error());
    return {};
}

std::vector<Write> one_hedge(const std::shared_ptr<Life>& life) {
    const auto save = [life](Journal& j) { return j.save(Nonce(4), life->record); };
    return {
        {"record_round", [](Journal& j) { return drop(j.record_round(round_row(1))); }},
        {"open_hedge", [](Journal& j) { return drop(j.open_hedge(hedge_row())); }},
        {"claim", [](Journal& j) { return j.claim(claim_row(4, 1, 1)); }},
        {"add_version", [life](Journal& j) { return life->sign(j, 1); }},
        {"save sending", [life, save](Journal& j) { return life->apply(tx::Sending{}), save(j); }},
        {"save sent",
         [life, save](Journal& j) { return life->apply(tx::Submitted{BlockNumber(101)}), save(j); }},
        {"add dearer version", [life](Journal& j) { return life->sign(j, 2, 2); }},
        {"save sent again",
         [life, save](Journal& j) { return life->apply(tx::Submitted{BlockNumber(104)}), save(j); }},
        {"save mined",
         [life, save](Journal& j) {
             return life->apply(tx::Included{life->receipt(2, true, 105)}), save(j);
         }},
        {"save confirmed", [life, save](Journal& j) { return life->apply(life->head(105, 5)), save(j); }},
        {"finish", [](Journal& j) { return j.finish(Nonce(4), true, "verified", 2); }},
        {"close_hedge", [](Journal& j) { return j.close_hedge(1, at(9), "done"); }},
        {"claim the next", [](Journal& j) { return j.claim(claim_row(5, 1)); }},
        {"release it", [](Journal& j) { return j.release(Nonce(5), "refused"); }},
    };
}

TEST(JournalCrash, EveryReturnedWriteIsThereAfterAKill) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    const auto journal = open_or_die(path);
    const auto life = std::make_shared<Life>(claim_row(4, 1, 1));
    std::string before = everything(*journal);
    for (const auto& write : one_hedge(life)) {
        EXPECT_EQ(restarted(remains(path)), before) << "before " << write.name;
        expect_ok(write.run(*journal));
        const auto after = everything(*journal);
        EXPECT_NE(after, before) << write.name << " is not visible: the test would prove nothing";
        EXPECT_EQ(restarted(remains(path)), after) << "after " << write.name;
        before = after;
    }
}

TEST(JournalCrash, AWriteCutOffAnywhereNeverHappened) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    const auto journal = open_or_die(path);
    const auto life = std::make_shared<Life>(claim_row(4, 1, 1));
    for (const auto& write : one_hedge(life)) {
        const auto before = everything(*journal);
        const auto start = bytes_of(path + "-wal").size();
        expect_ok(write.run(*journal));
        const auto left = remains(path);
        ASSERT_GT(left.wal.size(), start) << write.name;
        // Power fails with the log written up to here: at frame borders, inside frames, one byte short.
        for (const auto cut : {start, start + 24, start + (left.wal.size() - start) / 2,
                               left.wal.size() - 4096, left.wal.size() - 1}) {
            EXPECT_EQ(restarted(left, cut), before) << write.name << " cut at " << cut;
        }
        EXPECT_EQ(restarted(left), everything(*journal)) << write.name;
    }
}

/// No file of this process may grow past `bytes` while it lives: what a full disk looks like to write(2).
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &saved_);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        const rlimit tight{bytes, saved_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &tight);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &saved_);
        std::signal(SIGXFSZ, handler_);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;

  private:
    rlimit saved_{};
    void (*handler_)(int) = nullptr;
};

TEST(JournalDisk, AFailedWriteIsAStorageErrorAndChangesNothing) {
    const auto life_length = one_hedge(std::make_shared<Life>(claim_row(4, 1, 1))).size();
    for (std::size_t failing = 0; failing < life_length; ++failing) {
        const ScratchDir dir;
        const auto path = dir.file("live.db");
        auto journal = open_or_die(path);
        const auto life = std::make_shared<Life>(claim_row(4, 1, 1));
        const auto writes = one_hedge(life);
        for (std::size_t i = 0; i < failing; ++i) expect_ok(writes[i].run(*journal));
        const auto before = everything(*journal);
        const auto known = life->record;
        {
            const FileSizeLimit full(bytes_of(path + "-wal").size() + 100);
            expect_refused(writes[failing].run(*journal), Errc::storage, "Fix: ");
        }
        EXPECT_EQ(everything(*journal), before) << writes[failing].name;
        EXPECT_EQ(restarted(remains(path)), before) << writes[failing].name;
        // Once there is room again the same journal goes on where it was.
        life->record = known;
        expect_ok(writes[failing].run(*journal));
        EXPECT_EQ(restarted(remains(path)), everything(*journal)) << writes[failing].name;
    }
}

TEST(JournalDisk, NoRoomForANewJournalIsAStorageError) {
    const ScratchDir dir;
    const FileSizeLimit full(1024);
    expect_refused(Journal::open(dir.file("live.db"), identity()), Errc::storage, "Fix: ");
}

TEST(JournalDisk, AJournalHalfCreatedIsCompletedByTheNextStart) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    {
        const FileSizeLimit full(6000);
        EXPECT_FALSE(Journal::open(path, identity()).has_value());
    }
    ASSERT_TRUE(fs::exists(path));
    const auto journal = open_or_die(path);
    expect_ok(journal->record_round(round_row()));
}

TEST(JournalDisk, APlaceThatCannotBeWrittenIsAStorageError) {
    // Below a file there is no directory: true for root as well, who may write anywhere else.
    const ScratchDir dir;
    std::ofstream(dir.file("file")) << "not a directory";
    const auto opened = Journal::open(dir.file("file/live.db"), identity());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::storage) << opened.error().what;
}

}  // namespace
}  // namespace outrigger::test
