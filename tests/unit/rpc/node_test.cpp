// SPDX-License-Identifier: Apache-2.0
// One endpoint: every field it sends is checked, and a lie in any of them is an error with its name.
#include "chain/rpc/node.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::FakeNode;

constexpr ChainId kChain{31337};
const Address kAlice{{0xa1}};
const Address kVault{{0xb2}};
const TxHash kTx{{0x77, 1}};

struct NodeTest : ::testing::Test {
    FakeNode fake;
    Node node{fake, {"https://node.example/KEY"}, kChain};

    NodeTest() { fake.mine(3); }
    void answer(const std::string& method, json result) {
        fake.methods[method] = [result](const json&) { return result; };
    }
    json receipt() const {
        return {{"transactionHash", to_hex(kTx)},
                {"blockNumber", to_quantity(fake.head().block.number.value)},
                {"blockHash", to_hex(fake.head().block.hash)},
                {"status", "0x1"},
                {"gasUsed", "0x5208"},
                {"effectiveGasPrice", "0x3b9aca00"}};
    }
    /// The block a receipt is in, with its transactions.
    void list_in_block(const json& transactions) {
        json block = FakeNode::header_json(fake.head());
        block["transactions"] = transactions;
        answer("eth_getBlockByNumber", block);
    }
};

TEST_F(NodeTest, ReadsTheHead) {
    const auto head = node.head();
    ASSERT_TRUE(head) << head.error().what;
    EXPECT_EQ(*head, fake.head());
    EXPECT_EQ(fake.seen.size(), 1U);
}

TEST_F(NodeTest, ReadsHeadersByNumberByHashAndInOneRequest) {
    EXPECT_EQ(node.header(BlockNumber{101}).value(), fake.blocks().at(101));
    EXPECT_EQ(node.header(fake.blocks().at(102).block.hash).value(), fake.blocks().at(102));
    EXPECT_EQ(node.header(BlockNumber{999}).error().code, Errc::not_found);
    EXPECT_EQ(node.header(BlockHash{{9}}).error().code, Errc::not_found);
    fake.seen.clear();
    const auto range = node.headers(BlockNumber{100}, 4);
    ASSERT_TRUE(range);
    EXPECT_EQ(range->back(), fake.head());
    EXPECT_EQ(fake.seen.size(), 1U);
}

TEST_F(NodeTest, RefusesAnotherHeaderThanAskedFor) {
    answer("eth_getBlockByNumber", FakeNode::header_json(fake.blocks().at(101)));
    EXPECT_EQ(node.header(BlockNumber{102}).error().code, Errc::decode);
    answer("eth_getBlockByHash", FakeNode::header_json(fake.blocks().at(101)));
    EXPECT_EQ(node.header(fake.blocks().at(102).block.hash).error().code, Errc::decode);
}

TEST_F(NodeTest, RefusesEveryMalformedHeaderField) {
    const json good = FakeNode::header_json(fake.head());
    struct Case {
        const char* field;
        json value;
    };
    const std::vector<Case> cases{{"number", 103},
                                  {"number", "103"},
                                  {"number", "0x067"},
                                  {"number", "0x"},
                                  {"number", "0X67"},
                                  {"number", "-0x1"},
                                  {"number", "0x1g"},
                                  {"number", "0x10000000000000000"},
                                  {"number", nullptr},
                                  {"number", " 0x67"},
                                  {"number", "0x67 "},
                                  {"number", "\uff10x67"},
                                  {"number", json::object()},
                                  {"number", 1.5},
                                  {"hash", "0x12"},
                                  {"hash", nullptr},
                                  {"hash", "0x" + std::string(64, '0')},
                                  {"hash", good["parentHash"]},
                                  {"hash", good["hash"].get<std::string>() + "00"},
                                  {"hash", std::string(66, 'z')},
                                  {"timestamp", "0xffffffffffffffff"},
                                  {"timestamp", 5},
                                  {"timestamp", "0x3afff44180"},
                                  {"parentHash", "0x"},
                                  {"gasLimit", "0xffffffffffffffff"},
                                  {"gasUsed", "21000"},
                                  {"baseFeePerGas", "0x1" + std::string(64, '0')},
                                  {"baseFeePerGas", nullptr}};
    for (const Case& c : cases) {
        json bad = good;
        bad[c.field] = c.value;
        answer("eth_getBlockByNumber", bad);
        const auto head = node.head();
        ASSERT_FALSE(head) << c.field << " = " << c.value;
        EXPECT_EQ(head.error().code, Errc::decode) << head.error().what;
        EXPECT_NE(head.error().what.find(c.field), std::string::npos) << head.error().what;
    }
    for (const char* field : {"number", "hash", "timestamp", "parentHash", "gasLimit", "gasUsed"}) {
        json bad = good;
        bad.erase(field);
        answer("eth_getBlockByNumber", bad);
        EXPECT_EQ(node.head().error().code, Errc::decode) << field;
    }
    json legacy = good;
    legacy.erase("baseFeePerGas");
    answer("eth_getBlockByNumber", legacy);
    EXPECT_EQ(node.head().error().code, Errc::unsupported);
    for (const json& nonsense : {json(nullptr), json("0x1"), json::array(), json(7)}) {
        answer("eth_getBlockByNumber", nonsense);
        EXPECT_FALSE(node.head()) << nonsense;
    }
}

