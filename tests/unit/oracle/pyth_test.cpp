// SPDX-License-Identifier: Apache-2.0
#include "oracle/pyth.hpp"

#include <gtest/gtest.h>

#include "tests/unit/oracle/vectors.hpp"

namespace outrigger {
namespace {

using testing::kAt;
using testing::kChain;

struct Pyth : ::testing::Test {
    /// The feed's reading when the contract answers with that vector.
    Result<Price> reading(const std::string& name) {
        return reading(Result<Bytes>(testing::vector_bytes(vectors.at(name))));
    }
    Result<Price> reading(Result<Bytes> answer) {
        testing::ScriptedReader reader;
        reader.set(contract, testing::vector_bytes(vectors.at("call")), std::move(answer));
        return reader.read({}, PythFeed::make(spec)->latest());
    }

    const nlohmann::json& vectors = testing::oracle_vectors("pyth");
    Address contract = *parse_address("0x4305FB66699C3B2702D4d05CF36551390A4c69C6");
    PythSpec spec{.name = "ETH/USD",
                  .chain = kChain,
                  .contract = contract,
                  .id = *parse_fixed<Hash32>(testing::oracle_vectors("pyth").at("id").get<std::string>()),
                  .asset = AssetId(0),
                  .max_confidence_ratio = 0.01};
};

TEST_F(Pyth, APriceHasItsScaleItsWidthAndItsTime) {
    const auto price = reading("good");
    ASSERT_TRUE(price) << price.error().what;
    EXPECT_DOUBLE_EQ(price->usd, 3152.4);
    EXPECT_DOUBLE_EQ(price->half_width_usd, 1.5762);
    EXPECT_EQ(price->published, kAt);
}

TEST_F(Pyth, WhatIsNoPriceIsRefused) {
    for (const auto* name : {"zero", "negative", "exponent", "tiny", "never", "beyond"}) {
        const auto price = reading(name);
        ASSERT_FALSE(price) << name;
        EXPECT_EQ(price.error().code, Errc::decode) << name;
        EXPECT_NE(price.error().what.find("ETH/USD Pyth price 0x1111"), std::string::npos)
            << price.error().what;
    }
}

TEST_F(Pyth, APriceNobodyIsSureOfIsRefused) {
    const auto price = reading("wide");
    ASSERT_FALSE(price);
    EXPECT_EQ(price.error().code, Errc::rejected);
}

TEST_F(Pyth, NothingIsNotZero) {
    EXPECT_EQ(reading(Bytes{}).error().code, Errc::decode);
    EXPECT_EQ(reading(fail(Errc::reverted, "PriceFeedNotFound()")).error().code, Errc::reverted);
    Bytes cut = testing::vector_bytes(vectors.at("good"));
    cut.pop_back();
    EXPECT_EQ(reading(cut).error().code, Errc::decode);
}

TEST_F(Pyth, AConfidenceLimitHasNoDefault) {
    spec.max_confidence_ratio = 0;
    EXPECT_EQ(PythFeed::make(spec).error().code, Errc::config);
}

}  // namespace
}  // namespace outrigger
