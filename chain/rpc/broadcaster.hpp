// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "chain/rpc/failover.hpp"

namespace outrigger {

struct SendReport {
    std::string origin;
    SendOutcome outcome;
};

/// Offers a signed transaction to every endpoint with the send role, at the same time. One report per
/// endpoint, in order; none of them decides anything: only the chain does. Sending the same bytes again is
/// always safe.
std::vector<SendReport> broadcast(Transport& transport, NodeSet& nodes, ByteView raw);

}  // namespace outrigger
