// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/node.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain/abi/revert.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"
#include "chain/rpc/json_text.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

std::string in_quotes(std::string_view text) {
    return fmt::format(R"("{}")", text);
}
std::string by_number_param(BlockNumber number) {
    return in_quotes(to_quantity(number.value));
}
std::string by_hash_param(const BlockHash& hash) {
    return fmt::format(R"({{"blockHash":"{}","requireCanonical":true}})", to_hex(hash));
}
RpcCall block_by_number(BlockNumber number) {
    return {"eth_getBlockByNumber", fmt::format("[{},false]", by_number_param(number))};
}
RpcCall with_block(const BlockCall& call, const std::string& block) {
    if (!call.pinned) return {call.method, fmt::format("[{}]", call.args), call.about};
    return {call.method, fmt::format("[{},{}]", call.args, block), call.about};
}

Result<json> value_of(Reply reply) {
    if (reply) return *std::move(reply);
    CallError e = std::move(reply).error();
    if (e.said && !e.said->data.empty()) e.error.what += ": " + abi::revert_reason(e.said->data);
    return tl::unexpected(std::move(e.error));
}

Reply failed(Errc code, std::string what) {
    return tl::unexpected(CallError{{code, std::move(what)}, std::nullopt});
}

/// True when some pinned call was refused in this way.
bool any_pin_fault(std::span<const Reply> replies, std::span<const BlockCall> calls, PinFault wanted) {
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (!calls[i].pinned || replies[i] || !replies[i].error().said) continue;
        if (classify_call(*replies[i].error().said) == Errc::reverted) continue;
        if (classify_pin(*replies[i].error().said) == wanted) return true;
    }
    return false;
}

template <class T>
Result<T> in(const std::string& origin, std::string_view method, Result<T> r) {
    if (!r) return fail(r.error().code, fmt::format("{}: {}: {}", origin, method, r.error().what));
    return r;
}

}  // namespace

Node::Node(Transport& transport, JsonRpc::Options options, ChainId chain)
    : transport_(transport), rpc_(transport, std::move(options)), chain_(chain) {}

Reply Node::offered(const std::string& method, Reply reply) {
    if (reply || !reply.error().said) return reply;
    const NodeFault& said = *reply.error().said;
    // What a contract says when it reverts is not the node's word about itself.
    if (classify_call(said) != Errc::rpc || !is_method_missing(said)) return reply;
    if (missing_.insert(method).second)
        spdlog::warn("rpc {}: does not offer {}; it is not asked for it again", origin(), method);
    reply.error().error.code = Errc::unsupported;
    return reply;
}

Reply Node::not_offered(const std::string& method) const {
    return failed(Errc::unsupported, fmt::format("{}: does not offer {}", origin(), method));
}

Result<json> Node::ask(std::string method, std::string params) {
    if (lacks(method)) return value_of(not_offered(method));
    auto reply = rpc_.call({method, std::move(params)});
    return value_of(offered(method, std::move(reply)));
}

Result<json> Node::ask_at(const BlockRef& pin, BlockCall call) {
    if (lacks(call.method)) return value_of(not_offered(call.method));
    auto reply = std::move(at_block(pin, std::span(&call, 1)).front());
    return value_of(offered(call.method, std::move(reply)));
}

Result<ChainId> Node::chain_id() {
    // Not remembered as missing: an endpoint that cannot be identified is not fit, which may pass.
    const json answer = OR_TRY(value_of(rpc_.call({"eth_chainId", "[]"})));
    return ChainId{OR_TRY(in(origin(), "eth_chainId", u64_value(answer)))};
}

Result<Head> Node::named_head(Result<Head> head, std::string_view what) const {
    return in(origin(), fmt::format("block {}", what), std::move(head));
}

Result<Head> Node::head() {
    const JsonRpc::Asked asked = begin_head(false);
    return finish_head(asked, transport_.perform(asked.requests()));
}

JsonRpc::Asked Node::begin_head(bool identify) {
    std::vector<RpcCall> calls{{"eth_getBlockByNumber", R"(["latest",false])"}};
    if (identify) calls.push_back({"eth_chainId", "[]"});
    return rpc_.begin(calls);
}

