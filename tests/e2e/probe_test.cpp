// SPDX-License-Identifier: Apache-2.0
// What `check` finds out about endpoints: a real node, behind a proxy that limits it as providers do.
#include "chain/rpc/probe.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "chain/rpc/curl_transport.hpp"
#include "keeper/cli/check_endpoints.hpp"
#include "tests/faultproxy/fault_proxy.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Fault;
using test::FaultProxy;

constexpr ChainId kChain(31337);

json refusal(const json& asked, std::int64_t code, const std::string& message) {
    return {{"jsonrpc", "2.0"},
            {"id", asked.value("id", json())},
            {"error", {{"code", code}, {"message", message}}}};
}

std::uint64_t number(const json& quantity) {
    return std::stoull(quantity.get<std::string>().substr(2), nullptr, 16);
}

struct ProbeTest : ::testing::Test {
    static void SetUpTestSuite() {
        auto started = test::Devnet::start();
        ASSERT_TRUE(started) << started.error().what;
        devnet = *std::move(started);
    }
    static void TearDownTestSuite() { devnet.reset(); }

    static std::chrono::microseconds steady() {
        return std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
    }
    EndpointProbe probe(const Fault& fault = {}, ProbeLimits limits = {}) {
        proxy.set(fault);
        return probe_endpoint(transport, proxy.url() + "/v2/secret", kChain, limits, steady);
    }
    static std::unique_ptr<test::Devnet> devnet;
    FaultProxy proxy{devnet->rpc_url()};
    CurlTransport transport;
};
std::unique_ptr<test::Devnet> ProbeTest::devnet;

TEST_F(ProbeTest, AFullNodeWithoutLimits) {
    const json before = proxy.ask("eth_blockNumber", json::array());
    const auto p = probe();
    EXPECT_EQ(p.origin, origin_of(proxy.url()));
    EXPECT_NE(p.client.value().find("anvil"), std::string::npos);
    EXPECT_EQ(p.chain.value(), kChain);
    EXPECT_EQ(p.head.value().block.number.value, number(before));
    EXPECT_GT(p.latency.value().median.count(), 0);
    EXPECT_GE(p.latency->worst, p.latency->median);
    EXPECT_EQ(p.batch.value(), 1000U);
    EXPECT_GE(p.logs.value(), 100U);
    EXPECT_TRUE(p.pins_by_hash.value());
    EXPECT_EQ(p.missing.value(), std::vector<std::string>{});
    EXPECT_EQ(p.burst.value().asked, 20U);
    EXPECT_EQ(p.burst->refused, 0U);
    EXPECT_EQ(proxy.ask("eth_blockNumber", json::array()), before) << "nothing was sent";
    EXPECT_EQ(proxy.ask("txpool_status", json::array()).at("pending"), "0x0");
    EXPECT_LT(p.requests, 80U);
}

TEST_F(ProbeTest, BatchesUpToAHundred) {
    const auto p = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_array() && asked.size() > 100)
            answered = refusal(json::object(), -32600, "batch too large, the limit is 100");
        return std::nullopt;
    });
    EXPECT_EQ(p.batch.value(), 100U);
}

TEST_F(ProbeTest, NoBatchesAtAll) {
    const auto p = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_array()) answered = refusal(json::object(), -32600, "batch requests are not supported");
        return std::nullopt;
    });
    EXPECT_EQ(p.batch.value(), 1U);
}

TEST_F(ProbeTest, LogsOfAThousandBlocks) {
    // The chain must be longer than the window.
    ASSERT_TRUE(devnet->rpc("anvil_mine", {"0x300"}));
    const auto p = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (!asked.is_object() || asked.value("method", "") != "eth_getLogs") return std::nullopt;
        const json& filter = asked.at("params").at(0);
        if (number(filter.at("toBlock")) - number(filter.at("fromBlock")) >= 1000)
            answered = refusal(asked, -32005, "query exceeds max block range 1000");
        return std::nullopt;
    });
    EXPECT_EQ(p.logs.value(), 1000U);
}

TEST_F(ProbeTest, StateOfTheLast128Blocks) {
    const json head = proxy.ask("eth_blockNumber", json::array());
    const auto p = probe([&](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (!asked.is_object() || asked.value("method", "") != "eth_getBalance") return std::nullopt;
        const json& at = asked.at("params").at(1);
        if (!at.is_string()) return std::nullopt;
        answered = {{"jsonrpc", "2.0"}, {"id", asked.at("id")}, {"result", "0x0"}};
        if (number(head) - number(at) > 128) answered = refusal(asked, -32000, "missing trie node");
        return std::nullopt;
    });
    EXPECT_EQ(p.depth.value().blocks, 120U);
    EXPECT_FALSE(p.depth->archive);
}

