// SPDX-License-Identifier: Apache-2.0
// Logs within whatever limits an endpoint has; nothing that was not asked for.
#include "chain/rpc/logs.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::FakeNode;

constexpr ChainId kChain{31337};
const Address kContract{{0x70}};
const Hash32 kTopic{{0x11}};

struct LogsTest : ::testing::Test {
    LogsTest() {
        fake.methods["eth_getLogs"] = [this](const json& params) -> json {
            const auto first = *parse_quantity_u64(params.at(0).at("fromBlock").get<std::string>());
            const auto last = *parse_quantity_u64(params.at(0).at("toBlock").get<std::string>());
            ++asked;
            widest = std::max(widest, last - first + 1);
            if (last - first + 1 > range_max) return FakeNode::error(-32000, "query exceeds max block range");
            json out = json::array();
            for (const auto at : blocks) {
                if (at < first || at > last) continue;
                out.push_back(log_at(at));
                if (change) change(out.back());
            }
            return out;
        };
    }
    static json log_at(std::uint64_t block) {
        return {{"address", to_hex(kContract)},
                {"topics", {to_hex(kTopic)}},
                {"data", "0x"},
                {"blockNumber", to_quantity(U256(block))}};
    }
    Result<LogSearch> search(std::uint64_t head, const LogSearchLimits& limits = {}) {
        return search_logs(node, filter, BlockNumber(head), limits);
    }

    FakeNode fake;
    Node node{fake, {.url = "https://node.example"}, kChain};
    LogFilter filter{kContract, {kTopic}};
    std::vector<std::uint64_t> blocks{3, 500'000, 999'999};
    std::uint64_t range_max = ~0ULL;
    std::size_t asked = 0;
    std::uint64_t widest = 0;
    std::function<void(json&)> change;
};

TEST_F(LogsTest, AnUnlimitedNodeIsReadInAFewWindows) {
    const auto found = search(1'000'000);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->logs.size(), 3U);
    EXPECT_EQ(found->reached, BlockNumber(0));
    EXPECT_EQ(found->stopped, "");
    EXPECT_LE(asked, 8U);
}

TEST_F(LogsTest, ARangeLimitIsLearned) {
    range_max = 30'000;
    const auto found = search(1'000'000);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->logs.size(), 3U);
    EXPECT_EQ(found->reached, BlockNumber(0));
    EXPECT_LE(found->window, 40'000U);
}

TEST_F(LogsTest, AStingyNodeIsAskedABoundedNumberOfTimesAndTheRestIsSaid) {
    range_max = 100;
    const auto found = search(1'000'000);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(asked, 200U);
    EXPECT_GT(found->reached.value, 980'000U);
    EXPECT_NE(found->stopped.find("200 requests"), std::string::npos);
    EXPECT_EQ(found->logs.size(), 1U) << "the newest are found first";
}

TEST_F(LogsTest, ANodeWithoutLogsIsAnError) {
    range_max = 0;
    EXPECT_EQ(search(1'000'000).error().code, Errc::rpc);
}

TEST_F(LogsTest, WhatWasNotAskedForIsRefused) {
    const std::vector<std::function<void(json&)>> lies{
        [](json& l) { l["address"] = "0x" + std::string(40, 'a'); },
        [](json& l) { l["topics"][0] = to_hex(Hash32{{0x12}}); },
        [](json& l) { l["topics"] = json::array(); },
        [](json& l) {
            l["topics"] = json::array({to_hex(kTopic), "0x1", "0x2", "0x3", "0x4"});
        },
        [](json& l) { l["blockNumber"] = "0x1"; },
        [](json& l) { l["blockNumber"] = nullptr; },
        [](json& l) { l["data"] = "0x1"; },
        [](json& l) { l.erase("topics"); },
        [](json& l) { l = "log"; },
    };
    for (const auto& lie : lies) {
        change = lie;
        const auto got = read_logs(node, filter, BlockNumber(2), BlockNumber(999'999));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, Errc::decode);
    }
}

}  // namespace
}  // namespace outrigger
