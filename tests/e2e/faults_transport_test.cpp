// SPDX-License-Identifier: Apache-2.0
// Rows E1 to E13 of docs/faults.md: the way to the node fails. The node is real, the proxy stumbles.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fmt/format.h>

#include "tests/e2e/fault_world.hpp"
#include "tests/faultproxy/exchange.hpp"
#include "tests/faultproxy/json_faults.hpp"
#include "tests/faultproxy/lie_faults.hpp"
#include "tests/faultproxy/wire_faults.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Fault;
using test::HttpServer;
namespace faults = test::faults;

struct FaultTransport : test::FaultWorld {};

using FaultE1 = FaultTransport;
TEST_F(FaultE1, AHangingOrTricklingEndpointIsOvertakenWithinTheRound) {
    use_proxy_and_node();
    const auto keeper = start();
    for (const auto& fault : {faults::hang(), faults::trickle()}) {
        const auto began = std::chrono::steady_clock::now();
        expect_failover(*keeper, fault, "no answer by the time the others had answered");
        EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
    }
    EXPECT_LT(proxy().connections(), 40) << "connections are bounded";
}
TEST_F(FaultE1, TheDeadlineIsForTheWholeAnswerNotForEachByte) {
    use_proxy_alone();
    const auto keeper = start();
    const auto began = std::chrono::steady_clock::now();
    expect_held(*keeper, faults::trickle(), "no complete answer within 2000 ms");
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

using FaultE2 = FaultTransport;
TEST_F(FaultE2, RefusedUnknownAndUnsafeEndpointsAreReplacedAndNamed) {
    std::string closed;
    {
        const HttpServer gone([](const auto&) { return test::http_reply(""); });
        closed = gone.url();
    }
    const std::string no_tls = "https" + proxy().url().substr(4);
    for (const std::string& bad : {closed, std::string("http://no-such-host.invalid/"), no_tls}) {
        SCOPED_TRACE(bad);
        std::filesystem::remove_all(world().datadir());  // a dry run remembers what it wished for
        use({bad, world().devnet().rpc_url()});
        const auto keeper = start();
        const auto round = next_round(*keeper);
        expect_complete(round);
        EXPECT_TRUE(round->decision.act_on) << "the decision is what it was";
        EXPECT_FALSE(keeper->link().nodes().standings().at(0).why.empty());
    }
}
TEST_F(FaultE2, AResetInTheMiddleOfAnAnswerMovesOnToTheNext) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::reset(), "");
}

using FaultE3 = FaultTransport;
TEST_F(FaultE3, ABlackoutStopsTradingAndEndsWithoutABurst) {
    use_proxy_alone();
    const auto keeper = start();
    auto before = asked_of_proxy();
    expect_complete(next_round(*keeper));
    const auto usual = asked_of_proxy() - before;
    proxy().set(faults::reset());
    for (int i = 0; i < 5; ++i) {
        const auto round = next_round(*keeper);
        EXPECT_FALSE(round) << "without a head there is no round";
        EXPECT_NE(why_held(round).find(origin_of(proxy().url())), std::string::npos) << why_held(round);
    }
    proxy().set({});
    before = asked_of_proxy();
    auto round = next_round(*keeper);
    if (!round) round = next_round(*keeper);
    expect_complete(round);
    EXPECT_LE(asked_of_proxy() - before, 3 * usual);
}

using FaultE4 = FaultTransport;
TEST_F(FaultE4, RefusalsForTheRateInEachFormAreKeptTo) {
    for (const std::string form : {"seconds", "date", "json", "page"}) {
        SCOPED_TRACE(form);
        proxy().set({});
        use_proxy_and_node();
        const auto keeper = start();
        expect_failover(*keeper, faults::rate_limit(form), form == "json" ? "rate limit" : "429");
        const auto asked = asked_of_proxy();
        for (int i = 0; i < 5; ++i) expect_complete(next_round(*keeper));
        if (form == "seconds" || form == "date") {
            EXPECT_EQ(asked_of_proxy(), asked) << "it is left alone";
        }
    }
}
TEST_F(FaultE4, AnHourIsTooLongToBelieve) {
    use_proxy_alone();
    const auto keeper = start();
    expect_held(*keeper, faults::rate_limit("seconds"), "HTTP status 429");
    const std::string why = why_held(next_round(*keeper));
    EXPECT_NE(why.find("it asked us to wait (Retry-After)"), std::string::npos) << why;
    EXPECT_EQ(why.find("); 3"), std::string::npos) << why << ": not for 3600 s, but for 60 s";
}

using FaultE5 = FaultTransport;
TEST_F(FaultE5, ServerErrorsAreUnknownAndTheOtherEndpointServes) {
    use_proxy_and_node();
    const auto keeper = start();
    for (const int code : {500, 502, 503, 504})
        expect_failover(*keeper, faults::status(code, "<html>"), fmt::format("HTTP status {}", code));
}
TEST_F(FaultE5, ATransactionTakenUnderAnErrorIsNotSentTwice) {
    test::World own;  // this one trades
    test::FaultProxy node(own.devnet().rpc_url());
    own.use_rpc(node.url());
    const auto keeper = own.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    node.set(faults::break_method("eth_sendRawTransaction"));  // the node has acted by then
    const auto rest = settle_down(**keeper, own);
    ASSERT_TRUE(rest) << rest.error().what;
    const auto totals = (*keeper)->journal().totals().value();
    EXPECT_GT(totals.sent, 2U);
    EXPECT_EQ(totals.sent, totals.verified);
    EXPECT_EQ(totals.sent, test::sent_by_keeper(own));
}

