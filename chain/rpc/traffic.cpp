// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/traffic.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace outrigger {
namespace {

Instant steady_now() {
    return std::chrono::duration_cast<Instant>(std::chrono::steady_clock::now().time_since_epoch());
}

double seconds_of(std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
}

}  // namespace

TrafficControl::TrafficControl(Transport& inner, TrafficOptions options)
    : inner_(inner), options_(std::move(options)) {
    if (!options_.clock) options_.clock = steady_now;
    if (!options_.pause) options_.pause = [](auto time) { std::this_thread::sleep_for(time); };
}

TrafficControl::State& TrafficControl::state_of(const std::string& url) {
    if (const auto known = states_.find(url); known != states_.end()) return known->second;
    // Another seed for every endpoint and every start.
    const auto seed = std::hash<std::string>{}(url) ^ static_cast<std::uint64_t>(options_.clock().count());
    State state{std::nullopt, Backoff(seed)};
    if (const auto limit = options_.limits.find(url);
        limit != options_.limits.end() && limit->second.per_second > 0) {
        const auto& [per_second, burst] = limit->second;
        state.bucket = TokenBucket(per_second, burst > 0 ? burst : per_second);
    }
    return states_.emplace(url, std::move(state)).first->second;
}

void TrafficControl::set_deadline(std::optional<std::chrono::milliseconds> from_now) {
    deadline_.reset();
    if (from_now) deadline_ = options_.clock() + *from_now;
}

/// Why a request may not leave now, if so.
std::optional<Error> TrafficControl::refusal(const HttpRequest& request) {
    const Instant now = options_.clock();
    const State& state = state_of(request.url);
    const std::string where = origin_of(request.url);
    if (now < state.held_until && (state.on_request || !request.urgent)) {
        return Error{Errc::transport, fmt::format("{}: {}; {:.1f} s of that are left", where,
                                                  state.on_request ? "it asked us to wait (Retry-After)"
                                                                   : "it limits our rate, so we wait",
                                                  seconds_of(state.held_until - now))};
    }
    if (deadline_ && !request.urgent && now >= *deadline_)
        return Error{Errc::rejected, where + ": not asked: the round's deadline has passed"};
    return std::nullopt;
}

/// How long the rates of our own ask these requests to wait, endpoint by endpoint.
std::map<std::string, std::chrono::milliseconds> TrafficControl::waits(
    std::span<const HttpRequest> requests) {
    std::map<std::string, double> calls;
    for (const HttpRequest& r : requests) {
        if (!r.urgent) calls[r.url] += r.calls;
    }
    std::map<std::string, std::chrono::milliseconds> out;
    for (const auto& [url, count] : calls) {
        const State& state = state_of(url);
        if (state.bucket) out[url] = state.bucket->wait(options_.clock(), count);
    }
    return out;
}

void TrafficControl::take(std::span<const HttpRequest> requests) {
    for (const HttpRequest& r : requests) {
        State& state = state_of(r.url);
        if (state.bucket) state.bucket->take(options_.clock(), r.calls);
    }
}

HttpRequest TrafficControl::in_time(HttpRequest request) const {
    if (!deadline_ || request.urgent) return request;
    const auto left = std::max(*deadline_ - options_.clock(), std::chrono::milliseconds{1});
    request.timeout = std::min(request.timeout, left);
    return request;
}

void TrafficControl::hold(State& state, const std::string& url, std::optional<std::chrono::seconds> named) {
    constexpr std::chrono::seconds kForgotten{60};  // after the last pause has ended
    const Instant now = options_.clock();
    if (now > state.held_until + kForgotten) state.backoff.reset();
    const std::chrono::milliseconds time = named ? *named : state.backoff.next();
    const Instant until = now + time;
    if (until <= state.held_until) return;
    state.held_until = until;
    state.on_request = named.has_value();
    spdlog::warn("rpc {}: it limits our rate; not asked for {:.1f} s{}", origin_of(url), seconds_of(time),
                 named ? ", as it asks" : "");
}

