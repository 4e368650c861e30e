// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/json_rpc.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"
#include "chain/rpc/json_text.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr std::size_t kRevertDataMax = 64 * 1024;
constexpr std::size_t kConcurrent = 8;

/// Revert data, wherever the client puts it: "0x..", "Reverted 0x.." (Nethermind), {"data": "0x.."}
/// (Hardhat).
Bytes revert_data(const json& error) {
    const auto at = error.find("data");
    if (at == error.end()) return {};
    const json* data = &*at;
    if (data->is_object()) {
        const auto inner = data->find("data");
        if (inner == data->end()) return {};
        data = &*inner;
    }
    if (!data->is_string()) return {};
    std::string_view text = data->get_ref<const std::string&>();
    if (const std::string_view prefix = "Reverted "; text.substr(0, prefix.size()) == prefix) {
        text.remove_prefix(prefix.size());
    }
    if (text.size() > 2 * kRevertDataMax) return {};
    return parse_hex(text).value_or(Bytes{});
}

/// Whether a body of that content type may be JSON: one that says so, or one that says nothing.
bool is_json(std::string_view content_type) {
    return content_type.empty() || content_type.find("json") != std::string_view::npos;
}

/// What the node said, or nothing when its error object is not one.
std::optional<NodeFault> node_fault(const json& error) {
    if (!error.is_object()) return std::nullopt;
    const auto code = error.find("code");
    const auto message = error.find("message");
    if (code == error.end() || !code->is_number_integer()) return std::nullopt;
    if (message == error.end() || !message->is_string()) return std::nullopt;
    return NodeFault{code->get<std::int64_t>(), shown(message->get_ref<const std::string&>()),
                     revert_data(error)};
}

Reply refused(const std::string& origin, const RpcCall& call, NodeFault fault) {
    const std::string what =
        fmt::format("{}: {}: the node says ({}): {}", origin, call.method, fault.code, fault.message);
    const Errc code = classify_call(fault);
    const Again again =
        code != Errc::reverted && classify_batch(fault) == BatchFault::too_many ? Again::smaller : Again::no;
    return tl::unexpected(CallError{{code, what}, std::move(fault), again});
}

/// True when the node says that it is asked too often; a batch that is too large is another matter.
bool is_rate_limit(const Reply& reply) {
    return !reply && reply.error().said && reply.error().error.code == Errc::transport &&
           classify_batch(*reply.error().said) == BatchFault::none;
}

std::vector<Reply> all_failed(std::size_t count, const Error& error, Again again = Again::no) {
    return std::vector<Reply>(count, tl::unexpected(CallError{error, std::nullopt, again}));
}

/// Result or error of one answer object. Errors: Errc::decode when it is neither or both.
Result<tl::expected<json, NodeFault>> outcome_of(json& answer) {
    const auto version = answer.find("jsonrpc");
    if (version == answer.end() || *version != "2.0") return fail(Errc::decode, "not JSON-RPC 2.0");
    const auto result = answer.find("result");
    const auto error = answer.find("error");
    if ((result == answer.end()) == (error == answer.end())) {
        return fail(Errc::decode,
                    result == answer.end() ? "neither result nor error" : "both result and error");
    }
    if (error != answer.end()) {
        auto fault = node_fault(*error);
        if (!fault) return fail(Errc::decode, "error without code and message");
        return tl::expected<json, NodeFault>(tl::unexpected(*std::move(fault)));
    }
    return tl::expected<json, NodeFault>(std::move(*result));
}

/// The slot an answer belongs to. Errors: Errc::decode unless the id is a number we asked with.
Result<std::size_t> slot_of(const json& answer, const JsonRpc::Prepared& asked) {
    if (!answer.is_object()) return fail(Errc::decode, "an answer that is not an object");
    const auto id = answer.find("id");
    if (id == answer.end() || !id->is_number_unsigned())
        return fail(Errc::decode, "an answer without our kind of id");
    const auto value = id->get<std::uint64_t>();
    if (value < asked.first_id || value - asked.first_id >= asked.calls.size()) {
        return fail(Errc::decode, "an answer to a question that was not asked");
    }
    return static_cast<std::size_t>(value - asked.first_id);
}

/// The error of a request refused as a whole: one error object with a null id.
std::optional<NodeFault> refused_whole(const json& answer) {
    if (!answer.is_object() || answer.contains("result")) return std::nullopt;
    const auto id = answer.find("id");
    const auto error = answer.find("error");
    if (error == answer.end() || (id != answer.end() && !id->is_null())) return std::nullopt;
    return node_fault(*error);
}

