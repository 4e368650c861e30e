// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "chain/abi/query.hpp"
#include "chain/pool/v3_math.hpp"
#include "oracle/history.hpp"

namespace outrigger {

/// One entry of a Uniswap v3 pool's ring of observations.
struct PoolObservation {
    std::uint32_t timestamp = 0;
    std::int64_t tick_cumulative = 0;  // 56 bits, which wrap
    friend bool operator==(const PoolObservation&, const PoolObservation&) = default;
};

/// A pool's ring, oldest entry first, as far back as it goes. Two batches, whatever its size.
/// Errors: Errc::decode for entries that are not in order; any failed read
[[nodiscard]] Result<std::vector<PoolObservation>> read_pool_observations(BatchReader& reader,
                                                                          const Pins& pins, ChainId chain,
                                                                          const Address& pool);

/// The pool's mean price between each two neighbours, at the time of the later one.
/// Units:  whole token1 per whole token0
/// Errors: Errc::decode for a mean that is no tick
/// Source: v3-periphery OracleLibrary.consult
[[nodiscard]] Result<std::vector<PriceTick>> mean_prices(std::span<const PoolObservation> observations,
                                                         std::uint8_t decimals0, std::uint8_t decimals1);

/// Prices in another asset, times that asset's own price at each time. Those at which that one is not known,
/// or older than `max_age`, are left out.
[[nodiscard]] std::vector<PriceTick> in_usd(std::span<const PriceTick> in_quote,
                                            std::span<const RecordedTick> quote_usd,
                                            std::chrono::seconds max_age);

}  // namespace outrigger