Result<Head> Node::finish_head(const JsonRpc::Asked& asked, std::span<const Result<HttpResponse>> answers) {
    auto replies = rpc_.finish(asked, answers);
    if (replies.size() > 1) {
        const json id = OR_TRY(value_of(std::move(replies.back())));
        const ChainId chain{OR_TRY(in(origin(), "eth_chainId", u64_value(id)))};
        if (chain != chain_)
            return fail(Errc::config, fmt::format("serves chain {}, not {}", chain.value, chain_.value));
    }
    const json block = OR_TRY(value_of(std::move(replies.front())));
    return named_head(head_of(block, chain_), "latest");
}

Result<Head> Node::header(BlockNumber number) {
    const std::vector<Head> found = OR_TRY(headers(number, 1));
    return found.front();
}

Result<Head> Node::header(const BlockHash& hash) {
    const json block = OR_TRY(ask("eth_getBlockByHash", fmt::format(R"(["{}",false])", to_hex(hash))));
    Head head = OR_TRY(named_head(head_of(block, chain_), to_hex(hash)));
    if (head.block.hash != hash)
        return fail(Errc::decode, fmt::format("{}: another block than asked for", origin()));
    return head;
}

Result<Head> Node::numbered(BlockNumber number, Reply reply) const {
    const json block = OR_TRY(value_of(std::move(reply)));
    const Head head = OR_TRY(named_head(head_of(block, chain_), std::to_string(number.value)));
    if (head.block.number != number)
        return fail(Errc::decode, fmt::format("{}: another block than number {}", origin(), number.value));
    return head;
}

JsonRpc::Asked Node::begin_header(BlockNumber number) {
    const RpcCall call = block_by_number(number);
    return rpc_.begin(std::span(&call, 1));
}

Result<Head> Node::finish_header(BlockNumber number, const JsonRpc::Asked& asked,
                                 std::span<const Result<HttpResponse>> answers) {
    return numbered(number, std::move(rpc_.finish(asked, answers).front()));
}

Result<std::vector<Head>> Node::headers(BlockNumber first, std::size_t count) {
    std::vector<RpcCall> calls;
    for (std::size_t i = 0; i < count; ++i) calls.push_back(block_by_number(BlockNumber{first.value + i}));
    auto replies = rpc_.batch(calls);
    std::vector<Head> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(OR_TRY(numbered(BlockNumber{first.value + i}, std::move(replies[i]))));
    }
    return out;
}

Result<U256> Node::suggested_tip(const U256& cap) {
    const auto suggestion = ask("eth_maxPriorityFeePerGas", "[]");
    if (suggestion)
        return std::min(OR_TRY(in(origin(), "eth_maxPriorityFeePerGas", quantity_value(*suggestion))), cap);
    if (suggestion.error().code != Errc::unsupported) return tl::unexpected(suggestion.error());
    return std::min(OR_TRY(tip_from_history()), cap);
}

Result<U256> Node::tip_from_history() {
    const json history = OR_TRY(ask("eth_feeHistory", R"(["0xa","latest",[50]])"));
    const auto broken = [&] {
        return fail(Errc::decode, origin() + ": eth_feeHistory: no rewards in the answer");
    };
    if (!history.is_object() || !history.contains("reward") || !history["reward"].is_array()) return broken();
    std::vector<U256> tips;
    for (const json& row : history["reward"]) {
        if (!row.is_array() || row.size() != 1) return broken();
        tips.push_back(OR_TRY(in(origin(), "eth_feeHistory", quantity_value(row.front()))));
    }
    if (tips.empty()) return broken();
    std::sort(tips.begin(), tips.end());
    return tips[tips.size() / 2];
}

Result<Bytes> Node::call(const Address& from, const TxCall& call, const BlockRef& pin) {
    const json answer = OR_TRY(ask_at(pin, {"eth_call", call_object(&from, call)}));
    return in(origin(), "eth_call", bytes_value(answer));
}

Result<Gas> Node::estimate_gas(const Address& from, const TxCall& call, const std::optional<BlockRef>& pin) {
    BlockCall request{"eth_estimateGas", call_object(&from, call), pin.has_value()};
    const json answer =
        OR_TRY(pin ? ask_at(*pin, request) : ask(request.method, fmt::format("[{}]", request.args)));
    return Gas{OR_TRY(in(origin(), "eth_estimateGas", u64_value(answer)))};
}

