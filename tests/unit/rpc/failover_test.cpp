// SPDX-License-Identifier: Apache-2.0
// Several endpoints of one chain: who is asked, who is not, and who is never asked again.
#include "chain/rpc/failover.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "chain/rpc/broadcaster.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::FakeNode;

constexpr ChainId kChain{31337};

/// Several fake nodes behind one transport, told apart by host.
struct Hosts final : Transport {
    std::map<std::string, FakeNode*> by_origin;
    std::vector<std::string> order;
    std::size_t performs = 0;
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        ++performs;
        std::vector<Result<HttpResponse>> out;
        for (const HttpRequest& r : requests) {
            order.push_back(origin_of(r.url).substr(8));
            out.push_back(std::move(by_origin.at(origin_of(r.url))->perform(std::span(&r, 1)).front()));
        }
        return out;
    }
    void drop_connections() override {}
};

struct FailoverTest : ::testing::Test {
    FakeNode a;
    FakeNode b;
    FakeNode c;
    Hosts hosts;
    const TimePoint now = a.head().block.timestamp;

    FailoverTest() { hosts.by_origin = {{"https://a", &a}, {"https://b", &b}, {"https://c", &c}}; }
    NodeSet set(std::vector<Endpoint> endpoints, NodeSetOptions options = {}) {
        return NodeSet(hosts, kChain, std::move(endpoints), std::move(options));
    }
    static void break_node(FakeNode& node, Errc code = Errc::timeout) {
        node.intercept = [code](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
            return fail(code, "broken");
        };
    }
    static void mend(FakeNode& node) { node.intercept = nullptr; }
};

TEST_F(FailoverTest, TheFirstHealthyOneServes) {
    NodeSet nodes = set({{"https://a/KEY"}, {"https://b/KEY"}});
    ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a", "a"})) << "the chain id first, then the head";
    hosts.order.clear();
    ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a"})) << "the chain id is not asked again";
}

TEST_F(FailoverTest, AReadIsTriedOnceMoreElsewhere) {
    for (const Errc code : {Errc::timeout, Errc::transport, Errc::decode}) {
        NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
        ASSERT_TRUE(nodes.latest(now));
        break_node(a, code);
        EXPECT_TRUE(nodes.latest(now)) << to_string(code);
        mend(a);
    }
}

TEST_F(FailoverTest, NoMoreThanTwoAreAskedForOneRead) {
    break_node(a);
    break_node(b);
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
    EXPECT_EQ(nodes.latest(now).error().code, Errc::timeout);
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(nodes.latest(now)) << "the next read starts with the one not known to be ailing";
}

TEST_F(FailoverTest, ANodesOwnRefusalIsNotTriedElsewhere) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    a.methods["eth_getBlockByNumber"] = [](const json&) { return FakeNode::error(-32000, "no"); };
    EXPECT_EQ(nodes.latest(now).error().code, Errc::rpc);
    EXPECT_EQ(std::count(hosts.order.begin(), hosts.order.end(), "b"), 0);
}

TEST_F(FailoverTest, AMethodOneDoesNotOfferIsAskedOfTheNextAndTheFirstServesTheRest) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    for (FakeNode* node : {&a, &b})
        node->methods["eth_getTransactionByHash"] = [](const json&) { return json(nullptr); };
    a.methods["eth_getTransactionByHash"] = [](const json&) { return FakeNode::error(-32601, "no such"); };
    const auto look = [&] { return nodes.read([](Node& n) { return n.transaction(TxHash{{1}}); }); };
    ASSERT_TRUE(look()) << look().error().what;
    hosts.order.clear();
    ASSERT_TRUE(look());
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"b"})) << "a is not asked for it again";
    EXPECT_FALSE(nodes.standings().front().set_aside);
    hosts.order.clear();
    ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a"}));
}

TEST_F(FailoverTest, AMethodThatNobodyOffersIsAnErrorThatNamesIt) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
    for (FakeNode* node : {&a, &b, &c})
        node->methods["eth_getTransactionByHash"] = [](const json&) { return FakeNode::error(-32601, "no"); };
    const auto look = [&] { return nodes.read([](Node& n) { return n.transaction(TxHash{{1}}); }); };
    for (int i = 0; i < 2; ++i) {
        const auto none = look();
        ASSERT_FALSE(none);
        EXPECT_EQ(none.error().code, Errc::unsupported);
        EXPECT_NE(none.error().what.find("https://a"), std::string::npos) << none.error().what;
        EXPECT_NE(none.error().what.find("eth_getTransactionByHash"), std::string::npos);
    }
    break_node(b);
    EXPECT_EQ(look().error().code, Errc::unsupported) << "nothing is asked of it, so nothing is learnt";
}

TEST_F(FailoverTest, AnAilingNodeRestsAndThenReturns) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    ASSERT_TRUE(nodes.latest(now));
    break_node(a);
    ASSERT_TRUE(nodes.latest(now));
    mend(a);
    hosts.order.clear();
    ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"b"})) << "it sits out a read or two";
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.order.back(), "a") << "and serves again";
}