Result<std::vector<Reply>> read_answers(json& parsed, const JsonRpc::Prepared& asked,
                                        const std::string& origin) {
    if (const auto fault = refused_whole(parsed)) {
        std::vector<Reply> out;
        for (const RpcCall& call : asked.calls) {
            out.push_back(refused(origin, call, *fault));
            CallError& e = out.back().error();
            const BatchFault batch = classify_batch(*fault);
            // A second try costs one request a call: not for a node that is asking for fewer of them.
            if (batch == BatchFault::refused ||
                (batch == BatchFault::none && e.error.code != Errc::transport))
                e.again = Again::alone;
        }
        return out;
    }
    // A call by itself is sent as an object, so only an object answers it.
    const bool single = asked.calls.size() == 1;
    if (single && !parsed.is_object()) return fail(Errc::decode, "not the answer to one call");
    if (!single && !parsed.is_array()) return fail(Errc::decode, "not the answer to a batch");
    if (!single && parsed.size() > asked.calls.size())
        return fail(Errc::decode, "more answers than questions");

    auto out =
        all_failed(asked.calls.size(), {Errc::decode, origin + ": the node left this call out of its answer"},
                   Again::alone);
    std::vector<bool> seen(asked.calls.size(), false);
    const auto take = [&](json& answer) -> Result<void> {
        const std::size_t slot = OR_TRY(slot_of(answer, asked));
        if (seen[slot]) return fail(Errc::decode, "two answers to one question");
        seen[slot] = true;
        auto outcome = OR_TRY(outcome_of(answer));
        if (outcome) {
            out[slot] = *std::move(outcome);
        } else {
            out[slot] = refused(origin, asked.calls[slot], std::move(outcome).error());
        }
        return {};
    };
    if (single) {
        OR_TRY(take(parsed));
    } else {
        for (json& answer : parsed) OR_TRY(take(answer));
    }
    return out;
}

}  // namespace

JsonRpc::JsonRpc(Transport& transport, Options options)
    : transport_(transport), options_(std::move(options)), origin_(origin_of(options_.url)) {}

JsonRpc::Prepared JsonRpc::prepare(std::span<const RpcCall> calls) {
    OR_ASSERT(!calls.empty());
    Prepared out;
    out.calls.assign(calls.begin(), calls.end());
    out.first_id = next_id_;
    std::string& body = out.http.body;
    if (calls.size() > 1) body += '[';
    for (const RpcCall& call : calls) {
        if (next_id_ != out.first_id) body += ',';
        fmt::format_to(std::back_inserter(body), R"({{"jsonrpc":"2.0","id":{},"method":"{}","params":{}}})",
                       next_id_++, call.method, call.params);
    }
    if (calls.size() > 1) body += ']';
    out.http.url = options_.url;
    out.http.timeout = options_.timeout;
    out.http.max_bytes = options_.max_bytes;
    out.http.calls = static_cast<std::uint32_t>(calls.size());
    return out;
}

Result<HttpResponse> JsonRpc::send(const Prepared& asked) {
    return std::move(transport_.perform(std::span(&asked.http, 1)).front());
}

std::vector<Reply> JsonRpc::understand(const Prepared& asked, const Result<HttpResponse>& answer) {
    const std::size_t count = asked.calls.size();
    ++http_requests_;
    // From the transport, Errc::decode is an answer larger than we take.
    if (!answer)
        return all_failed(count, answer.error(),
                          answer.error().code == Errc::decode ? Again::smaller : Again::no);
    if (answer->status != 200) {
        // The body is not quoted: gateways repeat the URL, and with it the key, on their error pages.
        return all_failed(count,
                          {Errc::transport, fmt::format("{}: HTTP status {}{}", origin_, answer->status,
                                                        answer->status == 429 ? " (rate limited)" : "")},
                          answer->status == 413 ? Again::smaller : Again::no);
    }
    auto parsed =
        is_json(answer->content_type)
            ? parse_json(answer->body)
            : fail(Errc::decode, fmt::format("the answer is {}, not JSON", shown(answer->content_type, 60)));
    if (parsed) {
        auto replies = read_answers(*parsed, asked, origin_);
        if (replies) {
            if (std::any_of(replies->begin(), replies->end(), is_rate_limit))
                transport_.refused_for_rate(options_.url);
            return *std::move(replies);
        }
        parsed = tl::unexpected(std::move(replies).error());
    }
    transport_.drop_connections();
    return all_failed(count, {Errc::decode, fmt::format("{}: {}: {}", origin_, asked.calls.front().method,
                                                        parsed.error().what)});
}

