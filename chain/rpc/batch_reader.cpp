// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/batch_reader.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "chain/abi/revert.hpp"
#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"
#include "chain/rpc/quorum.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

constexpr std::size_t kOverhead = 160;     // words aggregate3 adds to one call's data, about
constexpr std::size_t kAnswerAbout = 600;  // hex digits of one call's answer with its envelope: what the
                                           // reads of a Uniswap v3 position have on average

/// Reads with equal keys have equal answers at one block: fifty positions of one pool ask for one price.
std::string key_of(const Read& read) {
    const auto text = [](const auto& bytes) { return std::string(std::begin(bytes), std::end(bytes)); };
    std::string out(1, static_cast<char>('0' + read.index()));
    std::visit(
        [&](const auto& r) {
            using R = std::decay_t<decltype(r)>;
            if constexpr (std::is_same_v<R, EthCall>) {
                out += text(r.to.data) + text(r.data);
            } else if constexpr (std::is_same_v<R, GetReceipt>) {
                out += text(r.hash.data);
            } else {
                out += text(r.account.data);
            }
        },
        read);
    return out;
}

/// Different reads, and which of them answers each slot.
struct Distinct {
    std::vector<Read> reads;
    std::vector<std::size_t> slots;  // of all reads
};

ChainId chain_of(const Read& read) {
    return std::visit([](const auto& r) { return r.chain; }, read);
}

/// The reads of each chain, every one of them once.
std::map<ChainId, Distinct> distinct_by_chain(std::span<const Read> reads) {
    std::map<ChainId, Distinct> out;
    std::map<ChainId, std::unordered_map<std::string, std::size_t>> known;
    for (const Read& read : reads) {
        const ChainId chain = chain_of(read);
        Distinct& mine = out[chain];
        const auto [at, is_new] = known[chain].try_emplace(key_of(read), mine.reads.size());
        if (is_new) mine.reads.push_back(read);
        mine.slots.push_back(at->second);
    }
    return out;
}

Bytes to_bytes(const U256& value) {
    const auto be = value.to_be();
    return {be.begin(), be.end()};
}

std::string account_arg(const Address& account) {
    return fmt::format(R"("{}")", to_hex(account));
}

/// The request of a read that is not a contract call.
std::optional<BlockCall> plain_call(const Read& read) {
    if (const auto* r = std::get_if<GetReceipt>(&read)) {
        return BlockCall{"eth_getTransactionReceipt", fmt::format(R"("{}")", to_hex(r->hash)), false};
    }
    if (const auto* r = std::get_if<GetNonce>(&read)) {
        return BlockCall{"eth_getTransactionCount", account_arg(r->account)};
    }
    if (const auto* r = std::get_if<GetBalance>(&read))
        return BlockCall{"eth_getBalance", account_arg(r->account)};
    if (const auto* r = std::get_if<GetCode>(&read)) return BlockCall{"eth_getCode", account_arg(r->account)};
    return std::nullopt;
}

/// The answer of such a read, as query.hpp promises it.
Result<Bytes> plain_answer(const Read& read, const json& value) {
    if (const auto* r = std::get_if<GetReceipt>(&read)) {
        if (value.is_null()) return fail(Errc::not_found, "no receipt for " + to_hex(r->hash));
        OR_TRY(receipt_of(value, r->chain, r->hash));
        const std::string text = value.dump();
        return Bytes(text.begin(), text.end());
    }
    if (std::holds_alternative<GetCode>(read)) return bytes_value(value);
    if (std::holds_alternative<GetNonce>(read)) return to_bytes(U256(OR_TRY(u64_value(value))));
    return to_bytes(OR_TRY(quantity_value(value)));
}

Error said_error(const CallError& e) {
    Error out = e.error;
    if (e.said && !e.said->data.empty()) out.what += ": " + abi::revert_reason(e.said->data);
    return out;
}

Result<Bytes> plain_slot(const Node& node, const BlockCall& call, const Read& read, const Reply& reply) {
    if (!reply) return tl::unexpected(said_error(reply.error()));
    auto answer = plain_answer(read, *reply);
    if (answer || answer.error().code == Errc::not_found) return answer;
    return fail(answer.error().code,
                fmt::format("{}: {}: {}", node.origin(), call.method, answer.error().what));
}

/// True when the failure is the connection's or the envelope's, not an answer about this call. Only contracts
/// return answers that are too large.
bool ends_the_round(const Reply& reply, bool of_contracts) {
    if (reply || (of_contracts && reply.error().again == Again::smaller)) return false;
    return !reply.error().said || reply.error().error.code == Errc::transport;
}

