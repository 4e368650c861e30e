// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/failover.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "chain/base/assert.hpp"

namespace outrigger {

Result<void> check_age(const Head& head, TimePoint now, const HeadAge& age) {
    const auto behind = now - head.block.timestamp;
    if (age.behind_max && behind > *age.behind_max) {
        return fail(Errc::stale, fmt::format("block {} is {} s old, more than {} s", head.block.number.value,
                                             behind.count(), age.behind_max->count()));
    }
    if (age.ahead_max && -behind > *age.ahead_max) {
        return fail(Errc::stale,
                    fmt::format("block {} is {} s in the future, more than {} s; check this machine's clock",
                                head.block.number.value, -behind.count(), age.ahead_max->count()));
    }
    return {};
}

NodeSet::NodeSet(Transport& transport, ChainId chain, std::vector<Endpoint> endpoints, NodeSetOptions options)
    : chain_(chain), options_(std::move(options)) {
    OR_ASSERT(!endpoints.empty());
    for (Endpoint& endpoint : endpoints) {
        auto node = std::make_unique<Node>(
            transport, JsonRpc::Options{endpoint.url, options_.timeout, options_.max_bytes}, chain);
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
            --m.rest;
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
        m.expelled = true;
        const auto error =
            wrong(fmt::format("serves chain {}, the configuration says {}", id->value, chain_.value));
        spdlog::error("rpc {}", error.value().what);
        return error;
    }
    m.admitted = true;
    return {};
}

void NodeSet::served(std::size_t i) {
    members_[i].failures = 0;
    members_[i].rest = 0;
}

void NodeSet::failed(std::size_t i, const Error& error) {
    Member& m = members_[i];
    m.failures = std::min<std::uint32_t>(m.failures + 1, 31);
    m.rest = std::min<std::uint32_t>(1U << m.failures, options_.rest_max);
    m.admitted = false;  // what answers next may be another node behind the same name
    spdlog::warn("rpc {}: {} ({} in a row)", to_string(error.code), error.what, m.failures);
}

Result<Head> NodeSet::latest(TimePoint now) {
    return read([&](Node& node) -> Result<Head> {
        const Head head = OR_TRY(node.head());
        if (auto recent = check_age(head, now, options_.head_age); !recent) {
            return fail(recent.error().code, fmt::format("{}: {}", node.origin(), recent.error().what));
        }
        return head;
    });
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
