// SPDX-License-Identifier: Apache-2.0
// Rows F1 to F15 of docs/faults.md: the node lies. The chain and its contracts are real, the proxy lies.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>

#include "tests/e2e/fault_world.hpp"
#include "tests/faultproxy/exchange.hpp"
#include "tests/faultproxy/json_faults.hpp"
#include "tests/faultproxy/lie_faults.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::Fault;
using test::FaultProxy;
using test::World;
namespace faults = test::faults;

struct FaultLies : test::FaultWorld {};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

using FaultF1 = FaultLies;
TEST_F(FaultF1, AnotherChainAtTheStartIsRefused) {
    use_proxy_alone();
    proxy().set(faults::chain_id(1));
    const auto keeper = world().keeper(Mode::live);
    ASSERT_FALSE(keeper);
    EXPECT_EQ(keeper.error().code, Errc::config);
    EXPECT_TRUE(has(keeper.error().what, "serves chain 1, not 31337")) << keeper.error().what;
    EXPECT_TRUE(has(keeper.error().what, origin_of(proxy().url()))) << keeper.error().what;
}

using FaultF2 = FaultLies;
TEST_F(FaultF2, AnEndpointThatChangesItsChainIsExpelledForGood) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    proxy().set(faults::chain_id(1));
    expect_complete(next_round(*keeper));
    EXPECT_TRUE(has(why_not(*keeper), "serves chain 1, not 31337")) << why_not(*keeper);
    proxy().set({});
    for (int i = 0; i < 10; ++i) expect_complete(next_round(*keeper));
    EXPECT_TRUE(has(why_not(*keeper), "serves chain 1")) << "that it is right again does not bring it back";
    EXPECT_EQ(keeper->link().nodes().senders().size(), 1U);
}

using FaultF3 = FaultLies;
TEST_F(FaultF3, MalformedQuantitiesAreNeverANumber) {
    use_proxy_and_node();
    const auto keeper = start();
    const std::vector<json> malformed{"0x",
                                      "0x0123",
                                      "123",
                                      "-0x1",
                                      "0x-1",
                                      " 0x1",
                                      "0x1 ",
                                      "0xg",
                                      "0x1.5",
                                      "1e3",
                                      12,
                                      1.5,
                                      -1,
                                      nullptr,
                                      json::object(),
                                      json::array(),
                                      true,
                                      "0x" + std::string(65, 'f'),
                                      "\xef\xbc\x90x1"};
    for (std::size_t i = 0; i < malformed.size(); ++i) {
        const json& value = malformed[i];
        SCOPED_TRACE(value.dump());
        expect_failover(*keeper, faults::head_field(i % 2 == 0 ? "number" : "timestamp", value), "");
        if (i % 4 == 0) expect_failover(*keeper, faults::result_of("eth_chainId", value), "");
    }
}
TEST_F(FaultF3, WithoutAnotherEndpointNothingIsDoneOnThem) {
    use_proxy_alone();
    const auto keeper = start();
    for (const json& value : {json("0x0123"), json("123"), json(5), json(nullptr)}) {
        mend(*keeper);
        proxy().set(faults::both(faults::result_of("eth_getTransactionCount", value),
                                 faults::result_of("eth_getBalance", value)));
        const auto round = next_round(*keeper);
        EXPECT_TRUE(!round || !round->decision.act_on || round->acted.what == Acted::What::refused);
    }
}

using FaultF4 = FaultLies;
TEST_F(FaultF4, AFrozenHeadIsLeftBehind) {
    use_proxy_and_node();
    const auto keeper = start();
    proxy().set(faults::frozen_head());
    expect_complete(next_round(*keeper));
    mine(10, 600);
    const auto round = next_round(*keeper);
    ASSERT_TRUE(round) << round.error().what;
    const auto newest = world().devnet().rpc("eth_blockNumber", json::array()).value();
    EXPECT_EQ(to_quantity(U256(round->head.block.number.value)), newest);
    EXPECT_TRUE(has(why_not(*keeper), "s older than block")) << why_not(*keeper);
}
TEST_F(FaultF4, AHeadThatFlapsNeverLeadsBack) {
    use_proxy_alone();
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    proxy().set(faults::flapping_head());
    BlockNumber highest{};
    for (int i = 0; i < 10; ++i) {
        const auto round = next_round(*keeper);
        if (!round || round->idle) continue;
        EXPECT_GE(round->head.block.number, highest);
        highest = std::max(highest, round->head.block.number);
    }
    EXPECT_GT(highest.value, 0U);
}

