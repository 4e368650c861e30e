// SPDX-License-Identifier: Apache-2.0
// Price histories filled from a feed's rounds into a real journal: what is asked for, what is left after an
// interruption anywhere, and what a reorganisation takes away.
#include "oracle/history_fill.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <set>

#include "keeper/store/journal.hpp"
#include "keeper/store/schema.hpp"
#include "oracle/chainlink_abi.hpp"
#include "tests/unit/store/ledger.hpp"

namespace outrigger::test {
namespace {

constexpr ChainId kChain(31337);
constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kStart = 1'700'000'000;
const Address kProxy{{0xfe, 0xed}};

TimePoint at(std::int64_t s) {
    return TimePoint{std::chrono::seconds{s}};
}

/// A feed with a round an hour, the first one at kStart; counts the rounds it is asked for.
class HourlyFeed final : public BatchReader {
  public:
    std::uint64_t rounds = 1000;
    std::set<std::uint64_t> kept_from;  // rounds below the lowest are no longer kept
    std::multiset<std::uint64_t> asked;

    std::int64_t newest() const { return kStart + static_cast<std::int64_t>(rounds - 1) * kHour; }
    Pins pins() const {
        return {{kChain, BlockRef{kChain, BlockNumber{rounds * 300}, BlockHash{{1}}, at(newest() + 60)}}};
    }
    ChainlinkFeed feed() const {
        ChainlinkSpec spec;
        spec.name = "ETH/USD";
        spec.chain = kChain;
        spec.proxy = kProxy;
        spec.asset = AssetId(1);
        spec.deviation_ratio = 0.005;
        ChainlinkIdentity identity;
        identity.decimals = 8;
        identity.phase = 1;
        return ChainlinkFeed::make(spec, identity).value();
    }
    static double price(std::uint64_t round) { return 1000.0 + static_cast<double>(round); }

  private:
    Result<Bytes> answer(const EthCall& call) {
        const Selector selector{{call.data.at(0), call.data.at(1), call.data.at(2), call.data.at(3)}};
        std::uint64_t round = rounds;
        if (call.data.size() > 4) {
            const U256 id = U256::from_be(std::span(call.data).subspan(4));
            round = RoundId::from_u256(id).round;
            if (selector != chainlink::GetRoundData::selector)
                return fail(Errc::reverted, "no such function");
            asked.insert(round);
            if (round == 0 || round > rounds || (!kept_from.empty() && round < *kept_from.begin()))
                return fail(Errc::reverted, "No data present");
        } else if (selector != chainlink::LatestRoundData::selector) {
            return fail(Errc::reverted, "no such function");
        }
        const auto t = static_cast<std::uint64_t>(kStart) + (round - 1) * static_cast<std::uint64_t>(kHour);
        const abi::UInt<80> id(RoundId{1, round}.to_u256());
        return abi::encode(id, I256(static_cast<std::int64_t>(price(round) * 1e8)), U256(t), U256(t), id);
    }
    std::vector<Result<Bytes>> execute(const Pins&, std::span<const Read> reads) override {
        std::vector<Result<Bytes>> out;
        for (const Read& read : reads) out.push_back(answer(std::get<EthCall>(read)));
        return out;
    }
};

/// A journal that ends, as a power cut would, before or after its n-th page.
class Interrupted final : public PriceStore {
  public:
    Interrupted(Journal& journal, std::size_t pages) : journal_(journal), left_(pages) {}
    Result<void> append(std::string_view asset, std::span<const RecordedTick> ticks) override {
        return journal_.append(asset, ticks);
    }
    Result<std::vector<RecordedTick>> load(std::string_view asset, TimePoint from) override {
        return journal_.load(asset, from);
    }
    Result<void> drop_after(const BlockRef& ancestor) override { return journal_.drop_after(ancestor); }
    Result<std::vector<Coverage>> coverage(std::string_view asset, std::string_view source) override {
        return journal_.coverage(asset, source);
    }
    Result<void> append_page(std::string_view asset, std::string_view source,
                             std::span<const RecordedTick> ticks,
                             std::span<const Coverage> covered) override {
        if (left_-- == 0) return fail(Errc::storage, "the power is gone");
        return journal_.append_page(asset, source, ticks, covered);
    }

