// SPDX-License-Identifier: Apache-2.0
// Measuring an endpoint: each measure against a node with that limit, and what a failure of it leaves
// unknown.
#include "chain/rpc/probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using std::chrono::microseconds;
using test::FakeNode;

constexpr ChainId kChain{31337};
constexpr std::uint64_t kHeight = 2'000'000;

std::uint64_t number(const json& quantity) {
    return std::stoull(quantity.get<std::string>().substr(2), nullptr, 16);
}

/// A node at block 2,000,000 that has all it may be asked for, and counts the microseconds itself.
struct Probing : ::testing::Test {
    FakeNode fake;
    microseconds clock{0};
    std::uint64_t logs_max = ~0ULL;        // blocks of one eth_getLogs
    std::uint64_t state_max = ~0ULL;       // blocks back
    std::size_t batch_max = 1'000'000;     // calls
    std::size_t most_at_once = 1'000'000;  // requests in one burst
    std::int64_t range_code = -32600;
    std::size_t in_burst = 0;

    Probing() {
        Head head = fake.head();
        head.block.number = BlockNumber(kHeight);
        const json block = FakeNode::header_json(head);
        const auto give = [&](const char* method, const json& result) {
            fake.methods[method] = [result](const json&) { return result; };
        };
        give("web3_clientVersion", "Geth/v1.14.0");
        give("eth_getBlockByNumber", block);
        for (const char* method : {"eth_getTransactionReceipt", "eth_getTransactionByHash"})
            give(method, json());
        for (const char* method :
             {"eth_call", "eth_getTransactionCount", "eth_estimateGas", "eth_maxPriorityFeePerGas"})
            give(method, "0x0");
        give("eth_feeHistory", json::object());
        give("eth_sendRawTransaction", FakeNode::error(-32000, "typed transaction too short"));
        fake.methods["eth_getBalance"] = [this, block](const json& params) -> json {
            const json& at = params.at(1);
            if (at.is_object())
                return at.at("blockHash") == block.at("hash") ? json("0x0")
                                                              : FakeNode::error(-32001, "header not found");
            return kHeight - number(at) <= state_max ? json("0x0")
                                                     : FakeNode::error(-32000, "missing trie node");
        };
        fake.methods["eth_getLogs"] = [this](const json& params) -> json {
            const auto& f = params.at(0);
            const auto blocks = number(f.at("toBlock")) - number(f.at("fromBlock")) + 1;
            return blocks <= logs_max ? json::array() : FakeNode::error(range_code, "range too wide");
        };
        fake.intercept = [this](const HttpRequest& r) { return limits(r); };
        fake.before_request = [this] { clock += microseconds{1000}; };
    }
    std::optional<Result<HttpResponse>> limits(const HttpRequest& request) {
        if (request.calls > batch_max) {
            const json no{{"jsonrpc", "2.0"},
                          {"id", nullptr},
                          {"error", {{"code", -32600}, {"message", "batch too large"}}}};
            return HttpResponse{200, "application/json", no.dump()};
        }
        const bool small = request.body.find("eth_chainId") != std::string::npos && request.calls == 1;
        if (small && ++in_burst > 1 + most_at_once)
            return HttpResponse{429, "text/plain", "slow down", "7", ""};
        return std::nullopt;
    }
    EndpointProbe probe(const ProbeLimits& limits = {}) {
        return probe_endpoint(fake, "https://node.example/v2/KEY", kChain, limits, [this] { return clock; });
    }
    void refuse(const std::string& method, std::int64_t code, const std::string& message) {
        fake.methods[method] = [=](const json&) { return FakeNode::error(code, message); };
    }
    /// Every request in which the text stands is answered with this status.
    void status(const std::string& text, long code) {
        fake.intercept = [=](const HttpRequest& r) -> std::optional<Result<HttpResponse>> {
            if (r.body.find(text) == std::string::npos) return std::nullopt;
            return HttpResponse{code, "text/html", "<html>KEY</html>"};
        };
    }
};

