// SPDX-License-Identifier: Apache-2.0
// What endpoints allow: rates of our own, the pauses they ask for, and a deadline for a whole round.
#include "chain/rpc/traffic.hpp"

#include <gtest/gtest.h>

#include "chain/rpc/curl_transport.hpp"
#include "chain/rpc/json_rpc.hpp"
#include "tests/support/fake_node.hpp"
#include "tests/support/http_server.hpp"

namespace outrigger {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, HoldsARate) {
    TokenBucket bucket(5, 10);
    EXPECT_EQ(bucket.wait(0ms, 10), 0ms) << "full at first";
    bucket.take(0ms, 10);
    EXPECT_EQ(bucket.wait(0ms, 1), 200ms);
    EXPECT_EQ(bucket.wait(150ms, 1), 50ms);
    EXPECT_EQ(bucket.wait(200ms, 1), 0ms);
    bucket.take(0ms, 5);  // somebody who may not wait
    EXPECT_EQ(bucket.wait(0ms, 1), 1200ms) << "the others pay for it";
    EXPECT_EQ(bucket.wait(3s, 1000), 0ms) << "a full bucket is all there is to wait for";
    EXPECT_EQ(bucket.wait(1h, 10), 0ms);
}

TEST(Backoff, DoublesToAMinuteAndIsNeverTwiceTheSame) {
    Backoff one(1);
    Backoff other(2);
    std::chrono::milliseconds whole = 1s;
    bool differs = false;
    for (int i = 0; i < 10; ++i) {
        const auto pause = one.next();
        EXPECT_GE(pause, whole / 2);
        EXPECT_LE(pause, whole);
        differs = differs || pause != other.next();
        whole = std::min<std::chrono::milliseconds>(2 * whole, 60s);
    }
    EXPECT_TRUE(differs);
    one.reset();
    EXPECT_LE(one.next(), 1s);
}

TEST(RetryAfter, IsSecondsOrADate) {
    EXPECT_EQ(retry_after("0", ""), 0s);
    EXPECT_EQ(retry_after("7", ""), 7s);
    EXPECT_EQ(retry_after("86400", ""), 60s) << "no endpoint may send us away for a day";
    EXPECT_EQ(retry_after("99999999999999999999999", ""), 60s);
    const char* now = "Sun, 06 Nov 1994 08:49:37 GMT";
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now), 30s);
    EXPECT_EQ(retry_after("Mon, 07 Nov 1994 00:00:00 GMT", now), 60s);
    EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), 0s) << "already past";
    EXPECT_EQ(retry_after("Thu, 29 Feb 2024 00:00:05 GMT", "Wed, 28 Feb 2024 23:59:59 GMT"), 6s);
    for (const char* nonsense : {"", "-1", "1.5", "soon", "7 s", "0x10", "Sun, 06 Nov 1994 08:49:37",
                                 "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                                 "Sunday, 06-Nov-94 08:49:37 GMT", "+5"})
        EXPECT_EQ(retry_after(nonsense, now), std::nullopt) << nonsense;
    EXPECT_EQ(retry_after(now, "yesterday"), std::nullopt);
}

/// Endpoints by URL, each with an answer of its own.
struct Wire final : Transport {
    std::map<std::string, HttpResponse> answers;
    std::vector<std::string> asked;
    std::vector<std::chrono::milliseconds> timeouts;
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        std::vector<Result<HttpResponse>> out;
        for (const auto& r : requests) {
            asked.push_back(r.url);
            timeouts.push_back(r.timeout);
            const auto own = answers.find(r.url);
            out.emplace_back(own == answers.end() ? HttpResponse{200, "", "{}"} : own->second);
        }
        return out;
    }
    void drop_connections() override {}
};

struct TrafficTest : ::testing::Test {
    Wire wire;
    Instant now = 1h;
    std::vector<std::chrono::milliseconds> pauses;
    TrafficOptions options() {
        TrafficOptions out;
        out.clock = [this] { return now; };
        out.pause = [this](std::chrono::milliseconds t) {
            pauses.push_back(t);
            now += t;
        };
        return out;
    }
    static HttpRequest request(const std::string& url, std::uint32_t calls = 1, bool urgent = false) {
        HttpRequest r;
        r.url = url;
        r.calls = calls;
        r.urgent = urgent;
        return r;
    }
    static Result<HttpResponse> ask(Transport& t, const HttpRequest& r) {
        return std::move(t.perform(std::span(&r, 1)).front());
    }
};

TEST_F(TrafficTest, WithoutLimitsNothingWaits) {
    TrafficControl traffic(wire, options());
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(ask(traffic, request("https://a", 50)));
    EXPECT_TRUE(pauses.empty());
}

TEST_F(TrafficTest, ARateIsKeptByWaiting) {
    auto o = options();
    o.limits["https://a"] = {10, 10};
    TrafficControl traffic(wire, o);
    const Instant begun = now;
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(ask(traffic, request("https://a", 2)));
    EXPECT_EQ(now - begun, 9s) << "100 calls, 10 of them saved up";
    EXPECT_TRUE(ask(traffic, request("https://b", 1000))) << "the others are not bound";
}