/// A refusal costs the node little, an answer that was too large costs us: every one of those is counted.
Result<void> may_go_on(Node& node, std::span<const Reply> replies) {
    auto cost = std::count_if(replies.begin(), replies.end(), [](const Reply& r) {
        return !r && !r.error().said && r.error().again == Again::smaller;
    });
    for (cost = std::max<std::ptrdiff_t>(cost, 1); cost > 0; --cost) {
        if (!node.may_ask_again())
            return fail(Errc::transport, node.origin() + ": cannot be made to answer in smaller parts");
    }
    return {};
}

}  // namespace

MulticallReader::MulticallReader(std::map<ChainId, NodeSet*> chains, MulticallOptions options)
    : chains_(std::move(chains)), options_(std::move(options)) {
    OR_ASSERT(options_.calls_max > 0);
}

LearnedSize& MulticallReader::limit_of(const Node& node) {
    return limits_.try_emplace(&node, options_.calls_max).first->second;
}

std::uint64_t MulticallReader::http_requests() const {
    std::uint64_t total = 0;
    for (const auto& [chain, nodes] : chains_) total += nodes->http_requests();
    return total;
}

std::vector<Result<Bytes>> MulticallReader::execute(const Pins& pins, std::span<const Read> reads) {
    std::map<ChainId, Result<Slots>> answered;
    const auto asked = distinct_by_chain(reads);
    for (const auto& [chain, mine] : asked) {
        const auto nodes = chains_.find(chain);
        const auto pin = pins.find(chain);
        Result<Slots> answers =
            fail(Errc::config, fmt::format("no endpoint is configured for chain {}", chain.value));
        if (nodes != chains_.end() && pin == pins.end()) {
            answers = fail(Errc::stale, fmt::format("no head of chain {} to read at", chain.value));
        } else if (nodes != chains_.end()) {
            answers = read_agreed(*nodes->second, pin->second, mine.reads);
        }
        answered.emplace(chain, std::move(answers));
    }
    Slots out;
    out.reserve(reads.size());
    std::map<ChainId, std::size_t> next;  // slot of the chain
    for (const Read& read : reads) {
        const ChainId chain = chain_of(read);
        const auto& answers = answered.at(chain);
        const std::size_t slot = asked.at(chain).slots[next[chain]++];
        out.push_back(answers ? (*answers)[slot] : Result<Bytes>(tl::unexpected(answers.error())));
    }
    return out;
}

Result<MulticallReader::Slots> MulticallReader::read_agreed(NodeSet& nodes, const BlockRef& pin,
                                                            std::span<const Read> reads) {
    if (reads.empty()) return Slots{};
    const auto begin = [&](Node& node) { return begin_chain(node, pin, reads); };
    const auto finish = [&](Node& node, Reading reading, std::vector<Result<HttpResponse>> answers) {
        return finish_chain(node, std::move(reading), std::move(answers));
    };
    const auto enough = std::max<std::size_t>(nodes.quorum(), 1);
    auto gathered = nodes.gather(enough, begin, finish);
    auto& got = gathered.answers;
    if (got.size() < enough) {
        if (enough == 1) return tl::unexpected(gathered.last);
        return fail(Errc::transport,
                    fmt::format("{} of the {} endpoints that must agree could be read at block {}: {}",
                                got.size(), enough, pin.number.value, gathered.last.what));
    }
    if (enough == 1) return std::move(got.front().second);
    const auto judge = [&] {
        std::vector<EndpointAnswers> answers;
        for (const auto& [i, slots] : got) answers.push_back({nodes.node(i).origin(), slots});
        return agree(reads, answers);
    };
    Agreement agreement = judge();
    if (!agreement.unanimous) {
        std::vector<std::size_t> heard;
        for (const auto& answer : got) heard.push_back(answer.first);
        for (auto& answer : nodes.gather(nodes.size(), begin, finish, heard).answers)
            got.push_back(std::move(answer));
        agreement = judge();
    }
    for (std::size_t k = 0; k < got.size(); ++k) {
        if (!agreement.outvoted[k].empty())
            nodes.distrust(got[k].first, {Errc::decode, agreement.outvoted[k]});
    }
    return std::move(agreement.slots);
}

