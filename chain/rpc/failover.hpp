// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "chain/rpc/head_rules.hpp"
#include "chain/rpc/node.hpp"
#include "chain/rpc/retry_budget.hpp"

namespace outrigger {

struct Endpoint {
    std::string url;
    bool read = true;
    bool send = true;
    std::optional<std::chrono::milliseconds> timeout{};  // nothing: as the set says
};

struct NodeSetOptions {
    std::chrono::milliseconds timeout{5000};
    std::size_t max_bytes = 2UL * 1024 * 1024;
    std::size_t attempts = 2;  // endpoints asked for one read
    std::uint32_t rest_max =
        64;  // reads, or polls where heads are compared, an ailing endpoint sits out at most
    HeadAge head_age;
    HeadRules head_rules{};
    /// An endpoint whose head is that much older than another's is set aside. Nothing: heads are not
    /// compared.
    std::optional<std::chrono::seconds> head_lag_max;
    /// So are those more blocks ahead of all others than this, whose heads are otherwise as old.
    std::uint64_t head_lead_max = 32;
    /// Endpoints that must give the same answers to a round's reads.
    std::size_t quorum = 1;
    /// Without an answer by then, another endpoint is asked, too. Zero: never.
    std::chrono::milliseconds hedge_after{2500};
    /// How long the other endpoints' heads are waited for once there are enough.
    std::chrono::milliseconds head_grace{1000};
    std::uint32_t retries = 32;  // of one round, by all endpoints and all who ask them
};

/// The endpoints of one chain, in order of preference: the first healthy one serves, another is tried once
/// when it does not answer. An endpoint that serves another chain is never asked again.
/// Health is counted in reads, not in seconds: no clock, no chance.
class NodeSet final : public HeadSource {
  public:
    NodeSet(const NodeSet&) = delete;
    NodeSet& operator=(const NodeSet&) = delete;

    /// Pre: at least one endpoint.
    NodeSet(Transport& transport, ChainId chain, std::vector<Endpoint> endpoints,
            NodeSetOptions options = {});

    /// The result of `f(node)` from the first node that gives one. Only an error that another node may not
    /// have (timeout, transport, an answer that is not JSON-RPC, a method not offered) moves on to the next;
    /// one that only does not offer it stays in good standing. Errors: Errc::config
    /// when every endpoint serves another chain; else the last node's error.
    template <class F>
    auto read(F f) -> std::invoke_result_t<F, Node&> {
        std::optional<Error> last;
        std::size_t asked = 0;
        for (const std::size_t i : order()) {
            if (asked == options_.attempts || (asked > 0 && !retries_.take_for_another())) break;
            if (auto fit = admit(i); !fit) {
                const bool wrong_chain = fit.error().code == Errc::config;  // that is not an attempt
                if (!wrong_chain) ++asked;
                if (!wrong_chain || !last) last = std::move(fit).error();
                continue;
            }
            ++asked;
            auto answer = f(*members_[i].node);
            if (answer) {
                served(i);
                return answer;
            }
            if (answer.error().code == Errc::unsupported) {  // it is well, and cannot: no attempt either
                --asked;
                if (!last) last = std::move(answer).error();
                continue;
            }
            if (!is_nodes_fault(answer.error().code)) return answer;
            failed(i, answer.error());
            last = std::move(answer).error();
        }
        return tl::unexpected(last.value_or(Error{Errc::config, "no endpoint with the read role"}));
    }

