// SPDX-License-Identifier: Apache-2.0
// Several endpoints must say the same: what is believed, who is set aside, and what is said when nobody is
// right.
#include "chain/rpc/quorum.hpp"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using test::FakeNode;

constexpr ChainId kChain{31337};
const Address kToken{{0x70}};
const Address kAlice{{0xa1}};

struct QuorumTest : ::testing::Test {
    struct Hosts final : Transport {
        std::map<std::string, FakeNode*> by_origin;
        std::vector<std::string> asked;
        std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
            std::vector<Result<HttpResponse>> out;
            for (const HttpRequest& r : requests) {
                asked.push_back(origin_of(r.url));
                out.push_back(std::move(by_origin.at(asked.back())->perform(std::span(&r, 1)).front()));
            }
            return out;
        }
        void drop_connections() override {}
    };

    QuorumTest() {
        hosts.by_origin = {{"https://a", &a}, {"https://b", &b}, {"https://c", &c}};
        for (FakeNode* node : {&a, &b, &c}) {
            node->mine(3);
            says(*node, 5);
        }
    }
    static void says(FakeNode& node, std::uint8_t value) {
        node.contracts[kToken] = [value](const Bytes& data) {
            Bytes out(32, 0);
            out.back() = data.front() == 0x18 ? value : data.front();
            return std::optional(out);
        };
    }
    NodeSet set(std::vector<Endpoint> endpoints, std::size_t quorum = 2) {
        NodeSetOptions o;
        o.head_age = {std::nullopt, std::nullopt};
        o.head_lag_max = std::chrono::seconds{30};
        o.quorum = quorum;
        return NodeSet(hosts, kChain, std::move(endpoints), o);
    }
    /// Three reads; the second is the one that may be lied about.
    std::vector<Result<Bytes>> round(NodeSet& nodes) {
        MulticallReader reader({{kChain, &nodes}});
        const auto head = nodes.latest(TimePoint{});
        if (!head) return {};
        const Query<std::vector<Result<Bytes>>> query{
            {EthCall{kChain, kToken, {0x01}}, EthCall{kChain, kToken, {0x18, 0x16, 0x0d, 0xdd}},
             GetNonce{kChain, kAlice}},
            [](std::span<const Result<Bytes>> s) -> Result<std::vector<Result<Bytes>>> {
                return std::vector<Result<Bytes>>(s.begin(), s.end());
            }};
        return *reader.read({{kChain, head->block}}, query);
    }

    FakeNode a, b, c;
    Hosts hosts;
};

TEST_F(QuorumTest, AgreeingEndpointsAreBelieved) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    const auto slots = round(nodes);
    ASSERT_EQ(slots.size(), 3U);
    EXPECT_EQ(slots[1]->back(), 5);
    EXPECT_TRUE(slots[2]);
}

TEST_F(QuorumTest, WithoutAMajorityOnlyTheDisputedReadHasNoAnswer) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    says(b, 6);
    const auto slots = round(nodes);
    ASSERT_EQ(slots.size(), 3U);
    EXPECT_TRUE(slots[0]);
    ASSERT_FALSE(slots[1]);
    EXPECT_EQ(slots[1].error().code, Errc::rejected);
    const auto& why = slots[1].error().what;
    EXPECT_NE(why.find("https://a, https://b disagree about 0x18160ddd of 0x7000"), std::string::npos) << why;
    EXPECT_TRUE(slots[2]);
}

TEST_F(QuorumTest, AThirdEndpointDecidesAndTheLiarIsSetAside) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
    says(a, 6);
    const auto slots = round(nodes);
    ASSERT_TRUE(slots.at(1)) << slots[1].error().what;
    EXPECT_EQ(slots[1]->back(), 5);
    hosts.asked.clear();
    EXPECT_EQ(round(nodes).at(1)->back(), 5);
    EXPECT_EQ(std::count(hosts.asked.begin(), hosts.asked.end(), "https://a"), 0);
}

TEST_F(QuorumTest, TheThirdIsNotAskedWhileTwoAgree) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c", true}});
    round(nodes);
    hosts.asked.clear();
    round(nodes);
    EXPECT_EQ(std::count(hosts.asked.begin(), hosts.asked.end(), "https://c"), 1) << "its head, no more";
}

TEST_F(QuorumTest, TooFewEndpointsAreNoQuorum) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    b.intercept = [](const HttpRequest&) { return Result<HttpResponse>(fail(Errc::timeout, "late")); };
    for (const auto& slot : round(nodes)) {
        ASSERT_FALSE(slot);
        EXPECT_NE(slot.error().what.find("1 of the 2 endpoints"), std::string::npos) << slot.error().what;
    }
}

