// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/token_identity.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "chain/abi/call.hpp"
#include "chain/abi/erc20.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "chain/pool/gather.hpp"

namespace outrigger {
namespace {

constexpr std::uint8_t kNativeDecimals = 18;

/// A token's symbol from either form of symbol(); a token without one is still a token.
std::string symbol_of(const Result<Bytes>& answer) {
    if (!answer) return {};
    if (auto text = erc20::Symbol::decode(*answer)) return *text;
    const auto fixed = erc20::SymbolBytes32::decode(*answer);
    if (!fixed) return {};
    const auto end = std::find(fixed->data.begin(), fixed->data.end(), std::uint8_t{0});
    return {fixed->data.begin(), end};
}

Query<std::string> symbol_query(ChainId chain, const Address& token) {
    return {{EthCall{chain, token, erc20::Symbol::encode()}},
            [](Query<std::string>::Answers a) -> Result<std::string> { return symbol_of(a.front()); }};
}

}  // namespace

Query<TokenIdentity> identify_token(ChainId chain, const Address& token) {
    if (token == Address{}) {
        return {{}, [](Query<TokenIdentity>::Answers) -> Result<TokenIdentity> {
                    return TokenIdentity{{}, kNativeDecimals, "native currency"};
                }};
    }
    auto reads = gather(eth_query<erc20::Decimals>(chain, token), symbol_query(chain, token));
    return map(std::move(reads), [token](const auto& answers) -> Result<TokenIdentity> {
        const auto& [decimals, symbol] = answers;
        const std::uint64_t d = OR_TRY(decimals).value();
        if (d > kMaxDecimals) {
            return fail(Errc::unsupported,
                        fmt::format("a token has {} decimals; at most {} are supported", d, kMaxDecimals));
        }
        return TokenIdentity{token, static_cast<std::uint8_t>(d), OR_TRY(symbol)};
    });
}

Result<TokenInfo> known_token(const std::string& where, const TokenTable& tokens,
                              const TokenIdentity& token) {
    auto known = tokens.find(token.address);
    if (!known) {
        return fail(Errc::config,
                    fmt::format("{}: {} ({}, {} decimals on chain)", where, known.error().what,
                                token.symbol.empty() ? "no symbol" : token.symbol, token.decimals));
    }
    if (known->decimals != token.decimals) {
        return fail(Errc::config,
                    fmt::format("{}: token {} at {} is configured with {} decimals but has {}; correct the "
                                "token's decimals",
                                where, known->symbol, checksum_address(token.address), known->decimals,
                                token.decimals));
    }
    return known;
}

}  // namespace outrigger
