// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chain/base/bytes.hpp"

namespace outrigger::config {

/// One way to say what a position is: the key it is written with, and what that key means.
struct PositionKind {
    std::string_view key;      // in [[position]]: "uniswap_v3"
    std::string_view kind;     // as the pools know it: "uniswap-v3"
    std::string_view title;    // in sentences: "Uniswap v3"
    std::string_view label;    // how a position without a name is called: "v3" of "v3-4471220"
    std::string_view manager;  // dotted name of the position manager's address; empty: none is needed
    bool by_pair = false;      // named by its pair and holder, not by an NFT
    bool stakes = false;       // its NFT may be held by another contract for its owner
};

inline constexpr std::array kPositionKinds{
    PositionKind{"uniswap_v3", "uniswap-v3", "Uniswap v3", "v3", "v3.npm", false, true},
    PositionKind{"uniswap_v2", "uniswap-v2", "Uniswap v2", "v2", "", true, false},
    PositionKind{"uniswap_v4", "uniswap-v4", "Uniswap v4", "v4", "v4.position_manager", false, false},
    PositionKind{"sushi_v3", "sushi-v3", "Sushi v3", "sushi-v3", "sushi_v3.position_manager", false, true},
    PositionKind{"pancake_v3", "pancake-v3", "PancakeSwap v3", "pancake-v3", "pancake_v3.position_manager",
                 false, true},
    PositionKind{"slipstream", "slipstream", "Slipstream", "slipstream", "slipstream.position_manager", false,
                 true},
};

/// The kind of that name ("uniswap-v3"), or null.
inline const PositionKind* position_kind(std::string_view kind) {
    for (const PositionKind& k : kPositionKinds) {
        if (k.kind == kind) return &k;
    }
    return nullptr;
}

/// Which position is meant, before anything is known about it.
struct PositionRef {
    std::string kind;                      // "uniswap-v3"; empty: none was given
    std::uint64_t id = 0;                  // NFT kinds
    Address pair{};                        // uniswap-v2
    Address owner{};                       // zero: whoever owns the NFT when the keeper starts
    Address staked_in{};                   // zero: the owner holds it
    std::vector<Address> hooks_allowed{};  // uniswap-v4
    friend bool operator==(const PositionRef&, const PositionRef&) = default;
};

/// The reference in words: "Uniswap v3 NFT 4471220, staked in 0x...", "Uniswap v2 pair 0x88e6...".
std::string describe(const PositionRef& ref);

}  // namespace outrigger::config