std::vector<Reply> JsonRpc::one_by_one(std::span<const RpcCall> calls) {
    std::vector<Reply> out;
    while (!calls.empty()) {
        const auto wave = calls.first(std::min(calls.size(), kConcurrent));
        std::vector<Prepared> asked;
        std::vector<HttpRequest> requests;
        for (const RpcCall& call : wave) {
            asked.push_back(prepare(std::span(&call, 1)));
            requests.push_back(asked.back().http);
        }
        const auto answers = transport_.perform(requests);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            out.push_back(std::move(understand(asked[i], answers[i]).front()));
        }
        calls = calls.subspan(wave.size());
    }
    return out;
}

std::vector<HttpRequest> JsonRpc::Asked::requests() const {
    std::vector<HttpRequest> out;
    for (const Prepared& p : first) out.push_back(p.http);
    return out;
}

/// As many of the calls as one request may have: neither they nor their answers are too much.
std::span<const RpcCall> JsonRpc::first_piece(std::span<const RpcCall> calls) const {
    std::size_t count = 0;
    std::size_t about = 0;
    while (count < std::min(calls.size(), batch_size())) {
        about += calls[count].about;
        if (count > 0 && about > options_.max_bytes) break;
        ++count;
    }
    return calls.first(count);
}

JsonRpc::Asked JsonRpc::begin(std::span<const RpcCall> calls) {
    Asked out{{calls.begin(), calls.end()}, {}};
    while (!calls.empty() && out.first.size() < kConcurrent) {
        const auto piece = first_piece(calls);
        out.first.push_back(prepare(piece));
        calls = calls.subspan(piece.size());
    }
    return out;
}

/// Takes in how a request of that many calls fared. True when calls are left to be asked in another way.
bool JsonRpc::learn(std::size_t asked, const std::vector<Reply>& replies) {
    bool again = false;
    bool smaller = false;
    std::size_t fits = std::max<std::size_t>(1, asked / 2);
    for (const Reply& reply : replies) {
        if (reply || reply.error().again == Again::no) continue;
        again = true;
        if (reply.error().again != Again::smaller) continue;
        smaller = true;
        if (reply.error().said) fits = named_batch_size(*reply.error().said, asked).value_or(fits);
    }
    if (smaller && asked > 1) batch_size_.lower(fits);
    if (!again) {
        batch_size_.fitted();
        if (options_.retries != nullptr) options_.retries->answered();
    }
    return again && asked > 1;
}

/// Asks again for what was left out of a batch (alone) or was too much for it (in smaller batches).
void JsonRpc::ask_again(const std::vector<RpcCall>& calls, std::vector<Reply>& replies) {
    const auto slots_of = [&](Again kind) {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (!replies[i] && replies[i].error().again == kind) out.push_back(i);
        }
        return out;
    };
    const auto calls_of = [&](const std::vector<std::size_t>& slots) {
        std::vector<RpcCall> out;
        for (const std::size_t i : slots) out.push_back(calls[i]);
        return out;
    };
    const auto fill = [&](const std::vector<std::size_t>& slots, std::vector<Reply> more) {
        for (std::size_t i = 0; i < slots.size(); ++i) replies[slots[i]] = std::move(more[i]);
    };
    const auto too_much = slots_of(Again::smaller);
    const auto left_out = slots_of(Again::alone);
    if (!too_much.empty()) fill(too_much, batch(calls_of(too_much)));
    if (left_out.empty()) return;
    auto more = one_by_one(calls_of(left_out));
    if (left_out.size() == replies.size() &&
        std::any_of(more.begin(), more.end(), [](const Reply& r) { return r.has_value(); })) {
        batches_refused_ = true;  // it answers one by one, so it was the batch it did not like
    }
    fill(left_out, std::move(more));
}

std::vector<Reply> JsonRpc::finish(const Asked& asked, std::span<const Result<HttpResponse>> answers) {
    OR_ASSERT(answers.size() == asked.first.size());
    std::vector<Reply> out;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& piece = asked.first[i];
        auto replies = understand(piece, answers[i]);
        if (learn(piece.calls.size(), replies) && may_ask_again()) ask_again(piece.calls, replies);
        std::move(replies.begin(), replies.end(), std::back_inserter(out));
    }
    auto rest = batch(std::span(asked.calls).subspan(out.size()));
    std::move(rest.begin(), rest.end(), std::back_inserter(out));
    return out;
}

std::vector<Reply> JsonRpc::batch(std::span<const RpcCall> calls) {
    if (calls.empty()) return {};
    const Asked asked = begin(calls);
    return finish(asked, transport_.perform(asked.requests()));
}

Reply JsonRpc::call(const RpcCall& one) {
    return std::move(one_by_one(std::span(&one, 1)).front());
}

}  // namespace outrigger
