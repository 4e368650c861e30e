// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/quorum.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/result.hpp"

namespace outrigger {
namespace {

bool same(const Result<Bytes>& l, const Result<Bytes>& r) {
    if (l.has_value() != r.has_value()) return false;
    return l ? *l == *r : l.error().code == r.error().code;
}

/// The index of the answer that more than half of the endpoints gave, or their number.
std::size_t majority(std::span<const EndpointAnswers> answers, std::size_t slot) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto voices = std::count_if(answers.begin(), answers.end(), [&](const EndpointAnswers& other) {
            return same(other.slots[slot], answers[i].slots[slot]);
        });
        if (2 * static_cast<std::size_t>(voices) > answers.size()) return i;
    }
    return answers.size();
}

std::string origins(std::span<const EndpointAnswers> answers) {
    std::string out;
    for (const auto& a : answers) out += (out.empty() ? "" : ", ") + a.origin;
    return out;
}

}  // namespace

std::string describe(const Read& read) {
    if (const auto* call = std::get_if<EthCall>(&read)) {
        const auto head = std::min<std::size_t>(4, call->data.size());
        return fmt::format("{} of {}", to_hex(ByteView(call->data).first(head)), checksum_address(call->to));
    }
    if (const auto* r = std::get_if<GetReceipt>(&read)) return "the receipt of " + to_hex(r->hash);
    if (const auto* r = std::get_if<GetNonce>(&read))
        return "the transaction count of " + checksum_address(r->account);
    if (const auto* r = std::get_if<GetBalance>(&read))
        return "the balance of " + checksum_address(r->account);
    return "the code of " + checksum_address(std::get<GetCode>(read).account);
}

Agreement agree(std::span<const Read> reads, std::span<const EndpointAnswers> answers) {
    OR_ASSERT(!answers.empty());
    Agreement out;
    out.outvoted.resize(answers.size());
    for (std::size_t slot = 0; slot < reads.size(); ++slot) {
        const bool receipt = std::holds_alternative<GetReceipt>(reads[slot]);
        const std::size_t winner = receipt ? 0 : majority(answers, slot);
        if (winner == answers.size()) {
            out.unanimous = false;
            out.slots.push_back(fail(Errc::rejected, fmt::format("the endpoints {} disagree about {}",
                                                                 origins(answers), describe(reads[slot]))));
            continue;
        }
        out.slots.push_back(answers[winner].slots[slot]);
        for (std::size_t i = 0; i < answers.size() && !receipt; ++i) {
            if (same(answers[i].slots[slot], out.slots.back())) continue;
            out.unanimous = false;
            if (out.outvoted[i].empty())
                out.outvoted[i] = fmt::format("{}: stands alone with its answer about {}", answers[i].origin,
                                              describe(reads[slot]));
        }
    }
    return out;
}

}  // namespace outrigger