TEST_F(Probing, ANodeWithoutLimits) {
    const auto p = probe();
    EXPECT_EQ(p.origin, "https://node.example");
    EXPECT_EQ(p.client.value(), "Geth/v1.14.0");
    EXPECT_EQ(p.chain.value(), kChain);
    EXPECT_EQ(p.head.value().block.number, BlockNumber(kHeight));
    EXPECT_EQ(p.latency.value().median, microseconds{1000});
    EXPECT_EQ(p.latency->worst, microseconds{1000});
    EXPECT_EQ(p.batch.value(), 1000U);
    EXPECT_EQ(p.logs.value(), 100'000U);
    EXPECT_TRUE(p.depth.value().archive);
    EXPECT_EQ(p.depth->blocks, kHeight);
    EXPECT_TRUE(p.pins_by_hash.value());
    EXPECT_TRUE(p.missing.value().empty());
    EXPECT_EQ(p.burst.value().asked, 20U);
    EXPECT_EQ(p.burst->refused, 0U);
    EXPECT_EQ(p.requests, fake.seen.size());
    EXPECT_LT(p.requests, 80U);
}

TEST_F(Probing, TheOnlyTransactionOfferedIsNone) {
    probe();
    for (const auto& request : fake.seen) {
        if (request.body.find("eth_sendRawTransaction") == std::string::npos) continue;
        EXPECT_EQ(json::parse(request.body).at("params"), json::array({"0x"}));
    }
    EXPECT_EQ(std::count(fake.calls.begin(), fake.calls.end(), "eth_sendRawTransaction"), 1);
}

TEST_F(Probing, AVersionIsShownEscapedAndShort) {
    fake.methods["web3_clientVersion"] = [](const json&) { return json("\x1b[31m" + std::string(500, 'x')); };
    const auto shown = probe().client.value();
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
    EXPECT_LE(shown.size(), 70U);
    fake.methods["web3_clientVersion"] = [](const json&) { return json(7); };
    EXPECT_FALSE(probe().client);
}

TEST_F(Probing, LogWindowsAreFoundWithinASixtyFourthOfTheirStep) {
    for (const std::int64_t code : {-32600, -32005}) {  // the latter also stands for too many requests
        range_code = code;
        for (const std::uint64_t limit : {1U, 10U, 50U, 500U, 1000U, 2000U, 2048U, 3000U, 10'000U, 99'999U}) {
            logs_max = limit;
            const auto found = probe().logs;
            ASSERT_TRUE(found) << found.error().what;
            EXPECT_LE(*found, limit);
            EXPECT_GE(*found + std::max<std::uint64_t>(1, limit / 20), limit) << limit;
        }
    }
}

TEST_F(Probing, WithoutLogsThereAreNone) {
    refuse("eth_getLogs", -32601, "Method not found");
    EXPECT_EQ(probe().logs.value(), 0U);
}

TEST_F(Probing, ALimitOnTheRateIsNoLimitOnLogsStateOrPins) {
    for (const char* method : {"eth_getLogs", "eth_getBalance", "eth_call"})
        refuse(method, 429, "too many requests");
    const auto p = probe();
    EXPECT_EQ(p.logs.error().code, Errc::transport);
    EXPECT_EQ(p.depth.error().code, Errc::transport);
    EXPECT_EQ(p.pins_by_hash.error().code, Errc::transport);
    EXPECT_EQ(p.missing.error().code, Errc::transport);
    EXPECT_TRUE(p.batch);
}

TEST_F(Probing, ABrokenGatewayLeavesUnknownWhatWasAskedThroughIt) {
    for (const long code : {429L, 500L, 502L}) {
        status("eth_chainId\",\"params\":[]},", code);  // batches only
        const auto p = probe();
        ASSERT_FALSE(p.batch) << code;
        EXPECT_NE(p.batch.error().what.find(std::to_string(code)), std::string::npos);
        EXPECT_EQ(p.batch.error().what.find("KEY"), std::string::npos);
        EXPECT_TRUE(p.logs);
    }
    status("eth_getLogs", 503);
    EXPECT_FALSE(probe().logs);
}

TEST_F(Probing, BatchesAreMeasured) {
    for (const auto& [limit, shown] : {std::pair{1U, 1U}, {2U, 2U}, {20U, 20U}, {100U, 100U}, {999U, 992U}}) {
        batch_max = limit;
        EXPECT_EQ(probe().batch.value(), shown);
    }
    batch_max = 1'000'000;
    fake.batches = false;
    EXPECT_EQ(probe().batch.value(), 1U);
    ProbeLimits few;
    few.batch_max = 10;
    fake.batches = true;
    EXPECT_EQ(probe(few).batch.value(), 10U) << "no more is asked than allowed";
}

TEST_F(Probing, StateOfTheLastBlocks) {
    for (const auto& [limit, shown] : {std::pair{0U, 0U}, {128U, 120U}, {10'000U, 10'000U}}) {
        state_max = limit;
        const auto depth = probe().depth;
        ASSERT_TRUE(depth);
        EXPECT_EQ(depth->blocks, shown);
        EXPECT_FALSE(depth->archive);
    }
    refuse("eth_getBalance", -32601, "Method not found");
    EXPECT_FALSE(probe().depth) << "that says nothing about its state";
}

TEST_F(Probing, PinsThatAreNotUnderstoodOrNotHeeded) {
    refuse("eth_getBalance", -32602, "invalid argument 1");
    EXPECT_FALSE(probe().pins_by_hash.value());
    fake.methods["eth_getBalance"] = [](const json&) { return json("0x0"); };
    EXPECT_FALSE(probe().pins_by_hash.value()) << "an unknown hash must be refused";
}

TEST_F(Probing, EachMissingMethodIsNamed) {
    const std::vector<std::string> methods{"eth_call",
                                           "eth_getTransactionCount",
                                           "eth_getTransactionReceipt",
                                           "eth_getTransactionByHash",
                                           "eth_estimateGas",
                                           "eth_maxPriorityFeePerGas",
                                           "eth_feeHistory",
                                           "eth_sendRawTransaction"};
    for (const auto& method : methods) {
        const auto kept = fake.methods.at(method);
        refuse(method, -32601, "the method " + method + " does not exist/is not available");
        EXPECT_EQ(probe().missing.value(), std::vector<std::string>{method});
        fake.methods[method] = kept;
    }
    refuse("eth_estimateGas", 3, "execution reverted");
    EXPECT_TRUE(probe().missing.value().empty()) << "a revert is an answer";
}

TEST_F(Probing, ABurstBeyondItsLimit) {
    most_at_once = 8;
    const auto p = probe();
    EXPECT_EQ(p.burst.value().refused, 12U);
    EXPECT_EQ(p.burst->retry_after, std::chrono::seconds{7});
    EXPECT_EQ(p.requests, fake.seen.size());
    ProbeLimits few;
    few.burst = 3;
    in_burst = 0;
    EXPECT_EQ(probe(few).burst.value().refused, 0U);
}

TEST_F(Probing, NothingIsAskedOnceTheTimeIsUp) {
    fake.before_request = [this] { clock += std::chrono::seconds{4}; };
    const auto p = probe();
    EXPECT_LE(p.requests, 5U);
    EXPECT_TRUE(p.chain);
    EXPECT_EQ(p.batch.error().code, Errc::timeout);
    EXPECT_EQ(p.logs.error().code, Errc::timeout);
    EXPECT_EQ(p.burst.error().code, Errc::timeout);
}

TEST_F(Probing, ADeadEndpointIsAskedOnce) {
    fake.intercept = [](const HttpRequest&) { return fail(Errc::transport, "connection refused"); };
    const auto p = probe();
    EXPECT_EQ(p.chain.error().what, "connection refused");
    EXPECT_FALSE(p.batch);
    EXPECT_EQ(fake.seen.size(), 1U);
}

TEST_F(Probing, AnotherChainIsNotMeasured) {
    fake.methods["eth_chainId"] = [](const json&) { return json("0x1"); };
    EXPECT_EQ(probe().chain.value(), ChainId(1));
    EXPECT_EQ(fake.seen.size(), 1U);
}

}  // namespace
}  // namespace outrigger