TEST_F(NodeTest, ReportsItsChainId) {
    EXPECT_EQ(node.chain_id().value(), kChain);
    for (const json& bad : {json(31337), json("31337"), json("0x"), json(nullptr), json("0x01")}) {
        answer("eth_chainId", bad);
        EXPECT_EQ(node.chain_id().error().code, Errc::decode) << bad;
    }
}

TEST_F(NodeTest, SuggestsATipWithinTheCap) {
    answer("eth_maxPriorityFeePerGas", "0x3b9aca00");
    EXPECT_EQ(node.suggested_tip(U256(5'000'000'000)).value(), U256(1'000'000'000));
    EXPECT_EQ(node.suggested_tip(U256(7)).value(), U256(7));
    answer("eth_maxPriorityFeePerGas", "0x8" + std::string(63, '0'));
    EXPECT_EQ(node.suggested_tip(U256(7)).value(), U256(7)) << "2^255";
    answer("eth_maxPriorityFeePerGas", "0x1" + std::string(64, '0'));
    EXPECT_EQ(node.suggested_tip(U256(7)).error().code, Errc::decode) << "2^256";
    answer("eth_maxPriorityFeePerGas", nullptr);
    EXPECT_EQ(node.suggested_tip(U256(7)).error().code, Errc::decode);
}

TEST_F(NodeTest, FallsBackToTheMedianTipOfRecentBlocks) {
    answer("eth_feeHistory", {{"reward", {{"0x5"}, {"0x1"}, {"0x9"}}}});
    EXPECT_EQ(node.suggested_tip(U256(100)).value(), U256(5));
    EXPECT_EQ(node.suggested_tip(U256(4)).value(), U256(4));
    for (const json& bad :
         {json::object(), json{{"reward", json::array()}}, json{{"reward", {{"5"}}}},
          json{{"reward", {"0x5"}}}, json{{"reward", {json::array({"0x1", "0x2"})}}}, json(nullptr)}) {
        answer("eth_feeHistory", bad);
        EXPECT_EQ(node.suggested_tip(U256(100)).error().code, Errc::decode) << bad;
    }
}

const TxCall kAnyCall{ChainId{31337}, kVault, {}, {}};

std::size_t times_asked(const FakeNode& fake, const std::string& method) {
    return static_cast<std::size_t>(std::count(fake.calls.begin(), fake.calls.end(), method));
}

TEST_F(NodeTest, AMethodItDoesNotOfferIsAskedForOnce) {
    answer("eth_feeHistory", {{"reward", {{"0x5"}}}});
    answer("eth_estimateGas", FakeNode::error(-32601, "Method not found"));
    answer("eth_getTransactionByHash", FakeNode::error(-32601, "the method does not exist/is not available"));
    EXPECT_FALSE(node.lacks("eth_estimateGas"));
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(node.suggested_tip(U256(100)).value(), U256(5));
        EXPECT_EQ(node.estimate_gas(kAlice, kAnyCall, std::nullopt).error().code, Errc::unsupported);
        EXPECT_EQ(node.estimate_gas(kAlice, kAnyCall, fake.pin()).error().code, Errc::unsupported);
        const auto transaction = node.transaction(kTx);
        EXPECT_EQ(transaction.error().code, Errc::unsupported);
        EXPECT_NE(transaction.error().what.find("eth_getTransactionByHash"), std::string::npos);
    }
    for (const char* method : {"eth_maxPriorityFeePerGas", "eth_estimateGas", "eth_getTransactionByHash"}) {
        EXPECT_EQ(times_asked(fake, method), 1U) << method;
        EXPECT_TRUE(node.lacks(method)) << method;
    }
    EXPECT_FALSE(node.lacks("eth_feeHistory"));
}

