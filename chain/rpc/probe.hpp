// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "chain/rpc/head.hpp"
#include "chain/rpc/transport.hpp"

namespace outrigger {

struct ProbeLimits {
    std::chrono::milliseconds timeout{5000};  // of each request
    std::chrono::milliseconds total{15000};   // of all of them: what is left then stays unknown
    std::size_t batch_max = 1000;             // calls
    std::uint64_t logs_max = 100'000;         // blocks
    std::size_t burst = 20;                   // requests at once, to see whether they are refused
};

/// What one endpoint does, measured now. Whatever could not be measured is an error that says why, never a
/// zero.
struct EndpointProbe {
    template <class T>
    using Measured = Result<T>;
    static tl::unexpected<Error> unmeasured() { return fail(Errc::timeout, "not measured"); }

    struct Latency {
        std::chrono::microseconds median{0};
        std::chrono::microseconds worst{0};
    };
    /// How far back it knows balances and storage.
    struct Depth {
        std::uint64_t blocks = 0;  // at least so many
        bool archive = false;      // to the beginning
    };
    /// A burst of requests: how many it refused for their rate, and until when it asked to be left alone.
    struct Burst {
        std::size_t asked = 0;
        std::size_t refused = 0;
        std::optional<std::chrono::seconds> retry_after{};
    };

    std::string origin;
    Measured<std::string> client = unmeasured();  // printable, at most 60 characters
    Measured<ChainId> chain = unmeasured();
    Measured<Head> head = unmeasured();
    Measured<Latency> latency = unmeasured();
    Measured<std::size_t> batch = unmeasured();   // calls in one request; 1: it takes no batches
    Measured<std::uint64_t> logs = unmeasured();  // blocks in one eth_getLogs; 0: none
    Measured<Depth> depth = unmeasured();
    Measured<bool> pins_by_hash = unmeasured();                 // EIP-1898 with requireCanonical
    Measured<std::vector<std::string>> missing = unmeasured();  // methods in use that it does not offer
    Measured<Burst> burst = unmeasured();
    std::size_t requests = 0;
};

/// Measures an endpoint of a chain. Nothing it asks changes anything; no transaction is sent: where it asks
/// whether transactions are taken, it offers none.
/// Pre: `now` is a clock that never runs backwards
[[nodiscard]] EndpointProbe probe_endpoint(Transport& transport, const std::string& url, ChainId chain,
                                           const ProbeLimits& limits,
                                           const std::function<std::chrono::microseconds()>& now);

}  // namespace outrigger
