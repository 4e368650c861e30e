// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/multicall.hpp"

#include <algorithm>

#include "chain/abi/revert.hpp"

namespace outrigger::abi {

Bytes encode_aggregate3(std::span<const EthCall> calls) {
    std::vector<multicall3::Call> inner;
    inner.reserve(calls.size());
    for (const EthCall& call : calls) {
        OR_ASSERT(call.chain == calls.front().chain);
        inner.emplace_back(call.to, true, call.data);
    }
    return multicall3::Aggregate3::encode(inner);
}

Result<std::vector<Result<Bytes>>> decode_aggregate3(ByteView returned, std::size_t expected) {
    if (returned.empty()) {
        return fail(Errc::decode,
                    "aggregate3 returned nothing: is Multicall3 deployed at the address asked?");
    }
    auto answers = OR_TRY(multicall3::Aggregate3::decode(returned));
    if (answers.size() != expected) {
        return fail(Errc::decode, "aggregate3 returned " + std::to_string(answers.size()) + " answers to " +
                                      std::to_string(expected) + " calls");
    }
    std::vector<Result<Bytes>> out;
    out.reserve(expected);
    for (auto& [success, data] : answers) {
        if (success) {
            out.emplace_back(std::move(data));
        } else {
            out.emplace_back(fail(Errc::reverted, "reverted: " + revert_reason(data)));
        }
    }
    return out;
}

}  // namespace outrigger::abi
