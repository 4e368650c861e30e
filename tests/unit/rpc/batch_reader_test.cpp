// SPDX-License-Identifier: Apache-2.0
// A round's reads: how many HTTP requests they cost, and what each slot holds when something goes wrong.
#include "chain/rpc/batch_reader.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "tests/support/fake_node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using test::FakeNode;

constexpr ChainId kChain{31337};
const Address kToken{{0x70}};
const Address kBroken{{0xbb}};
const Address kAlice{{0xa1}};
const TxHash kTx{{0x77}};

Bytes word(std::uint64_t value) {
    const auto be = U256(value).to_be();
    return {be.begin(), be.end()};
}

using Answers = std::vector<Result<Bytes>>;
Answers ask(BatchReader& reader, const Pins& pins, std::vector<Read> reads) {
    const Query<Answers> all{std::move(reads), [](std::span<const Result<Bytes>> a) -> Result<Answers> {
                                 return Answers(a.begin(), a.end());
                             }};
    return reader.read(pins, all).value();
}

struct ReaderTest : ::testing::Test {
    FakeNode fake;
    NodeSet nodes{fake, kChain, {{"https://node.example/KEY"}}};
    MulticallReader reader{{{kChain, &nodes}}};

    ReaderTest() {
        fake.mine(3);
        // A contract that echoes its calldata.
        fake.contracts[kToken] = [](const Bytes& data) { return std::optional(data); };
        fake.contracts[kBroken] = [](const Bytes&) { return std::optional<Bytes>(); };
        EXPECT_TRUE(nodes.check_all().front());
        fake.seen.clear();
        fake.calls.clear();
    }
    Pins pins() { return {{kChain, fake.pin()}}; }
    std::vector<Read> echo_calls(std::size_t count, std::size_t bytes = 4) {
        std::vector<Read> out;
        for (std::size_t i = 0; i < count; ++i) {
            Bytes data(bytes, static_cast<std::uint8_t>(i));
            out.emplace_back(EthCall{kChain, kToken, data});
        }
        return out;
    }
    void expect_echoes(const Answers& answers, std::size_t count, std::size_t bytes = 4) {
        ASSERT_EQ(answers.size(), count);
        for (std::size_t i = 0; i < count; ++i) {
            ASSERT_TRUE(answers[i]) << answers[i].error().what;
            EXPECT_EQ(*answers[i], Bytes(bytes, static_cast<std::uint8_t>(i)));
        }
    }
    json receipt() const {
        return {{"transactionHash", to_hex(kTx)},
                {"blockNumber", "0x1"},
                {"blockHash", to_hex(Hash32{{1}})},
                {"status", "0x0"},
                {"gasUsed", "0x1"},
                {"effectiveGasPrice", "0x1"}};
    }
};

TEST_F(ReaderTest, FoldsEverythingIntoOneRequest) {
    fake.nonces[kAlice] = 9;
    fake.balances[kAlice] = "0x10";
    fake.codes[kAlice] = "0xfe";
    fake.receipts[kTx] = receipt();
    auto reads = echo_calls(100);
    reads.insert(reads.begin() + 50, GetNonce{kChain, kAlice});
    reads.emplace_back(GetBalance{kChain, kAlice});
    reads.emplace_back(GetCode{kChain, kAlice});
    reads.emplace_back(GetReceipt{kChain, kTx});
    reads.emplace_back(GetReceipt{kChain, TxHash{{1}}});
    const auto answers = ask(reader, pins(), reads);
    EXPECT_EQ(fake.seen.size(), 1U);
    EXPECT_EQ(std::count(fake.calls.begin(), fake.calls.end(), "eth_call"), 1);
    EXPECT_EQ(answers.at(0).value(), Bytes(4, 0));
    EXPECT_EQ(answers.at(50).value(), word(9));
    EXPECT_EQ(answers.at(100).value(), Bytes(4, 99)) << "order is kept around other kinds of read";
    EXPECT_EQ(answers.at(101).value(), word(16));
    EXPECT_EQ(answers.at(102).value(), Bytes{0xfe});
    const std::string text(answers.at(103)->begin(), answers.at(103)->end());
    EXPECT_EQ(json::parse(text), receipt());
    EXPECT_FALSE(parse_receipt(text, kChain, kTx).value().success);
    EXPECT_EQ(answers.at(104).error().code, Errc::not_found);
}

