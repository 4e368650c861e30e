// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "oracle/composed.hpp"
#include "oracle/uniswap_twap.hpp"
#include "tests/unit/oracle/vectors.hpp"

namespace outrigger {
namespace {

using std::chrono::seconds;

struct TwapTest : ::testing::Test {
    Result<Twap> mean(const std::string& slot0, Result<Bytes> observed) {
        testing::ScriptedReader reader;
        reader.set(spec.pool, testing::vector_bytes(vectors.at("slot0_call")),
                   testing::vector_bytes(vectors.at(slot0)));
        reader.set(spec.pool, testing::vector_bytes(vectors.at("observe_call")), std::move(observed));
        auto out = reader.read({}, uniswap_twap(spec));
        EXPECT_EQ(reader.batches, 1U);
        return out;
    }
    Result<Twap> mean(const std::string& observed) {
        return mean("slot0", testing::vector_bytes(vectors.at(observed)));
    }

    const nlohmann::json& vectors = testing::oracle_vectors("twap");
    TwapSpec spec{.name = "WETH-USDC",
                  .chain = testing::kChain,
                  .pool = *parse_address("0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"),
                  .decimals0 = 18,
                  .decimals1 = 6};
};

TEST_F(TwapTest, TheMeanTickRoundsDownAndTheLiquidityIsHarmonic) {
    const auto twap = mean("observed");
    ASSERT_TRUE(twap) << twap.error().what;
    EXPECT_EQ(twap->mean_tick.value, vectors.at("mean_tick").get<int>());
    EXPECT_EQ(twap->harmonic_liquidity.to_decimal(), vectors.at("liquidity").get<std::string>());
    EXPECT_EQ(twap->cardinality, 100);
    EXPECT_NEAR(twap->price / (std::pow(1.0001, -196000) * 1e12), 1, 1e-9);
}

TEST_F(TwapTest, TheLiquidityAccumulatorMayWrap) {
    const auto twap = mean("wrapped");
    ASSERT_TRUE(twap) << twap.error().what;
    EXPECT_EQ(twap->harmonic_liquidity.to_decimal(), vectors.at("liquidity").get<std::string>());
}

TEST_F(TwapTest, TooLittleHistoryIsSaid) {
    const auto single = mean("single", testing::vector_bytes(vectors.at("observed")));
    EXPECT_EQ(single.error().code, Errc::stale);
    EXPECT_NE(single.error().what.find("keeps 1 observations"), std::string::npos) << single.error().what;
    const auto old = mean("slot0", fail(Errc::reverted, "OLD"));
    EXPECT_EQ(old.error().code, Errc::stale);
    EXPECT_NE(old.error().what.find("1800 s back"), std::string::npos) << old.error().what;
    EXPECT_EQ(mean("slot0", fail(Errc::timeout, "late")).error().code, Errc::timeout);
}

TEST_F(TwapTest, AnswersThatContradictThemselvesAreRefused) {
    for (const auto* name : {"still", "one", "absurd"})
        EXPECT_EQ(mean(name).error().code, Errc::decode) << name;
    EXPECT_EQ(mean("slot0", Bytes{}).error().code, Errc::decode);
}

TEST(V2Mean, TwoReadingsGiveTheTimeWeightedPrice) {
    // 600 s at 2000 USDC per WETH, then 300 s at 3200: 2400 on average.
    const U256 weth = U256(100) * *U256::from_decimal("1000000000000000000");
    const auto then =
        v2_accumulator(U256::max(), weth, U256(200'000'000'000), 4'294'967'000U, 4'294'967'000U);
    const auto middle =
        v2_accumulator(then->price0_cumulative, weth, U256(200'000'000'000), then->timestamp, 304U);
    const auto now = v2_accumulator(middle->price0_cumulative, weth, U256(320'000'000'000), 304U, 604U);
    ASSERT_TRUE(now);
    const auto price = v2_mean_price(*then, *now, seconds{900}, 18, 6);
    ASSERT_TRUE(price) << price.error().what;
    EXPECT_NEAR(*price, 2400, 1e-6);
    EXPECT_EQ(v2_mean_price(*then, *now, seconds{901}, 18, 6).error().code, Errc::stale);
    EXPECT_EQ(v2_mean_price(*then, *then, seconds{0}, 18, 6).error().code, Errc::stale);
    EXPECT_EQ(v2_accumulator(U256(), U256(), U256(1), 0, 1).error().code, Errc::decode);
}

TEST(Composed, IsAsOldAsItsOlderLegAndAsWideAsBoth) {
    const auto at = [](int s) { return testing::kAt + seconds{s}; };
    const auto price = compose({1.2, 0.012, at(-500)}, {3000, 15, at(-10)});
    ASSERT_TRUE(price);
    EXPECT_DOUBLE_EQ(price->usd, 3600);
    EXPECT_DOUBLE_EQ(price->half_width_usd, 3600 * 0.015);
    EXPECT_EQ(price->published, at(-500));
    EXPECT_FALSE(compose({0, 0, at(0)}, {3000, 0, at(0)}));
    EXPECT_FALSE(compose({1, 0, at(0)}, {std::nan(""), 0, at(0)}));
    EXPECT_FALSE(compose({1e200, 0, at(0)}, {1e200, 0, at(0)}));
}

/// A source that says what it is told to.
struct Fixed final : PriceFeed {
    explicit Fixed(Result<Price> p) : price(std::move(p)) {}
    AssetId asset() const override { return AssetId(0); }
    Query<Price> latest() const override {
        return {{}, [p = price](Query<Price>::Answers) { return p; }};
    }
    Result<Price> price;
};

TEST(Composed, FailsWithTheReasonOfTheLegThatFailed) {
    const auto good = std::make_shared<Fixed>(Price{2, 0, testing::kAt});
    const auto bad = std::make_shared<Fixed>(fail(Errc::rejected, "clamped"));
    testing::ScriptedReader reader;
    EXPECT_DOUBLE_EQ(reader.read({}, ComposedFeed(AssetId(1), good, good).latest())->usd, 4);
    for (const auto& feed : {ComposedFeed(AssetId(1), good, bad), ComposedFeed(AssetId(1), bad, good)}) {
        const auto price = reader.read({}, feed.latest());
        ASSERT_FALSE(price);
        EXPECT_EQ(price.error().what, "clamped");
    }
}

}  // namespace
}  // namespace outrigger
