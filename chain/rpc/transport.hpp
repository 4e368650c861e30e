// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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
};

struct HttpResponse {
    long status = 0;
    std::string content_type;
    std::string body;
};

/// The one way out of the process for HTTP. Implemented with libcurl; tests script it.
class Transport {
  public:
    virtual ~Transport() = default;
    /// One answer per request, in the order asked; the requests run concurrently. Any status is an answer.
    /// Errors, per slot: Errc::timeout, Errc::transport, Errc::decode (larger than max_bytes),
    /// Errc::config (a URL that cannot be used).
    virtual std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) = 0;
    /// Closes every idle connection. Called when an answer did not belong to its question: nothing may be
    /// read from that connection again.
    virtual void drop_connections() = 0;
};

/// The scheme, host and port of a URL: all of it that may be shown or logged, because the rest often
/// contains a key. "(not a url)" when there is no scheme.
std::string origin_of(std::string_view url);

}  // namespace outrigger