TEST_F(ReaderTest, PinsEveryReadButReceiptsByHash) {
    auto reads = echo_calls(2);
    reads.emplace_back(GetNonce{kChain, kAlice});
    reads.emplace_back(GetBalance{kChain, kAlice});
    reads.emplace_back(GetCode{kChain, kAlice});
    reads.emplace_back(GetReceipt{kChain, kTx});
    ask(reader, pins(), reads);
    const json pin{{"blockHash", to_hex(fake.pin().hash)}, {"requireCanonical", true}};
    for (const json& call : json::parse(fake.seen.at(0).body)) {
        if (call["method"] == "eth_getTransactionReceipt") {
            EXPECT_EQ(call["params"], json::array({to_hex(kTx)}));
        } else {
            EXPECT_EQ(call["params"].at(1), pin) << call["method"];
        }
    }
}

TEST_F(ReaderTest, ARevertOrAnEmptyAnswerBelongsToItsOwnSlot) {
    auto reads = echo_calls(3);
    std::get<EthCall>(reads[1]).to = kBroken;
    std::get<EthCall>(reads[2]).to = Address{{0xee}};  // nothing there
    const auto answers = ask(reader, pins(), reads);
    EXPECT_TRUE(answers[0]);
    EXPECT_EQ(answers[1].error().code, Errc::reverted);
    EXPECT_NE(answers[1].error().what.find("deadbeef"), std::string::npos) << answers[1].error().what;
    EXPECT_EQ(answers[2].value(), Bytes{});
    EXPECT_EQ(fake.seen.size(), 1U);
    const auto alone = ask(reader, pins(), {reads[1]});
    EXPECT_EQ(alone[0].error().code, Errc::reverted);
    EXPECT_NE(alone[0].error().what.find("deadbeef"), std::string::npos) << alone[0].error().what;
}

TEST_F(ReaderTest, EqualReadsAreAskedOnceAndAnswerEverySlot) {
    auto reads = echo_calls(3);
    reads.insert(reads.begin() + 1, reads[2]);
    reads.emplace_back(GetNonce{kChain, kAlice});
    reads.emplace_back(GetBalance{kChain, kAlice});  // of the same account, and another question
    reads.push_back(reads[4]);
    fake.nonces[kAlice] = 9;
    fake.balances[kAlice] = "0x10";
    const auto answers = ask(reader, pins(), reads);
    const std::vector<Bytes> want{Bytes(4, 0), Bytes(4, 2), Bytes(4, 1), Bytes(4, 2),
                                  word(9),     word(16),    word(9)};
    for (std::size_t i = 0; i < want.size(); ++i) EXPECT_EQ(answers.at(i).value(), want[i]) << i;
    EXPECT_EQ(fake.calls,
              (std::vector<std::string>{"eth_getTransactionCount", "eth_getBalance", "eth_call"}));
    const std::string& body = fake.seen.at(0).body;
    const std::string token = to_hex(kToken).substr(2);
    std::size_t asked = 0;
    for (auto at = body.find(token); at != std::string::npos; at = body.find(token, at + 1)) ++asked;
    EXPECT_EQ(asked, 3U);
}

TEST_F(ReaderTest, ARoundTooLongForOneAnswerIsAskedInTwo) {
    // Five hundred positions of a pool each: 4,000 answers of six hundred digits.
    constexpr std::size_t kCount = 4000;
    std::vector<Read> reads;
    for (std::size_t i = 0; i < kCount; ++i) {
        Bytes data(96, static_cast<std::uint8_t>(i));
        data[0] = static_cast<std::uint8_t>(i >> 8U);
        reads.emplace_back(EthCall{kChain, kToken, data});
    }
    const auto answers = ask(reader, pins(), reads);
    for (std::size_t i = 0; i < kCount; ++i)
        ASSERT_EQ(answers.at(i).value(), std::get<EthCall>(reads[i]).data);
    EXPECT_EQ(fake.seen.size(), 2U);
}

TEST_F(ReaderTest, SplitsByNumberOfCallsAndBySizeWithinOneRequest) {
    MulticallOptions options;
    options.calls_max = 4;
    MulticallReader by_calls{{{kChain, &nodes}}, options};
    expect_echoes(ask(by_calls, pins(), echo_calls(10)), 10);
    EXPECT_EQ(fake.seen.size(), 1U);
    EXPECT_EQ(fake.calls.size(), 3U);

    fake.seen.clear();
    fake.calls.clear();
    options = {};
    options.calldata_max = 10'000;
    MulticallReader by_size{{{kChain, &nodes}}, options};
    expect_echoes(ask(by_size, pins(), echo_calls(10, 3000)), 10, 3000);
    EXPECT_EQ(fake.seen.size(), 1U);
    EXPECT_EQ(fake.calls.size(), 4U) << "three, three, three and one";
}

