// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/json_faults.hpp"

#include <fmt/format.h>

namespace outrigger::test::faults {

using nlohmann::json;

namespace {

/// An envelope around `inside` for every call, in one text.
std::string envelopes(const json& asked, const std::string& inside) {
    const json calls = asked.is_array() ? asked : json::array({asked});
    std::string out;
    for (const json& call : calls) {
        out += fmt::format(R"({}{{"jsonrpc":"2.0","id":{},{}}})", out.empty() ? "" : ",",
                           call.value("id", json()).dump(), inside);
    }
    return asked.is_array() ? "[" + out + "]" : out;
}

}  // namespace

Fault result_text(std::string text) {
    return [=](const json& asked, json&) { return http_reply(envelopes(asked, "\"result\":" + text)); };
}

Fault deep(std::size_t levels) {
    return result_text(std::string(levels, '[') + std::string(levels, ']'));
}

Fault long_number(std::size_t digits) {
    return result_text(std::string(digits, '9'));
}

Fault many_keys(std::size_t keys) {
    std::string text = "{";
    for (std::size_t i = 0; i < keys; ++i) text += fmt::format("{}\"{}\":0", i == 0 ? "" : ",", i);
    return result_text(text + "}");
}

Fault doubled_keys() {
    return [](const json& asked, json& answered) -> std::optional<HttpAction> {
        const json answers = answered.is_array() ? answered : json::array({answered});
        std::string out;
        for (const json& answer : answers) {
            std::string one = answer.dump();
            one.insert(one.size() - 1, R"(,"result":"0x0")");
            out += (out.empty() ? "" : ",") + one;
        }
        return http_reply(asked.is_array() ? "[" + out + "]" : out);
    };
}

}  // namespace outrigger::test::faults
