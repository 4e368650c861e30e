// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "chain/rpc/head_tracker.hpp"
#include "chain/rpc/traffic.hpp"
#include "chain/rpc/ws_heads.hpp"
#include "config/settings.hpp"

namespace outrigger {

/// While it lives, everything asked through that traffic control shares one deadline.
class SharedDeadline {
  public:
    SharedDeadline(TrafficControl& traffic, std::chrono::milliseconds from_now) : traffic_(traffic) {
        traffic_.set_deadline(from_now);
    }
    ~SharedDeadline() { traffic_.set_deadline(std::nullopt); }
    SharedDeadline(const SharedDeadline&) = delete;
    SharedDeadline& operator=(const SharedDeadline&) = delete;

  private:
    TrafficControl& traffic_;
};

/// The keeper's connection to its chain: endpoints, head tracker and batch reader over one transport.
class ChainLink {
  public:
    explicit ChainLink(const config::ChainSettings& chain);

    /// Asks every endpoint for its chain id; one that serves another chain is named in the log and not used.
    /// Errors: Errc::config when all of them serve another chain, Errc::transport when none can be used.
    Result<void> check_endpoints();

    /// To be kept for the length of a round.
    [[nodiscard]] SharedDeadline round_deadline() { return {traffic_, round_deadline_}; }

    /// Calls `wake`, from other threads, whenever an endpoint's WebSocket says that there may be a new head.
    /// Errors: Errc::config for an address that is none; Errc::unsupported when built without WebSockets.
    Result<void> listen(const config::ChainSettings& chain, const std::function<void()>& wake);
    /// True while one of them is subscribed: polling is then only the safety net.
    bool hears_heads() const;

    Transport& transport() { return traffic_; }
    NodeSet& nodes() { return nodes_; }
    HeadTracker& heads() { return heads_; }
    MulticallReader& reader() { return reader_; }

  private:
    CurlTransport wire_;
    TrafficControl traffic_;
    std::chrono::milliseconds round_deadline_;
    NodeSet nodes_;
    HeadTracker heads_;
    MulticallReader reader_;
    std::vector<std::unique_ptr<WsHeads>> sockets_;
};

}  // namespace outrigger
