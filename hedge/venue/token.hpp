// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "chain/base/chain_types.hpp"

namespace outrigger {

/// An ERC-20 token a venue handles.
struct VenueToken {
    Address address{};
    std::uint8_t decimals = 0;
    std::string symbol;  // "WETH"
    AssetId asset;
};

/// Decimals beyond any real token; keeps every product of ours inside 256 bits.
inline constexpr unsigned kMaxTokenDecimals = 24;

}  // namespace outrigger