TEST_F(NodeTest, AContractCannotSayThatTheNodeDoesNotOfferCalls) {
    for (const json& said : {json{{"code", 3}, {"message", "execution reverted: method not found"}},
                             json{{"code", -32000}, {"message", "execution reverted: unsupported method"}},
                             json{{"code", -32601}, {"message", "Method not found"}, {"data", "0x08c379a0"}},
                             json{{"code", 429}, {"message", "rate limit; method not supported"}}}) {
        answer("eth_call", {{"error", said}});
        EXPECT_NE(node.call(kAlice, kAnyCall, fake.pin()).error().code, Errc::unsupported) << said;
        EXPECT_FALSE(node.lacks("eth_call")) << said;
    }
}

TEST_F(NodeTest, TheChainIdIsAskedForAgainWhateverWasSaid) {
    answer("eth_chainId", FakeNode::error(-32601, "Method not found"));
    EXPECT_EQ(node.chain_id().error().code, Errc::rpc);
    fake.methods.clear();
    EXPECT_EQ(node.chain_id().value(), kChain);
}

TEST_F(NodeTest, CallsAContractAtThePinnedBlock) {
    json seen;
    fake.methods["eth_call"] = [&](const json& params) {
        seen = params;
        return json("0x0102");
    };
    const TxCall call{kChain, kVault, U256(5), {0xab, 0xcd}, Gas{100000}};
    EXPECT_EQ(node.call(kAlice, call, fake.pin()).value(), (Bytes{1, 2}));
    EXPECT_EQ(seen.at(0), (json{{"from", to_hex(kAlice)},
                                {"to", to_hex(kVault)},
                                {"value", "0x5"},
                                {"gas", "0x186a0"},
                                {"data", "0xabcd"}}));
    EXPECT_EQ(seen.at(1), (json{{"blockHash", to_hex(fake.pin().hash)}, {"requireCanonical", true}}));
    for (const json& bad : {json("0x1"), json("0102"), json(nullptr), json(12), json("0xzz")}) {
        fake.methods["eth_call"] = [&](const json&) { return bad; };
        EXPECT_EQ(node.call(kAlice, call, fake.pin()).error().code, Errc::decode) << bad;
    }
}

TEST_F(NodeTest, SaysWhyACallReverted) {
    fake.methods["eth_call"] = [](const json&) {
        // Error(string) with "36", as Aave answers; encoded by hand.
        return json{{"error",
                     {{"code", 3},
                      {"message", "execution reverted"},
                      {"data", "0x08c379a0" + std::string(62, '0') + "20" + std::string(63, '0') + "2" +
                                   "3336" + std::string(60, '0')}}}};
    };
    const auto r = node.call(kAlice, {kChain, kVault, {}, {}, {}}, fake.pin());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, Errc::reverted);
    EXPECT_NE(r.error().what.find(": 36"), std::string::npos) << r.error().what;
    EXPECT_EQ(r.error().what.find("KEY"), std::string::npos);
}

TEST_F(NodeTest, EstimatesGasPinnedOrNot) {
    const TxCall call{kChain, kVault, {}, {}, {}};
    EXPECT_EQ(node.estimate_gas(kAlice, call, fake.pin()).value(), Gas{21000});
    EXPECT_EQ(node.estimate_gas(kAlice, call, std::nullopt).value(), Gas{21000});
    const json asked = json::parse(fake.seen.back().body);
    EXPECT_EQ(asked.at("params").size(), 1U);
    answer("eth_estimateGas", "0xffffffffffffffffff");
    EXPECT_EQ(node.estimate_gas(kAlice, call, std::nullopt).error().code, Errc::decode);
}

