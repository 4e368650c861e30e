// SPDX-License-Identifier: Apache-2.0
#include "oracle/chainlink.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "chain/abi/multicall.hpp"
#include "chain/abi/revert.hpp"
#include "oracle/chainlink_abi.hpp"
#include "tests/unit/pool/scripted_reader.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using testing::ScriptedReader;

constexpr ChainId kChain(31337);
const Pins kPins;
constexpr TimePoint kEpoch{};

/// What Chainlink's own bytecode answered on a local node, and answers crafted with ethers.
const json& recorded() {
    static const json doc =
        json::parse(std::ifstream(OUTRIGGER_SOURCE_DIR "/tests/fixtures/chainlink_feed.json"));
    return doc;
}
Bytes hex(const json& j) {
    return *parse_hex(j.get<std::string>());
}
Address address(const json& j) {
    return *parse_address(j.get<std::string>());
}
Bytes crafted(const std::string& name) {
    return hex(recorded().at("crafted").at(name));
}
TimePoint at(std::int64_t s) {
    return TimePoint(std::chrono::seconds(s));
}

/// The recorded feed: every call by its recorded calldata, so that our encoding is checked as well.
struct Feed {
    Feed() {
        for (const auto& call : recorded().at("calls")) {
            const Address to = address(call.at("to"));
            const Bytes data = hex(call.at("data"));
            if (call.contains("answer")) {
                reader.set(to, data, hex(call.at("answer")));
            } else {
                reader.set(to, data, fail(Errc::reverted, abi::revert_reason(hex(call.at("revert")))));
            }
        }
    }
    ChainlinkFeed open() {
        auto feed = open_chainlink(reader, kPins, spec);
        EXPECT_TRUE(feed) << feed.error().what;
        return *feed;
    }
    void answer_latest(Result<Bytes> answer) {
        reader.set(spec.proxy, chainlink::LatestRoundData::encode(), std::move(answer));
    }
    void answer_round(RoundId id, Result<Bytes> answer) {
        reader.set(spec.proxy, chainlink::GetRoundData::encode(abi::UInt<80>(id.to_u256())),
                   std::move(answer));
    }

    ScriptedReader reader;
    ChainlinkSpec spec{.name = "ETH/USD",
                       .chain = kChain,
                       .proxy = address(recorded().at("proxy")),
                       .asset = AssetId(7),
                       .deviation_ratio = 0.005,
                       .decimals = 8};
    Address second = address(recorded().at("aggregators").at(1));
};

Bytes round_bytes(RoundId id, std::int64_t answer, std::uint64_t updated, RoundId answered_in) {
    return abi::encode(abi::UInt<80>(id.to_u256()), I256(answer), U256(updated), U256(updated),
                       abi::UInt<80>(answered_in.to_u256()));
}

TEST(RoundIdTest, SplitsAndJoins) {
    const RoundId id{3, 18446744073709551615ULL};
    EXPECT_EQ(id.to_u256().to_decimal(), "73786976294838206463");  // 3 * 2^64 + 2^64 - 1
    EXPECT_EQ(RoundId::from_u256(id.to_u256()), id);
    EXPECT_LT((RoundId{1, 99}), (RoundId{2, 1}));
}

TEST(Chainlink, IdentityComesFromTheFeed) {
    Feed f;
    const auto feed = f.open();
    EXPECT_EQ(feed.identity().aggregator, f.second);
    EXPECT_EQ(feed.identity().description, "ETH / USD");
    EXPECT_EQ(feed.identity().decimals, 8);
    EXPECT_EQ(feed.identity().phase, 2);
    EXPECT_EQ(feed.identity().bounds, (AnswerBounds{1, U256::pow10(15)}));
    EXPECT_EQ(feed.asset(), AssetId(7));
}

TEST(Chainlink, LatestIsTheLastPublishedRound) {
    Feed f;
    const auto feed = f.open();
    const auto round = f.reader.read(kPins, feed.latest_round());
    ASSERT_TRUE(round) << round.error().what;
    EXPECT_EQ(round->id, (RoundId{2, 5}));
    EXPECT_EQ(round->answer.to_decimal(), "210000000035");
    const auto price = f.reader.read(kPins, feed.latest());
    ASSERT_TRUE(price);
    EXPECT_DOUBLE_EQ(price->usd, 2100.00000035);
    EXPECT_DOUBLE_EQ(price->half_width_usd, 2100.00000035 * 0.005);
    EXPECT_EQ(price->published, round->updated_at);
    EXPECT_GT(price->published, at(1700000000));
}

