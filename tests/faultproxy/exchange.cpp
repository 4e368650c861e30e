// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/exchange.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace outrigger::test {

using nlohmann::json;

namespace {

json calls_of(const json& asked) {
    return asked.is_array() ? asked : json::array({asked});
}

}  // namespace

void each_call(const json& asked, json& answered, const EachCall& f) {
    const json calls = calls_of(asked);
    const auto one = [&](json& answer) {
        if (!answer.is_object() || !answer.contains("id")) return;
        const json id = answer["id"];
        for (const json& call : calls) {
            if (call.value("id", json()) == id) f(call, answer);
        }
    };
    if (answered.is_array()) {
        for (json& answer : answered) one(answer);
    } else {
        one(answered);
    }
}

bool asks(const json& asked, const std::string& method) {
    const json calls = calls_of(asked);
    return std::any_of(calls.begin(), calls.end(),
                       [&](const json& call) { return call.value("method", "") == method; });
}

namespace faults {

Fault on_answers_to(std::string method, EachCall change) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        each_call(asked, answered, [&](const json& call, json& answer) {
            if (call.value("method", "") == method) change(call, answer);
        });
        return std::nullopt;
    };
}

Fault only_for(std::string method, Fault fault) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        return asks(asked, method) ? fault(asked, answered) : std::nullopt;
    };
}

Fault at_most(std::size_t times, Fault fault) {
    const auto left = std::make_shared<std::size_t>(times);
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        if (*left == 0) return std::nullopt;
        --*left;
        return fault(asked, answered);
    };
}

Fault every(std::size_t nth, Fault fault) {
    const auto count = std::make_shared<std::size_t>(0);
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        return ++*count % nth == 0 ? fault(asked, answered) : std::nullopt;
    };
}

Fault both(Fault first, Fault second) {
    return [=](const json& asked, json& answered) -> std::optional<HttpAction> {
        if (auto action = first(asked, answered)) return action;
        return second(asked, answered);
    };
}

}  // namespace faults
}  // namespace outrigger::test
