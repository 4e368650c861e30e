// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "chain/rpc/curl_transport.hpp"
#include "tests/support/http_server.hpp"

namespace outrigger::test {

/// What a proxy does to one exchange. It gets the request, and the node's answer to change; what it returns
/// is sent instead. A request that is a batch has an array in both.
using Fault = std::function<std::optional<HttpAction>(const nlohmann::json& asked, nlohmann::json& answered)>;

/// A JSON-RPC proxy in front of a real node that lies, stalls and stumbles as told.
class FaultProxy {
  public:
    /// On that port of 127.0.0.1, or a free one.
    explicit FaultProxy(std::string upstream, std::uint16_t port = 0);
    std::string url() const { return server_.url(); }
    /// From now on; an empty one ends it.
    void set(Fault fault);
    /// Every method asked for so far, in order.
    std::vector<std::string> methods() const;
    /// Connections taken, and bytes of endless answers sent, so far.
    int connections() const { return server_.connections(); }
    std::uint64_t bytes_poured() const { return server_.bytes_poured(); }
    /// Every request body so far, in order.
    std::vector<std::string> bodies() const;
    /// The node's own answer to one call.
    nlohmann::json ask(const std::string& method, const nlohmann::json& params);

  private:
    HttpAction answer(const HttpSeen& seen);

    std::string upstream_;
    CurlTransport transport_;
    mutable std::mutex mutex_;
    Fault fault_;
    std::vector<std::string> methods_;
    HttpServer server_;  // last: its threads use the rest
};

/// The faults by name; more in wire_faults.hpp, json_faults.hpp and lie_faults.hpp.
namespace faults {

/// Accepts and never answers.
Fault hang();
/// Answers every request with this status and text.
Fault status(int code, std::string body, std::string headers = {});
/// Answers every call of that method with a gateway's error.
Fault break_method(std::string method);
/// Sends only the first part of each answer.
Fault truncate(double share);
/// Sends this instead of each answer.
Fault instead(std::string body);
/// Says that it serves another chain.
Fault chain_id(std::uint64_t id);
/// Shows this block as its newest.
Fault newest_block(nlohmann::json block);
/// Replaces these hex digits wherever they stand in the result of a call.
Fault replace_in_calls(std::string hex, std::string by);
/// Answers a batch in another order, or the wrong one under each id.
Fault shuffle_batch();
Fault swap_ids();

}  // namespace faults
}  // namespace outrigger::test