TEST_F(QuorumTest, TheRoundIsReadAtAHeadThatAllOfThemKnow) {
    a.mine(1);
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    EXPECT_EQ(nodes.latest(TimePoint{})->block, b.head().block);
    EXPECT_TRUE(round(nodes).at(1));
}

TEST_F(QuorumTest, AnEndpointOnAnotherBranchIsOutvoted) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}, {"https://c"}});
    a.reorg(1, 1);  // as high as the others, and alone
    b.mine(1);
    c.mine(1);
    EXPECT_EQ(nodes.latest(TimePoint{})->block, b.blocks().at(a.head().block.number.value).block);
    const auto why = nodes.standings().front().why;
    EXPECT_NE(why.find("follows another branch: block 103"), std::string::npos) << why;
    EXPECT_TRUE(round(nodes).at(1));
}

TEST_F(QuorumTest, TwoBranchesOfOneEndpointEachAreNoHead) {
    NodeSet nodes = set({{"https://a"}, {"https://b"}});
    a.reorg(1, 1);
    const auto head = nodes.latest(TimePoint{});
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, Errc::rejected);
    EXPECT_NE(head.error().what.find("no 2 endpoints agree about block 103"), std::string::npos)
        << head.error().what;
    b.reorg(1, 1);
    for (FakeNode* node : {&a, &b}) node->reorg(2, 0);
    EXPECT_TRUE(nodes.latest(TimePoint{})) << "and none is set aside for it";
}

TEST_F(QuorumTest, AnEndpointWhoseHeadJumpsIsSetAsideUntilTimeExplainsIt) {
    NodeSetOptions o;
    o.head_age = {std::nullopt, std::nullopt};
    o.head_lag_max = std::chrono::hours{100};
    o.head_lead_max = 1'000'000;
    o.head_rules.block_time_s = 12;
    NodeSet nodes(hosts, kChain, {{"https://a"}, {"https://b"}}, o);
    const TimePoint start{std::chrono::seconds{1'000'000}};
    ASSERT_TRUE(nodes.latest(start));
    a.mine(200);
    b.mine(1);
    const auto head = nodes.latest(start + std::chrono::seconds{12});
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(head->block, b.head().block);
    const auto why = nodes.standings().front().why;
    EXPECT_NE(why.find("https://a: the head jumped from block 103 to 303 in 12 s"), std::string::npos) << why;

    // Alone, nobody is believed; after half an hour's sleep it may well be.
    NodeSet alone(hosts, kChain, {{"https://a"}}, o);
    ASSERT_TRUE(alone.latest(start));
    a.mine(200);
    EXPECT_EQ(alone.latest(start + std::chrono::seconds{12}).error().code, Errc::stale);
    EXPECT_TRUE(alone.latest(start + std::chrono::minutes{30}));
}

TEST_F(QuorumTest, AnImpossibleHeadIsNotTaken) {
    NodeSetOptions o;
    o.head_age = {std::nullopt, std::nullopt};
    o.head_lag_max = std::chrono::hours{100};
    o.head_rules.ethereum = true;
    NodeSet nodes(hosts, kChain, {{"https://a"}, {"https://b"}}, o);
    for (FakeNode* node : {&a, &b}) node->follows_eip1559 = true;
    ASSERT_TRUE(nodes.latest(TimePoint{}));
    a.follows_eip1559 = false;  // the base fee stays, though the last block was nearly empty
    a.mine(1);
    b.mine(1);
    EXPECT_EQ(nodes.latest(TimePoint{})->block, b.head().block);
    const auto why = nodes.standings().front().why;
    EXPECT_NE(why.find("its base fee is 1000000000 wei, and by EIP-1559 875175000"), std::string::npos)
        << why;
}

TEST_F(QuorumTest, AFailureIsAnAnswerByItsCode) {
    const std::vector<Read> reads{EthCall{kChain, kToken, {}}};
    const auto agreed =
        agree(reads, std::vector<EndpointAnswers>{{"x", {fail(Errc::reverted, "one's words")}},
                                                  {"y", {fail(Errc::reverted, "other's")}}});
    EXPECT_TRUE(agreed.unanimous);
    EXPECT_EQ(agreed.slots[0].error().code, Errc::reverted);
    const auto split =
        agree(reads, std::vector<EndpointAnswers>{{"x", {fail(Errc::reverted, "no")}}, {"y", {Bytes{}}}});
    EXPECT_EQ(split.slots[0].error().code, Errc::rejected);
}

}  // namespace
}  // namespace outrigger
