// SPDX-License-Identifier: Apache-2.0
// Price history on the local chain: a pool's observations against the pool's own observe(), and the verb.
#include <gtest/gtest.h>

#include "chain/abi/call.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "oracle/pool_observations.hpp"
#include "tests/e2e/world.hpp"
#include "tests/support/process.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::World;

/// The mean tick between two times, as the pool itself has it.
double observed_mean(BatchReader& reader, const Pins& pins, ChainId chain, const Address& pool,
                     TimePoint begin, TimePoint end) {
    const TimePoint now = pins.at(chain).timestamp;
    const auto ago = [&](TimePoint t) {
        return abi::UInt<32>(static_cast<std::uint64_t>((now - t).count()));
    };
    const auto answer = reader.read(
        pins, eth_query<v3::Observe>(chain, pool, std::vector<abi::UInt<32>>{ago(begin), ago(end)}));
    EXPECT_TRUE(answer) << answer.error().what;
    const auto& ticks = std::get<0>(*answer);
    return static_cast<double>(ticks.at(1).value() - ticks.at(0).value()) /
           static_cast<double>((end - begin).count());
}

TEST(PoolHistory, IsWhatThePoolItselfSaysOfItsPast) {
    World world;
    for (const double price : {3100.0, 3210.5, 2990.0, 3333.0, 3152.0, 3040.0}) {
        world.post("/pool", {{"WETH", price}});
        world.post("/mine", {{"blocks", 1}, {"interval", 700}});
    }
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto look = (*keeper)->look();
    ASSERT_TRUE(look) << look.error().what;
    const ChainId chain(31337);
    const Pins pins{{chain, look->head.block}};
    auto& reader = (*keeper)->link().reader();
    const Address pool =
        *parse_address(world.devnet().world().at("addresses").at("v3.pool.WETH-USDC").get<std::string>());

    const auto ring = read_pool_observations(reader, pins, chain, pool);
    ASSERT_TRUE(ring) << ring.error().what;
    ASSERT_GE(ring->size(), 7U);
    const auto& view = look->seen.pools.at(0).value.value();
    const auto prices = mean_prices(*ring, view.decimals0, view.decimals1);
    ASSERT_TRUE(prices) << prices.error().what;
    ASSERT_EQ(prices->size(), ring->size() - 1);
    for (std::size_t i = 1; i < ring->size(); ++i) {
        const TimePoint begin{std::chrono::seconds{(*ring)[i - 1].timestamp}};
        const TimePoint end{std::chrono::seconds{(*ring)[i].timestamp}};
        const double mean = observed_mean(reader, pins, chain, pool, begin, end);
        const double price = std::pow(1.0001, mean) * std::pow(10.0, view.decimals0 - view.decimals1);
        EXPECT_NEAR((*prices)[i - 1].usd / price, 1, 1e-9) << i;
        EXPECT_EQ((*prices)[i - 1].at, end);
    }
    // And what the pool was moved to is what it says it was, within a tick.
    const double last = prices->back().usd > 1 ? prices->back().usd : 1 / prices->back().usd;
    EXPECT_NEAR(last, 3152.0, 3152.0 * 2e-4);
}

