// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chain/base/bytes.hpp"
#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// A token contract of one chain and the asset it stands for (WETH and ETH are one asset).
struct TokenInfo {
    Address address;
    std::uint8_t decimals = 0;
    AssetId asset;
    std::string symbol;
};

/// The configured tokens of one chain, by address.
class TokenTable {
  public:
    /// A table of these tokens. Errors: Errc::config for an address given twice or decimals over
    /// kMaxDecimals.
    static Result<TokenTable> make(std::vector<TokenInfo> tokens);
    /// The token. Errors: Errc::config, saying what to add, when it is not configured.
    [[nodiscard]] Result<TokenInfo> find(const Address& address) const;

  private:
    std::map<Address, TokenInfo> by_address_;
};

}  // namespace outrigger
