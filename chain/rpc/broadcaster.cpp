// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/broadcaster.hpp"

#include <spdlog/spdlog.h>

#include "chain/base/hex.hpp"

namespace outrigger {

std::vector<SendReport> broadcast(Transport& transport, NodeSet& nodes, ByteView raw) {
    const std::vector<Node*> senders = nodes.senders();
    std::vector<JsonRpc::Prepared> asked;
    std::vector<HttpRequest> requests;
    for (Node* node : senders) {
        asked.push_back(node->prepare_send(raw));
        requests.push_back(asked.back().http);
    }
    const auto answers = transport.perform(requests);
    std::vector<SendReport> out;
    for (std::size_t i = 0; i < senders.size(); ++i) {
        SendOutcome outcome = senders[i]->understand_send(raw, asked[i], answers[i]);
        const bool fine = outcome.accepted() || outcome.fault == SendFault::already_known;
        spdlog::log(fine ? spdlog::level::debug : spdlog::level::warn, "send {} to {}: {} {}",
                    to_hex(outcome.hash), senders[i]->origin(), to_string(outcome.fault), outcome.text);
        out.push_back({senders[i]->origin(), std::move(outcome)});
    }
    return out;
}

}  // namespace outrigger
