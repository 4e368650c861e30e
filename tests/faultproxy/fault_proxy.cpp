// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/fault_proxy.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "chain/base/hex.hpp"
#include "tests/faultproxy/exchange.hpp"

namespace outrigger::test {

using nlohmann::json;

FaultProxy::FaultProxy(std::string upstream, std::uint16_t port)
    : upstream_(std::move(upstream)), server_([this](const HttpSeen& seen) { return answer(seen); }, port) {}

void FaultProxy::set(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
}

std::vector<std::string> FaultProxy::methods() const {
    const std::lock_guard lock(mutex_);
    return methods_;
}

std::vector<std::string> FaultProxy::bodies() const {
    std::vector<std::string> out;
    for (const auto& seen : server_.seen()) out.push_back(seen.body);
    return out;
}

json FaultProxy::ask(const std::string& method, const json& params) {
    const json call{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}};
    const HttpRequest request{.url = upstream_, .body = call.dump()};
    CurlTransport transport;
    const auto answers = transport.perform(std::span(&request, 1));
    return json::parse(answers.at(0).value().body).at("result");
}

HttpAction FaultProxy::answer(const HttpSeen& seen) {
    const auto asked = json::parse(seen.body, nullptr, false);
    Fault fault;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& call : asked.is_array() ? asked : json::array({asked}))
            methods_.push_back(call.value("method", ""));
        fault = fault_;
    }
    const HttpRequest request{.url = upstream_, .body = seen.body, .max_bytes = 64UL * 1024 * 1024};
    const auto answers = transport_.perform(std::span(&request, 1));
    if (!answers[0]) return http_reply("", 502);
    if (!fault) return http_reply(answers[0]->body, static_cast<int>(answers[0]->status));
    json answered = json::parse(answers[0]->body, nullptr, false);
    if (auto instead = fault(asked, answered)) return *std::move(instead);
    return http_reply(answered.dump());
}

namespace faults {

Fault hang() {
    return [](const json&, json&) { return HttpAction{"", HttpAction::Then::stall, ""}; };
}

Fault status(int code, std::string body, std::string headers) {
    return [=](const json&, json&) { return http_reply(body, code, headers); };
}

Fault break_method(std::string method) {
    return [=](const json& asked, json&) -> std::optional<HttpAction> {
        if (!asks(asked, method)) return std::nullopt;
        return http_reply("upstream is gone", 502);
    };
}

Fault truncate(double share) {
    return [=](const json&, json& answered) {
        const std::string whole = answered.dump();
        return http_reply(
            whole.substr(0, static_cast<std::size_t>(static_cast<double>(whole.size()) * share)));
    };
}

Fault instead(std::string body) {
    return [=](const json&, json&) { return http_reply(body); };
}

Fault chain_id(std::uint64_t id) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        each_call(asked, answered, [&](const json& call, json& answer) {
            if (call.value("method", "") == "eth_chainId") answer["result"] = to_quantity(U256(id));
        });
        return std::nullopt;
    };
}

Fault newest_block(json block) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        each_call(asked, answered, [&](const json& call, json& answer) {
            const bool newest = call.value("method", "") == "eth_getBlockByNumber" &&
                                call.value("params", json::array()).at(0) == "latest";
            if (newest) answer["result"] = block;
        });
        return std::nullopt;
    };
}

Fault replace_in_calls(std::string hex, std::string by) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        each_call(asked, answered, [&](const json& call, json& answer) {
            if (call.value("method", "") != "eth_call" || !answer.contains("result")) return;
            auto text = answer["result"].get<std::string>();
            for (auto at = text.find(hex); at != std::string::npos; at = text.find(hex, at + by.size()))
                text.replace(at, hex.size(), by);
            answer["result"] = text;
        });
        return std::nullopt;
    };
}

Fault shuffle_batch() {
    return [](const json&, json& answered) -> std::optional<HttpAction> {
        if (answered.is_array()) std::reverse(answered.begin(), answered.end());
        return std::nullopt;
    };
}

Fault swap_ids() {
    return [](const json&, json& answered) -> std::optional<HttpAction> {
        if (answered.is_array() && answered.size() > 1) {
            std::swap(answered.front()["id"], answered.back()["id"]);
        } else if (answered.is_object()) {
            answered["id"] = 0;
        }
        return std::nullopt;
    };
}

}  // namespace faults
}  // namespace outrigger::test
