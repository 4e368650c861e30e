// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/transport.hpp"

#include <algorithm>

namespace outrigger {
namespace {

bool may_be_shown(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
}

}  // namespace

std::string origin_of(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos || scheme_end == 0) return "(not a url)";
    const auto scheme = url.substr(0, scheme_end);
    auto host = url.substr(scheme_end + 3);
    host = host.substr(0, host.find_first_of("/?#\\"));
    if (const auto at = host.rfind('@'); at != std::string_view::npos) host.remove_prefix(at + 1);
    std::string out;
    for (const char c : scheme) out += may_be_shown(c) ? c : '?';
    out += "://";
    for (const char c : host) out += may_be_shown(c) ? c : '?';
    return out;
}

}  // namespace outrigger