Result<Nonce> Node::transaction_count(const Address& account, BlockTag tag) {
    const std::string_view block = tag == BlockTag::latest ? "latest" : "pending";
    const json answer =
        OR_TRY(ask("eth_getTransactionCount", fmt::format(R"(["{}","{}"])", to_hex(account), block)));
    return Nonce{OR_TRY(in(origin(), "eth_getTransactionCount", u64_value(answer)))};
}

Result<U256> Node::balance(const Address& account, const BlockRef& pin) {
    const json answer = OR_TRY(ask_at(pin, {"eth_getBalance", in_quotes(to_hex(account))}));
    return in(origin(), "eth_getBalance", quantity_value(answer));
}

Result<Bytes> Node::code(const Address& account, const BlockRef& pin) {
    const json answer = OR_TRY(ask_at(pin, {"eth_getCode", in_quotes(to_hex(account))}));
    return in(origin(), "eth_getCode", bytes_value(answer));
}

Result<std::optional<TransactionInfo>> Node::transaction(const TxHash& hash) {
    const json answer = OR_TRY(ask("eth_getTransactionByHash", fmt::format("[{}]", in_quotes(to_hex(hash)))));
    if (answer.is_null()) return std::optional<TransactionInfo>{};
    return std::optional(
        OR_TRY(in(origin(), "eth_getTransactionByHash", transaction_of(answer, chain_, hash))));
}

Result<std::optional<tx::Receipt>> Node::receipt(const TxHash& hash) {
    const json answer =
        OR_TRY(ask("eth_getTransactionReceipt", fmt::format("[{}]", in_quotes(to_hex(hash)))));
    if (answer.is_null()) return std::optional<tx::Receipt>{};
    tx::Receipt receipt = OR_TRY(in(origin(), "eth_getTransactionReceipt", receipt_of(answer, chain_, hash)));
    // The receipt only says which block; whether that block is on the chain and holds the transaction is
    // asked.
    const RpcCall canonical = block_by_number(receipt.block.number);
    const json block = OR_TRY(ask(canonical.method, canonical.params));
    if (block.is_null()) {
        return fail(Errc::reorged,
                    fmt::format("{}: block {} of the receipt is gone", origin(), receipt.block.number.value));
    }
    const Head head = OR_TRY(named_head(head_of(block, chain_), std::to_string(receipt.block.number.value)));
    if (head.block.hash != receipt.block.hash || head.block.number != receipt.block.number) {
        return fail(Errc::reorged, fmt::format("{}: block {} of the receipt is not canonical", origin(),
                                               receipt.block.number.value));
    }
    const auto list = block.find("transactions");
    const json listed = to_hex(hash);
    if (list == block.end() || !list->is_array() ||
        std::find(list->begin(), list->end(), listed) == list->end()) {
        return fail(Errc::decode,
                    fmt::format("{}: block {} does not list the transaction whose receipt names it", origin(),
                                receipt.block.number.value));
    }
    receipt.block.timestamp = head.block.timestamp;
    return std::optional(receipt);
}

JsonRpc::Prepared Node::prepare_send(ByteView raw) {
    const RpcCall call{"eth_sendRawTransaction", fmt::format("[{}]", in_quotes(to_hex(raw)))};
    JsonRpc::Prepared out = rpc_.prepare(std::span(&call, 1));
    out.http.urgent = true;
    return out;
}

SendOutcome Node::understand_send(ByteView raw, const JsonRpc::Prepared& asked,
                                  const Result<HttpResponse>& answer) {
    SendOutcome out;
    out.hash = TxHash{keccak256(raw)};
    const Reply reply = std::move(rpc_.understand(asked, answer).front());
    if (!reply) {
        const CallError& e = reply.error();
        out.text = e.error.what;
        out.fault = e.said ? classify_send(*e.said) : SendFault::no_answer;
        return out;
    }
    const auto hash = hash_value(*reply);
    if (hash && hash->data == out.hash.data) {
        out.fault = SendFault::none;
    } else {
        out.fault = SendFault::wrong_hash;
        out.text = fmt::format("{}: eth_sendRawTransaction: answered with something else than the hash {}",
                               origin(), to_hex(out.hash));
    }
    return out;
}

