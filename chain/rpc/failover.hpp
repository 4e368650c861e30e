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

#include "chain/rpc/node.hpp"

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
    /// An endpoint whose head is that much older than another's is set aside. Nothing: heads are not
    /// compared.
    std::optional<std::chrono::seconds> head_lag_max;
    /// So are those more blocks ahead of all others than this, whose heads are otherwise as old.
    std::uint64_t head_lead_max = 32;
    /// Endpoints that must give the same answers to a round's reads.
    std::size_t quorum = 1;
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
    /// have (timeout, transport, an answer that is not JSON-RPC) moves on to the next. Errors: Errc::config
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
            if (!is_nodes_fault(answer.error().code)) return answer;
            failed(i, answer.error());
            last = std::move(answer).error();
        }
        return tl::unexpected(last.value_or(Error{Errc::config, "no endpoint with the read role"}));
    }

    /// The answers of up to `count` endpoints that have one, in order of preference, without those in `skip`.
    /// Each is an endpoint's index and its answer.
    template <class F>
    auto read_each(std::size_t count, F f, const std::vector<std::size_t>& skip = {}) {
        using Answer = typename std::invoke_result_t<F, Node&>::value_type;
        std::vector<std::pair<std::size_t, Answer>> out;
        for (const std::size_t i : order()) {
            if (out.size() == count) break;
            if (std::find(skip.begin(), skip.end(), i) != skip.end() || !admit(i)) continue;
            auto answer = f(*members_[i].node);
            if (answer) {
                served(i);
                out.emplace_back(i, *std::move(answer));
            } else if (is_nodes_fault(answer.error().code)) {
                failed(i, answer.error());
            }
        }
        return out;
    }
    /// How each endpoint stands, in the order of the configuration.
    struct Standing {
        std::string origin;
        bool set_aside = false;  // another one serves while it can
        std::string why;         // its last fault; empty while it is in good standing
    };
    std::vector<Standing> standings() const;
    /// Sets an endpoint aside whose answer was shown to be wrong.
    void distrust(std::size_t i, const Error& why) { failed(i, why); }

    /// The head of the first node whose head is recent enough; with head_lag_max, recent beside the other
    /// nodes' heads too, all asked at once; with a quorum, the lowest of those heads, which all of them know.
    /// Errors: Errc::stale when none is recent.
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
        bool admitted = false;       // its chain id has been seen to be right
        bool expelled = false;       // and to be wrong
        std::uint32_t failures = 0;  // in a row
        std::uint32_t rest = 0;      // reads left to sit out
        std::string why{};           // its last fault; empty while it is in good standing
    };

    struct Seen {
        std::size_t member;
        Head head;
    };
    static bool is_nodes_fault(Errc code);
    /// Then an endpoint that was set aside sits out whole polls: it may not serve a later read of the round
    /// whose head it does not know.
    bool compares_heads() const { return options_.head_lag_max && members_.size() > 1; }
    Result<Head> judged(Node& node, Result<Head> head, TimePoint now) const;
    std::vector<Seen> heads_of_ready(TimePoint now);
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
};

}  // namespace outrigger
