// SPDX-License-Identifier: Apache-2.0
// Several endpoints asked for the same thing: who is started when, who is waited for, and for how long.
#include <gtest/gtest.h>

#include <chrono>

#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "tests/support/fake_node.hpp"
#include "tests/support/http_server.hpp"

namespace outrigger {
namespace {

using namespace std::chrono_literals;
using test::FakeNode;
using test::HttpAction;
using test::HttpSeen;
using test::HttpServer;

HttpAction hang(const HttpSeen&) {
    return {"", HttpAction::Then::stall, ""};
}
HttpAction answer(const HttpSeen&) {
    return test::http_reply("{}");
}
HttpAction refuse(const HttpSeen&) {
    return test::http_reply("no", 500);
}

std::vector<HttpRequest> lane(const HttpServer& server, std::size_t requests = 1) {
    HttpRequest r;
    r.url = server.url();
    r.body = "{}";
    r.timeout = 30s;
    return std::vector<HttpRequest>(requests, r);
}

struct RaceTest : ::testing::Test {
    HttpServer slow{hang};
    HttpServer good{answer};
    HttpServer bad{refuse};
    CurlTransport transport;
    const std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
    /// Every hanging request may take 30 s: what ends sooner did not wait for one.
    void expect_soon() const { EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s); }
};

TEST_F(RaceTest, ASlowEndpointIsOvertaken) {
    const std::vector lanes{lane(slow), lane(good)};
    const auto out = transport.race(lanes, {1, 1, 20ms, 0ms});
    ASSERT_TRUE(out[0].started && out[1].started);
    EXPECT_EQ(out[0].answers.at(0).error().code, Errc::timeout);
    EXPECT_EQ(out[1].answers.at(0)->body, "{}");
    expect_soon();
}

TEST_F(RaceTest, AFastEndpointIsAskedAlone) {
    const std::vector lanes{lane(good, 3), lane(slow)};
    const auto out = transport.race(lanes, {1, 1, 20s, 0ms});
    EXPECT_EQ(out[0].answers.size(), 3U);
    EXPECT_TRUE(all_answered(out[0].answers));
    EXPECT_FALSE(out[1].started);
    EXPECT_TRUE(slow.seen().empty());
}

TEST_F(RaceTest, AFailureIsReplacedAtOnce) {
    const std::vector lanes{lane(bad), lane(good)};
    const auto out = transport.race(lanes, {1, 1, 20s, 0ms});
    EXPECT_EQ(out[0].answers.at(0)->status, 500);
    EXPECT_TRUE(out[1].started && all_answered(out[1].answers));
    expect_soon();
}

TEST_F(RaceTest, OneUnansweredRequestIsAnUnansweredLane) {
    auto mixed = lane(good);
    mixed.push_back(lane(bad).front());
    const std::vector lanes{mixed, lane(good)};
    const auto out = transport.race(lanes, {1, 1, 20s, 0ms});
    EXPECT_FALSE(all_answered(out[0].answers));
    EXPECT_TRUE(out[1].started);
}

TEST_F(RaceTest, AQuorumIsAskedAtOnceAndFilledUp) {
    HttpServer second{answer};
    const std::vector lanes{lane(good), lane(slow), lane(second)};
    const auto out = transport.race(lanes, {2, 2, 20ms, 0ms});
    EXPECT_TRUE(all_answered(out[0].answers));
    EXPECT_FALSE(all_answered(out[1].answers));
    EXPECT_TRUE(all_answered(out[2].answers));
    expect_soon();
}

TEST_F(RaceTest, TheOthersHaveTheirGrace) {
    const std::vector lanes{lane(good), lane(slow)};
    const auto out = transport.race(lanes, {1, 2, 0ms, 50ms});
    EXPECT_TRUE(all_answered(out[0].answers));
    ASSERT_TRUE(out[1].started);
    EXPECT_NE(out[1].answers.at(0).error().what.find("no answer by the time"), std::string::npos);
    EXPECT_GE(std::chrono::steady_clock::now() - begun, 50ms);
    expect_soon();
}

TEST_F(RaceTest, NobodyLeftIsTheEnd) {
    HttpServer worse{refuse};
    const std::vector lanes{lane(bad), lane(worse)};
    const auto out = transport.race(lanes, {1, 1, 20ms, 0ms});
    EXPECT_EQ(out[0].answers.at(0)->status, 500);
    EXPECT_EQ(out[1].answers.at(0)->status, 500);
    EXPECT_TRUE(transport.race({}, {1, 1, 20ms, 0ms}).empty());
}

/// A node behind a real socket that can be told to keep silent.
struct SocketNode {
    FakeNode node;
    std::atomic<bool> silent{false};
    HttpServer server{[this](const HttpSeen& seen) -> HttpAction {
        if (silent) return hang(seen);
        HttpRequest request;
        request.body = seen.body;
        const auto out = node.perform(std::span(&request, 1));
        return test::http_reply(out.front()->body);
    }};
};

TEST(Hedge, ARoundDoesNotWaitForAnEndpointThatFallsSilentInTheMiddle) {
    constexpr ChainId kChain{31337};
    const Address token{{0x70}};
    SocketNode a;
    SocketNode b;
    for (SocketNode* n : {&a, &b})
        n->node.contracts[token] = [](const Bytes& data) { return std::optional(data); };
    CurlTransport transport;
    NodeSetOptions options;
    options.timeout = 30s;
    options.hedge_after = 30ms;
    options.head_lag_max = 30s;
    options.head_age = {std::nullopt, std::nullopt};
    NodeSet nodes(transport, kChain, {{a.server.url()}, {b.server.url()}}, options);
    MulticallReader reader({{kChain, &nodes}});
    const auto head = nodes.latest(TimePoint{});
    ASSERT_TRUE(head) << head.error().what;
    a.silent = true;
    const auto begun = std::chrono::steady_clock::now();
    const Query<Bytes> query{{EthCall{kChain, token, {1, 2, 3}}},
                             [](std::span<const Result<Bytes>> s) { return s[0]; }};
    const auto answer = reader.read({{kChain, head->block}}, query);
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(*answer, (Bytes{1, 2, 3}));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms);
    const auto standings = nodes.standings();
    EXPECT_TRUE(standings[0].set_aside);
    EXPECT_NE(standings[0].why.find("no answer by the time"), std::string::npos) << standings[0].why;
    EXPECT_TRUE(standings[1].used);
}

}  // namespace
}  // namespace outrigger