using FaultE6 = FaultTransport;
TEST_F(FaultE6, WhatIsNoJsonRpcIsRefusedWhole) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::truncate(0.5), "not valid JSON");
    expect_failover(*keeper, faults::instead("nonsense"), "not valid JSON");
    expect_failover(*keeper, faults::instead(""), "empty answer");
    expect_failover(*keeper, faults::content_type("text/html"), "text/html");
    expect_failover(*keeper, faults::prefixed("\xef\xbb\xbf"), "byte order mark");
    expect_failover(*keeper, faults::suffixed(std::string(1, '\0')), "control character");
    expect_failover(*keeper, faults::result_text("\"\xc3\x28\""), "not valid JSON");
}
TEST_F(FaultE6, TheConnectionItCameByIsClosed) {
    use_proxy_alone();
    const auto keeper = start();
    expect_held(*keeper, faults::instead("nonsense"), "not valid JSON");
    const auto before = proxy().connections();
    proxy().set({});
    expect_complete(next_round(*keeper));
    EXPECT_GT(proxy().connections(), before);
}

using FaultE7 = FaultTransport;
TEST_F(FaultE7, NoMoreOfABodyIsReadThanTheLimit) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::endless(), "the answer is larger than 2097152 bytes");
    EXPECT_LT(proxy().bytes_poured(), 256UL * 1024 * 1024);
    expect_failover(*keeper, faults::huge(64), "the answer is larger than 2097152 bytes");
    expect_failover(*keeper, faults::gzip_bomb(400), "");
}

using FaultE8 = FaultTransport;
TEST_F(FaultE8, JsonThatWouldExhaustUsIsRefusedWhileItIsRead) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::deep(100'000), "nested more than");
    expect_failover(*keeper, faults::long_number(500'000), "not valid JSON");
    expect_failover(*keeper, faults::many_keys(100'000), "more than");
    expect_failover(*keeper, faults::many_keys(1'000'000), "");
    expect_failover(*keeper, faults::doubled_keys(), "a key occurs twice");
}

using FaultE9 = FaultTransport;
TEST_F(FaultE9, BrokenFramingIsRefused) {
    use_proxy_and_node();
    const auto keeper = start();
    for (const auto* how :
         {"chunk-size", "chunk-cut", "two-lengths", "length-negative", "no-status", "header-cut"}) {
        SCOPED_TRACE(how);
        expect_failover(*keeper, faults::framing(how), "");
    }
}

using FaultE10 = FaultTransport;
TEST_F(FaultE10, ASecondCopyIsNeverTakenForTheNextAnswer) {
    use_proxy_and_node();
    const auto keeper = start();
    proxy().set(faults::second_copy());
    for (int i = 0; i < 4; ++i) {
        const auto round = next_round(*keeper);
        expect_complete(round);
        const auto newest = world().devnet().rpc("eth_blockNumber", json::array()).value();
        EXPECT_EQ(to_quantity(U256(round->head.block.number.value)), newest);
    }
}
TEST_F(FaultE10, AnswersToEarlierRequestsAreRefused) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::one_late(), "");
}

using FaultE11 = FaultTransport;
TEST_F(FaultE11, RedirectsAreNeverFollowed) {
    use_proxy_and_node();
    const auto keeper = start();
    const HttpServer elsewhere([](const auto&) { return test::http_reply("{}"); });
    for (const std::string& where :
         {elsewhere.url(), std::string("file:///etc/passwd"), std::string("http://169.254.169.254/latest/")})
        expect_failover(*keeper, faults::redirect(where), "HTTP status 307");
    EXPECT_EQ(elsewhere.connections(), 0);
}

using FaultE12 = FaultTransport;
TEST_F(FaultE12, AnotherOrderAndLeftOutAnswersAreMadeGood) {
    use_proxy_alone();
    const auto keeper = start();
    for (const auto& fault : {faults::shuffle_batch(), faults::partial_batch(), faults::refused_batch()}) {
        proxy().set(fault);
        expect_complete(next_round(*keeper));
        EXPECT_EQ(why_not(*keeper), "");
    }
}
TEST_F(FaultE12, DoubledAndSwappedAnswersAreRefused) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::doubled_answer(), "two answers to one question");
    expect_failover(*keeper, faults::swap_ids(), "");
    expect_failover(*keeper, faults::swapped_results(), "");
}

using FaultE13 = FaultTransport;
TEST_F(FaultE13, ProxiesInTheEnvironmentAreIgnored) {
    const HttpServer canary([](const auto&) { return test::http_reply("{}"); });
    for (const auto* name : {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"})
        ::setenv(name, canary.url().c_str(), 1);
    use_proxy_alone();
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    for (const auto* name : {"http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"})
        ::unsetenv(name);
    EXPECT_EQ(canary.connections(), 0);
}

}  // namespace
}  // namespace outrigger
