// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "chain/rpc/rate_limit.hpp"
#include "chain/rpc/transport.hpp"

namespace outrigger {

/// What an endpoint may be asked.
struct TrafficLimit {
    double per_second = 0;  // calls, each of a batch counted; zero: as many as there are
    double burst = 0;       // calls saved up; zero: those of one second
};

struct TrafficOptions {
    std::map<std::string, TrafficLimit> limits{};  // by URL
    /// Whoever would have to wait longer than this for an endpoint's limit is sent away instead.
    std::chrono::milliseconds patience{2000};
    std::function<Instant()> clock{};                        // nothing: the steady clock
    std::function<void(std::chrono::milliseconds)> pause{};  // nothing: this thread sleeps
};

/// A transport that keeps to what endpoints allow: a rate of our own for each, the pauses they ask for
/// (Retry-After), ever longer ones when they refuse without saying how long, and a deadline for a whole
/// round. Urgent requests wait for no rate and no deadline, and leave their debt to the others.
class TrafficControl final : public Transport {
  public:
    /// `inner` is borrowed.
    TrafficControl(Transport& inner, TrafficOptions options);

    /// Errors, beside those of the inner transport: Errc::transport while an endpoint may not be asked,
    /// Errc::rejected when the round's deadline has passed.
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override;
    /// Lanes that may go at once are preferred to those that would have to wait.
    std::vector<LaneOutcome> race(std::span<const std::vector<HttpRequest>> lanes,
                                  const Race& rules) override;
    void drop_connections() override { inner_.drop_connections(); }
    void refused_for_rate(const std::string& url) override;

    /// Until the deadline, requests may take what is left of it; without one, what they ask for.
    void set_deadline(std::optional<std::chrono::milliseconds> from_now);

  private:
    struct State {
        std::optional<TokenBucket> bucket;
        Backoff backoff;
        Instant held_until{0};
        bool on_request = false;  // the endpoint itself named the time
    };

    State& state_of(const std::string& url);
    std::optional<Error> refusal(const HttpRequest& request);
    struct Grid {
        std::vector<std::size_t> lanes{};
        std::chrono::milliseconds pause{0};
    };

    std::map<std::string, std::chrono::milliseconds> waits(std::span<const HttpRequest> requests);
    static Error too_long(const std::string& url, std::chrono::milliseconds wait);
    Grid line_up(std::span<const std::vector<HttpRequest>> lanes, std::size_t enough,
                 std::vector<LaneOutcome>& out);
    void take(std::span<const HttpRequest> requests);
    void learn(const HttpRequest& request, const Result<HttpResponse>& answer);
    void hold(State& state, const std::string& url, std::optional<std::chrono::seconds> named);
    HttpRequest in_time(HttpRequest request) const;

    Transport& inner_;
    TrafficOptions options_;
    std::map<std::string, State> states_;
    std::optional<Instant> deadline_;
};

}  // namespace outrigger
