// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/ws_url.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace outrigger {
namespace {

bool is_port(std::string_view text) {
    std::uint16_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} && end == text.data() + text.size() && value != 0;
}

/// Letters, digits and what else stands in names and addresses: nothing that could end a header line.
bool is_host(std::string_view text, bool v6) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [v6](char c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || (v6 && c == ':');
    });
}

}  // namespace

Result<WsUrl> parse_ws_url(std::string_view url) {
    WsUrl out;
    if (url.rfind("wss://", 0) == 0) {
        out.tls = true;
        url.remove_prefix(6);
    } else if (url.rfind("ws://", 0) == 0) {
        url.remove_prefix(5);
    } else {
        return fail(Errc::config, "a WebSocket's address must begin with wss:// or ws://");
    }
    const auto host_end = std::min(url.find_first_of("/?#"), url.size());
    std::string_view authority = url.substr(0, host_end);
    const std::string_view rest = url.substr(host_end, url.find('#') - host_end);
    if (authority.find('@') != std::string_view::npos)
        return fail(Errc::config, "a WebSocket's address may not carry a user name or password");
    const bool printable = std::all_of(rest.begin(), rest.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (!printable) return fail(Errc::config, "a WebSocket's address has characters that must be escaped");
    out.target = (rest.rfind('/', 0) == 0 ? "" : "/") + std::string(rest);
    const bool v6 = authority.rfind('[', 0) == 0;
    const auto bracket = authority.find(']');
    if (v6 && bracket == std::string_view::npos) return fail(Errc::config, "an IPv6 address has no end: ]");
    const auto colon = v6 ? bracket + 1 : std::min(authority.find(':'), authority.size());
    out.host = v6 ? authority.substr(1, bracket - 1) : authority.substr(0, colon);
    std::string_view port = authority.substr(colon);
    if (port.empty()) {
        port = out.tls ? "443" : "80";
    } else {
        if (port.front() != ':' || !is_port(port.substr(1)))
            return fail(Errc::config, "a WebSocket's port must be a number from 1 to 65535");
        port.remove_prefix(1);
    }
    out.port = port;
    if (!is_host(out.host, v6)) return fail(Errc::config, "a WebSocket's address has no usable host name");
    return out;
}

}  // namespace outrigger