TEST(Chainlink, GoodAnswersPassAndBadOnesAreNamed) {
    Feed f;
    const auto feed = f.open();
    f.answer_latest(crafted("good"));
    const auto good = f.reader.read(kPins, feed.latest());
    ASSERT_TRUE(good);
    EXPECT_DOUBLE_EQ(good->usd, 3162.4);
    EXPECT_EQ(good->published, at(1700100000));
    struct Bad {
        const char* name;
        Errc code;
        const char* says;
    };
    for (const auto& bad :
         {Bad{"zero", Errc::decode, "answer is 0"}, Bad{"negative", Errc::decode, "answer is -1"},
          Bad{"int256_min", Errc::decode, "must be positive"}, Bad{"int256_max", Errc::rejected, "bounds"},
          Bad{"incomplete", Errc::decode, "not complete"}, Bad{"never_started", Errc::decode, "not complete"},
          Bad{"carried_over", Errc::decode, "repeats the answer"},
          Bad{"carried_over_phase", Errc::decode, "repeats the answer"},
          Bad{"absurd_time", Errc::decode, "is no time"}, Bad{"year_5000", Errc::decode, "is no time"},
          Bad{"next_phase", Errc::rejected, "aggregator was replaced"}}) {
        f.answer_latest(crafted(bad.name));
        const auto price = f.reader.read(kPins, feed.latest());
        ASSERT_FALSE(price) << bad.name;
        EXPECT_EQ(price.error().code, bad.code) << bad.name;
        EXPECT_NE(price.error().what.find(bad.says), std::string::npos) << price.error().what;
        EXPECT_EQ(price.error().what.rfind("ETH/USD feed 0x", 0), 0U) << price.error().what;
    }
}

TEST(Chainlink, FailedAndMalformedReadsAreErrors) {
    Feed f;
    const auto feed = f.open();
    f.answer_latest(fail(Errc::timeout, "no answer in 5 s"));
    EXPECT_EQ(f.reader.read(kPins, feed.latest()).error().code, Errc::timeout);
    f.answer_latest(Bytes{});
    EXPECT_EQ(f.reader.read(kPins, feed.latest()).error().code, Errc::decode);
    auto bytes = crafted("good");
    bytes[0] = 1;  // a round id over 80 bits
    f.answer_latest(bytes);
    EXPECT_EQ(f.reader.read(kPins, feed.latest()).error().code, Errc::decode);
    bytes = crafted("good");
    bytes.pop_back();
    f.answer_latest(bytes);
    EXPECT_EQ(f.reader.read(kPins, feed.latest()).error().code, Errc::decode);
}

TEST(Chainlink, AClampedAnswerIsNoPrice) {
    Feed f;
    auto identity = f.open().identity();
    const auto read_with = [&](const char* min, const char* max) {
        identity.bounds = AnswerBounds{*U256::from_decimal(min), *U256::from_decimal(max)};
        return f.reader.read(kPins, ChainlinkFeed::make(f.spec, identity)->latest());
    };
    // The answer is 210000000035.
    EXPECT_TRUE(read_with("207000000000", "213000000000"));
    EXPECT_EQ(read_with("208000000000", "300000000000").error().code,
              Errc::rejected);  // 0.96 % above the floor
    EXPECT_EQ(read_with("100000000000", "212000000000").error().code,
              Errc::rejected);  // 0.94 % below the ceiling
    EXPECT_EQ(read_with("100000000000", "210000000035").error().code, Errc::rejected);
}

TEST(Chainlink, WrongDecimalsAreAConfigurationError) {
    Feed f;
    f.spec.decimals = 18;
    const auto feed = open_chainlink(f.reader, kPins, f.spec);
    ASSERT_FALSE(feed);
    EXPECT_EQ(feed.error().code, Errc::config);
    EXPECT_NE(feed.error().what.find("has 8 decimals"), std::string::npos) << feed.error().what;
    f.spec.decimals.reset();
    EXPECT_TRUE(open_chainlink(f.reader, kPins, f.spec));
    f.reader.set(f.spec.proxy, chainlink::Decimals::encode(), abi::encode(abi::UInt<8>(77)));
    EXPECT_EQ(open_chainlink(f.reader, kPins, f.spec).error().code, Errc::decode);
}

TEST(Chainlink, DeviationMustBeARatio) {
    Feed f;
    const auto identity = f.open().identity();
    for (const double bad : {0.0, -0.1, 1.0, 10.0, std::nan("")}) {
        f.spec.deviation_ratio = bad;
        EXPECT_EQ(ChainlinkFeed::make(f.spec, identity).error().code, Errc::config) << bad;
    }
}