void TrafficControl::learn(const HttpRequest& request, const Result<HttpResponse>& answer) {
    if (!answer) return;
    State& state = state_of(request.url);
    const auto named = retry_after(answer->retry_after, answer->date);
    if (answer->status == 429 || (answer->status == 503 && named)) hold(state, request.url, named);
}

void TrafficControl::refused_for_rate(const std::string& url) {
    hold(state_of(url), url, std::nullopt);
}

Error TrafficControl::too_long(const std::string& url, std::chrono::milliseconds wait) {
    return {Errc::transport, fmt::format("{}: our own limit for it leaves no call for {:.1f} s",
                                         origin_of(url), seconds_of(wait))};
}

std::vector<Result<HttpResponse>> TrafficControl::perform(std::span<const HttpRequest> requests) {
    std::vector<Result<HttpResponse>> out(requests.size(), fail(Errc::transport, "not asked"));
    std::vector<std::size_t> slots;
    const auto wait = waits(requests);
    std::chrono::milliseconds pause{0};
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const HttpRequest& r = requests[i];
        const auto own = wait.find(r.url);
        if (const auto why = refusal(r)) {
            out[i] = tl::unexpected(*why);
        } else if (!r.urgent && own != wait.end() && own->second > options_.patience) {
            out[i] = tl::unexpected(too_long(r.url, own->second));
        } else {
            slots.push_back(i);
            if (!r.urgent && own != wait.end()) pause = std::max(pause, own->second);
        }
    }
    if (slots.empty()) return out;
    if (pause > std::chrono::milliseconds{0}) options_.pause(pause);
    std::vector<HttpRequest> going;
    for (const std::size_t i : slots) going.push_back(in_time(requests[i]));
    take(going);
    auto answers = inner_.perform(going);
    for (std::size_t k = 0; k < slots.size(); ++k) {
        learn(going[k], answers[k]);
        out[slots[k]] = std::move(answers[k]);
    }
    return out;
}

/// The lanes to race and how long they have to wait first; those that may not go have their outcome already.
TrafficControl::Grid TrafficControl::line_up(std::span<const std::vector<HttpRequest>> lanes,
                                             std::size_t enough, std::vector<LaneOutcome>& out) {
    Grid grid;
    std::vector<std::pair<std::chrono::milliseconds, std::size_t>> later;
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        std::optional<Error> why;
        for (const HttpRequest& r : lanes[i]) {
            if (!why) why = refusal(r);
        }
        std::chrono::milliseconds wait{0};
        for (const auto& [url, own] : waits(lanes[i])) {
            wait = std::max(wait, own);
            if (!why && own > options_.patience) why = too_long(url, own);
        }
        if (why) {
            out[i].answers.assign(lanes[i].size(), tl::unexpected(*why));
        } else if (wait > std::chrono::milliseconds{0}) {
            later.emplace_back(wait, i);
        } else {
            grid.lanes.push_back(i);
        }
    }
    std::sort(later.begin(), later.end());
    for (const auto& [wait, i] : later) {
        if (grid.lanes.size() >= enough) break;
        grid.lanes.push_back(i);
        grid.pause = wait;
    }
    std::sort(grid.lanes.begin(), grid.lanes.end());  // in order of preference again
    return grid;
}

std::vector<LaneOutcome> TrafficControl::race(std::span<const std::vector<HttpRequest>> lanes,
                                              const Race& rules) {
    std::vector<LaneOutcome> out(lanes.size());
    const Grid grid = line_up(lanes, rules.enough, out);
    if (grid.lanes.empty()) return out;
    if (grid.pause > std::chrono::milliseconds{0}) options_.pause(grid.pause);
    std::vector<std::vector<HttpRequest>> going;
    for (const std::size_t i : grid.lanes) {
        auto& lane = going.emplace_back();
        for (const HttpRequest& r : lanes[i]) lane.push_back(in_time(r));
    }
    auto outcomes = inner_.race(going, rules);
    for (std::size_t k = 0; k < going.size(); ++k) {
        if (outcomes[k].started) {
            take(going[k]);
            for (std::size_t r = 0; r < going[k].size(); ++r) learn(going[k][r], outcomes[k].answers[r]);
        }
        out[grid.lanes[k]] = std::move(outcomes[k]);
    }
    return out;
}

}  // namespace outrigger
