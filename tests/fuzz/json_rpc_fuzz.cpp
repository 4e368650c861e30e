// SPDX-License-Identifier: Apache-2.0
// A node that answers anything: every typed read must come back with a value or an error, never otherwise.
// The first byte chooses the read, the rest is the body of the HTTP answer.
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"
#include "chain/rpc/json_text.hpp"
#include "chain/rpc/node.hpp"

namespace {

using namespace outrigger;

constexpr ChainId kChain{31337};
constexpr std::size_t kShownMax = 200;

/// Answers every request with the same body.
class OneAnswer final : public Transport {
  public:
    explicit OneAnswer(std::string body) : body_(std::move(body)) {}
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        return {requests.size(), HttpResponse{200, "application/json", body_}};
    }
    void drop_connections() override {}

  private:
    std::string body_;
};

void read(Node& node, unsigned which) {
    const BlockRef pin{kChain, BlockNumber(100), BlockHash{}, TimePoint{}};
    const TxHash hash{};
    switch (which % 9) {
        case 0: (void)node.chain_id(); break;
        case 1: (void)node.head(); break;
        case 2: (void)node.header(BlockNumber(100)); break;
        case 3: (void)node.call(Address{}, TxCall{kChain, Address{}, {}, {}, {}}, pin); break;
        case 4: (void)node.transaction_count(Address{}, BlockTag::latest); break;
        case 5: (void)node.balance(Address{}, pin); break;
        case 6: (void)node.receipt(hash); break;
        case 7: (void)node.transaction(hash); break;
        default: {
            const U256 cap(1'000'000);
            if (const auto tip = node.suggested_tip(cap)) OR_ASSERT(*tip <= cap);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string body(data + 1, data + size);
    if (const auto value = parse_json(body)) {
        // Within the limits everything can be written and read again.
        const auto again = parse_json(value->dump());
        OR_ASSERT(again && *again == *value);
    }
    OR_ASSERT(shown(body).size() <= kShownMax + 3);
    OneAnswer transport(body);
    Node node(transport, {.url = "https://node.example", .timeout = {}, .max_bytes = 1 << 20}, kChain);
    read(node, data[0]);

    JsonRpc rpc(transport, {.url = "https://node.example", .timeout = {}, .max_bytes = 1 << 20});
    const std::vector<RpcCall> calls(data[0] % 3 + 1, RpcCall{"eth_call", "[]"});
    const auto replies = rpc.understand(rpc.prepare(calls), HttpResponse{200, "application/json", body});
    OR_ASSERT(replies.size() == calls.size());
    return 0;
}