TEST(PoolHistory, CumulativesThatWrapAreNoJump) {
    const std::int64_t top = (std::int64_t{1} << 55) - 1;
    const std::vector<PoolObservation> ring{{100, top - 500}, {200, -(std::int64_t{1} << 55) + 499}};
    EXPECT_NEAR(mean_prices(ring, 6, 6)->front().usd, std::pow(1.0001, 10.0), 1e-12);
    EXPECT_FALSE(mean_prices(std::vector<PoolObservation>{{100, 0}, {200, 100'000'000'000}}, 6, 6));
    EXPECT_TRUE(mean_prices(std::vector<PoolObservation>{{100, 0}}, 6, 6)->empty());
}

TEST(PoolHistory, DollarsNeedTheQuotesOwnPrice) {
    const auto at = [](std::int64_t s) { return TimePoint{std::chrono::seconds{s}}; };
    const std::vector<PriceTick> in_quote{{at(50), 10}, {at(150), 10}, {at(260), 20}, {at(900), 30}};
    const std::vector<RecordedTick> quote{{{at(100), 0.5}, {}}, {{at(250), 0.9}, {}}};
    EXPECT_EQ(in_usd(in_quote, quote, std::chrono::seconds{200}),
              (std::vector<PriceTick>{{at(150), 5}, {at(260), 18}}))
        << "before the first and long after the last one nothing is known";
}

struct HistoryVerb : ::testing::Test {
    World world;
    test::Finished outrigger(std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"-c", world.config_file()});
        arguments.insert(arguments.begin(), OUTRIGGER_BINARY_DIR "/outrigger");
        const auto done =
            test::run_command({std::move(arguments), {}, world.directory()}, std::chrono::seconds(120));
        EXPECT_TRUE(done) << "did not end";
        return done.value_or(test::Finished{-1, "", ""});
    }
    std::string file(const std::string& name, const std::string& text) {
        const std::string path = world.directory() + "/" + name;
        std::ofstream(path) << text;
        return path;
    }
};

TEST_F(HistoryVerb, BackfillsShowsExportsAndImports) {
    EXPECT_EQ(outrigger({"history"}).code, 9) << "nothing yet";
    const auto filled = outrigger({"history", "backfill", "--pools"});
    EXPECT_EQ(filled.code, 0) << filled.err;
    EXPECT_NE(filled.err.find("ETH: 240 rounds read"), std::string::npos) << filled.err;
    const auto again = outrigger({"history", "backfill"});
    EXPECT_NE(again.err.find("ETH: 0 rounds read"), std::string::npos) << again.err;

    const auto shown = json::parse(outrigger({"history", "--json"}).out);
    EXPECT_EQ(shown.at("assets").size(), 4U);
    for (const auto& asset : shown.at("assets")) EXPECT_EQ(asset.at("prices"), 240) << asset;

    const auto csv = outrigger({"history", "export", "--asset", "ETH"}).out;
    EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 241);
    // Into an empty ledger: the same prices.
    std::filesystem::remove_all(world.datadir());
    EXPECT_EQ(outrigger({"history", "import", file("eth.csv", csv)}).code, 0);
    EXPECT_EQ(outrigger({"history", "export"}).out, csv);
}

TEST_F(HistoryVerb, AFileThatIsWrongAnywhereChangesNothing) {
    const auto good = file("good.csv", "time,price\n1500000000,100\n");
    ASSERT_EQ(outrigger({"history", "import", good, "--asset", "ETH"}).code, 0);
    for (const char* text : {"time,price\n1500000060,101\n1500000120,-1\n",
                             "time,price\n1500000000,105\n1500000060,1\n", "price,time\n1,1\n", ""}) {
        const auto done = outrigger({"history", "import", file("bad.csv", text), "--asset", "ETH"});
        EXPECT_EQ(done.code, 2) << text;
        EXPECT_NE(done.err.find("bad.csv"), std::string::npos) << done.err;
    }
    EXPECT_EQ(outrigger({"history", "export"}).out, "asset,time,price\nETH,2017-07-14T02:40:00Z,100\n");
    EXPECT_EQ(outrigger({"history", "import", file("bad.csv", "time,price\n1500000000,105\n"), "--asset",
                         "ETH", "--replace"})
                  .code,
              0);
    EXPECT_EQ(outrigger({"history", "export"}).out, "asset,time,price\nETH,2017-07-14T02:40:00Z,105\n");
}

TEST_F(HistoryVerb, ARunningKeepersLedgerIsLeftAlone) {
    auto keeper = world.keeper(Mode::dry_run);
    ASSERT_TRUE(keeper) << keeper.error().what;
    const auto done = outrigger({"history", "backfill"});
    EXPECT_EQ(done.code, 1);
    EXPECT_NE(done.err.find("another keeper"), std::string::npos) << done.err;
    EXPECT_EQ(outrigger({"history"}).code, 0) << "looking is always possible";
}

}  // namespace
}  // namespace outrigger
