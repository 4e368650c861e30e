// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/tokens.hpp"

#include <fmt/core.h>

#include <utility>

#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"

namespace outrigger {

Result<TokenTable> TokenTable::make(std::vector<TokenInfo> tokens) {
    TokenTable table;
    for (auto& token : tokens) {
        if (token.decimals > kMaxDecimals) {
            return fail(Errc::config,
                        fmt::format("token {} at {} has {} decimals; at most {} are supported", token.symbol,
                                    checksum_address(token.address), token.decimals, kMaxDecimals));
        }
        const auto [at, added] = table.by_address_.emplace(token.address, token);
        if (!added) {
            return fail(Errc::config,
                        fmt::format("tokens {} and {} have the same address {}; remove one of them",
                                    at->second.symbol, token.symbol, checksum_address(token.address)));
        }
    }
    return table;
}

Result<TokenInfo> TokenTable::find(const Address& address) const {
    const auto found = by_address_.find(address);
    if (found != by_address_.end()) return found->second;
    return fail(Errc::config, fmt::format("token {} is not configured; add it with its asset and decimals",
                                          checksum_address(address)));
}

}  // namespace outrigger
