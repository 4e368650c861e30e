// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "chain/base/result.hpp"

namespace outrigger {

/// A WebSocket's address in its parts.
struct WsUrl {
    bool tls = false;
    std::string host;    // a name or an address, without the brackets of IPv6
    std::string port;    // decimal
    std::string target;  // path and query, at least "/"; may hold an access key
    bool operator==(const WsUrl&) const = default;
};

/// The parts of a ws:// or wss:// address.
/// Errors: Errc::config, without repeating the address.
Result<WsUrl> parse_ws_url(std::string_view url);

}  // namespace outrigger