TEST(Chainlink, AnUnusableStartIsRefused) {
    for (const char* name : {"zero", "incomplete", "carried_over"}) {
        Feed f;
        f.answer_latest(crafted(name));
        EXPECT_EQ(open_chainlink(f.reader, kPins, f.spec).error().code, Errc::decode) << name;
    }
    for (const auto& call :
         {chainlink::Decimals::encode(), chainlink::Aggregator::encode(), chainlink::Description::encode()}) {
        Feed f;
        f.reader.set(f.spec.proxy, call, fail(Errc::transport, "connection reset"));
        EXPECT_EQ(open_chainlink(f.reader, kPins, f.spec).error().code, Errc::transport);
    }
    Feed f;  // unread bounds are not absent bounds
    f.reader.set(f.second, chainlink::MinAnswer::encode(), fail(Errc::timeout, "late"));
    EXPECT_EQ(open_chainlink(f.reader, kPins, f.spec).error().code, Errc::timeout);
}

TEST(Chainlink, AFeedWithoutAProxyIsItsOwnAggregator) {
    Feed f;
    f.reader.set(f.spec.proxy, chainlink::Aggregator::encode(), fail(Errc::reverted, "reverted: no reason"));
    f.reader.set(f.spec.proxy, chainlink::Description::encode(), fail(Errc::reverted, "reverted: no reason"));
    for (const auto& bound :
         {chainlink::MinAnswer::encode(), chainlink::MaxAnswer::encode(),
          chainlink::MinSubmissionValue::encode(), chainlink::MaxSubmissionValue::encode()}) {
        f.reader.set(f.spec.proxy, bound, fail(Errc::reverted, "reverted: no reason"));
    }
    const auto feed = f.open();
    EXPECT_EQ(feed.identity().aggregator, f.spec.proxy);
    EXPECT_EQ(feed.identity().bounds, std::nullopt);
    EXPECT_EQ(feed.identity().description, "");
}

TEST(Chainlink, NewerAggregatorsBoundsHaveOtherNames) {
    Feed f;
    f.reader.set(f.second, chainlink::MinAnswer::encode(), abi::encode(I256(-5)));
    f.reader.set(f.second, chainlink::MaxAnswer::encode(), abi::encode(I256(1'000'000'000'000)));
    EXPECT_EQ(f.open().identity().bounds, (AnswerBounds{0, 1'000'000'000'000}));
}

// ---- history ----

TEST(ChainlinkHistory, APageOfAPhase) {
    Feed f;
    const auto page = f.reader.read(kPins, chainlink_history(f.spec, {1, 12}, 5));
    ASSERT_TRUE(page) << page.error().what;
    ASSERT_EQ(page->rounds.size(), 5U);
    EXPECT_EQ(page->rounds.front().id, (RoundId{1, 8}));
    EXPECT_EQ(page->rounds.back().id, (RoundId{1, 12}));
    for (const auto& r : page->rounds) EXPECT_EQ(r.answer, U256(200000000000 + r.id.round * 123456789));
    EXPECT_EQ(page->rounds[1].updated_at - page->rounds[0].updated_at, std::chrono::seconds(3600));
    EXPECT_EQ(page->missing, 0U);
    EXPECT_EQ(page->earlier, (RoundId{1, 7}));
}

TEST(ChainlinkHistory, ThePhaseIsTheEnd) {
    Feed f;
    const auto page = f.reader.read(kPins, chainlink_history(f.spec, {1, 3}, 50));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->rounds.size(), 3U);
    EXPECT_EQ(page->earlier, std::nullopt);
    EXPECT_EQ(f.reader.read(kPins, chainlink_history(f.spec, {1, 3}, 3))->earlier, std::nullopt);
    EXPECT_EQ(f.reader.read(kPins, chainlink_history(f.spec, {1, 3}, 2))->earlier, (RoundId{1, 1}));
    EXPECT_EQ(chainlink_history(f.spec, {1, 0}, 4).reads.size(), 0U);
}

TEST(ChainlinkHistory, MissingAndInvalidRoundsAreCountedUnreadOnesFail) {
    Feed f;
    f.answer_round({1, 9}, round_bytes({1, 9}, 0, 0, {0, 0}));               // never completed
    f.answer_round({1, 10}, round_bytes({1, 10}, -5, 1700000000, {1, 10}));  // negative
    f.answer_round({1, 11}, round_bytes({1, 11}, 5, 1700000000, {1, 10}));   // carried over
    const auto page =
        f.reader.read(kPins, chainlink_history(f.spec, {1, 14}, 7));  // 13 and 14 revert: No data present
    ASSERT_TRUE(page) << page.error().what;
    ASSERT_EQ(page->rounds.size(), 2U);
    EXPECT_EQ(page->rounds[0].id.round, 8U);
    EXPECT_EQ(page->rounds[1].id.round, 12U);
    EXPECT_EQ(page->missing, 3U);
    EXPECT_EQ(page->invalid, 2U);
    f.answer_round({1, 12}, fail(Errc::timeout, "late"));
    EXPECT_EQ(f.reader.read(kPins, chainlink_history(f.spec, {1, 14}, 7)).error().code, Errc::timeout);
    f.answer_round({1, 12}, round_bytes({1, 11}, 5, 1700000000, {1, 11}));
    EXPECT_EQ(f.reader.read(kPins, chainlink_history(f.spec, {1, 14}, 7)).error().code, Errc::decode);
}

