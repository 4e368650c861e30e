// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/transport.hpp"

#include <algorithm>
#include <iterator>

namespace outrigger {
namespace {

bool may_be_shown(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
}

}  // namespace

bool all_answered(std::span<const Result<HttpResponse>> answers) {
    return std::all_of(answers.begin(), answers.end(),
                       [](const Result<HttpResponse>& a) { return a && a->status == 200; });
}

std::vector<LaneOutcome> Transport::race(std::span<const std::vector<HttpRequest>> lanes, const Race& rules) {
    std::vector<LaneOutcome> out(lanes.size());
    std::size_t good = 0;
    std::size_t next = 0;
    while (next < lanes.size() && (next == 0 || good < rules.enough)) {
        const std::size_t wanted = next == 0 ? std::max<std::size_t>(rules.at_once, 1) : rules.enough - good;
        const std::size_t end = std::min(lanes.size(), next + wanted);
        std::vector<HttpRequest> requests;
        for (std::size_t i = next; i < end; ++i)
            requests.insert(requests.end(), lanes[i].begin(), lanes[i].end());
        auto answers = perform(requests);
        auto from = answers.begin();
        for (; next < end; ++next) {
            const auto to = from + static_cast<std::ptrdiff_t>(lanes[next].size());
            out[next].started = true;
            out[next].answers.assign(std::make_move_iterator(from), std::make_move_iterator(to));
            if (all_answered(out[next].answers)) ++good;
            from = to;
        }
    }
    return out;
}

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