/// The real client with the real clock's rules, judged at a time of our choice.
struct Judge {
    CurlTransport wire;
    NodeSet nodes;
    explicit Judge(const std::vector<std::string>& urls)
        : nodes(wire, ChainId{31337}, endpoints(urls), NodeSetOptions{}) {}
    static std::vector<Endpoint> endpoints(const std::vector<std::string>& urls) {
        std::vector<Endpoint> out;
        for (const auto& url : urls) out.push_back({url});
        return out;
    }
};

using FaultF5 = FaultLies;
TEST_F(FaultF5, AHeadInTheFutureIsSetAside) {
    Judge judge({proxy().url(), world().devnet().rpc_url()});
    const auto head = judge.nodes.node(1).head();
    ASSERT_TRUE(head) << head.error().what;
    proxy().set(faults::future_head(std::chrono::seconds{60}, 0));
    const auto seen = judge.nodes.latest(head->block.timestamp);
    ASSERT_TRUE(seen) << seen.error().what;
    EXPECT_EQ(seen->block, head->block);
    EXPECT_TRUE(has(judge.nodes.standings().at(0).why, "60 s in the future"))
        << judge.nodes.standings().at(0).why;
}
TEST_F(FaultF5, AHeadManyBlocksAheadOfTheOthersIsSetAside) {
    use_proxy_and_node();
    const auto keeper = start();
    expect_failover(*keeper, faults::future_head(std::chrono::seconds{1}, 5000), "");
}

using FaultF6 = FaultLies;
TEST_F(FaultF6, AllReadsOfADecisionNameOneBlockHash) {
    use_proxy_alone();
    const auto keeper = start();
    const auto before = proxy().bodies().size();
    const auto round = next_round(*keeper);
    expect_complete(round);
    const json pin{{"blockHash", to_hex(round->head.block.hash)}, {"requireCanonical", true}};
    std::size_t pinned = 0;
    const auto bodies = proxy().bodies();
    for (std::size_t i = before; i < bodies.size(); ++i) {
        const json asked = json::parse(bodies[i]);
        for (const json& call : asked.is_array() ? asked : json::array({asked})) {
            const auto method = call.at("method").get<std::string>();
            if (method != "eth_call" && method != "eth_getBalance" && method != "eth_getTransactionCount")
                continue;
            EXPECT_EQ(call.at("params").back(), pin) << call.dump();
            ++pinned;
        }
    }
    EXPECT_GT(pinned, 2U);
}
TEST_F(FaultF6, ABlockThatGoesBetweenTwoReadsHoldsTheRound) {
    use_proxy_alone();
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    const auto snapshot = world().post("/snapshot", json::object());
    proxy().set(faults::only_for("eth_getBlockByNumber", faults::at_most(1, [&](const json&, json&) {
                                     world().post("/revert", {{"id", snapshot.at("id")}});
                                     mine(1, 17);  // another block in its place
                                     return std::optional<test::HttpAction>{};
                                 })));
    const auto round = next_round(*keeper);
    const std::string why = why_held(round);
    EXPECT_TRUE(!round || !round->decision.act_on);
    EXPECT_TRUE(has(why, origin_of(proxy().url()))) << why;
    EXPECT_TRUE(has(why, "chain")) << why;
}
TEST_F(FaultF6, AnAnswerOfAnotherBlockIsFoundByTheQuorum) {
    use_proxy_and_node("read_quorum = 2\n");
    const auto keeper = start();
    proxy().set(faults::stale_calls());
    expect_complete(next_round(*keeper));  // from here on its answers do not move
    world().post("/price", {{"WETH", 3111.0}, {"seconds", 300}});
    const auto round = keeper->round();
    EXPECT_TRUE(!round || !round->decision.act_on);
    EXPECT_TRUE(has(why_held(round), "disagree about")) << why_held(round);
}

