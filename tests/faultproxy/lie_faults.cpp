// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/lie_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "chain/base/hex.hpp"
#include "tests/faultproxy/exchange.hpp"

namespace outrigger::test::faults {

using nlohmann::json;

namespace {

bool is_newest(const json& call) {
    return call.value("params", json::array()).at(0) == "latest";
}

bool has_block(const json& answer) {
    return answer.contains("result") && answer["result"].is_object();
}

/// Changes the newest block wherever it is shown.
Fault on_head(std::function<void(json& block)> change) {
    return on_answers_to("eth_getBlockByNumber", [=](const json& call, json& answer) {
        if (is_newest(call) && has_block(answer)) change(answer["result"]);
    });
}

void add_to(json& quantity, std::int64_t more) {
    const auto now = parse_quantity_u64(quantity.get<std::string>()).value();
    const auto then = static_cast<std::int64_t>(now) + more;
    quantity = to_quantity(U256(static_cast<std::uint64_t>(std::max<std::int64_t>(then, 0))));
}

/// Another last digit.
void change_last(json& hex) {
    auto text = hex.get<std::string>();
    text.back() = text.back() == '0' ? '1' : '0';
    hex = text;
}

Fault on_batches(std::function<std::optional<HttpAction>(json& answered)> change) {
    return [=](const json&, json& answered) -> std::optional<HttpAction> {
        return answered.is_array() && answered.size() > 1 ? change(answered) : std::nullopt;
    };
}

}  // namespace

Fault result_of(std::string method, json result) {
    return on_answers_to(std::move(method), [=](const json&, json& answer) {
        answer.erase("error");
        answer["result"] = result;
    });
}

Fault head_field(std::string field, json value) {
    return on_head([=](json& block) { block[field] = value; });
}

Fault frozen_head() {
    const auto first = std::make_shared<json>();
    return on_head([=](json& block) {
        if (first->is_null()) *first = block;
        block = *first;
    });
}

Fault flapping_head() {
    const auto first = std::make_shared<json>();
    const auto turn = std::make_shared<bool>(false);
    return on_head([=](json& block) {
        if (first->is_null()) *first = block;
        *turn = !*turn;
        if (*turn) block = *first;
    });
}

Fault future_head(std::chrono::seconds later, std::uint64_t blocks) {
    return on_head([=](json& block) {
        add_to(block["timestamp"], later.count());
        add_to(block["number"], static_cast<std::int64_t>(blocks));
    });
}

Fault forked_blocks() {
    return on_answers_to("eth_getBlockByNumber", [](const json&, json& answer) {
        if (has_block(answer)) change_last(answer["result"]["hash"]);
    });
}

Fault stale_calls() {
    const auto first = std::make_shared<std::map<std::string, json>>();
    return on_answers_to("eth_call", [=](const json& call, json& answer) {
        if (!answer.contains("result")) return;
        const auto known = first->emplace(call.at("params").at(0).dump(), answer["result"]).first;
        answer["result"] = known->second;
    });
}

Fault flipped_receipts() {
    return on_answers_to("eth_getTransactionReceipt", [](const json&, json& answer) {
        if (has_block(answer))
            answer["result"]["status"] = answer["result"]["status"] == "0x1" ? "0x0" : "0x1";
    });
}

Fault moved_receipts() {
    return on_answers_to("eth_getTransactionReceipt", [](const json&, json& answer) {
        if (has_block(answer)) change_last(answer["result"]["blockHash"]);
    });
}

Fault hidden_receipts() {
    return both(result_of("eth_getTransactionReceipt", nullptr),
                result_of("eth_getTransactionByHash", nullptr));
}

Fault nonce_off_by(std::int64_t more) {
    return on_answers_to("eth_getTransactionCount", [=](const json&, json& answer) {
        if (answer.contains("result")) add_to(answer["result"], more);
    });
}

Fault error_text(std::string method, std::string text, std::size_t bytes) {
    std::string whole;
    while (whole.size() < bytes) whole += text;
    return on_answers_to(std::move(method), [=](const json&, json& answer) {
        answer.erase("result");
        answer["error"] = {{"code", -32000}, {"message", whole}};
    });
}

Fault short_answers(std::size_t bytes) {
    return on_answers_to("eth_call", [=](const json&, json& answer) {
        if (answer.contains("result"))
            answer["result"] = answer["result"].get<std::string>().substr(0, 2 + 2 * bytes);
    });
}

Fault long_answers(std::size_t more) {
    return on_answers_to("eth_call", [=](const json&, json& answer) {
        if (answer.contains("result"))
            answer["result"] = answer["result"].get<std::string>() + std::string(2 * more, '5');
    });
}

Fault swapped_results() {
    return on_batches([](json& answered) -> std::optional<HttpAction> {
        json& a = answered.front();
        json& b = answered.back();
        if (a.contains("result") && b.contains("result")) std::swap(a["result"], b["result"]);
        return std::nullopt;
    });
}

Fault partial_batch() {
    return on_batches([](json& answered) -> std::optional<HttpAction> {
        answered.erase(answered.size() - 1);
        return std::nullopt;
    });
}

Fault doubled_answer() {
    return on_batches([](json& answered) -> std::optional<HttpAction> {
        answered.back() = answered.front();
        return std::nullopt;
    });
}

Fault refused_batch() {
    return on_batches([](json&) -> std::optional<HttpAction> {
        return http_reply(
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"batches are not supported"}})");
    });
}

}  // namespace outrigger::test::faults
