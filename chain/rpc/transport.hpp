// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/base/result.hpp"

namespace outrigger {

enum class HttpMethod : std::uint8_t { get, post };

struct HttpRequest {
    std::string url;
    std::string body;  // sent with post only
    std::string content_type = "application/json";
    HttpMethod method = HttpMethod::post;
    std::chrono::milliseconds timeout{5000};    // for the whole call, from name lookup to the last byte
    std::size_t max_bytes = 2UL * 1024 * 1024;  // a longer answer is an error, not a truncation
    std::uint32_t calls = 1;                    // calls in it, as endpoints count them
    bool urgent = false;                        // a transaction: waits for no limit of our own
};

struct HttpResponse {
    long status = 0;
    std::string content_type;
    std::string body;
    std::string retry_after{};  // the headers of these names, as they came
    std::string date{};
};

/// How several endpoints are asked for the same thing. A lane is what one of them is asked.
struct Race {
    std::size_t enough = 1;   // lanes that must have been answered, every request with status 200
    std::size_t at_once = 1;  // lanes on their way at a time, as long as they do not fail
    std::chrono::milliseconds next_after{0};  // without enough by then, one more lane is started, and so on
    std::chrono::milliseconds grace{0};       // what the others may still take once there are enough
};
struct LaneOutcome {
    bool started = false;                         // it was asked at all
    std::vector<Result<HttpResponse>> answers{};  // one per request when it was, or when it may not be
    /// Why it could not be asked, if so.
    std::optional<Error> refused() const {
        if (started || answers.empty() || answers.front()) return std::nullopt;
        return answers.front().error();
    }
};

/// The one way out of the process for HTTP. Implemented with libcurl; tests script it.
class Transport {
  public:
    virtual ~Transport() = default;
    /// One answer per request, in the order asked; the requests run concurrently. Any status is an answer.
    /// Errors, per slot: Errc::timeout, Errc::transport, Errc::decode (larger than max_bytes),
    /// Errc::config (a URL that cannot be used).
    virtual std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) = 0;
    /// One outcome per lane. Errors, per request: those of perform; Errc::timeout where it was not waited for
    /// any longer. This one cannot tell slow from fast: it waits for every lane it has started.
    virtual std::vector<LaneOutcome> race(std::span<const std::vector<HttpRequest>> lanes, const Race& rules);
    /// The endpoint of this URL said, inside an answer, that it is asked too often.
    virtual void refused_for_rate(const std::string& url) { static_cast<void>(url); }
    /// Closes every idle connection. Called when an answer did not belong to its question: nothing may be
    /// read from that connection again.
    virtual void drop_connections() = 0;
};

/// True when every request of a lane was answered with status 200.
bool all_answered(std::span<const Result<HttpResponse>> answers);

/// The scheme, host and port of a URL: all of it that may be shown or logged, because the rest often
/// contains a key. "(not a url)" when there is no scheme.
std::string origin_of(std::string_view url);

}  // namespace outrigger