TEST_F(FailoverTest, TheOnlyNodeIsAskedEvenWhenItAils) {
    NodeSet nodes = set({{"https://a"}});
    break_node(a);
    EXPECT_FALSE(nodes.latest(now));
    EXPECT_FALSE(nodes.latest(now));
    mend(a);
    EXPECT_TRUE(nodes.latest(now)) << "liveness is back with the first poll";
}

TEST_F(FailoverTest, AWrongChainIsNeverAskedAgainAndOthersServe) {
    a.methods["eth_chainId"] = [](const json&) { return json("0x1"); };
    NodeSet nodes = set({{"https://a/KEY"}, {"https://b/KEY"}});
    EXPECT_TRUE(nodes.latest(now));
    a.methods.clear();
    hosts.order.clear();
    EXPECT_TRUE(nodes.latest(now));
    EXPECT_EQ(std::count(hosts.order.begin(), hosts.order.end(), "a"), 0);
    EXPECT_EQ(nodes.senders().size(), 1U);
}

TEST_F(FailoverTest, OnlyWrongChainsIsAConfigurationError) {
    a.methods["eth_chainId"] = [](const json&) { return json("0x1"); };
    NodeSet nodes = set({{"https://a/KEY"}});
    for (int i = 0; i < 2; ++i) {
        const auto head = nodes.latest(now);
        ASSERT_FALSE(head);
        EXPECT_EQ(head.error().code, Errc::config);
        EXPECT_NE(head.error().what.find("31337"), std::string::npos) << head.error().what;
        EXPECT_EQ(head.error().what.find("KEY"), std::string::npos) << head.error().what;
    }
}

TEST_F(FailoverTest, ADeadNodeBesideAWrongOneIsStillADeadNode) {
    break_node(a);
    b.methods["eth_chainId"] = [](const json&) { return json("0x1"); };
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    EXPECT_EQ(nodes.latest(now).error().code, Errc::timeout) << "waiting may help";
}

TEST_F(FailoverTest, TheChainIdIsAskedAgainAfterAFailure) {
    NodeSet nodes = set({{"https://a"}});
    ASSERT_TRUE(nodes.latest(now));
    break_node(a);
    EXPECT_FALSE(nodes.latest(now));
    mend(a);
    a.methods["eth_chainId"] = [](const json&) { return json("0x1"); };  // the name now leads elsewhere
    EXPECT_EQ(nodes.latest(now).error().code, Errc::config);
}

TEST_F(FailoverTest, AStaleHeadMovesOnToTheNextNode) {
    NodeSetOptions options;
    options.head_age.behind_max = std::chrono::seconds{60};
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, options);
    b.mine(10);
    const TimePoint later = b.head().block.timestamp;
    const auto head = nodes.latest(later);
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(head->block, b.pin());
    EXPECT_EQ(nodes.latest(later + std::chrono::hours{1}).error().code, Errc::stale);
    EXPECT_EQ(nodes.latest(now - std::chrono::hours{1}).error().code, Errc::stale)
        << "a head from the future";
}

TEST_F(FailoverTest, RolesAreKept) {
    Endpoint send_only{"https://a"};
    send_only.read = false;
    Endpoint read_only{"https://b"};
    read_only.send = false;
    NodeSet nodes = set({send_only, read_only});
    EXPECT_TRUE(nodes.latest(now));
    EXPECT_EQ(std::count(hosts.order.begin(), hosts.order.end(), "a"), 0);
    ASSERT_EQ(nodes.senders().size(), 1U);
    EXPECT_EQ(nodes.senders().front()->origin(), "https://a");
    NodeSet none = set({send_only});
    EXPECT_EQ(none.latest(now).error().code, Errc::config);
}

TEST_F(FailoverTest, ABroadcastReachesEverySenderAtOnce) {
    const Bytes raw{0x02, 0x01};
    const std::string hash = to_hex(TxHash{keccak256(ByteView(raw))});
    a.methods["eth_sendRawTransaction"] = [&](const json&) { return json(hash); };
    b.methods["eth_sendRawTransaction"] = [](const json&) {
        return FakeNode::error(-32000, "nonce too low");
    };
    break_node(c);
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
    const auto reports = broadcast(hosts, nodes, raw);
    ASSERT_EQ(reports.size(), 3U);
    EXPECT_EQ(hosts.performs, 1U);
    EXPECT_TRUE(reports[0].outcome.accepted());
    EXPECT_EQ(reports[1].outcome.fault, SendFault::nonce_too_low);
    EXPECT_EQ(reports[2].outcome.fault, SendFault::no_answer);
    EXPECT_EQ(reports[2].origin, "https://c");
}

/// Changes every block in an answer, or in a batch of them.
void change_blocks(json& answers, const std::function<void(json& block)>& change) {
    if (answers.is_array()) {
        for (json& one : answers) change_blocks(one, change);
    } else if (answers.contains("result") && answers["result"].is_object() &&
               answers["result"].contains("timestamp")) {
        change(answers["result"]);
    }
}