TEST_F(ProbeTest, AnArchive) {
    const auto p = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_object() && asked.value("method", "") == "eth_getBalance")
            answered = {{"jsonrpc", "2.0"}, {"id", asked.at("id")}, {"result", "0x0"}};
        return std::nullopt;
    });
    EXPECT_TRUE(p.depth.value().archive);
    EXPECT_EQ(p.depth->blocks, p.head->block.number.value);
}

TEST_F(ProbeTest, ABlockHashThatIsNotUnderstood) {
    const auto refused = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_object() && asked.value("method", "") == "eth_getBalance" &&
            asked.at("params").at(1).is_object())
            answered = refusal(asked, -32602, "invalid argument 1");
        return std::nullopt;
    });
    EXPECT_FALSE(refused.pins_by_hash.value());
    // Worse: it answers, whatever block was asked for.
    const auto ignored = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (asked.is_object() && asked.value("method", "") == "eth_getBalance" &&
            asked.at("params").at(1).is_object())
            answered = {{"jsonrpc", "2.0"}, {"id", asked.at("id")}, {"result", "0x0"}};
        return std::nullopt;
    });
    EXPECT_FALSE(ignored.pins_by_hash.value());
}

TEST_F(ProbeTest, MethodsItDoesNotOffer) {
    const auto p = probe([](const json& asked, json& answered) -> std::optional<test::HttpAction> {
        if (!asked.is_object()) return std::nullopt;
        const auto method = asked.value("method", "");
        if (method == "eth_sendRawTransaction" || method == "eth_feeHistory")
            answered = refusal(asked, -32601, "the method " + method + " does not exist/is not available");
        return std::nullopt;
    });
    EXPECT_EQ(p.missing.value(), (std::vector<std::string>{"eth_feeHistory", "eth_sendRawTransaction"}));
}

TEST_F(ProbeTest, ABurstOfWhichSomeAreRefused) {
    std::atomic<int> chain_ids{0};
    const auto p = probe([&](const json& asked, json&) -> std::optional<test::HttpAction> {
        if (!asked.is_object() || asked.value("method", "") != "eth_chainId") return std::nullopt;
        if (++chain_ids <= 11) return std::nullopt;  // one at the start, ten of the burst
        return test::http_reply("slow down", 429, "Retry-After: 3\r\n");
    });
    EXPECT_EQ(p.burst.value().refused, 10U);
    EXPECT_EQ(p.burst->retry_after, std::chrono::seconds{3});
}

TEST_F(ProbeTest, AnotherChainIsNotMeasuredFurther) {
    const auto p = probe(test::faults::chain_id(1));
    EXPECT_EQ(p.chain.value(), ChainId(1));
    EXPECT_FALSE(p.head);
    EXPECT_FALSE(p.batch);
    EXPECT_EQ(p.requests, 1U);
}

TEST_F(ProbeTest, WhatHangsIsUnknownAndTakesNoLongerThanAllowed) {
    ProbeLimits limits;
    limits.timeout = std::chrono::milliseconds{200};
    limits.total = std::chrono::milliseconds{1000};
    const auto start = steady();
    const auto p = probe(
        [](const json& asked, json&) -> std::optional<test::HttpAction> {
            if (asked.is_object() && asked.value("method", "") == "eth_chainId") return std::nullopt;
            return test::HttpAction{"", test::HttpAction::Then::stall, ""};
        },
        limits);
    EXPECT_LT(steady() - start, std::chrono::seconds{4});
    EXPECT_TRUE(p.chain);
    EXPECT_EQ(p.head.error().code, Errc::timeout);
    for (const bool known :
         {p.latency.has_value(), p.batch.has_value(), p.logs.has_value(), p.depth.has_value()})
        EXPECT_FALSE(known);
}

/// What the measurements mean for an endpoint's uses.
struct Judged : ProbeTest {
    config::ChainSettings chain;
    Judged() {
        chain.network.chain_id = kChain;
        chain.read_quorum = 1;
        chain.rpc.resize(3);
        chain.rpc[1].role = config::RpcRole::read;
        chain.rpc[2].role = config::RpcRole::send;
    }
    cli::EndpointReport judged(const EndpointProbe& p, std::size_t at) {
        cli::EndpointReport report{p, cli::uses_of(chain, at), {}, {}};
        cli::judge(report, chain, at);
        return report;
    }
};

TEST_F(Judged, UsesFollowRolesAndOrder) {
    EXPECT_EQ(cli::uses_of(chain, 0),
              "reading, history and logs (first choice), comparing heads, sending transactions");
    EXPECT_EQ(cli::uses_of(chain, 1), "reading in reserve (choice 2), comparing heads");
    EXPECT_EQ(cli::uses_of(chain, 2), "sending transactions");
    chain.read_quorum = 2;
    EXPECT_EQ(cli::uses_of(chain, 1), "reading (one of the 2 that must agree), comparing heads");
}

