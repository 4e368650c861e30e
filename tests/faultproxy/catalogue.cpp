// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "tests/faultproxy/json_faults.hpp"
#include "tests/faultproxy/lie_faults.hpp"
#include "tests/faultproxy/wire_faults.hpp"

namespace outrigger::test {

namespace {

using Make = std::function<Fault(const std::string&)>;

Make plain(Fault (*fault)()) {
    return [=](const std::string&) { return fault(); };
}

/// The whole text as a number, or an empty fault.
template <class N>
Make number(Fault (*fault)(N)) {
    return [=](const std::string& text) -> Fault {
        N value{};
        const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (wrong != std::errc{} || end != text.data() + text.size()) return {};
        return fault(value);
    };
}

std::vector<NamedFault> on_the_wire() {
    using namespace faults;
    return {
        {"hang", "", "accept and never answer", plain(hang)},
        {"trickle", "", "a byte every few milliseconds", plain(trickle)},
        {"endless", "", "a body without end", plain(endless)},
        {"huge", "100", "a body of that many MiB and unknown length", number(huge)},
        {"gzip-bomb", "100", "a gzip body that unpacks to that many MiB", number(gzip_bomb)},
        {"reset", "", "half an answer, then a reset", plain(reset)},
        {"framing", "chunk-size",
         "broken HTTP: chunk-size, chunk-cut, two-lengths, length-negative, no-status, header-cut", framing},
        {"second-copy", "", "every answer twice", plain(second_copy)},
        {"one-late", "", "each request gets the answer to the one before", plain(one_late)},
        {"redirect", "http://169.254.169.254/", "send the client elsewhere", redirect},
        {"bom", "", "a byte order mark before the answer",
         [](const std::string&) { return prefixed("\xef\xbb\xbf"); }},
        {"nul", "", "a NUL byte after the answer",
         [](const std::string&) { return suffixed(std::string(1, '\0')); }},
        {"content-type", "text/html", "another content type", content_type},
        {"status", "500", "this HTTP status", number<int>(+[](int code) { return status(code, "<html>"); })},
        {"rate-limit", "seconds", "refuse for too many requests: seconds, date, json, page", rate_limit},
        {"break", "eth_sendRawTransaction", "status 502 to this method, after the node has acted",
         break_method},
        {"truncate", "", "half of each answer", [](const std::string&) { return truncate(0.5); }},
        {"instead", "nonsense", "this text for each answer", instead},
    };
}

std::vector<NamedFault> in_json() {
    using namespace faults;
    return {
        {"deep", "1000000", "arrays nested so deep", number(deep)},
        {"long-number", "1000000", "a number of so many digits", number(long_number)},
        {"many-keys", "1000000", "an object of so many keys", number(many_keys)},
        {"doubled-keys", "", "every result twice", plain(doubled_keys)},
        {"result", "null", "this JSON text as every result", result_text},
        {"shuffle-batch", "", "a batch in another order", plain(shuffle_batch)},
        {"swap-ids", "", "two answers under each other's id", plain(swap_ids)},
        {"swapped-results", "", "two answers with each other's result", plain(swapped_results)},
        {"partial-batch", "", "leave the last answer out", plain(partial_batch)},
        {"doubled-answer", "", "one answer twice", plain(doubled_answer)},
        {"refused-batch", "", "refuse batches", plain(refused_batch)},
    };
}

std::vector<NamedFault> lies() {
    using namespace faults;
    return {
        {"chain-id", "1", "say that it serves this chain", number(chain_id)},
        {"frozen-head", "", "show the first head for ever", plain(frozen_head)},
        {"flapping-head", "", "show the first head every other time", plain(flapping_head)},
        {"future-head", "100", "a head so many blocks ahead", number<std::uint64_t>(+[](std::uint64_t n) {
             return future_head(std::chrono::seconds{12} * n, n);
         })},
        {"forked-blocks", "", "another hash for every block", plain(forked_blocks)},
        {"stale-calls", "", "answer each read as at first", plain(stale_calls)},
        {"flipped-receipts", "", "failed for mined, mined for failed", plain(flipped_receipts)},
        {"moved-receipts", "", "receipts from another block", plain(moved_receipts)},
        {"hidden-receipts", "", "no receipts, no transactions", plain(hidden_receipts)},
        {"nonce", "5", "so many more transactions (or, below zero, fewer)", number(nonce_off_by)},
        {"error", "\x1b[31myour funds are at risk", "this error to every eth_call, 10 MB of it",
         [](const std::string& text) {
             return text.empty() ? Fault{} : error_text("eth_call", text, 10'000'000);
         }},
        {"short-answers", "0", "cut what contracts answer to so many bytes", number(short_answers)},
        {"long-answers", "32", "make what contracts answer so many bytes longer", number(long_answers)},
    };
}

}  // namespace

const std::vector<NamedFault>& fault_catalogue() {
    static const std::vector<NamedFault> all = [] {
        auto out = on_the_wire();
        for (auto more : {in_json(), lies()}) out.insert(out.end(), more.begin(), more.end());
        return out;
    }();
    return all;
}

Result<Fault> named_fault(const std::string& text) {
    const auto colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const auto& all = fault_catalogue();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
    if (found == all.end()) return fail(Errc::not_found, fmt::format("no fault {}; --list names them", name));
    if (colon != std::string::npos && found->argument.empty())
        return fail(Errc::config, fmt::format("{} takes no argument", name));
    auto fault = found->make(colon == std::string::npos ? found->argument : text.substr(colon + 1));
    if (!fault) return fail(Errc::config, fmt::format("{}: wrong argument; {}", text, found->help));
    return fault;
}

}  // namespace outrigger::test
