// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "chain/rpc/transport.hpp"

namespace outrigger {

struct CurlOptions {
    std::string proxy;                     // empty: no proxy, whatever the environment says
    std::string ca_file;                   // empty: the system's certificates
    bool allow_plain_http_public = false;  // http:// beyond loopback and private networks
};

/// HTTP with libcurl: concurrent, connections kept between calls, no redirects, certificates always
/// verified (TLS 1.2 or later), no compression, no cookies, no credentials from files, and never a
/// connection to a link-local (cloud metadata) address. Not for use from two threads at once.
class CurlTransport final : public Transport {
  public:
    explicit CurlTransport(CurlOptions options = {});
    ~CurlTransport() override;
    CurlTransport(const CurlTransport&) = delete;
    CurlTransport& operator=(const CurlTransport&) = delete;

    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override;
    /// Here lanes are started and given up by the clock.
    std::vector<LaneOutcome> race(std::span<const std::vector<HttpRequest>> lanes,
                                  const Race& rules) override;
    void drop_connections() override;

  private:
    struct Impl;
    struct Heat;
    std::unique_ptr<Impl> impl_;
};

}  // namespace outrigger