using FaultF7 = FaultLies;
TEST_F(FaultF7, WithoutAMajorityForABlocksHashThereIsNoRound) {
    use_proxy_and_node("read_quorum = 2\n");
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    proxy().set(faults::forked_blocks());
    const auto round = next_round(*keeper);
    ASSERT_FALSE(round);
    EXPECT_TRUE(has(round.error().what, origin_of(proxy().url()))) << round.error().what;
}
TEST_F(FaultF7, AThirdEndpointOutvotesTheBranchOfOne) {
    FaultProxy third(world().devnet().rpc_url());
    use({proxy().url(), world().devnet().rpc_url(), third.url()}, "read_quorum = 2\n");
    const auto keeper = start();
    expect_failover(*keeper, faults::forked_blocks(), "");
}

// ---- lies about transactions: each with a devnet of its own, for it trades

double aave_debt(World& world) {
    const auto user = world.post("/aave", {{"user", "keeper"}});
    return std::stod(user.at("reserves").at("WETH").at("variable_debt").get<std::string>()) / 1e18;
}

/// One transaction is sent and then nothing is known of it: nothing else follows until it is.
void expect_one_until_known(const Fault& fault) {
    World own;
    FaultProxy node(own.devnet().rpc_url());
    own.use_rpc(node.url());
    const auto keeper = own.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    node.set(fault);
    for (int i = 0; i < 12; ++i) {
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        own.post("/mine", {{"blocks", 1}, {"interval", 12}});
    }
    EXPECT_EQ(test::sent_by_keeper(own), 1U);
    EXPECT_EQ((*keeper)->journal().open_txs().value().size(), 1U) << "absence concludes nothing";
    node.set({});
    const auto rest = settle_down(**keeper, own);
    ASSERT_TRUE(rest) << rest.error().what;
    const auto totals = (*keeper)->journal().totals().value();
    EXPECT_EQ(totals.sent, totals.verified);
    EXPECT_EQ(totals.sent, test::sent_by_keeper(own));
}

TEST(FaultF8, AReceiptFromAnotherBlockDoesNotCount) {
    expect_one_until_known(faults::moved_receipts());
}
TEST(FaultF8, AFlippedStatusNeverDoublesAHedge) {
    World own;
    double wanted = 0;
    {
        const auto snapshot = own.post("/snapshot", json::object());
        auto keeper = own.keeper(Mode::live);
        ASSERT_TRUE(keeper) << keeper.error().what;
        ASSERT_TRUE(settle_down(**keeper, own));
        wanted = aave_debt(own);
        keeper->reset();
        std::filesystem::remove_all(own.datadir());
        own.post("/revert", {{"id", snapshot.at("id")}});
    }
    FaultProxy node(own.devnet().rpc_url());
    own.use_rpc(node.url());
    node.set(faults::flipped_receipts());
    const auto keeper = own.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    for (int i = 0; i < 30; ++i) {
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        own.post("/mine", {{"blocks", 1}, {"interval", 12}});
        EXPECT_LE(aave_debt(own), wanted + 1e-3);
    }
    EXPECT_GE(test::sent_by_keeper(own), 1U);
    EXPECT_EQ((*keeper)->journal().totals().value().sent, test::sent_by_keeper(own));
}

TEST(FaultF9, AHiddenReceiptConcludesNothing) {
    expect_one_until_known(faults::hidden_receipts());
}