  private:
    Journal& journal_;
    std::size_t left_;
};

struct HistoryFill : ::testing::Test {
    ScratchDir dir;
    std::string path = dir.file("live.db");
    std::unique_ptr<Journal> journal = open_or_die(path);
    HourlyFeed chain;
    FillOptions options{.page = 50};

    Result<FillReport> fill(PriceStore& store, std::int64_t from) {
        return fill_from_rounds(chain, chain.pins(), chain.feed(), "ETH", store, at(from), options,
                                [](const FillProgress&) {});
    }
    /// Every round from `first` on is stored once, with its price.
    void expect_stored_from(std::uint64_t first) {
        const auto ticks = journal->load("ETH", TimePoint{}).value();
        ASSERT_EQ(ticks.size(), chain.rounds - first + 1);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            EXPECT_EQ(ticks[i].tick.at, at(kStart + static_cast<std::int64_t>(first - 1 + i) * kHour));
            EXPECT_DOUBLE_EQ(ticks[i].tick.usd, HourlyFeed::price(first + i));
        }
    }
};

TEST_F(HistoryFill, ReadsBackToTheGoalAndNoFurther) {
    const auto report = fill(*journal, chain.newest() - 100 * kHour);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_EQ(report->stopped, "");
    EXPECT_LE(report->reached, at(chain.newest() - 100 * kHour));
    EXPECT_LE(chain.asked.size(), 150U);
    EXPECT_GE(journal->load("ETH", TimePoint{}).value().size(), 101U);
}

TEST_F(HistoryFill, GoesOnWhereItWasInterruptedAnywhere) {
    for (std::size_t pages = 0; pages < 20; ++pages) {
        SCOPED_TRACE(pages);
        journal.reset();
        path = dir.file("live" + std::to_string(pages) + ".db");
        journal = open_or_die(path);
        chain.asked.clear();
        Interrupted store(*journal, pages);
        EXPECT_FALSE(fill(store, kStart));
        journal = nullptr;
        journal = open_or_die(path);  // the next start
        const auto report = fill(*journal, kStart);
        ASSERT_TRUE(report) << report.error().what;
        expect_stored_from(1);
        EXPECT_LE(chain.asked.size(), chain.rounds + options.page) << "at most one page is read twice";
    }
}

TEST_F(HistoryFill, ReadsOnlyWhatIsMissing) {
    ASSERT_TRUE(fill(*journal, chain.newest() - 200 * kHour));
    // A week later: what is new is read down to what is known, and nothing else.
    chain.rounds += 168;
    chain.asked.clear();
    ASSERT_TRUE(fill(*journal, chain.newest() - 300 * kHour));
    EXPECT_LE(chain.asked.size(), 200U);
    EXPECT_GE(*chain.asked.begin(), 950U);
    // A longer look back: only what is older.
    chain.asked.clear();
    ASSERT_TRUE(fill(*journal, kStart));
    EXPECT_LT(*chain.asked.rbegin(), 820U);
    expect_stored_from(1);
    chain.asked.clear();
    ASSERT_TRUE(fill(*journal, kStart));
    EXPECT_TRUE(chain.asked.empty()) << "nothing is missing";
}

TEST_F(HistoryFill, AGapThatWasInterruptedIsClosed) {
    ASSERT_TRUE(fill(*journal, kStart));
    chain.rounds += 500;
    Interrupted store(*journal, 3);  // of ten pages
    EXPECT_FALSE(fill(store, kStart));
    EXPECT_EQ(journal->coverage("ETH", source_of(chain.feed().spec())).value().size(), 2U);
    chain.rounds += 100;
    ASSERT_TRUE(fill(*journal, kStart));
    EXPECT_EQ(journal->coverage("ETH", source_of(chain.feed().spec())).value().size(), 1U);
    expect_stored_from(1);
}

TEST_F(HistoryFill, WhatAFeedNoLongerHasIsSaidOnce) {
    chain.kept_from = {901};
    const auto report = fill(*journal, kStart);
    ASSERT_TRUE(report) << report.error().what;
    EXPECT_NE(report->stopped.find("is kept"), std::string::npos) << report->stopped;
    expect_stored_from(901);
    chain.asked.clear();
    EXPECT_EQ(fill(*journal, kStart)->stopped, report->stopped);
    EXPECT_TRUE(chain.asked.empty()) << "and not asked for again";
}

TEST_F(HistoryFill, AReorganisationTakesBackWhatWasReadAtLostBlocks) {
    ASSERT_TRUE(fill(*journal, kStart));
    const auto pin = chain.pins().at(kChain);
    // Back to before the newest round was published.
    const BlockRef ancestor{kChain, BlockNumber{pin.number.value - 20}, BlockHash{{2}},
                            at(chain.newest() - 60)};
    ASSERT_TRUE(journal->drop_after(ancestor));
    EXPECT_EQ(journal->load("ETH", TimePoint{}).value().size(), chain.rounds - 1) << "settled rounds stay";
    chain.asked.clear();
    ASSERT_TRUE(fill(*journal, kStart));
    expect_stored_from(1);
    EXPECT_LE(chain.asked.size(), options.page);
}

TEST(CoverageMerge, StretchesThatTouchBecomeOne) {
    const auto c = [](std::int64_t since, std::int64_t until, const char* next) {
        return Coverage{at(since), at(until), next, ""};
    };
    EXPECT_EQ(merged({c(10, 20, "a"), c(20, 30, "b")}), std::vector<Coverage>{c(10, 30, "a")});
    EXPECT_EQ(merged({c(10, 20, "a"), c(21, 30, "b")}),
              (std::vector<Coverage>{c(21, 30, "b"), c(10, 20, "a")}));
    EXPECT_EQ(merged({c(10, 20, "a"), c(5, 30, "b")}), std::vector<Coverage>{c(5, 30, "b")});
    EXPECT_EQ(merged({c(1, 2, "x"), c(10, 20, "a"), c(2, 10, "b")}), std::vector<Coverage>{c(1, 20, "x")});
    EXPECT_TRUE(merged({}).empty());
}

TEST(JournalMigration, AnOlderJournalIsBroughtUpToDateWithItsContents) {
    const ScratchDir dir;
    const auto path = dir.file("live.db");
    open_or_die(path).reset();
    {
        // What version 1 wrote.
        SQLite::Database db(path, SQLite::OPEN_READWRITE);
        db.exec(
            "DROP TABLE effects; DROP TABLE coverage; DROP INDEX unsettled_ticks; "
            "PRAGMA user_version = 1");
        db.exec("INSERT INTO ticks (asset, published, usd) VALUES ('ETH', 7, 2000)");
    }
    expect_refused(Journal::open_read_only(path), Errc::storage, "brings it up to date");
    const auto journal = open_or_die(path);
    EXPECT_EQ(journal->load("ETH", TimePoint{}).value().size(), 1U);
    const std::vector<Coverage> covered{{at(1), at(2), "3", ""}};
    expect_ok(journal->append_page("ETH", "s", {}, covered));
    EXPECT_EQ(journal->coverage("ETH", "s").value(), covered);
    EXPECT_TRUE(journal->coverage("ETH", "other").value().empty());
    EXPECT_EQ(journal->price_sources("ETH").value(), std::vector<std::string>{"s"});
}

}  // namespace
}  // namespace outrigger::test
