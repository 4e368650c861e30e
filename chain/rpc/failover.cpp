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

Result<Head> NodeSet::judged(Node& node, Result<Head> head, TimePoint now) const {
    if (!head) return head;
    if (auto recent = check_age(*head, now, options_.head_age); !recent)
        return fail(recent.error().code, fmt::format("{}: {}", node.origin(), recent.error().what));
    return head;
}

/// In every request for a head where that costs no request of its own; else now and then.
bool NodeSet::must_identify(const Member& m) const {
    constexpr std::uint64_t kBlocks = 100;
    return !m.admitted || m.node->takes_batches() ||
           (newest_ && newest_->block.number.value >= m.identified_at + kBlocks);
}

/// The heads of these endpoints, in their order, all asked at once; those that fail are set aside.
std::vector<NodeSet::Seen> NodeSet::heads_of(const std::vector<std::size_t>& members, TimePoint now,
                                             Error& last) {
    if (members.empty()) return {};
    std::vector<JsonRpc::Asked> asked;
    std::vector<std::vector<HttpRequest>> lanes;
    for (const std::size_t i : members) {
        const Member& m = members_[i];
        lanes.push_back(asked.emplace_back(m.node->begin_head(must_identify(m))).requests());
    }
    Race rules;
    rules.enough = std::max<std::size_t>(options_.quorum, 1);
    rules.at_once = lanes.size();
    rules.grace = options_.head_grace;
    const auto heats = transport_.race(lanes, rules);
    std::vector<Seen> out;
    for (std::size_t k = 0; k < members.size(); ++k) {
        if (const auto why = heats[k].refused()) last = *why;  // its last fault stands
        if (!heats[k].started) continue;
        const std::size_t i = members[k];
        Member& m = members_[i];
        const auto head = judged(*m.node, m.node->finish_head(asked[k], heats[k].answers), now);
        if (head) {
            const bool identified = asked[k].calls.size() > 1;
            m.admitted = m.admitted || identified;
            if (identified) m.identified_at = head->block.number.value;
            out.push_back({i, *head});
            continue;
        }
        last = head.error();
        if (last.code == Errc::config) {
            expel(i, last.what);
            last.what = fmt::format("{}: {}; check this URL, or chain.id in the configuration",
                                    m.node->origin(), last.what);
        } else if (is_nodes_fault(last.code)) {
            failed(i, last);
        }
    }
    return out;
}

/// Why a head cannot be right beside the others, if so.
std::optional<Error> NodeSet::misfit(const Seen& one, const std::vector<Seen>& all) const {
    const BlockRef& block = one.head.block;
    const auto name = [this](const Seen& s) { return members_[s.member].node->origin(); };
    // One that had fallen behind must have caught up, even if nobody is left to compare it with.
    if (members_[one.member].lagged && newest_ &&
        newest_->block.timestamp - block.timestamp > *options_.head_lag_max) {
        return Error{Errc::stale,
                     fmt::format("{}: its block {} is older than block {}, which another has shown",
                                 name(one), block.number.value, newest_->block.number.value)};
    }
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

/// The head to go by: the preferred endpoint's, or with a quorum the lowest. Sets those aside that cannot be
/// right.
std::optional<Head> NodeSet::best_of(const std::vector<Seen>& seen, Error& last) {
    std::optional<Head> chosen;
    for (const Seen& s : seen) {
        if (const auto why = misfit(s, seen)) {
            failed(s.member, *why);
            members_[s.member].lagged = true;
            last = *why;
            continue;
        }
        served(s.member);
        const bool lower = chosen && s.head.block.number < chosen->block.number;
        if (!chosen || (options_.quorum > 1 && lower)) chosen = s.head;
    }
    return chosen;
}

Result<Head> NodeSet::latest(TimePoint now) {
    retries_.refill();
    for (Member& m : members_) m.used = false;
    if (!compares_heads()) return read([&](Node& node) { return judged(node, node.head(), now); });

    std::vector<std::size_t> ready;
    std::vector<std::size_t> resting;
    for (std::size_t i = 0; i < members_.size(); ++i) {
        Member& m = members_[i];
        if (!m.endpoint.read || m.expelled) continue;
        m.rest -= m.rest > 0 ? 1 : 0;
        (m.rest > 0 ? resting : ready).push_back(i);
    }
    Error last{Errc::config, members_.empty() ? "" : "every endpoint that may be read serves another chain"};
    auto chosen = best_of(heads_of(ready, now, last), last);
    if (!chosen) chosen = best_of(heads_of(resting, now, last), last);
    if (!chosen) return tl::unexpected(last);
    newest_ = chosen;
    return *chosen;
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