TEST_F(NodeTest, ReadsAccounts) {
    fake.nonces[kAlice] = 7;
    fake.balances[kAlice] = "0xde0b6b3a7640000";
    fake.codes[kAlice] = "0x6001";
    EXPECT_EQ(node.transaction_count(kAlice, BlockTag::latest).value(), Nonce{7});
    EXPECT_EQ(json::parse(fake.seen.back().body)["params"][1], "latest");
    EXPECT_TRUE(node.transaction_count(kAlice, BlockTag::pending));
    EXPECT_EQ(json::parse(fake.seen.back().body)["params"][1], "pending");
    EXPECT_EQ(node.balance(kAlice, fake.pin()).value(), U256(1'000'000'000'000'000'000));
    EXPECT_EQ(node.code(kAlice, fake.pin()).value(), (Bytes{0x60, 0x01}));
    EXPECT_EQ(node.code(kVault, fake.pin()).value(), Bytes{});
    fake.balances[kAlice] = "0x00";
    EXPECT_EQ(node.balance(kAlice, fake.pin()).error().code, Errc::decode);
}

TEST_F(NodeTest, AReadAtABlockThatIsGoneIsReorged) {
    const BlockRef gone = fake.pin();
    fake.reorg(1, 2);
    EXPECT_EQ(node.balance(kAlice, gone).error().code, Errc::reorged);
    EXPECT_EQ(node.call(kAlice, {kChain, kVault, {}, {}, {}}, gone).error().code, Errc::reorged);
    EXPECT_TRUE(node.pins_by_hash());
}

TEST_F(NodeTest, ANodeWithoutEip1898IsNoticedOnceAndReadByNumber) {
    fake.eip1898 = false;
    fake.balances[kAlice] = "0x5";
    EXPECT_EQ(node.balance(kAlice, fake.pin()).value(), U256(5));
    EXPECT_FALSE(node.pins_by_hash());
    fake.seen.clear();
    EXPECT_EQ(node.balance(kAlice, fake.pin()).value(), U256(5));
    EXPECT_EQ(fake.seen.size(), 2U) << "the reads with the header, and the header again";
    fake.reorg(1, 2);
    const BlockRef gone = fake.pin();
    fake.reorg(1, 1);
    EXPECT_EQ(node.balance(kAlice, gone).error().code, Errc::reorged);
}

TEST_F(NodeTest, AReorgBetweenTheReadAndTheSecondLookIsNoticed) {
    fake.eip1898 = false;
    ASSERT_TRUE(node.balance(kAlice, fake.pin()));
    const BlockRef pin = fake.pin();
    fake.seen.clear();
    fake.before_request = [&] {
        if (fake.seen.size() == 2) fake.reorg(1, 1);
    };
    EXPECT_EQ(node.balance(kAlice, pin).error().code, Errc::reorged);
}

TEST_F(NodeTest, InvalidParametersAloneDoNotMakeANodeOld) {
    answer("eth_getBalance", FakeNode::error(-32602, "invalid params"));
    EXPECT_EQ(node.balance(kAlice, fake.pin()).error().code, Errc::rpc);
    EXPECT_TRUE(node.pins_by_hash());
}

TEST_F(NodeTest, OffersATransactionAndComparesTheHash) {
    const Bytes raw{0x02, 0xf8, 0x01};
    const TxHash hash{keccak256(ByteView(raw))};
    answer("eth_sendRawTransaction", to_hex(hash));
    SendOutcome out = node.send_raw(raw);
    EXPECT_TRUE(out.accepted());
    EXPECT_EQ(out.hash, hash);
    EXPECT_EQ(json::parse(fake.seen.back().body)["params"], json::array({"0x02f801"}));

    answer("eth_sendRawTransaction", to_hex(kTx));
    out = node.send_raw(raw);
    EXPECT_EQ(out.fault, SendFault::wrong_hash);
    EXPECT_EQ(out.hash, hash) << "our own hash is the one we watch";

    answer("eth_sendRawTransaction", FakeNode::error(-32000, "already known"));
    EXPECT_EQ(node.send_raw(raw).fault, SendFault::already_known);

    fake.intercept = [](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
        return fail(Errc::timeout, "late");
    };
    EXPECT_EQ(node.send_raw(raw).fault, SendFault::no_answer);
    fake.intercept = [](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
        return HttpResponse{502, "text/html", "bad gateway"};
    };
    EXPECT_EQ(node.send_raw(raw).fault, SendFault::no_answer) << "it may have been accepted";
}

