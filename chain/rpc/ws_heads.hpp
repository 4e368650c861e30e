// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "chain/base/result.hpp"

namespace outrigger {

struct WsOptions {
    std::string url;                              // may hold an access key: never logged beyond the host
    std::string ca_file{};                        // empty: the system's certificates
    bool allow_plain_ws_public = false;           // ws:// beyond loopback and private networks
    std::size_t max_bytes = 1UL * 1024 * 1024;    // of one message
    std::chrono::milliseconds handshake{10'000};  // each of: connecting, TLS, upgrade, subscribing
    std::chrono::milliseconds idle{30'000};  // silence after which the peer is taken for dead; pinged at half
    std::chrono::milliseconds retry_min{1'000};  // until the next attempt; doubles, with jitter
    std::chrono::milliseconds retry_max{60'000};
    std::chrono::milliseconds steady{60'000};  // up for that long, what went wrong before is forgotten
};

/// A node's newHeads over a WebSocket, as a hint and nothing else: that there may be a new head. What is in
/// the notification is not read; the head itself is asked for and judged like any other. So a socket that
/// lies, stalls or dies changes how soon a head is seen, never which.
///
/// It lives on a thread of its own, connects again by itself, and says in the log when it works and, once,
/// when it does not.
class WsHeads {
  public:
    /// A listener at work. `wake` is called from its thread, and not any more once it is destroyed.
    /// Errors: Errc::config for an address that is none; Errc::unsupported when built without WebSockets.
    static Result<std::unique_ptr<WsHeads>> open(WsOptions options, std::function<void()> wake);
    /// Ends at once, whatever the peer does.
    ~WsHeads();
    WsHeads(const WsHeads&) = delete;
    WsHeads& operator=(const WsHeads&) = delete;

    /// True while it is subscribed: heads may then be polled less often.
    bool live() const;

  private:
    struct Impl;
    explicit WsHeads(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

}  // namespace outrigger
