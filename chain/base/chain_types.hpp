// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>

#include "chain/base/bytes.hpp"
#include "chain/base/strong.hpp"

namespace outrigger {

using ChainId = Strong<struct ChainIdTag, std::uint64_t>;
using BlockNumber = Strong<struct BlockNumberTag, std::uint64_t>;
using Nonce = Strong<struct NonceTag, std::uint64_t>;
using Gas = Quantity<struct GasTag, std::uint64_t>;
using Tick = Strong<struct TickTag, std::int32_t>;
using AssetId = Strong<struct AssetIdTag, std::uint16_t>;  // index into the configured asset table
using VenueId = Strong<struct VenueIdTag, std::uint8_t>;   // index into the configured venues
using TimePoint = std::chrono::sys_seconds;

struct BlockRef {
    ChainId chain;
    BlockNumber number;
    BlockHash hash;
    TimePoint timestamp;
    friend bool operator==(const BlockRef&, const BlockRef&) = default;
};

/// One block per chain for a whole snapshot.
using Pins = std::map<ChainId, BlockRef>;

}  // namespace outrigger