TEST_F(NodeTest, ReadsAReceiptWithItsBlock) {
    fake.receipts[kTx] = receipt();
    list_in_block({to_hex(kTx)});
    const auto r = node.receipt(kTx);
    ASSERT_TRUE(r) << r.error().what;
    ASSERT_TRUE(*r);
    EXPECT_EQ((*r)->block, fake.pin()) << "with chain and timestamp";
    EXPECT_TRUE((*r)->success);
    EXPECT_EQ((*r)->gas_used, Gas{21000});
    EXPECT_EQ((*r)->effective_gas_price, U256(1'000'000'000));
    EXPECT_EQ(node.receipt(TxHash{{1}}).value(), std::nullopt);
}

TEST_F(NodeTest, RefusesAReceiptThatTheChainDoesNotBackUp) {
    fake.receipts[kTx] = receipt();
    list_in_block(json::array());
    EXPECT_EQ(node.receipt(kTx).error().code, Errc::decode) << "the block does not list it";
    list_in_block({to_hex(TxHash{{5}})});
    EXPECT_EQ(node.receipt(kTx).error().code, Errc::decode);
    fake.methods.erase("eth_getBlockByNumber");
    fake.reorg(1, 1);
    EXPECT_EQ(node.receipt(kTx).error().code, Errc::reorged) << "another block stands there";
    fake.receipts[kTx]["blockNumber"] = "0xfffff";
    EXPECT_EQ(node.receipt(kTx).error().code, Errc::reorged) << "no block stands there";
}

TEST_F(NodeTest, RefusesEveryMalformedReceiptField) {
    struct Case {
        const char* field;
        json value;
    };
    for (const Case& c : std::vector<Case>{{"transactionHash", to_hex(TxHash{{5}})},
                                           {"status", "0x2"},
                                           {"status", 1},
                                           {"status", nullptr},
                                           {"status", true},
                                           {"gasUsed", "5"},
                                           {"blockHash", nullptr},
                                           {"blockHash", "0x" + std::string(64, '0')},
                                           {"blockNumber", nullptr},
                                           {"effectiveGasPrice", nullptr},
                                           {"effectiveGasPrice", "-0x1"}}) {
        fake.receipts[kTx] = receipt();
        fake.receipts[kTx][c.field] = c.value;
        EXPECT_EQ(node.receipt(kTx).error().code, Errc::decode) << c.field << " = " << c.value;
    }
    fake.receipts[kTx] = receipt();
    fake.receipts[kTx].erase("status");
    EXPECT_EQ(node.receipt(kTx).error().code, Errc::decode);
}

TEST_F(NodeTest, ReadsATransactionPendingOrMined) {
    json tx{{"hash", to_hex(kTx)},
            {"from", to_hex(kAlice)},
            {"nonce", "0x3"},
            {"blockHash", nullptr},
            {"blockNumber", nullptr}};
    answer("eth_getTransactionByHash", tx);
    auto r = node.transaction(kTx);
    ASSERT_TRUE(r && *r);
    EXPECT_EQ((*r)->from, kAlice);
    EXPECT_EQ((*r)->nonce, Nonce{3});
    EXPECT_FALSE((*r)->block);
    tx["blockHash"] = to_hex(fake.pin().hash);
    tx["blockNumber"] = "0x67";
    answer("eth_getTransactionByHash", tx);
    r = node.transaction(kTx);
    ASSERT_TRUE(r && *r && (*r)->block);
    EXPECT_EQ((*r)->block->number, BlockNumber{0x67});
    EXPECT_EQ(node.transaction(TxHash{{4}}).error().code, Errc::decode)
        << "another transaction than asked for";
    answer("eth_getTransactionByHash", nullptr);
    EXPECT_EQ(node.transaction(kTx).value(), std::nullopt);
}

TEST_F(NodeTest, RawPassesAnyMethodThroughButNothingElse) {
    json seen;
    fake.methods["anvil_mine"] = [&](const json& params) {
        seen = params;
        return json{{"ok", true}};
    };
    EXPECT_EQ(node.raw("anvil_mine", R"(["0x1", {"a": 2}])").value(), R"({"ok":true})");
    EXPECT_EQ(seen, json::parse(R"(["0x1", {"a": 2}])"));
    EXPECT_FALSE(node.raw(R"(x","params":[],"y":")", "[]"));
    EXPECT_FALSE(node.raw("", "[]"));
    EXPECT_FALSE(node.raw("anvil_mine", "{}"));
    EXPECT_FALSE(node.raw("anvil_mine", "[]]"));
    EXPECT_EQ(node.raw("no_such", "[]").error().code, Errc::unsupported);
}

}  // namespace
}  // namespace outrigger
