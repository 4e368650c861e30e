// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "chain/abi/query.hpp"
#include "chain/pool/tokens.hpp"

namespace outrigger {

/// What a token's own contract says of itself.
struct TokenIdentity {
    Address address;
    std::uint8_t decimals = 0;
    std::string symbol;  // empty when it has none
};

/// The token's identity, from its contract. The zero address is the chain's native currency: 18 decimals, and
/// no contract to ask. Errors: Errc::unsupported for more than kMaxDecimals decimals
[[nodiscard]] Query<TokenIdentity> identify_token(ChainId chain, const Address& token);

/// The configured token of that identity. `where` names the position in messages.
/// Errors: Errc::config when it is not configured, or its decimals differ from the contract's
[[nodiscard]] Result<TokenInfo> known_token(const std::string& where, const TokenTable& tokens,
                                            const TokenIdentity& token);

}  // namespace outrigger