TEST_F(ReaderTest, HalvesAMulticallTheNodeCannotRunAndRemembers) {
    fake.multicall_max = 20;
    expect_echoes(ask(reader, pins(), echo_calls(64)), 64);
    EXPECT_EQ(fake.seen.size(), 3U) << "64, then 32 and 32, then four times 16";
    fake.seen.clear();
    expect_echoes(ask(reader, pins(), echo_calls(64)), 64);
    EXPECT_EQ(fake.seen.size(), 1U) << "the second round starts with what worked";
}

TEST_F(ReaderTest, TriesLargerMulticallsAgainAfterManyCleanRounds) {
    fake.multicall_max = 1;  // every multicall fails, single calls are made directly
    expect_echoes(ask(reader, pins(), echo_calls(2)), 2);
    fake.multicall_max = 1000;
    for (int i = 0; i < 64; ++i) ask(reader, pins(), echo_calls(2));
    fake.calls.clear();
    expect_echoes(ask(reader, pins(), echo_calls(2)), 2);
    EXPECT_EQ(fake.calls.size(), 1U);
}

TEST_F(ReaderTest, ACallThatPoisonsEveryMulticallSpoilsOnlyItsOwnSlot) {
    fake.poison = Bytes(4, 0xfe);
    auto reads = echo_calls(8);
    std::get<EthCall>(reads[5]).data = Bytes(4, 0xfe);
    const auto answers = ask(reader, pins(), reads);
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == 5) {
            EXPECT_EQ(answers[i].error().code, Errc::rpc);
        } else {
            EXPECT_EQ(answers[i].value(), Bytes(4, static_cast<std::uint8_t>(i)));
        }
    }
    EXPECT_LE(fake.seen.size(), 4U);
}

/// The node's answers to anything longer than that are refused by the transport.
void answer_at_most(FakeNode& fake, std::size_t bytes) {
    fake.intercept = [&fake, bytes](const HttpRequest& request) -> std::optional<Result<HttpResponse>> {
        const auto kept = std::exchange(fake.intercept, nullptr);
        auto answer = std::move(fake.perform(std::span(&request, 1)).front());
        fake.intercept = kept;
        if (answer && answer->body.size() > bytes) return fail(Errc::decode, "larger than it may be");
        return answer;
    };
}

TEST_F(ReaderTest, AnAnswerThatIsTooLargeIsAskedForInParts) {
    answer_at_most(fake, 20'000);
    expect_echoes(ask(reader, pins(), echo_calls(100, 100)), 100, 100);
    fake.seen.clear();
    expect_echoes(ask(reader, pins(), echo_calls(100, 100)), 100, 100);
    for (const auto& request : fake.seen) EXPECT_LT(request.body.size(), 100'000U);
    EXPECT_LE(fake.seen.size(), 4U * 2) << "the size is remembered (each is seen twice here)";
}

TEST_F(ReaderTest, AFloodIsNotAskedForInEverSmallerParts) {
    answer_at_most(fake, 10);
    auto reads = echo_calls(500);
    for (const auto& answer : ask(reader, pins(), reads)) ASSERT_FALSE(answer);
    EXPECT_LE(fake.seen.size(), 2U * 64);
    fake.seen.clear();
    reads.emplace_back(GetNonce{kChain, kToken});
    const auto answers = ask(reader, pins(), reads);
    EXPECT_EQ(answers.back().error().code, Errc::decode) << answers.back().error().what;
    EXPECT_LE(fake.seen.size(), 2U * 16);
}

TEST_F(ReaderTest, ATransportFailureIsInEverySlot) {
    for (const Errc code : {Errc::timeout, Errc::transport, Errc::decode}) {
        fake.intercept = [&](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
            return fail(code, "no");
        };
        auto reads = echo_calls(3);
        reads.emplace_back(GetReceipt{kChain, kTx});
        for (const auto& answer : ask(reader, pins(), reads)) {
            ASSERT_FALSE(answer);
            EXPECT_EQ(answer.error().code, code);
        }
        EXPECT_EQ(fake.seen.size(), 1U) << "a failing connection is not asked again in pieces";
        fake.seen.clear();
    }
}

TEST_F(ReaderTest, AFailureWhileSplittingIsInEverySlot) {
    fake.multicall_max = 2;
    fake.intercept = [&](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
        if (fake.seen.size() < 2) return std::nullopt;
        return fail(Errc::timeout, "no");
    };
    for (const auto& answer : ask(reader, pins(), echo_calls(8)))
        EXPECT_EQ(answer.error().code, Errc::timeout);
}

TEST_F(ReaderTest, AReorgIsInEverySlot) {
    const Pins gone = pins();
    fake.reorg(1, 2);
    fake.receipts[kTx] = receipt();
    auto reads = echo_calls(3);
    reads.emplace_back(GetNonce{kChain, kAlice});
    reads.emplace_back(GetReceipt{kChain, kTx});
    for (const auto& answer : ask(reader, gone, reads)) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::reorged);
    }
}