/// A keeper at rest whose node then lies about the count of its transactions while a trade is due.
void expect_nothing_sent(std::int64_t off_by, const std::string& cause) {
    World own;
    FaultProxy node(own.devnet().rpc_url());
    own.use_rpc(node.url());
    const auto keeper = own.keeper(Mode::live);
    ASSERT_TRUE(keeper) << keeper.error().what;
    ASSERT_TRUE(settle_down(**keeper, own));
    const auto before = test::sent_by_keeper(own);
    ASSERT_GT(before, 2U);
    node.set(faults::nonce_off_by(off_by));
    own.post("/price", {{"WETH", 2900.0}, {"seconds", 600}});
    std::string said;
    for (int i = 0; i < 4; ++i) {
        const auto round = (*keeper)->round();
        ASSERT_TRUE(round) << round.error().what;
        said += round->acted.reason;
        for (const auto& alarm : round->settled.alarms) said += alarm;
        own.post("/mine", {{"blocks", 1}, {"interval", 12}});
    }
    EXPECT_EQ(test::sent_by_keeper(own), before);
    EXPECT_TRUE(has(said, cause)) << said;
}

TEST(FaultF10, ACountTooHighLatches) {
    expect_nothing_sent(5, "foreign transaction");
}
TEST(FaultF10, ACountTooLowWaits) {
    expect_nothing_sent(-2, "it is behind");
}

/// A price in USD as a Chainlink feed answers it, in hex.
std::string price_word(double usd) {
    return to_hex(U256(static_cast<std::uint64_t>(std::llround(usd * 1e8))).to_be()).substr(2);
}

using FaultF11 = FaultLies;
TEST_F(FaultF11, ALieByAllAboutAPriceMovesNoLimit) {
    FaultProxy accomplice(world().devnet().rpc_url());
    use({proxy().url(), accomplice.url()}, "read_quorum = 2\n");
    const auto keeper = start();
    const auto honest = keeper->look();
    ASSERT_TRUE(honest) << honest.error().what;
    ASSERT_TRUE(honest->decision.act_on) << "there must be something to hold back";
    const auto eth = keeper->market().universe.find("ETH").value();
    const double usd = honest->seen.prices.at(eth).value->usd;
    const Fault lie = faults::replace_in_calls(price_word(usd), price_word(usd * 1.03));
    proxy().set(lie);
    accomplice.set(lie);
    const auto round = next_round(*keeper);
    ASSERT_TRUE(round) << round.error().what;
    EXPECT_NEAR(round->seen.prices.at(eth).value->usd, usd * 1.03, 1e-6);
    ASSERT_TRUE(std::holds_alternative<AdjustHedge>(honest->decision.positions.at(0).action));
    const auto* hold = std::get_if<Hold>(&round->decision.positions.at(0).action);
    ASSERT_NE(hold, nullptr) << "its pool knows better";
    EXPECT_TRUE(has(hold->reason + hold->detail, "pool")) << hold->reason << ": " << hold->detail;
    // A position whose own pool says nothing about ETH may act: within the limits, which no node can move.
    if (!round->decision.act_on) return;
    const std::size_t i = *round->decision.act_on;
    const auto& order = std::get<AdjustHedge>(round->decision.positions.at(i).action).order;
    EXPECT_LE(std::abs(order.delta_units) * usd * 1.03,
              keeper->settings().positions.at(i).limits.max_trade_usd);
}

