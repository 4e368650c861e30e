// SPDX-License-Identifier: Apache-2.0
// NodeSet: which head to go by when several endpoints show one each.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "chain/base/hex.hpp"
#include "chain/rpc/failover.hpp"

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

/// Why a head cannot come after the last one chosen, if so.
std::optional<Error> NodeSet::impossible(const Seen& one, TimePoint now) const {
    if (!newest_) return std::nullopt;
    auto fits = check_growth(*newest_, one.head, now - newest_at_, options_.head_rules);
    if (fits && one.head.parent == newest_->block.hash)
        fits = check_child(*newest_, one.head, options_.head_rules);
    if (fits) return std::nullopt;
    return Error{fits.error().code,
                 fmt::format("{}: {}", members_[one.member].node->origin(), fits.error().what)};
}

/// Those heads that may be right by themselves and beside the others; the other endpoints are set aside.
std::vector<NodeSet::Seen> NodeSet::fit_of(const std::vector<Seen>& seen, TimePoint now, Error& last) {
    std::vector<Seen> out;
    for (const Seen& s : seen) {
        if (const auto why = impossible(s, now)) {
            failed(s.member, *why);
            last = *why;
        } else if (const auto odd = misfit(s, seen)) {
            failed(s.member, *odd);
            members_[s.member].lagged = true;
            last = *odd;
        } else {
            served(s.member);
            out.push_back(s);
        }
    }
    return out;
}

/// What these endpoints have at a height, each asked once; those that do not say are left out.
std::vector<NodeSet::Seen> NodeSet::headers_at(BlockNumber number, const std::vector<Seen>& fit) {
    std::vector<Seen> out;
    std::vector<std::size_t> asked_of;
    std::vector<JsonRpc::Asked> asked;
    std::vector<std::vector<HttpRequest>> lanes;
    for (const Seen& s : fit) {
        if (s.head.block.number == number) {
            out.push_back(s);
            continue;
        }
        asked_of.push_back(s.member);
        lanes.push_back(asked.emplace_back(node(s.member).begin_header(number)).requests());
    }
    if (lanes.empty()) return out;
    Race rules;
    rules.enough = lanes.size();
    rules.at_once = lanes.size();
    const auto heats = transport_.race(lanes, rules);
    for (std::size_t k = 0; k < lanes.size(); ++k) {
        if (!heats[k].started) continue;
        const auto head = node(asked_of[k]).finish_header(number, asked[k], heats[k].answers);
        if (head) {
            out.push_back({asked_of[k], *head});
        } else if (is_nodes_fault(head.error().code)) {
            failed(asked_of[k], head.error());
        }
    }
    return out;
}

/// The lowest head, if it is on the branch of the majority, else that branch's block of its height. Whoever
/// follows another branch is set aside.
Result<Head> NodeSet::agreed(const std::vector<Seen>& fit) {
    const auto lowest = std::min_element(fit.begin(), fit.end(), [](const Seen& l, const Seen& r) {
        return l.head.block.number < r.head.block.number;
    });
    const BlockNumber number = lowest->head.block.number;
    const auto votes = headers_at(number, fit);
    std::map<BlockHash, std::size_t> count;
    for (const Seen& v : votes) ++count[v.head.block.hash];
    const auto winner = std::max_element(count.begin(), count.end(),
                                         [](const auto& l, const auto& r) { return l.second < r.second; });
    const auto said = [this](const Seen& v) {
        return fmt::format("{} has {}", members_[v.member].node->origin(), to_hex(v.head.block.hash));
    };
    if (winner == count.end() || winner->second < options_.quorum || 2 * winner->second <= votes.size()) {
        std::string all;
        for (const Seen& v : votes) all += (all.empty() ? "" : ", ") + said(v);
        return fail(Errc::rejected, fmt::format("no {} endpoints agree about block {}: {}", options_.quorum,
                                                number.value, all));
    }
    Head chosen;
    for (const Seen& v : votes) {
        if (v.head.block.hash == winner->first) {
            chosen = v.head;
        } else {
            failed(v.member, {Errc::decode, fmt::format("follows another branch: block {}: {}, the others {}",
                                                        number.value, said(v), to_hex(winner->first))});
        }
    }
    return chosen;
}

Result<Head> NodeSet::best_of(const std::vector<Seen>& fit) {
    return options_.quorum > 1 ? agreed(fit) : fit.front().head;
}

Result<Head> NodeSet::latest(TimePoint now) {
    retries_.refill();
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
    auto fit = fit_of(heads_of(ready, now, last), now, last);
    if (fit.empty()) fit = fit_of(heads_of(resting, now, last), now, last);
    if (fit.empty()) return tl::unexpected(last);
    const Head chosen = OR_TRY(best_of(fit));
    newest_ = chosen;
    newest_at_ = now;
    for (Member& m : members_) m.used = false;  // a head is not what a round is read from
    return chosen;
}

}  // namespace outrigger
