// SPDX-License-Identifier: Apache-2.0
// A stored corpus of answers that a node must not get away with, each through the typed read it is meant for.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "chain/base/hex.hpp"
#include "chain/rpc/node.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr ChainId kChain{31337};

/// Answers every request with the same body.
struct OneAnswer final : Transport {
    std::string body;
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        return {requests.size(), HttpResponse{200, "application/json", body}};
    }
    void drop_connections() override {}
};

template <class T>
Result<void> outcome(const Result<T>& read) {
    if (!read) return tl::unexpected(read.error());
    return {};
}

/// The reads of the corpus by name; each question is the one the right answer belongs to.
Result<void> read(const std::string& name, Node& node) {
    const BlockRef pin{kChain, BlockNumber(100), BlockHash{}, TimePoint{}};
    const Address nobody{};
    if (name == "chain_id") return outcome(node.chain_id());
    if (name == "head") return outcome(node.head());
    if (name == "header") return outcome(node.header(BlockNumber(100)));
    if (name == "call") return outcome(node.call(nobody, TxCall{kChain, nobody, {}, {}, {}}, pin));
    if (name == "count") return outcome(node.transaction_count(nobody, BlockTag::latest));
    if (name == "balance") return outcome(node.balance(nobody, pin));
    if (name == "transaction") return outcome(node.transaction(TxHash{}));
    if (name == "tip") return outcome(node.suggested_tip(U256::max()));
    ADD_FAILURE() << "the corpus names an unknown read: " << name;
    return {};
}

std::string body_of(const json& entry) {
    if (entry.contains("body")) return entry.at("body").get<std::string>();
    const json& r = entry.at("repeat");
    const auto unit = r.at(1).get<std::string>();
    auto out = r.at(0).get<std::string>();
    const auto times = r.at(2).get<std::size_t>();
    out.reserve(out.size() + unit.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += unit;
    return out + r.at(3).get<std::string>();
}

long peak_kib() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST(HostileCorpus, NothingIsAcceptedNothingCrashesAndMemoryStaysBounded) {
    std::ifstream file(OUTRIGGER_SOURCE_DIR "/tests/corpus/hostile_answers.jsonl");
    std::vector<json> entries;
    for (std::string line; std::getline(file, line);) entries.push_back(json::parse(line));
    ASSERT_GE(entries.size(), 3000U);
    std::size_t largest = 0;
    for (const json& entry : entries) largest = std::max(largest, body_of(entry).size());
    OneAnswer transport;
    transport.body.reserve(largest);
    const long before = peak_kib();
    std::map<bool, std::size_t> seen;
    for (const json& entry : entries) {
        transport.body = body_of(entry);
        Node node(transport, {.url = "https://node.example", .timeout = {}, .max_bytes = 8UL << 20}, kChain);
        const auto got = read(entry.at("read"), node);
        const bool benign = entry.value("accept", false);
        ++seen[benign];
        EXPECT_EQ(got.has_value(), benign)
            << entry.at("read") << ": " << entry.at("why") << ": " << transport.body.substr(0, 300) << "\n"
            << (got ? "accepted" : got.error().what);
        const std::size_t said = got ? 0 : got.error().what.size();
        EXPECT_LT(said, 1000U) << entry.at("why");
    }
    EXPECT_LT(peak_kib() - before, 64 * 1024);
    EXPECT_GE(seen[false], 3000U);
    EXPECT_GE(seen[true], 30U);
}

}  // namespace
}  // namespace outrigger
