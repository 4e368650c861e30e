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
        m.expelled = true;
        m.why = fmt::format("serves chain {}, not {}", id->value, chain_.value);
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
    members_[i].why.clear();
}

void NodeSet::failed(std::size_t i, const Error& error) {
    Member& m = members_[i];
    m.failures = std::min<std::uint32_t>(m.failures + 1, 31);
    m.rest = std::min<std::uint32_t>(1U << m.failures, options_.rest_max);
    m.why = error.what;
    m.admitted = false;  // what answers next may be another node behind the same name
    spdlog::warn("rpc {}: {} ({} in a row)", to_string(error.code), error.what, m.failures);
}

Result<Head> NodeSet::judged(Node& node, Result<Head> head, TimePoint now) const {
    if (!head) return head;
    if (auto recent = check_age(*head, now, options_.head_age); !recent)
        return fail(recent.error().code, fmt::format("{}: {}", node.origin(), recent.error().what));
    return head;
}

/// The heads of every endpoint in good standing, in order of preference; those that fail are set aside.
std::vector<NodeSet::Seen> NodeSet::heads_of_ready(TimePoint now) {
    std::vector<std::size_t> asked;
    std::vector<JsonRpc::Prepared> prepared;
    std::vector<HttpRequest> requests;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& m = members_[i];
        if (!m.endpoint.read || m.rest > 0 || !admit(i)) continue;
        asked.push_back(i);
        prepared.push_back(m.node->prepare_head());
        requests.push_back(prepared.back().http);
    }
    if (requests.empty()) return {};
    const auto answers = transport_.perform(requests);
    std::vector<Seen> out;
    for (std::size_t k = 0; k < asked.size(); ++k) {
        Node& node = *members_[asked[k]].node;
        const auto head = judged(node, node.understand_head(prepared[k], answers[k]), now);
        if (head) {
            out.push_back({asked[k], *head});
        } else if (is_nodes_fault(head.error().code)) {
            failed(asked[k], head.error());
        }
    }
    return out;
}

/// Why a head cannot be right beside the others, if so.
std::optional<Error> NodeSet::misfit(const Seen& one, const std::vector<Seen>& all) const {
    const BlockRef& block = one.head.block;
    const auto name = [this](const Seen& s) { return members_[s.member].node->origin(); };
    std::optional<std::uint64_t> highest_other;
    for (const Seen& other : all) {
        const auto lag = other.head.block.timestamp - block.timestamp;
        if (lag > *options_.head_lag_max) {
            return Error{Errc::stale, fmt::format("{}: its block {} is {} s older than block {} of {}",
                                                  name(one), block.number.value, lag.count(),
                                                  other.head.block.number.value, name(other))};
        }
        const bool as_recent = -lag <= *options_.head_lag_max;  // an old head says nothing about heights
        if (other.member != one.member && as_recent)
            highest_other = std::max(highest_other.value_or(0), other.head.block.number.value);
    }
    if (!highest_other || block.number.value <= *highest_other ||
        block.number.value - *highest_other <= options_.head_lead_max)
        return std::nullopt;
    return Error{Errc::stale,
                 fmt::format("{}: its block {} is {} blocks ahead of every other endpoint", name(one),
                             block.number.value, block.number.value - *highest_other)};
}

Result<Head> NodeSet::latest(TimePoint now) {
    retries_.refill();
    if (compares_heads()) {
        for (Member& m : members_) m.rest -= m.rest > 0 ? 1 : 0;
        const std::vector<Seen> seen = heads_of_ready(now);
        std::optional<Head> chosen;
        for (const Seen& s : seen) {
            if (const auto why = misfit(s, seen)) {
                failed(s.member, *why);
                continue;
            }
            served(s.member);
            const bool lower = chosen && s.head.block.number < chosen->block.number;
            if (!chosen || (options_.quorum > 1 && lower)) chosen = s.head;
        }
        if (chosen) return *chosen;
    }
    return read([&](Node& node) { return judged(node, node.head(), now); });
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
    for (const Member& m : members_) out.push_back({m.node->origin(), m.expelled || m.failures > 0, m.why});
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