TEST_F(ReaderTest, WithoutEip1898ItReadsByNumberAndComparesHeaders) {
    fake.eip1898 = false;
    auto reads = echo_calls(5);
    reads.emplace_back(GetNonce{kChain, kAlice});
    ASSERT_TRUE(ask(reader, pins(), reads).at(5));
    fake.seen.clear();
    const auto answers = ask(reader, pins(), reads);
    ASSERT_TRUE(answers.at(0));
    EXPECT_EQ(fake.seen.size(), 2U);
    const Pins before = pins();
    fake.seen.clear();
    fake.before_request = [&] {
        if (fake.seen.size() == 2) fake.reorg(2, 2);  // after the reads, before the second look
    };
    for (const auto& answer : ask(reader, before, reads)) EXPECT_EQ(answer.error().code, Errc::reorged);
}

TEST_F(ReaderTest, MakesEachCallByItselfWhereThereIsNoMulticall) {
    MulticallOptions options;
    options.multicall = std::nullopt;
    MulticallReader direct{{{kChain, &nodes}}, options};
    expect_echoes(ask(direct, pins(), echo_calls(5)), 5);
    EXPECT_EQ(fake.seen.size(), 1U);
    EXPECT_EQ(fake.calls.size(), 5U);
}

TEST_F(ReaderTest, AMissingMulticallContractIsNamed) {
    MulticallOptions options;
    options.multicall = Address{{0xcc}};
    MulticallReader lost{{{kChain, &nodes}}, options};
    for (const auto& answer : ask(lost, pins(), echo_calls(2))) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Errc::decode);
        EXPECT_NE(answer.error().what.find("0xCc00"), std::string::npos) << answer.error().what;
    }
}

TEST_F(ReaderTest, MalformedAnswersAreErrorsNeverZeros) {
    auto reads = echo_calls(1);
    reads.emplace_back(GetNonce{kChain, kAlice});
    reads.emplace_back(GetBalance{kChain, kAlice});
    reads.emplace_back(GetReceipt{kChain, kTx});
    fake.methods["eth_getTransactionCount"] = [](const json&) { return json(0); };
    fake.methods["eth_getBalance"] = [](const json&) { return json(nullptr); };
    fake.receipts[kTx] = receipt();
    fake.receipts[kTx]["transactionHash"] = to_hex(TxHash{{5}});  // somebody else's receipt
    const auto answers = ask(reader, pins(), reads);
    EXPECT_TRUE(answers[0]);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(answers[i].error().code, Errc::decode) << i;
}

TEST_F(ReaderTest, AnUnpinnedOrUnknownChainIsAnErrorAndAsksNothing) {
    EXPECT_EQ(ask(reader, {}, echo_calls(1)).front().error().code, Errc::stale);
    EXPECT_EQ(ask(reader, pins(), {EthCall{ChainId{1}, kToken, {}}}).front().error().code, Errc::config);
    EXPECT_TRUE(fake.seen.empty());
    EXPECT_TRUE(ask(reader, pins(), {}).empty());
}

TEST_F(ReaderTest, ReadsEachChainAtItsOwnPin) {
    FakeNode other(ChainId{10});
    other.contracts[kToken] = [](const Bytes&) { return std::optional(Bytes{0x10}); };
    NodeSet other_nodes{other, ChainId{10}, {{"https://other.example"}}};
    MulticallReader both{{{kChain, &nodes}, {ChainId{10}, &other_nodes}}};
    const Pins two{{kChain, fake.pin()}, {ChainId{10}, other.pin()}};
    const auto answers = ask(both, two,
                             {EthCall{ChainId{10}, kToken, {}}, EthCall{kChain, kToken, {0x31}},
                              EthCall{ChainId{10}, kToken, {}}});
    EXPECT_EQ(answers[0].value(), Bytes{0x10});
    EXPECT_EQ(answers[1].value(), Bytes{0x31});
    EXPECT_EQ(answers[2].value(), Bytes{0x10});
    other.intercept = [](const HttpRequest&) -> std::optional<Result<HttpResponse>> {
        return fail(Errc::timeout, "no");
    };
    const auto half = ask(both, two, {EthCall{ChainId{10}, kToken, {}}, EthCall{kChain, kToken, {0x31}}});
    EXPECT_EQ(half[0].error().code, Errc::timeout);
    EXPECT_TRUE(half[1]) << "one chain's failure is not the other's";
}

}  // namespace
}  // namespace outrigger