SendOutcome Node::send_raw(ByteView raw) {
    const JsonRpc::Prepared asked = prepare_send(raw);
    return understand_send(raw, asked, rpc_.send(asked));
}

Result<void> Node::check_canonical(const Result<Head>& seen, const BlockRef& pin) const {
    if (!seen && seen.error().code != Errc::not_found) return tl::unexpected(seen.error());
    if (!seen || seen->block.hash != pin.hash) {
        return fail(Errc::reorged, fmt::format("{}: block {} {} is no longer on the chain", origin(),
                                               pin.number.value, to_hex(pin.hash)));
    }
    return {};
}

Node::AtBlock Node::begin_by_number(const BlockRef& pin, std::span<const BlockCall> calls) {
    std::vector<RpcCall> asked{block_by_number(pin.number)};
    for (const BlockCall& call : calls) asked.push_back(with_block(call, by_number_param(pin.number)));
    return {pin, {calls.begin(), calls.end()}, true, rpc_.begin(asked)};
}

std::vector<Reply> Node::finish_by_number(const AtBlock& at, std::span<const Result<HttpResponse>> answers) {
    auto replies = rpc_.finish(at.asked, answers);
    const auto judge = [&](Reply block) -> Result<void> {
        auto value = value_of(std::move(block));
        if (!value) return tl::unexpected(std::move(value).error());
        return check_canonical(head_of(*value, chain_), at.pin);
    };
    auto canonical = judge(std::move(replies.front()));
    // A batch may be served in any order, so only a question asked after its answer proves that nothing
    // moved.
    if (canonical) canonical = judge(rpc_.call(block_by_number(at.pin.number)));
    replies.erase(replies.begin());
    if (!canonical) {
        for (Reply& reply : replies) reply = failed(canonical.error().code, canonical.error().what);
    }
    return replies;
}

Node::AtBlock Node::begin_at_block(const BlockRef& pin, std::span<const BlockCall> calls) {
    const bool any_pinned =
        std::any_of(calls.begin(), calls.end(), [](const BlockCall& c) { return c.pinned; });
    if (!pins_by_hash_ && any_pinned) return begin_by_number(pin, calls);
    std::vector<RpcCall> asked;
    for (const BlockCall& call : calls) asked.push_back(with_block(call, by_hash_param(pin.hash)));
    return {pin, {calls.begin(), calls.end()}, false, rpc_.begin(asked)};
}

std::vector<Reply> Node::finish_at_block(const AtBlock& at, std::span<const Result<HttpResponse>> answers) {
    if (at.by_number) return finish_by_number(at, answers);
    const auto& [pin, calls, by_number, asked] = at;
    auto replies = rpc_.finish(asked, answers);
    if (any_pin_fault(replies, calls, PinFault::gone)) {
        const std::string what = fmt::format("{}: block {} {} is not on the node's chain", origin(),
                                             pin.number.value, to_hex(pin.hash));
        return std::vector<Reply>(calls.size(), failed(Errc::reorged, what));
    }
    if (!any_pin_fault(replies, calls, PinFault::unsupported)) return replies;
    // Invalid parameters may have another reason: the node is judged by whether plain numbers please it.
    const AtBlock numbered = begin_by_number(pin, calls);
    auto again = finish_by_number(numbered, transport_.perform(numbered.asked.requests()));
    if (!any_pin_fault(again, calls, PinFault::unsupported)) {
        pins_by_hash_ = false;
        spdlog::warn("rpc {}: no EIP-1898; reading by number and comparing headers", origin());
    }
    return again;
}

std::vector<Reply> Node::at_block(const BlockRef& pin, std::span<const BlockCall> calls) {
    if (calls.empty()) return {};
    const AtBlock at = begin_at_block(pin, calls);
    return finish_at_block(at, transport_.perform(at.asked.requests()));
}

Result<std::string> Node::raw(std::string_view method, std::string_view params) {
    const bool plain = !method.empty() && std::all_of(method.begin(), method.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!plain) return fail(Errc::unsupported, "a method name is letters, digits and underscores");
    const json parsed = OR_TRY(parse_json(params));
    if (!parsed.is_array()) return fail(Errc::unsupported, "params must be a JSON array");
    return OR_TRY(ask(std::string(method), parsed.dump())).dump();
}

}  // namespace outrigger
