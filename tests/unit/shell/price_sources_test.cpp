// SPDX-License-Identifier: Apache-2.0
// What several sources of one price come to: who is believed, and what is said when nobody is.
#include "keeper/shell/price_sources.hpp"
#include "keeper/shell/price_memory.hpp"

#include <gtest/gtest.h>

namespace outrigger {
namespace {

using std::chrono::seconds;

constexpr TimePoint kNow{seconds{1'700'000'000}};
const AssetId kEth(0);
const AssetId kUsdc(1);

struct Named final : PriceFeed {
    explicit Named(AssetId a) : asset_(a) {}
    AssetId asset() const override { return asset_; }
    Query<Price> latest() const override {
        return {{}, [](Query<Price>::Answers) -> Result<Price> { return fail(Errc::rpc, "not asked"); }};
    }
    AssetId asset_;
};

struct PriceSourcesTest : ::testing::Test {
    PriceSourcesTest() {
        universe.assets = {{"ETH", false, seconds{4320}}, {"USDC", true, seconds{86400}}};
        for (const auto& [asset, name] : {std::pair{kEth, "ETH/USD"}, {kUsdc, "USDC/USD"}}) {
            const ChainlinkSpec spec{name, ChainId(1), Address{{1}}, asset, 0.005, std::nullopt};
            sources.feeds.push_back(*ChainlinkFeed::make(spec, {Address{{2}}, name, 8, 1, std::nullopt}));
            sources.heartbeats.push_back(seconds{3600});
        }
        sources.seconds.push_back({"ETH/USD (Pyth)", std::make_shared<Named>(kEth), seconds{60}});
        sources.limits.max_deviation_ratio = 0.01;
        sources.limits.quorum = 1;
        readings.feeds = {Price{3000, 15, kNow - seconds{100}}, Price{0.88, 0.001, kNow - seconds{100}}};
        readings.seconds = {Price{3010, 3, kNow - seconds{5}}};
    }
    Observed<Price> price(AssetId asset) {
        return agreed_prices(sources, readings, universe, BlockRef{ChainId(1), BlockNumber(5), {}, kNow},
                             kNow)
            .at(asset);
    }
    std::string why(AssetId asset) {
        const auto seen = price(asset);
        EXPECT_FALSE(seen.value);
        return seen.value ? "" : seen.value.error().what;
    }

    Universe universe;
    PriceSources sources;
    PriceReadings readings;
};

TEST_F(PriceSourcesTest, TheMedianIsAsOldAsTheOldestOfItsSources) {
    const auto eth = price(kEth);
    ASSERT_TRUE(eth.value);
    EXPECT_DOUBLE_EQ(eth.value->usd, 3005);
    EXPECT_EQ(eth.value->published, kNow - seconds{100});
    EXPECT_EQ(eth.as_of.number, BlockNumber(5));
}

TEST_F(PriceSourcesTest, AStablecoinIsWorthWhatItsFeedSays) {
    EXPECT_DOUBLE_EQ(price(kUsdc).value->usd, 0.88);
}

TEST_F(PriceSourcesTest, SourcesThatDisagreeAreNamedWithTheirNumbers) {
    readings.seconds[0]->usd = 3100;
    const auto said = why(kEth);
    EXPECT_NE(said.find("ETH/USD 3000"), std::string::npos) << said;
    EXPECT_NE(said.find("ETH/USD (Pyth) 3100"), std::string::npos) << said;
    EXPECT_EQ(price(kEth).value.error().code, Errc::rejected);
}

TEST_F(PriceSourcesTest, OneStaleSourceIsLeftOutUntilTheQuorumNeedsIt) {
    readings.seconds[0]->published = kNow - seconds{61};
    EXPECT_DOUBLE_EQ(price(kEth).value->usd, 3000);
    sources.limits.quorum = 2;
    const auto said = why(kEth);
    EXPECT_NE(said.find("ETH/USD (Pyth) is 61 s old"), std::string::npos) << said;
    EXPECT_NE(said.find("1 of 2 sources usable, 2 needed"), std::string::npos) << said;
}

TEST_F(PriceSourcesTest, WithoutAnyUsableSourceThereIsNoPrice) {
    readings.feeds[0] = fail(Errc::rejected, "the aggregator was replaced");
    readings.seconds[0] = fail(Errc::reverted, "PriceFeedNotFound()");
    EXPECT_NE(why(kEth).find("the aggregator was replaced"), std::string::npos);
    EXPECT_TRUE(price(kUsdc).value) << "another asset's price is not concerned";
}

TEST_F(PriceSourcesTest, NoPriceIsBelievedWhileTheSequencerIsDownOrJustBack) {
    sources.sequencer = Address{{9}};
    sources.sequencer_grace = seconds{3600};
    readings.sequencer = SequencerStatus{false, kNow - seconds{7200}};
    for (const auto asset : {kEth, kUsdc})
        EXPECT_NE(why(asset).find("has been down for 7200 s"), std::string::npos);
    readings.sequencer = SequencerStatus{true, kNow - seconds{3599}};
    EXPECT_NE(why(kEth).find("back since 3599 s"), std::string::npos);
    readings.sequencer = Result<SequencerStatus>(fail(Errc::timeout, "late"));
    EXPECT_EQ(why(kEth), "late") << "unknown is not up";
    readings.sequencer = SequencerStatus{true, kNow - seconds{3600}};
    EXPECT_TRUE(price(kEth).value);
}

TEST_F(PriceSourcesTest, AJumpThatWaitedStillWaitsAfterARestart) {
    PriceHistory history;
    const auto asset = sources.feeds.at(0).asset();
    const auto& name = sources.feeds.at(0).spec().name;
    const auto minutes_ago = [](int n) { return kNow - std::chrono::minutes{n}; };
    ASSERT_TRUE(history.add(asset, {{minutes_ago(20), 3000}, {}}));
    ASSERT_TRUE(history.add(asset, {{minutes_ago(2), 1500}, {}}));  // seen by the last run, and not believed
    sources.feeds.pop_back();
    sources.heartbeats.pop_back();
    sources.seconds.clear();
    PriceMemory memory({0.10}, 0.03);
    memory.begin(history, sources);
    Price price;
    price.usd = 1500;
    const auto believed = [&](TimePoint published) {
        price.published = published;
        const PriceReadings said{{price}, {}, std::nullopt};
        return memory.believe(sources, said, universe, BlockRef{ChainId(1), BlockNumber(5), {}, kNow}, kNow)
            .at(asset)
            .value;
    };
    const auto again = believed(minutes_ago(2));
    ASSERT_FALSE(again) << "the same publication confirms nothing";
    EXPECT_NE(again.error().what.find("it jumped from 3000 to 1500"), std::string::npos)
        << again.error().what;
    EXPECT_TRUE(believed(minutes_ago(1)));
    const auto back = believed(minutes_ago(2));
    ASSERT_FALSE(back);
    EXPECT_NE(back.error().what.find(name + " went back by 60 s"), std::string::npos) << back.error().what;
}

}  // namespace
}  // namespace outrigger
