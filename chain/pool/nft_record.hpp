// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chain/base/lp.hpp"
#include "chain/base/result.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {

/// What identifies a position's NFT for good: kept, it tells a later start what a burned one was, and whose.
struct NftRecord {
    Address owner;
    Address token0;
    Address token1;
    std::uint32_t fee_pips = 0;
    std::int32_t tick_spacing = 0;  // where the pool is keyed by it
    Address hooks{};                // uniswap-v4
    TickRange range;
    friend bool operator==(const NftRecord&, const NftRecord&) = default;
};

/// One line of text: the fields in order, separated by blanks.
[[nodiscard]] std::string to_text(const NftRecord& record);
/// Errors: Errc::decode for anything to_text does not write
[[nodiscard]] Result<NftRecord> parse_nft_record(std::string_view text);
/// What an earlier start kept of an NFT; nothing where the text is empty. Errors: Errc::decode, naming the
/// journal
[[nodiscard]] Result<std::optional<NftRecord>> recorded_nft(std::string_view text);

}  // namespace outrigger