TEST_F(Judged, AnEndpointFailsForWhatItIsUsedFor) {
    EndpointProbe p = probe();
    EXPECT_TRUE(judged(p, 0).failures.empty());
    p.missing = std::vector<std::string>{"eth_sendRawTransaction"};
    EXPECT_EQ(judged(p, 0).failures, std::vector<std::string>{"does not offer eth_sendRawTransaction"});
    EXPECT_TRUE(judged(p, 1).failures.empty()) << "it is only read";
    p.missing = std::vector<std::string>{"eth_call"};
    EXPECT_TRUE(judged(p, 2).failures.empty()) << "it only sends";
    EXPECT_EQ(judged(p, 1).failures.size(), 1U);
    p.missing = std::vector<std::string>{"eth_feeHistory"};
    EXPECT_TRUE(judged(p, 0).failures.empty()) << "the other one is enough";
    p.missing->emplace_back("eth_maxPriorityFeePerGas");
    EXPECT_EQ(judged(p, 0).failures.size(), 1U);
    p.chain = ChainId(1);
    EXPECT_EQ(judged(p, 0).failures, std::vector<std::string>{"serves chain 1, not 31337"});
}

TEST_F(Judged, WhatIsUnknownIsSaidWithTheReason) {
    EndpointProbe p = probe();
    EXPECT_TRUE(judged(p, 1).remarks.empty());
    p.missing = fail(Errc::transport, "HTTP status 429");
    p.logs = fail(Errc::timeout, "no answer");
    EXPECT_EQ(judged(p, 1).remarks, (std::vector<std::string>{"offered methods unknown: HTTP status 429",
                                                              "logs unknown: no answer"}));
    EXPECT_EQ(judged(p, 2).remarks, std::vector<std::string>{"offered methods unknown: HTTP status 429"})
        << "no logs are read from one that only sends";
}

TEST_F(Judged, AHeadOlderThanAnothersIsNoted) {
    chain.max_head_lag = std::chrono::seconds{30};
    std::vector<cli::EndpointReport> reports(3);
    reports[0].head_age = std::chrono::seconds{50};
    reports[1].head_age = std::chrono::seconds{7};
    reports[2].head_age = std::chrono::seconds{500};
    cli::compare_heads(reports, chain);
    ASSERT_EQ(reports[0].remarks.size(), 1U);
    EXPECT_NE(reports[0].remarks.front().find("43 s older"), std::string::npos) << reports[0].remarks.front();
    EXPECT_TRUE(reports[1].remarks.empty());
    EXPECT_TRUE(reports[2].remarks.empty()) << "it is not read";
    reports[1].head_age.reset();
    reports[0].remarks.clear();
    cli::compare_heads(reports, chain);
    EXPECT_TRUE(reports[0].remarks.empty()) << "there is none to compare it with";
}

/// All endpoints together, as check does: limits are kept, and one that limits its rate is left alone.
TEST_F(Judged, AnEndpointThatAsksToBeLeftAloneIs) {
    std::atomic<int> requests{0};
    proxy.set([&](const json&, json&) -> std::optional<test::HttpAction> {
        if (++requests <= 10) return std::nullopt;
        return test::http_reply("slow down", 429, "Retry-After: 60\r\n");
    });
    FaultProxy other{devnet->rpc_url()};
    chain.rpc.resize(2);
    chain.rpc[0].url = proxy.url() + "/v2/secret";
    chain.rpc[1].url = other.url();
    const auto reports = cli::probe_endpoints(chain);
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(requests, 11) << "nothing is asked after the first refusal";
    EXPECT_FALSE(reports[0].probe.burst);
    EXPECT_NE(reports[0].probe.burst.error().what.find("Retry-After"), std::string::npos);
    EXPECT_EQ(cli::document(reports[0]).dump().find("secret"), std::string::npos);
    EXPECT_EQ(reports[0].key, "chain.rpc[0]");
    EXPECT_EQ(reports[1].probe.batch.value(), 1000U);
    EXPECT_TRUE(reports[1].remarks.empty());
}

TEST_F(Judged, NothingUnknownIsShownAsZero) {
    EndpointProbe p = probe();
    p.logs = fail(Errc::timeout, "no answer");
    p.burst = fail(Errc::timeout, "no answer");
    const std::string text = cli::sentence(p);
    EXPECT_NE(text.find("logs unknown"), std::string::npos) << text;
    EXPECT_NE(text.find("throttling unknown"), std::string::npos) << text;
    const json doc = cli::document(judged(p, 0));
    EXPECT_TRUE(doc.at("logs_blocks").is_null());
    EXPECT_EQ(doc.at("unknown").at("logs_blocks"), "no answer");
    EXPECT_EQ(doc.dump().find("secret"), std::string::npos) << "only the host is shown";
}

}  // namespace
}  // namespace outrigger
