// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/rpc/json_text.hpp"
#include "chain/rpc/wire.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr std::size_t kTopicsMax = 4;

std::string params_of(const LogFilter& filter, BlockNumber first, BlockNumber last) {
    json topics = json::array();
    for (const auto& topic : filter.topics) topics.push_back(topic ? json(to_hex(*topic)) : json());
    return json::array({{{"address", to_hex(filter.address)},
                         {"topics", topics},
                         {"fromBlock", to_quantity(U256(first.value))},
                         {"toBlock", to_quantity(U256(last.value))}}})
        .dump();
}

Result<Log> log_of(const json& entry) {
    if (!entry.is_object() || !entry.contains("topics") || !entry["topics"].is_array() ||
        !entry.contains("data"))
        return fail(Errc::decode, "a log without topics or data");
    Log log;
    for (const json& topic : entry["topics"]) log.topics.push_back(OR_TRY(hash_value(topic)));
    if (log.topics.size() > kTopicsMax) return fail(Errc::decode, "a log with more than four topics");
    log.data = OR_TRY(bytes_value(entry["data"]));
    log.number = BlockNumber(OR_TRY(u64_field(entry, "blockNumber")));
    return log;
}

/// Whether a log answers the question; a node that adds others is not to be believed about these either.
bool matches(const json& entry, const Log& log, const LogFilter& filter, BlockNumber first,
             BlockNumber last) {
    const auto address = entry.contains("address") && entry["address"].is_string()
                             ? parse_address(entry["address"].get<std::string>())
                             : fail(Errc::decode, "");
    if (!address || *address != filter.address || log.number < first || log.number > last) return false;
    if (log.topics.size() < filter.topics.size()) return false;
    for (std::size_t i = 0; i < filter.topics.size(); ++i) {
        if (filter.topics[i] && *filter.topics[i] != log.topics[i]) return false;
    }
    return true;
}

/// A smaller window may do where this one did not.
bool too_much(Errc code) {
    return code == Errc::rpc || code == Errc::decode || code == Errc::timeout || code == Errc::transport;
}

}  // namespace

Result<std::vector<Log>> read_logs(Node& node, const LogFilter& filter, BlockNumber first, BlockNumber last) {
    const std::string text = OR_TRY(node.raw("eth_getLogs", params_of(filter, first, last)));
    const json entries = OR_TRY(parse_json(text));
    if (!entries.is_array())
        return fail(Errc::decode, fmt::format("{}: eth_getLogs: the answer is no list", node.origin()));
    std::vector<Log> out;
    for (const json& entry : entries) {
        auto log = log_of(entry);
        if (log && !matches(entry, *log, filter, first, last))
            log = fail(Errc::decode, "a log that was not asked for");
        if (!log)
            return fail(Errc::decode, fmt::format("{}: eth_getLogs: {}", node.origin(), log.error().what));
        out.push_back(*std::move(log));
    }
    return out;
}

Result<LogSearch> search_logs(Node& node, const LogFilter& filter, BlockNumber head,
                              const LogSearchLimits& limits) {
    LogSearch out;
    out.window = limits.window_first;
    std::uint64_t widest = limits.window_max;
    std::uint64_t next = head.value + 1;  // everything from here on has been read
    out.reached = BlockNumber(next);
    for (std::size_t asked = 0; next > 0; ++asked) {
        if (asked == limits.requests) {
            out.stopped = fmt::format("after {} requests", asked);
            return out;
        }
        const std::uint64_t first = next > out.window ? next - out.window : 0;
        const auto logs = read_logs(node, filter, BlockNumber(first), BlockNumber(next - 1));
        if (!logs) {
            if (!too_much(logs.error().code) ||
                (out.window == 1 && out.logs.empty() && next == head.value + 1))
                return tl::unexpected(logs.error());
            if (out.window == 1) {
                out.stopped = logs.error().what;
                return out;
            }
            out.window = std::max<std::uint64_t>(1, out.window / 2);
            widest = out.window;  // what was refused once is not tried again
            continue;
        }
        out.logs.insert(out.logs.end(), logs->begin(), logs->end());
        next = first;
        out.reached = BlockNumber(first);
        if (out.logs.size() > limits.logs) {
            out.stopped = fmt::format("with {} logs", out.logs.size());
            return out;
        }
        out.window = std::min(out.window * 2, widest);
    }
    return out;
}

}  // namespace outrigger
