// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/failover.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "chain/base/assert.hpp"

namespace outrigger {

NodeSet::NodeSet(Transport& transport, ChainId chain, std::vector<Endpoint> endpoints, NodeSetOptions options)
    : transport_(transport), chain_(chain), options_(std::move(options)), retries_(options_.retries) {
    OR_ASSERT(!endpoints.empty());
    for (Endpoint& endpoint : endpoints) {
        auto node =
            std::make_unique<Node>(transport,
                                   JsonRpc::Options{endpoint.url, endpoint.timeout.value_or(options_.timeout),
                                                    options_.max_bytes, &retries_},
                                   chain);
        members_.push_back({std::move(endpoint), std::move(node)});
    }
}

bool NodeSet::is_nodes_fault(Errc code) {
    // Errc::decode here is an envelope or a field the node got wrong: what contracts return is decoded later.
    return code == Errc::timeout || code == Errc::transport || code == Errc::decode || code == Errc::stale;
}

std::vector<std::size_t> NodeSet::order() {
    std::vector<std::size_t> ready;
    std::vector<std::size_t> resting;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& m = members_[i];
        if (!m.endpoint.read) continue;
        if (m.rest > 0) {
            if (!compares_heads()) --m.rest;
            resting.push_back(i);
        } else {
            ready.push_back(i);
        }
    }
    ready.insert(ready.end(), resting.begin(), resting.end());
    return ready;
}

Result<void> NodeSet::admit(std::size_t i) {
    Member& m = members_[i];
    if (m.admitted) return {};
    const auto wrong = [&](const std::string& detail) {
        return fail(Errc::config, fmt::format("{}: {}; check this URL, or chain.id in the configuration",
                                              m.node->origin(), detail));
    };
    if (m.expelled) return wrong(fmt::format("serves another chain than {}", chain_.value));
    const auto id = m.node->chain_id();
    if (!id) {
        failed(i, id.error());
        return tl::unexpected(id.error());
    }
    if (*id != chain_) {
        expel(i, fmt::format("serves chain {}, not {}", id->value, chain_.value));
        return wrong(m.why);
    }
    m.admitted = true;
    return {};
}

void NodeSet::expel(std::size_t i, const std::string& why) {
    Member& m = members_[i];
    m.expelled = true;
    m.admitted = false;
    m.why = why;
    spdlog::error("rpc {}: {}; it is not used again", m.node->origin(), why);
}

void NodeSet::served(std::size_t i) {
    members_[i].failures = 0;
    members_[i].rest = 0;
    members_[i].why.clear();
    members_[i].lagged = false;
    members_[i].used = true;
}

void NodeSet::failed(std::size_t i, const Error& error) {
    Member& m = members_[i];
    m.failures = std::min<std::uint32_t>(m.failures + 1, 31);
    m.rest = std::min<std::uint32_t>(1U << m.failures, options_.rest_max);
    m.why = error.what;
    m.admitted = false;  // what answers next may be another node behind the same name
    spdlog::warn("rpc {}: {} ({} in a row)", to_string(error.code), error.what, m.failures);
}

std::vector<LaneOutcome> NodeSet::race(const std::vector<std::vector<HttpRequest>>& lanes,
                                       std::size_t enough) {
    Race rules;
    rules.enough = enough;
    rules.at_once = enough;
    rules.next_after = options_.hedge_after;
    return transport_.race(lanes, rules);
}

/// Whom to ask next: those known to be fit, or else the first of the others that is.
std::vector<std::size_t> NodeSet::candidates(const std::vector<std::size_t>& skip, std::size_t most,
                                             Error& last) {
    std::vector<std::size_t> fit;
    std::vector<std::size_t> others;
    for (const std::size_t i : order()) {
        if (std::find(skip.begin(), skip.end(), i) != skip.end()) continue;
        const Member& m = members_[i];
        (m.admitted && m.rest == 0 ? fit : others).push_back(i);
    }
    for (auto i = others.begin(); fit.empty() && i != others.end(); ++i) {
        if (auto admitted = admit(*i)) {
            fit.push_back(*i);
        } else {
            last = std::move(admitted).error();
        }
    }
    fit.resize(std::min(fit.size(), most));
    return fit;
}

Result<std::vector<Head>> NodeSet::headers(BlockNumber first, std::size_t count) {
    return read([&](Node& node) { return node.headers(first, count); });
}

std::vector<Result<void>> NodeSet::check_all() {
    std::vector<Result<void>> out;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        members_[i].admitted = false;
        out.push_back(admit(i));
    }
    return out;
}

std::vector<NodeSet::Standing> NodeSet::standings() const {
    std::vector<Standing> out;
    for (const Member& m : members_)
        out.push_back({m.node->origin(), m.expelled || m.failures > 0, m.why, m.used});
    return out;
}

std::vector<Node*> NodeSet::senders() {
    std::vector<Node*> out;
    for (const Member& m : members_) {
        if (m.endpoint.send && !m.expelled) out.push_back(m.node.get());
    }
    return out;
}

std::uint64_t NodeSet::http_requests() const {
    std::uint64_t total = 0;
    for (const Member& m : members_) total += m.node->http_requests();
    return total;
}

}  // namespace outrigger
