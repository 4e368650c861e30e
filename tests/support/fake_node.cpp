// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_node.hpp"

#include <fmt/format.h>

#include "chain/abi/multicall.hpp"
#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "chain/rpc/head_rules.hpp"

namespace outrigger::test {
namespace {

using Json = nlohmann::json;

BlockHash hash_for(std::uint64_t number, std::uint8_t salt, const BlockHash& parent) {
    Bytes seed(parent.data.begin(), parent.data.end());
    for (int i = 0; i < 8; ++i) seed.push_back(static_cast<std::uint8_t>(number >> (8 * i)));
    seed.push_back(salt);
    return BlockHash{keccak256(seed)};
}

template <class T>
T unwrap(Result<T> r) {
    OR_ASSERT(r.has_value());
    return *std::move(r);
}

}  // namespace

FakeNode::FakeNode(ChainId chain) : chain_id_(chain) {
    Head genesis;
    genesis.block = {chain, BlockNumber{100}, hash_for(100, 0, {}),
                     TimePoint{std::chrono::seconds{1'767'225'600}}};
    genesis.base_fee = U256(1'000'000'000);
    genesis.gas_limit = Gas{30'000'000};
    genesis.gas_used = Gas{21'000};
    chain_[100] = genesis;
}

void FakeNode::mine(std::size_t count, std::uint8_t salt) {
    for (std::size_t i = 0; i < count; ++i) {
        Head next = head();
        next.parent = next.block.hash;
        next.block.number = BlockNumber{next.block.number.value + 1};
        next.block.hash = hash_for(next.block.number.value, salt, next.parent);
        next.block.timestamp += std::chrono::seconds{12};
        if (follows_eip1559) next.base_fee = next_base_fee(head());
        chain_[next.block.number.value] = next;
    }
}

void FakeNode::reorg(std::size_t depth, std::size_t count) {
    OR_ASSERT(depth < chain_.size());
    static std::uint8_t salt = 0;
    for (std::size_t i = 0; i < depth; ++i) chain_.erase(std::prev(chain_.end()));
    if (++salt == 0) ++salt;  // zero would mine the very blocks that were dropped
    mine(count, salt);
}

Json FakeNode::error(std::int64_t code, const std::string& message) {
    return {{"error", {{"code", code}, {"message", message}}}};
}

Json FakeNode::header_json(const Head& head) {
    const auto seconds = static_cast<std::uint64_t>(head.block.timestamp.time_since_epoch().count());
    return {{"number", to_quantity(head.block.number.value)},
            {"hash", to_hex(head.block.hash)},
            {"parentHash", to_hex(head.parent)},
            {"timestamp", to_quantity(seconds)},
            {"baseFeePerGas", to_quantity(head.base_fee)},
            {"gasLimit", to_quantity(head.gas_limit.value)},
            {"gasUsed", to_quantity(head.gas_used.value)},
            {"transactions", Json::array()}};
}

std::vector<Result<HttpResponse>> FakeNode::perform(std::span<const HttpRequest> requests) {
    std::vector<Result<HttpResponse>> out;
    for (const HttpRequest& request : requests) {
        seen.push_back(request);
        if (before_request) before_request();
        std::optional<Result<HttpResponse>> instead;
        if (intercept) instead = intercept(request);
        out.push_back(instead ? *std::move(instead) : serve(request));
    }
    return out;
}

Result<HttpResponse> FakeNode::serve(const HttpRequest& request) {
    const Json asked = Json::parse(request.body);
    Json answers;
    if (asked.is_array() && !batches) {
        answers = error(-32600, "batch requests are not supported");
        answers["jsonrpc"] = "2.0";
        answers["id"] = nullptr;
    } else if (asked.is_array()) {
        answers = Json::array();
        for (const Json& call : asked) answers.push_back(answer(call));
    } else {
        answers = answer(asked);
    }
    if (tamper) tamper(answers);
    return HttpResponse{200, "application/json", answers.dump()};
}

Json FakeNode::answer(const Json& call) {
    const std::string method = call.at("method");
    calls.push_back(method);
    const auto own = methods.find(method);
    const Json value =
        own != methods.end() ? own->second(call.at("params")) : builtin(method, call.at("params"));
    Json out{{"jsonrpc", "2.0"}, {"id", call.at("id")}};
    if (value.is_object() && value.contains("error") && value.size() == 1) {
        out["error"] = value["error"];
    } else {
        out["result"] = value;
    }
    return out;
}

/// Why a block parameter cannot be served, if so.
std::optional<Json> FakeNode::pin_problem(const Json& block) const {
    if (block.is_string()) {
        const auto number = parse_quantity_u64(block.get<std::string>());
        if (number && chain_.count(*number) == 0) return error(-32000, "header not found");
        return std::nullopt;
    }
    if (!eip1898) {
        return error(-32602,
                     "invalid argument 1: json: cannot unmarshal object into Go value of type string");
    }
    for (const auto& [number, known] : chain_) {
        if (to_hex(known.block.hash) == block.at("blockHash")) return std::nullopt;
    }
    return error(-32001, "Resource not found");
}

Json FakeNode::builtin(const std::string& method, const Json& params) {
    const auto found = [](const auto& map, const auto& key, auto fallback) {
        const auto at = map.find(key);
        return at == map.end() ? decltype(at->second)(fallback) : at->second;
    };
    const auto account = [&] { return unwrap(parse_address(params.at(0).get<std::string>())); };
    if (method == "eth_chainId") return to_quantity(chain_id_.value);
    if (method == "eth_getBlockByNumber") {
        if (params.at(0) == "latest") return header_json(head());
        const auto at = chain_.find(unwrap(parse_quantity_u64(params.at(0).get<std::string>())));
        return at == chain_.end() ? Json() : header_json(at->second);
    }
    if (method == "eth_getBlockByHash") {
        for (const auto& [number, known] : chain_) {
            if (to_hex(known.block.hash) == params.at(0)) return header_json(known);
        }
        return Json();
    }
    if (method == "eth_getTransactionReceipt") {
        return found(receipts, unwrap(parse_fixed<TxHash>(params.at(0).get<std::string>())), Json());
    }
    const bool at_block = method == "eth_call" || method == "eth_getTransactionCount" ||
                          method == "eth_getBalance" || method == "eth_getCode" ||
                          method == "eth_estimateGas";
    if (!at_block) return error(-32601, "the method " + method + " does not exist/is not available");
    if (params.size() > 1) {
        if (const auto problem = pin_problem(params.at(1))) return *problem;
    }
    if (method == "eth_call") return call_contract(params.at(0));
    if (method == "eth_estimateGas") return "0x5208";
    if (method == "eth_getTransactionCount") return to_quantity(found(nonces, account(), 0));
    if (method == "eth_getBalance") return found(balances, account(), "0x0");
    return found(codes, account(), "0x");
}

Json FakeNode::call_contract(const Json& object) {
    using abi::multicall3::Aggregate3;
    const Address to = unwrap(parse_address(object.at("to").get<std::string>()));
    const Bytes data = unwrap(parse_hex(object.at("data").get<std::string>()));
    const auto run = [this](const Address& target, const Bytes& calldata) -> std::optional<Bytes> {
        const auto contract = contracts.find(target);
        return contract == contracts.end() ? std::optional(Bytes{}) : contract->second(calldata);
    };
    const Json out_of_gas = error(-32603, "EVM error OutOfGas");
    if (poison && data == *poison) return out_of_gas;
    if (to != abi::kMulticall3) {
        const auto returned = run(to, data);
        if (returned) return to_hex(*returned);
        return {{"error",
                 {{"code", 3},
                  {"message", "execution reverted: custom error 0xdeadbeef"},
                  {"data", "0xdeadbeef"}}}};
    }
    const auto arguments = unwrap(Aggregate3::decode_call(data));
    const auto& inner = std::get<0>(arguments);
    if (inner.size() > multicall_max) return out_of_gas;
    std::vector<abi::multicall3::Answer> answers;
    for (const auto& [target, may_fail, calldata] : inner) {
        if (poison && calldata == *poison) return out_of_gas;
        const auto returned = run(target, calldata);
        answers.emplace_back(returned.has_value(), returned.value_or(Bytes{0xde, 0xad, 0xbe, 0xef}));
    }
    return to_hex(abi::encode<std::vector<abi::multicall3::Answer>>(answers));
}

}  // namespace outrigger::test
