// SPDX-License-Identifier: Apache-2.0
// Many positions cost no more requests than one.
#include <gtest/gtest.h>

#include "tests/e2e/crowd.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Crowd;

U256 number(const json& j) {
    return *U256::from_decimal(j.get<std::string>());
}

TEST(Crowd, FiveHundredPositionsAndFiftyFeedsInThreeRequests) {
    constexpr std::size_t kPositions = 500;
    constexpr std::size_t kFeeds = 50;
    Crowd crowd(kPositions, kFeeds);
    const Market market = crowd.market(kPositions, kFeeds);
    const auto quotes = crowd.devnet().post("/position_quotes", {{"token_ids", crowd.ids()}});
    ASSERT_TRUE(quotes) << quotes.error().what;

    const auto before = crowd.nodes().http_requests();
    const Head head = crowd.head();
    const Reading reading = read_round(crowd.reader(), market, head, Address{});
    const auto requests = crowd.nodes().http_requests() - before;
    RecordProperty("http_requests", static_cast<int>(requests));
    EXPECT_LE(requests, 3U);

    ASSERT_EQ(reading.pools.size(), kPositions);
    for (std::size_t i = 0; i < kPositions; ++i) {
        ASSERT_TRUE(reading.pools[i]) << reading.pools[i].error().what;
        const json& q = quotes->at(i);
        ASSERT_EQ(q.at("block_hash").get<std::string>(), to_hex(head.block.hash));
        EXPECT_EQ(reading.pools[i]->principal,
                  (TokenAmounts{number(q.at("amount0")), number(q.at("amount1"))}));
    }
    ASSERT_EQ(reading.prices.feeds.size(), kFeeds);
    for (std::size_t i = 0; i < kFeeds; ++i) {
        ASSERT_TRUE(reading.prices.feeds[i]) << reading.prices.feeds[i].error().what;
        EXPECT_DOUBLE_EQ(reading.prices.feeds[i]->usd, crowd.prices()[i]);
    }
    EXPECT_TRUE(reading.nonce) << "in the same request";
}

}  // namespace
}  // namespace outrigger
