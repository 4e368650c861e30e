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
#include "chain/rpc/learned_size.hpp"
#include "chain/rpc/retry_budget.hpp"
#include "chain/rpc/transport.hpp"

namespace outrigger {

struct RpcCall {
    std::string method;
    std::string params = "[]";  // a JSON array as text
    std::size_t about = 0;      // bytes its answer will have, if that is much
};

/// What may be done about a call without a result.
enum class Again : std::uint8_t {
    no,
    alone,    // it was in a batch that the node answered in part, or refused
    smaller,  // it was too much at once: the number of calls, or the size of their answer
};

/// Why one call has no result. `said` is there when it was the node itself that refused.
struct CallError {
    Error error;
    std::optional<NodeFault> said{};
    Again again = Again::no;
};
using Reply = tl::expected<nlohmann::json, CallError>;

/// One endpoint's JSON-RPC. Ids rise over the life of the object, so an answer to an earlier request cannot
/// pass for an answer to this one.
class JsonRpc {
  public:
    static constexpr std::size_t kBatchMost = 1000;

    struct Options {
        std::string url;
        std::chrono::milliseconds timeout{5000};
        std::size_t max_bytes = 2UL * 1024 * 1024;
        RetryBudget* retries = nullptr;  // borrowed; nothing: as many as it takes
    };
    /// A request that is ready to go, and what is needed to understand its answer.
    struct Prepared {
        HttpRequest http;
        std::vector<RpcCall> calls;
        std::uint64_t first_id = 0;
    };

    /// Calls on their way: the first requests of them, and what is left for later.
    struct Asked {
        std::vector<RpcCall> calls;
        std::vector<Prepared> first;
        std::vector<HttpRequest> requests() const;
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

    /// Replies to all calls by one HTTP request, or as few as the node takes. Calls the node left out of its
    /// answer, or all of them when it refuses batches, are asked again one by one; a node that refuses
    /// batches is not sent another. Where the batch or its answer is too large for one of us, it is cut into
    /// smaller ones, and their size remembered.
    std::vector<Reply> batch(std::span<const RpcCall> calls);
    /// The two halves of batch(), for asking several nodes at once: one answer for each of the requests.
    Asked begin(std::span<const RpcCall> calls);
    std::vector<Reply> finish(const Asked& asked, std::span<const Result<HttpResponse>> answers);
    Reply call(const RpcCall& one);

    /// The part of the URL that may be shown.
    const std::string& origin() const { return origin_; }
    /// HTTP requests sent so far, as far as their answers have been looked at.
    std::uint64_t http_requests() const { return http_requests_; }
    /// True when a call may be asked again; that is then counted.
    bool may_ask_again() { return options_.retries == nullptr || options_.retries->take(); }
    /// How many calls it takes in one request, as far as it has shown.
    std::size_t batch_size() const { return batches_refused_ ? 1 : batch_size_.now(); }

  private:
    std::span<const RpcCall> first_piece(std::span<const RpcCall> calls) const;
    std::vector<Reply> one_by_one(std::span<const RpcCall> calls);
    bool learn(std::size_t asked, const std::vector<Reply>& replies);
    void ask_again(const std::vector<RpcCall>& calls, std::vector<Reply>& replies);

    Transport& transport_;
    Options options_;
    std::string origin_;
    std::uint64_t next_id_ = 1;
    std::uint64_t http_requests_ = 0;
    bool batches_refused_ = false;
    LearnedSize batch_size_{kBatchMost};
};

}  // namespace outrigger
