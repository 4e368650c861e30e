// SPDX-License-Identifier: Apache-2.0
// The rpc library against a real node, real Multicall3 and real token contracts: the local devnet.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "chain/abi/multicall.hpp"
#include "chain/base/hex.hpp"
#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/broadcaster.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "chain/rpc/head_tracker.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr ChainId kChain{31337};
using Decimals = abi::Function<"decimals", abi::UInt<8>()>;

struct DevnetTest : ::testing::Test {
    static void SetUpTestSuite() {
        auto started = test::Devnet::start();
        ASSERT_TRUE(started) << started.error().what;
        devnet = *std::move(started);
    }
    static void TearDownTestSuite() { devnet.reset(); }

    static Address address(const std::string& name) {
        return parse_address(devnet->world().at("addresses").at(name).get<std::string>()).value();
    }
    static json rpc(const std::string& method, const json& params = json::array()) {
        auto r = devnet->rpc(method, params);
        EXPECT_TRUE(r) << r.error().what;
        return r.value_or(json());
    }
    Pins pins() { return {{kChain, nodes.latest(TimePoint{}).value().block}}; }
    std::vector<Result<Bytes>> ask(BatchReader& door, const Pins& at, std::vector<Read> reads) {
        const Query<std::vector<Result<Bytes>>> all{
            std::move(reads), [](std::span<const Result<Bytes>> a) -> Result<std::vector<Result<Bytes>>> {
                return std::vector<Result<Bytes>>(a.begin(), a.end());
            }};
        return door.read(at, all).value();
    }

    static std::unique_ptr<test::Devnet> devnet;
    CurlTransport transport;
    NodeSet nodes{transport, kChain, {{devnet->rpc_url()}}, test::any_age()};
    MulticallReader reader{{{kChain, &nodes}}};
};
std::unique_ptr<test::Devnet> DevnetTest::devnet;

TEST_F(DevnetTest, ServesItsChainAndItsHeads) {
    ASSERT_TRUE(nodes.check_all().front());
    const auto head = nodes.latest(TimePoint{});
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_GT(head->block.number.value, 0U);
    const auto parent = nodes.headers(BlockNumber{head->block.number.value - 1}, 1);
    ASSERT_TRUE(parent);
    EXPECT_EQ(parent->front().block.hash, head->parent);
    EXPECT_TRUE(nodes.node(0).suggested_tip(U256::pow10(12)));
}

TEST_F(DevnetTest, ReadsARoundInOneRequestThroughTheRealMulticall3) {
    const Pins at = pins();
    const Address lp = parse_address(devnet->world().at("accounts").at("lp").get<std::string>()).value();
    std::vector<Read> reads{
        EthCall{kChain, address("tokens.USDC"), Decimals::encode()},
        EthCall{kChain, address("tokens.WETH"), Decimals::encode()},
        EthCall{kChain, address("tokens.WBTC"), Decimals::encode()},
        EthCall{kChain, address("tokens.WETH"), Bytes{0xde, 0xad, 0xbe, 0xef}},
        EthCall{kChain, abi::kMulticall3, abi::multicall3::GetCurrentBlockTimestamp::encode()},
        GetNonce{kChain, lp},
        GetBalance{kChain, lp},
        GetCode{kChain, address("tokens.WETH")},
        GetReceipt{kChain, TxHash{{1}}}};
    const auto before = reader.http_requests();
    const auto answers = ask(reader, at, reads);
    EXPECT_EQ(reader.http_requests() - before, 1U);
    EXPECT_EQ(Decimals::decode(answers[0].value()).value(), 6);
    EXPECT_EQ(Decimals::decode(answers[1].value()).value(), 18);
    EXPECT_EQ(Decimals::decode(answers[2].value()).value(), 8);
    const auto time = abi::multicall3::GetCurrentBlockTimestamp::decode(answers[4].value()).value();
    EXPECT_EQ(time, U256(static_cast<std::uint64_t>(at.at(kChain).timestamp.time_since_epoch().count())))
        << "executed in the pinned block";
    EXPECT_EQ(to_quantity(U256::from_be(answers[5].value())),
              rpc("eth_getTransactionCount", {to_hex(lp), "latest"}));
    EXPECT_EQ(to_quantity(U256::from_be(answers[6].value())), rpc("eth_getBalance", {to_hex(lp), "latest"}));
    EXPECT_EQ(to_hex(answers[7].value()), rpc("eth_getCode", {to_hex(address("tokens.WETH")), "latest"}));
    EXPECT_EQ(answers[8].error().code, Errc::not_found);
}

TEST_F(DevnetTest, HundredsOfCallsAreStillOneRequestAndAGreedyOneIsSplit) {
    const Pins at = pins();
    std::vector<Read> reads(450, EthCall{kChain, address("tokens.USDC"), Decimals::encode()});
    const auto before = reader.http_requests();
    for (const auto& answer : ask(reader, at, reads)) ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(reader.http_requests() - before, 1U);
}