std::vector<MulticallReader::Chunk> MulticallReader::chunks_of(std::span<const Read> reads,
                                                               std::size_t calls_max) const {
    if (!options_.multicall) calls_max = 1;
    std::vector<Chunk> out;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        const auto* call = std::get_if<EthCall>(&reads[i]);
        if (call == nullptr) continue;
        const std::size_t size = call->data.size() + kOverhead;
        if (out.empty() || out.back().size() >= calls_max || bytes + size > options_.calldata_max) {
            out.emplace_back();
            bytes = 0;
        }
        out.back().push_back(i);
        bytes += size;
    }
    return out;
}

BlockCall MulticallReader::call_of(std::span<const Read> reads, const Chunk& chunk) const {
    TxCall call;
    if (chunk.size() == 1) {
        const auto& only = std::get<EthCall>(reads[chunk.front()]);
        call = {only.chain, only.to, {}, only.data, {}};
    } else {
        std::vector<EthCall> calls;
        for (const std::size_t i : chunk) calls.push_back(std::get<EthCall>(reads[i]));
        call = {calls.front().chain, *options_.multicall, {}, abi::encode_aggregate3(calls), {}};
    }
    return {"eth_call", call_object(nullptr, call), true, chunk.size() * kAnswerAbout};
}

/// Puts a chunk's answers into their slots, or its halves into `again` when the node could not run it.
Result<void> MulticallReader::settle(const Chunk& chunk, Reply& reply, Slots& out,
                                     std::vector<Chunk>& again) const {
    if (!reply) {
        if (chunk.size() == 1) {
            out[chunk.front()] = tl::unexpected(said_error(reply.error()));
            return {};
        }
        const auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
        again.emplace_back(chunk.begin(), middle);
        again.emplace_back(middle, chunk.end());
        return {};
    }
    Bytes returned = OR_TRY(bytes_value(*reply));
    if (chunk.size() == 1) {
        out[chunk.front()] = std::move(returned);
        return {};
    }
    auto answers = abi::decode_aggregate3(returned, chunk.size());
    for (std::size_t k = 0; k < chunk.size(); ++k) {
        out[chunk[k]] = answers
                            ? std::move((*answers)[k])
                            : fail(answers.error().code,
                                   fmt::format("Multicall3 at {}: {}", checksum_address(*options_.multicall),
                                               answers.error().what));
    }
    return {};
}

MulticallReader::Reading MulticallReader::begin_chain(Node& node, const BlockRef& pin,
                                                      std::span<const Read> reads) {
    OR_ASSERT(pin.chain == node.chain());
    Reading out{reads};
    std::vector<BlockCall> calls;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        if (auto call = plain_call(reads[i])) {
            out.plain.push_back(i);
            calls.push_back(*std::move(call));
        }
    }
    out.chunks = chunks_of(reads, limit_of(node).now());
    for (const Chunk& chunk : out.chunks) calls.push_back(call_of(reads, chunk));
    out.at = node.begin_at_block(pin, calls);
    return out;
}

Result<MulticallReader::Slots> MulticallReader::finish_chain(Node& node, Reading reading,
                                                             std::vector<Result<HttpResponse>> answers) {
    const auto reads = reading.reads;
    Slots out(reads.size(), fail(Errc::decode, "unread"));
    std::size_t smallest_split = 0;
    auto replies = node.finish_at_block(reading.at, answers);
    // Each turn halves what failed, so there are at most log2(calls_max) + 1 of them.
    while (true) {
        for (std::size_t k = 0; k < replies.size(); ++k) {
            if (ends_the_round(replies[k], k >= reading.plain.size()))
                return tl::unexpected(replies[k].error().error);
        }
        for (std::size_t k = 0; k < reading.plain.size(); ++k) {
            const std::size_t slot = reading.plain[k];
            out[slot] = plain_slot(node, reading.at.calls[k], reads[slot], replies[k]);
        }
        std::vector<Chunk> again;
        for (std::size_t k = 0; k < reading.chunks.size(); ++k)
            OR_TRY(settle(reading.chunks[k], replies[reading.plain.size() + k], out, again));
        if (again.empty()) break;
        OR_TRY(may_go_on(node, replies));
        std::vector<BlockCall> calls;
        for (const Chunk& half : again) {
            smallest_split = smallest_split == 0 ? half.size() : std::min(smallest_split, half.size());
            calls.push_back(call_of(reads, half));
        }
        reading.plain.clear();
        reading.chunks = std::move(again);
        replies = node.at_block(reading.at.pin, calls);
    }
    if (smallest_split == 0) {
        limit_of(node).fitted();
    } else {
        limit_of(node).lower(smallest_split);
        spdlog::warn("rpc {}: the node could not run a multicall; now at most {} calls in one", node.origin(),
                     limit_of(node).now());
    }
    return out;
}

}  // namespace outrigger