TEST(ChainlinkBackfill, WalksBackAcrossPhases) {
    Feed f;
    const auto feed = f.open();
    const auto all = chainlink_backfill(f.reader, kPins, feed, kEpoch, 100, 4);
    ASSERT_TRUE(all) << all.error().what;
    EXPECT_EQ(all->rounds.size(), 17U);
    EXPECT_NE(all->stopped.find("no earlier aggregator"), std::string::npos) << all->stopped;
    EXPECT_TRUE(std::is_sorted(all->rounds.begin(), all->rounds.end(),
                               [](const Round& a, const Round& b) { return a.updated_at < b.updated_at; }));
    EXPECT_EQ(all->rounds.front().id, (RoundId{1, 1}));
    EXPECT_EQ(all->rounds.back().id, (RoundId{2, 5}));
}

TEST(ChainlinkBackfill, StopsAtTheNumberWanted) {
    Feed f;
    const auto feed = f.open();
    const auto seven = chainlink_backfill(f.reader, kPins, feed, kEpoch, 7, 4);
    ASSERT_TRUE(seven);
    ASSERT_EQ(seven->rounds.size(), 7U);
    EXPECT_EQ(seven->rounds.front().id, (RoundId{1, 11}));
    EXPECT_EQ(seven->stopped, "");
}

TEST(ChainlinkBackfill, ReachesJustBeforeTheTimeAsked) {
    Feed f;
    const auto feed = f.open();
    const auto page = f.reader.read(kPins, chainlink_history(f.spec, {1, 12}, 12));
    const TimePoint ninth = page->rounds[8].updated_at;
    for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{50}}) {
        const auto got = chainlink_backfill(f.reader, kPins, feed, ninth, 100, size);
        ASSERT_TRUE(got);
        ASSERT_EQ(got->rounds.size(), 10U)
            << size;  // five of phase 2, rounds 9 to 12, and round 8: the price at that time
        EXPECT_EQ(got->rounds.front().id, (RoundId{1, 8}));
        EXPECT_EQ(got->stopped, "");
    }
}

TEST(ChainlinkBackfill, StopsWithAReasonWhereAFeedDoesNotHelp) {
    const auto stops = [](const Address& to, const Bytes& call, Result<Bytes> answer, const char* reason) {
        Feed f;
        const auto feed = f.open();
        f.reader.set(to, call, std::move(answer));
        const auto got = chainlink_backfill(f.reader, kPins, feed, kEpoch, 100, 10);
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_EQ(got->rounds.size(), 5U);
        EXPECT_NE(got->stopped.find(reason), std::string::npos) << got->stopped;
    };
    Feed f;
    const Address first = address(recorded().at("aggregators").at(0));
    const auto phase_one = chainlink::PhaseAggregators::encode(abi::UInt<16>(1));
    stops(f.spec.proxy, phase_one, fail(Errc::reverted, "reverted"), "keeps no list");
    stops(f.spec.proxy, phase_one, Bytes(32), "no earlier aggregator");
    stops(first, chainlink::LatestRound::encode(), fail(Errc::reverted, "reverted: No access"),
          "does not let itself be read");
    stops(first, chainlink::LatestRound::encode(), Bytes(32), "names round 0");
}

TEST(ChainlinkBackfill, AFailedReadIsNotTheEndOfHistory) {
    Feed f;
    const auto feed = f.open();
    f.answer_round({1, 4}, fail(Errc::timeout, "late"));
    EXPECT_EQ(chainlink_backfill(f.reader, kPins, feed, kEpoch, 100, 4).error().code, Errc::timeout);
    f.reader.set(f.spec.proxy, chainlink::PhaseAggregators::encode(abi::UInt<16>(1)),
                 fail(Errc::transport, "reset"));
    EXPECT_EQ(chainlink_backfill(f.reader, kPins, feed, kEpoch, 100, 4).error().code, Errc::transport);
}

TEST(ChainlinkBackfill, APageWithoutRoundsEndsTheSearch) {
    Feed f;
    const auto feed = f.open();
    for (std::uint64_t n = 1; n <= 6; ++n)
        f.answer_round({1, n}, fail(Errc::reverted, "reverted: No data present"));
    const auto got = chainlink_backfill(f.reader, kPins, feed, kEpoch, 100, 3);
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->rounds.size(), 11U);
    EXPECT_EQ(got->missing, 3U);
    EXPECT_NE(got->stopped.find("kept"), std::string::npos) << got->stopped;
}

}  // namespace
}  // namespace outrigger
