// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "chain/base/chain_types.hpp"
#include "chain/rpc/head.hpp"
#include "chain/rpc/transport.hpp"

namespace outrigger::test {

/// A JSON-RPC node inside the process: a transport that answers instead of sending. It keeps a chain of
/// headers, understands batches, EIP-1898 and Multicall3, and can be told to misbehave.
class FakeNode final : public Transport {
  public:
    using Json = nlohmann::json;
    /// The result of one call; an Error object `{"error": {...}}` makes it a JSON-RPC error.
    using Handler = std::function<Json(const Json& params)>;
    /// What a contract returns to calldata; nothing is a revert.
    using Contract = std::function<std::optional<Bytes>(const Bytes& calldata)>;

    explicit FakeNode(ChainId chain = ChainId{31337});

    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override;
    void drop_connections() override { ++dropped; }

    /// Appends blocks on top of the head; `salt` makes their hashes differ from those of another branch.
    void mine(std::size_t count = 1, std::uint8_t salt = 0);
    /// Drops the newest `depth` blocks and mines `count` others in their place.
    void reorg(std::size_t depth, std::size_t count);
    Head head() const { return chain_.rbegin()->second; }
    BlockRef pin() const { return head().block; }
    const std::map<std::uint64_t, Head>& blocks() const { return chain_; }

    std::map<std::string, Handler> methods;  // by name; these win over the built-in ones
    std::map<Address, Contract> contracts;   // answer eth_call, alone or inside Multicall3
    std::map<Address, std::uint64_t> nonces;
    std::map<Address, std::string> balances;  // quantities
    std::map<Address, std::string> codes;     // hex
    std::map<TxHash, Json> receipts;
    bool eip1898 = true;
    bool batches = true;
    std::size_t multicall_max = 1000000;   // calls in one multicall before it runs out of gas
    std::optional<Bytes> poison;           // calldata that makes the whole eth_call run out of gas
    bool follows_eip1559 = false;          // else every block has the genesis' base fee
    std::function<void()> before_request;  // runs first on each HTTP request: reorgs happen here
    std::function<std::optional<Result<HttpResponse>>(const HttpRequest&)> intercept;  // answers in our place
    std::function<void(Json& answers)> tamper;  // changes the answers of a batch, or of one call

    std::vector<HttpRequest> seen;
    std::vector<std::string> calls;  // methods in the order asked
    int dropped = 0;

    static Json error(std::int64_t code, const std::string& message);
    static Json header_json(const Head& head);

  private:
    Result<HttpResponse> serve(const HttpRequest& request);
    Json answer(const Json& call);
    Json builtin(const std::string& method, const Json& params);
    Json call_contract(const Json& object);
    std::optional<Json> pin_problem(const Json& block) const;

    ChainId chain_id_;
    std::map<std::uint64_t, Head> chain_;
};

}  // namespace outrigger::test
