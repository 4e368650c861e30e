// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "chain/rpc/batch_reader.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "chain/rpc/head_tracker.hpp"
#include "config/settings.hpp"

namespace outrigger {

/// The keeper's connection to its chain: endpoints, head tracker and batch reader over one transport.
class ChainLink {
  public:
    explicit ChainLink(const config::ChainSettings& chain);

    /// Asks every endpoint for its chain id; one that serves another chain is named in the log and not used.
    /// Errors: Errc::config when all of them serve another chain, Errc::transport when none can be used.
    Result<void> check_endpoints();

    Transport& transport() { return transport_; }
    NodeSet& nodes() { return nodes_; }
    HeadTracker& heads() { return heads_; }
    MulticallReader& reader() { return reader_; }

  private:
    CurlTransport transport_;
    NodeSet nodes_;
    HeadTracker heads_;
    MulticallReader reader_;
};

}  // namespace outrigger