TEST_F(TrafficTest, WhoWouldWaitTooLongIsSentAway) {
    auto o = options();
    o.limits["https://a"] = {1, 10};
    TrafficControl traffic(wire, o);
    EXPECT_TRUE(ask(traffic, request("https://a", 10)));
    const auto refused = ask(traffic, request("https://a", 5));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::transport);
    EXPECT_NE(refused.error().what.find("our own limit"), std::string::npos);
    EXPECT_TRUE(ask(traffic, request("https://a", 1, true))) << "a transaction does not wait";
    EXPECT_TRUE(pauses.empty());
    EXPECT_EQ(wire.asked.size(), 2U);
}

TEST_F(TrafficTest, RetryAfterIsKept) {
    TrafficControl traffic(wire, options());
    wire.answers["https://a"] = {429, "", "", "30"};
    EXPECT_EQ(ask(traffic, request("https://a"))->status, 429);
    wire.answers.clear();
    for (const bool urgent : {false, true}) {
        now += 10s;
        const auto refused = ask(traffic, request("https://a", 1, urgent));
        ASSERT_FALSE(refused);
        EXPECT_NE(refused.error().what.find("asked us to wait"), std::string::npos) << refused.error().what;
    }
    EXPECT_TRUE(ask(traffic, request("https://b"))) << "it speaks for itself alone";
    now += 10s;
    EXPECT_TRUE(ask(traffic, request("https://a")));
}

TEST_F(TrafficTest, WithoutItThePausesGrowAndTransactionsPass) {
    TrafficControl traffic(wire, options());
    wire.answers["https://a"] = {429, "", "<html>slow down</html>"};
    ASSERT_EQ(ask(traffic, request("https://a"))->status, 429);
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < 10; ++i) {
        const Instant begun = now;
        ASSERT_FALSE(ask(traffic, request("https://a")));
        while (!ask(traffic, request("https://a"))) now += 100ms;
        longest = std::max(longest, now - begun);
        EXPECT_LE(now - begun, 61s);
    }
    EXPECT_GE(longest, 30s);
    EXPECT_TRUE(ask(traffic, request("https://a", 1, true)));
}

TEST_F(TrafficTest, ARefusalInsideAnAnswerIsOneToo) {
    TrafficControl traffic(wire, options());
    test::FakeNode node;
    JsonRpc rpc(traffic, {"https://a/KEY"});
    wire.answers["https://a/KEY"] = {
        200, "", R"({"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"limit exceeded"}})"};
    EXPECT_FALSE(rpc.call({"eth_chainId"}));
    EXPECT_EQ(wire.asked.size(), 1U);
    const auto refused = rpc.call({"eth_chainId"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(wire.asked.size(), 1U) << "not asked again so soon";
    EXPECT_EQ(refused.error().error.what.find("KEY"), std::string::npos);
}

TEST_F(TrafficTest, ARaceGoesAroundThoseThatMustWait) {
    auto o = options();
    o.limits["https://a"] = {1, 1};
    TrafficControl traffic(wire, o);
    const std::vector<std::vector<HttpRequest>> lanes{{request("https://a")}, {request("https://b")}};
    EXPECT_TRUE(traffic.race(lanes, {})[0].started);
    const auto second = traffic.race(lanes, {});
    EXPECT_FALSE(second[0].started) << "no fault of its own";
    EXPECT_TRUE(second[1].started);
    EXPECT_TRUE(pauses.empty());
    const auto alone = traffic.race(std::span(lanes).first(1), {});
    EXPECT_TRUE(alone[0].started && alone[0].answers[0]);
    EXPECT_EQ(pauses, (std::vector<std::chrono::milliseconds>{1s}));
    wire.answers["https://b"] = {429, "", "", "5"};
    const auto held = [&] { return traffic.race(std::span(lanes).last(1), {}); };
    EXPECT_EQ(held()[0].answers[0]->status, 429);
    EXPECT_FALSE(held()[0].started);
    EXPECT_NE(held()[0].refused()->what.find("Retry-After"), std::string::npos);
}

TEST_F(TrafficTest, ARoundsDeadlineIsSharedByItsRequests) {
    TrafficControl traffic(wire, options());
    traffic.set_deadline(8s);
    EXPECT_TRUE(ask(traffic, request("https://a")));
    now += 6s;
    EXPECT_TRUE(ask(traffic, request("https://a")));
    EXPECT_EQ(wire.timeouts, (std::vector<std::chrono::milliseconds>{5s, 2s}));
    now += 2s;
    const auto late = ask(traffic, request("https://a"));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::rejected);
    EXPECT_NE(late.error().what.find("deadline"), std::string::npos);
    EXPECT_TRUE(ask(traffic, request("https://a", 1, true))) << "what is signed still leaves";
    traffic.set_deadline(std::nullopt);
    EXPECT_TRUE(ask(traffic, request("https://a")));
}

TEST(Traffic, TheHeadersComeFromTheWire) {
    test::HttpServer server([](const test::HttpSeen&) {
        return test::http_reply("busy", 429,
                                "rETRY-aFTER:  Sun, 06 Nov 1994 08:50:07 GMT \r\n"
                                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    });
    CurlTransport transport;
    HttpRequest request;
    request.url = server.url();
    const auto answer = std::move(transport.perform(std::span(&request, 1)).front());
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(retry_after(answer->retry_after, answer->date), 30s);
}

}  // namespace
}  // namespace outrigger