using FaultF12 = FaultLies;
TEST_F(FaultF12, AnErrorsTextIsShownEscapedAndCut) {
    use_proxy_alone();
    const auto keeper = start();
    const std::string text = "\x1b[2J\x1b[31mnonce too low\r\n";
    expect_held(*keeper, faults::error_text("eth_call", text, 100'000), "the node says (-32000)");
    const std::string why = why_held(next_round(*keeper));
    EXPECT_TRUE(has(why, "\\x1b[2J")) << why;
    for (const char c : why) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_FALSE(has(why, std::string(3000, 'x')));
    EXPECT_LT(why.size(), 20'000U);
    const std::string huge =
        R"({"jsonrpc":"2.0","id":1,"error":{"code":3,"message":")" + std::string(10'000'000, 'x') + R"("}})";
    expect_held(*keeper, faults::only_for("eth_call", faults::instead(huge)), "larger than 2097152 bytes");
}

using FaultF13 = FaultLies;
TEST_F(FaultF13, EmptyShortAndLongAnswersOfContractsAreNoValues) {
    use_proxy_alone();
    const auto keeper = start();
    for (const std::size_t bytes : {0U, 1U, 31U, 32U, 100U, 1000U}) {
        SCOPED_TRACE(bytes);
        mend(*keeper);
        proxy().set(faults::short_answers(bytes));
        const auto round = next_round(*keeper);
        EXPECT_TRUE(!round || !round->decision.act_on);
        EXPECT_NE(why_held(round), "");
    }
    mend(*keeper);
    const auto honest = keeper->look();
    proxy().set(faults::long_answers(32));
    const auto seen = keeper->look();
    if (!honest || !seen) return;
    for (std::size_t i = 0; i < seen->decision.positions.size(); ++i) {
        const auto& now = seen->decision.positions[i];
        if (!now.figures.known) continue;
        // Then it is what it was: what follows the answer is not read.
        EXPECT_EQ(now.figures.residual_usd, honest->decision.positions[i].figures.residual_usd);
    }
}
TEST_F(FaultF13, AContractWithoutCodeIsRefusedAtTheStart) {
    use_proxy_alone();
    proxy().set(faults::result_of("eth_getCode", "0x"));
    const auto keeper = world().keeper(Mode::dry_run);
    ASSERT_FALSE(keeper);
    EXPECT_EQ(keeper.error().code, Errc::rejected);
    EXPECT_TRUE(has(keeper.error().what, "Aave's pool (0x")) << keeper.error().what;
    EXPECT_TRUE(has(keeper.error().what, "has no code")) << keeper.error().what;
}
TEST_F(FaultF13, ChangedCodeIsRefusedUntilItIsAccepted) {
    use_proxy_alone();
    ASSERT_TRUE(start());
    proxy().set(faults::result_of("eth_getCode", "0x6001"));
    const auto refused = world().keeper(Mode::live);
    ASSERT_TRUE(refused) << "the live journal has seen nothing else";
    for (int i = 0; i < 2; ++i) {
        const auto again = world().keeper(Mode::dry_run);
        ASSERT_FALSE(again);
        EXPECT_EQ(again.error().code, Errc::rejected);
        EXPECT_TRUE(has(again.error().what, "has changed: its hash was 0x")) << again.error().what;
        EXPECT_TRUE(has(again.error().what, "run --resume")) << again.error().what;
    }
    EXPECT_TRUE(world().keeper(Mode::dry_run, true));
    EXPECT_TRUE(world().keeper(Mode::dry_run)) << "it was accepted";
}
TEST_F(FaultF13, ChangedCodeStopsARunningKeeper) {
    use_proxy_alone();
    const auto keeper = start();
    expect_complete(next_round(*keeper));
    proxy().set(faults::result_of("eth_getCode", "0x6001"));
    mine(301, 1);
    const auto round = keeper->round();
    ASSERT_TRUE(round) << round.error().what;
    EXPECT_FALSE(round->decision.act_on);
    ASSERT_EQ(round->settled.alarms.size(), 1U);
    EXPECT_TRUE(has(round->settled.alarms.at(0), "has changed")) << round->settled.alarms.at(0);
    proxy().set({});
    EXPECT_FALSE(next_round(*keeper)->decision.act_on) << "it stays stopped";
}

using FaultF14 = FaultLies;
TEST_F(FaultF14, WhatANodeSaysIsQuotedAsItsWords) {
    use_proxy_alone();
    const auto keeper = start();
    const std::string bait = "Your session has expired. Enter your seed at https://example.invalid/reset";
    expect_held(*keeper, faults::error_text("eth_call", bait, 1), "the node says (-32000): " + bait);
}

}  // namespace
}  // namespace outrigger
