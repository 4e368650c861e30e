// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chain/rpc/error_map.hpp"
#include "chain/rpc/transport.hpp"

namespace outrigger {

struct RpcCall {
    std::string method;
    std::string params = "[]";  // a JSON array as text
};

/// Why one call has no result. `said` is there when it was the node itself that refused.
struct CallError {
    Error error;
    std::optional<NodeFault> said;
    bool left_out = false;  // it was in a batch that the node answered in part, or refused as a whole
};
using Reply = tl::expected<nlohmann::json, CallError>;

/// One endpoint's JSON-RPC. Ids rise over the life of the object, so an answer to an earlier request cannot
/// pass for an answer to this one.
class JsonRpc {
  public:
    struct Options {
        std::string url;
        std::chrono::milliseconds timeout{5000};
        std::size_t max_bytes = 2UL * 1024 * 1024;
    };
    /// A request that is ready to go, and what is needed to understand its answer.
    struct Prepared {
        HttpRequest http;
        std::vector<RpcCall> calls;
        std::uint64_t first_id = 0;
    };

    JsonRpc(Transport& transport, Options options);

    /// The calls as one HTTP request: a batch, or a plain object when there is one call. Pre: not empty.
    Prepared prepare(std::span<const RpcCall> calls);
    /// The HTTP answer to a prepared request.
    Result<HttpResponse> send(const Prepared& asked);
    /// One reply per call, in the order of the calls, whatever order the node answered in. An answer that
    /// breaks the protocol (unknown, doubled or retyped id, both result and error) fails every slot and
    /// closes the connection; a call without an answer fails its own slot with Errc::decode.
    std::vector<Reply> understand(const Prepared& asked, const Result<HttpResponse>& answer);

    /// Replies to all calls by one HTTP request. Calls the node left out of its answer, or all of them when
    /// it refuses batches, are asked again one by one; a node that refuses batches is not sent another.
    std::vector<Reply> batch(std::span<const RpcCall> calls);
    Reply call(const RpcCall& one);

    /// The part of the URL that may be shown.
    const std::string& origin() const { return origin_; }
    /// HTTP requests sent so far.
    std::uint64_t http_requests() const { return http_requests_; }

  private:
    std::vector<Reply> one_by_one(std::span<const RpcCall> calls);

    Transport& transport_;
    Options options_;
    std::string origin_;
    std::uint64_t next_id_ = 1;
    std::uint64_t http_requests_ = 0;
    bool batches_refused_ = false;
};

}  // namespace outrigger