    /// What several endpoints answered, each with its index; with too few of them, the last thing that went
    /// wrong.
    template <class T>
    struct Gathered {
        std::vector<std::pair<std::size_t, T>> answers{};
        Error last{Errc::config, "no endpoint with the read role"};
    };
    /// `count` answers of endpoints outside `skip`, in order of preference; others are asked where one fails,
    /// or takes longer than hedge_after. begin(node) is what a node is asked, with a requests(); finish(node,
    /// asked, answers) is what it comes to. With a count of one, an error that is not the node's fault is the
    /// answer.
    template <class Begin, class Finish>
    auto gather(std::size_t count, Begin begin, Finish finish, std::vector<std::size_t> skip = {}) {
        using Asked = std::invoke_result_t<Begin, Node&>;
        using T = typename std::invoke_result_t<Finish, Node&, Asked,
                                                std::vector<Result<HttpResponse>>>::value_type;
        Gathered<T> out;
        const std::size_t most = skip.size() + count + options_.attempts - 1;
        for (bool first = true; out.answers.size() < count && skip.size() < most; first = false) {
            if (!first && !retries_.take_for_another()) break;
            const auto who = candidates(skip, most - skip.size(), out.last);
            if (who.empty()) break;
            std::vector<Asked> asked;
            std::vector<std::vector<HttpRequest>> lanes;
            for (const std::size_t i : who) lanes.push_back(asked.emplace_back(begin(node(i))).requests());
            auto heats = race(lanes, count - out.answers.size());
            for (std::size_t k = 0; k < who.size(); ++k) {
                const auto refused = heats[k].refused();
                if (refused) out.last = *refused;
                if (refused || heats[k].started) skip.push_back(who[k]);
                if (!heats[k].started) continue;
                if (out.answers.size() == count) continue;  // late, and not needed any more
                auto answer = finish(node(who[k]), std::move(asked[k]), std::move(heats[k].answers));
                if (answer) {
                    served(who[k]);
                    out.answers.emplace_back(who[k], *std::move(answer));
                    continue;
                }
                out.last = std::move(answer).error();
                if (is_nodes_fault(out.last.code)) {
                    failed(who[k], out.last);
                } else if (count == 1) {
                    return out;
                }
            }
        }
        return out;
    }
    /// How each endpoint stands, in the order of the configuration.
    struct Standing {
        std::string origin;
        bool set_aside = false;  // another one serves while it can
        std::string why;         // its last fault; empty while it is in good standing
        bool used = false;       // something of the last round was read from it
    };
    std::vector<Standing> standings() const;
    /// Sets an endpoint aside whose answer was shown to be wrong.
    void distrust(std::size_t i, const Error& why) { failed(i, why); }

    /// The head of the first node whose head is recent enough; with head_lag_max, recent beside the other
    /// nodes' heads too, all asked at once; with a quorum, the lowest of those heads, on the branch that most
    /// of them follow. Errors: Errc::stale when none is recent, Errc::rejected when too few follow one
    /// branch.
    Result<Head> latest(TimePoint now) override;
    Result<std::vector<Head>> headers(BlockNumber first, std::size_t count) override;

    /// The chain id of every endpoint, asked now: one result per endpoint. Errors: Errc::config when it is
    /// not the configured chain; the endpoint is then not used again.
    std::vector<Result<void>> check_all();

    ChainId chain() const { return chain_; }
    std::size_t size() const { return members_.size(); }
    std::size_t quorum() const { return options_.quorum; }
    Node& node(std::size_t i) { return *members_.at(i).node; }
    /// The nodes that transactions are offered to, without those that serve another chain.
    std::vector<Node*> senders();
    std::uint64_t http_requests() const;

  private:
    struct Member {
        Endpoint endpoint;
        std::unique_ptr<Node> node;
        bool admitted = false;            // its chain id has been seen to be right
        bool expelled = false;            // and to be wrong
        std::uint32_t failures = 0;       // in a row
        std::uint32_t rest = 0;           // reads left to sit out
        std::string why{};                // its last fault; empty while it is in good standing
        bool lagged = false;              // that was a head older than another's
        bool used = false;                // since the last poll
        std::uint64_t identified_at = 0;  // the block at which its chain id was last seen to be right
    };

    struct Seen {
        std::size_t member;
        Head head;
    };
    static bool is_nodes_fault(Errc code);
    /// Then an endpoint that was set aside sits out whole polls: it may not serve a later read of the round
    /// whose head it does not know.
    bool compares_heads() const { return options_.head_lag_max.has_value(); }
    Result<Head> judged(Node& node, Result<Head> head, TimePoint now) const;
    std::vector<Seen> heads_of(const std::vector<std::size_t>& members, TimePoint now, Error& last);
    std::vector<Seen> fit_of(const std::vector<Seen>& seen, TimePoint now, Error& last);
    std::optional<Error> impossible(const Seen& one, TimePoint now) const;
    Result<Head> best_of(const std::vector<Seen>& fit);
    Result<Head> agreed(const std::vector<Seen>& fit);
    std::vector<Seen> headers_at(BlockNumber number, const std::vector<Seen>& fit);
    bool must_identify(const Member& m) const;
    void expel(std::size_t i, const std::string& why);
    std::vector<LaneOutcome> race(const std::vector<std::vector<HttpRequest>>& lanes, std::size_t enough);
    std::vector<std::size_t> candidates(const std::vector<std::size_t>& skip, std::size_t most, Error& last);
    std::optional<Error> misfit(const Seen& one, const std::vector<Seen>& all) const;
    std::vector<std::size_t> order();
    Result<void> admit(std::size_t i);
    void served(std::size_t i);
    void failed(std::size_t i, const Error& error);

    Transport& transport_;
    ChainId chain_;
    NodeSetOptions options_;
    RetryBudget retries_;
    std::vector<Member> members_;
    std::optional<Head> newest_;
    TimePoint newest_at_{};  // by our own clock  // accepted so far
};

}  // namespace outrigger