struct HeadLagTest : FailoverTest {
    NodeSetOptions options() const {
        NodeSetOptions o;
        o.head_age = {std::nullopt, std::nullopt};
        o.head_lag_max = std::chrono::seconds{30};
        return o;
    }
    /// The node shows the block that many below its newest as its newest.
    void fall_behind(FakeNode& node, std::uint64_t blocks) {
        const auto old = std::prev(node.blocks().end(), static_cast<std::ptrdiff_t>(blocks) + 1)->second;
        node.tamper = [old](json& answer) {
            change_blocks(answer, [&](json& block) { block.update(FakeNode::header_json(old)); });
        };
    }
};

TEST_F(HeadLagTest, AnEndpointThatLagsIsSetAsideUntilItHasCaughtUp) {
    a.mine(40);
    b.mine(40);
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, options());
    fall_behind(a, 36);
    const auto head = nodes.latest(now);
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(*head, b.head());
    hosts.order.clear();
    ASSERT_TRUE(nodes.read([](Node& n) { return n.head(); }));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"b"})) << "the round reads where its head is";
    a.tamper = nullptr;
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(nodes.latest(now));
    hosts.order.clear();
    ASSERT_TRUE(nodes.read([](Node& n) { return n.head(); }));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a"})) << "the preferred one is back";
}

TEST_F(HeadLagTest, ALittleBehindIsNoFault) {
    a.mine(40);
    b.mine(40);
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, options());
    fall_behind(a, 1);
    ASSERT_TRUE(nodes.latest(now));
    hosts.order.clear();
    ASSERT_TRUE(nodes.read([](Node& n) { return n.head(); }));
    EXPECT_EQ(hosts.order, (std::vector<std::string>{"a"}));
}

TEST_F(HeadLagTest, AHeadFarAboveAllOthersIsNotBelieved) {
    NodeSetOptions o = options();
    o.head_lead_max = 32;
    a.mine(40);
    b.mine(3);
    // As recent as the other's, and 37 blocks higher: it cannot be the same chain.
    a.tamper = [&](json& answer) {
        change_blocks(answer, [&](json& block) {
            block["timestamp"] = FakeNode::header_json(b.head()).at("timestamp");
        });
    };
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, o);
    EXPECT_EQ(nodes.latest(now).value(), b.head());
    const auto why = nodes.standings().front().why;
    EXPECT_NE(why.find("37 blocks ahead"), std::string::npos) << why;
    o.head_lead_max = 37;
    NodeSet patient = set({{"https://a"}, {"https://b"}}, o);
    EXPECT_EQ(patient.latest(now)->block.number, a.head().block.number);
}

TEST_F(HeadLagTest, AChainThatChangesBehindTheNameIsSeenAtOnce) {
    for (const bool batches : {true, false}) {
        a.batches = batches;
        NodeSet nodes = set({{"https://a"}, {"https://b"}}, options());
        ASSERT_TRUE(nodes.latest(now));
        b.mine(1);
        if (!batches) a.mine(101), b.mine(100);
        ASSERT_TRUE(nodes.latest(now));
        a.methods["eth_chainId"] = [](const json&) { return json("0x1"); };
        EXPECT_EQ(nodes.latest(now).value(), b.head());
        EXPECT_EQ(nodes.standings().front().why, "serves chain 1, not 31337");
        a.methods.clear();
        hosts.order.clear();
        ASSERT_TRUE(nodes.latest(now));
        EXPECT_EQ(std::count(hosts.order.begin(), hosts.order.end(), "a"), 0) << "it is not believed again";
    }
}

TEST_F(HeadLagTest, OneThatLaggedDoesNotServeWhenTheOtherIsGone) {
    a.mine(40);
    b.mine(40);
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, options());
    fall_behind(a, 36);
    ASSERT_TRUE(nodes.latest(now));
    break_node(b);
    for (int i = 0; i < 3; ++i) {
        const auto head = nodes.latest(now);
        ASSERT_FALSE(head) << "a round must not go back in time";
    }
    a.tamper = nullptr;
    EXPECT_EQ(nodes.latest(now).value(), a.head());
}

TEST_F(HeadLagTest, AllHeadsAreAskedForAtOnce) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}}, options());
    ASSERT_TRUE(nodes.latest(now));
    hosts.performs = 0;
    ASSERT_TRUE(nodes.latest(now));
    EXPECT_EQ(hosts.performs, 1U);
}

TEST_F(HeadLagTest, TheOnlyOneThatAnswersServes) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}}, options());
    break_node(a);
    EXPECT_EQ(nodes.latest(now).value(), b.head());
    break_node(b);
    EXPECT_FALSE(nodes.latest(now));
    mend(a);
    EXPECT_EQ(nodes.latest(now).value(), a.head()) << "resting endpoints are asked when no other answers";
}

}  // namespace
}  // namespace outrigger