TEST_F(DevnetTest, SaysWhyACallReverted) {
    // transfer(address,uint256) of tokens the caller does not have: WETH9 reverts without words, USDC with.
    using Transfer = abi::Function<"transfer", bool(Address, U256)>;
    const TxCall call{kChain, address("tokens.USDC"), {}, Transfer::encode(Address{{1}}, U256(1)), {}};
    const auto r = nodes.node(0).call(Address{{0x99}}, call, pins().at(kChain));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::reverted);
    EXPECT_NE(r.error().what.find("transfer amount exceeds balance"), std::string::npos) << r.error().what;
    EXPECT_EQ(nodes.node(0).estimate_gas(Address{{0x99}}, call, pins().at(kChain)).error().code,
              Errc::reverted);
}

TEST_F(DevnetTest, FollowsGrowthAndReorgsAndFailsReadsOfALostBlock) {
    // The node's headers follow Ethereum's rules, to the wei of the base fee.
    HeadTracker tracker({128, {std::nullopt, std::nullopt}, {.ethereum = true}});
    rpc("anvil_mine", {"0x5"});
    const auto first = tracker.poll(nodes, TimePoint{});
    ASSERT_TRUE(first) << first.error().what;
    rpc("anvil_mine", {"0x5"});
    const auto grown = tracker.poll(nodes, TimePoint{});
    ASSERT_TRUE(grown) << grown.error().what;
    EXPECT_FALSE(grown->reorged());
    const Pins lost{{kChain, grown->head.block}};
    rpc("anvil_setCoinbase", {to_hex(Address{{0xc0}})});  // else the same empty blocks come out again
    rpc("anvil_reorg", {3, json::array()});
    const auto forked = tracker.poll(nodes, TimePoint{});
    ASSERT_TRUE(forked) << forked.error().what;
    ASSERT_TRUE(forked->reorged());
    EXPECT_EQ(forked->dropped.size(), 3U);
    EXPECT_EQ(forked->ancestor->number.value + 3, grown->head.block.number.value);
    const auto answers =
        ask(reader, lost,
            {EthCall{kChain, address("tokens.USDC"), Decimals::encode()}, GetNonce{kChain, Address{{1}}}});
    for (const auto& answer : answers) EXPECT_EQ(answer.error().code, Errc::reorged) << answer.error().what;
    EXPECT_TRUE(nodes.node(0).pins_by_hash());
}

TEST_F(DevnetTest, AHangingNodeIsATimeoutWithinItsDeadlineAndServesAgainLater) {
    NodeSetOptions options = test::any_age();
    options.timeout = std::chrono::milliseconds{1000};
    NodeSet impatient(transport, kChain, {{devnet->rpc_url()}}, options);
    ASSERT_TRUE(impatient.latest(TimePoint{}));
    devnet->suspend_node();
    const auto r = impatient.latest(TimePoint{});
    devnet->resume_node();
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::timeout);
    EXPECT_TRUE(nodes.latest(TimePoint{}));
}

TEST_F(DevnetTest, ReadsARealReceiptOfARealTransaction) {
    const std::string admin = devnet->world().at("accounts").at("admin");
    rpc("anvil_impersonateAccount", {admin});
    const std::string hash =
        rpc("eth_sendTransaction", {{{"from", admin}, {"to", to_hex(Address{{0x42}})}, {"value", "0x1"}}});
    rpc("anvil_mine", {"0x1"});
    const TxHash tx = parse_fixed<TxHash>(hash).value();
    const auto receipt = nodes.node(0).receipt(tx);
    ASSERT_TRUE(receipt && *receipt) << (receipt ? "none" : receipt.error().what);
    EXPECT_TRUE((*receipt)->success);
    EXPECT_EQ((*receipt)->gas_used, Gas{21000});
    const auto info = nodes.node(0).transaction(tx);
    ASSERT_TRUE(info && *info);
    EXPECT_EQ((*info)->from, parse_address(admin).value());
    EXPECT_EQ((*info)->block->hash, (*receipt)->block.hash);
    const auto answers = ask(reader, pins(), {GetReceipt{kChain, tx}});
    ASSERT_TRUE(answers.front());
    const std::string text(answers.front()->begin(), answers.front()->end());
    EXPECT_EQ(parse_receipt(text, kChain, tx).value().block.hash, (*receipt)->block.hash);
}

TEST_F(DevnetTest, GarbageIsRefusedAsATransaction) {
    const auto reports = broadcast(transport, nodes, Bytes{0x12, 0x34});
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_FALSE(reports[0].outcome.accepted());
    EXPECT_EQ(reports[0].outcome.fault, SendFault::unknown) << reports[0].outcome.text;
}

}  // namespace
}  // namespace outrigger
