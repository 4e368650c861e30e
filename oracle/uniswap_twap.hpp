// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "chain/abi/query.hpp"
#include "chain/base/market.hpp"

namespace outrigger {

/// One pool's time-weighted price, before anything is read.
struct TwapSpec {
    std::string name;  // "WETH-USDC", for messages
    ChainId chain;
    Address pool;
    std::uint8_t decimals0 = 0;
    std::uint8_t decimals1 = 0;
    std::chrono::seconds window{1800};
    std::uint16_t cardinality_min = 2;  // observations the pool must keep
};

/// A pool's mean over a window that ends at the pinned block.
struct Twap {
    Tick mean_tick{};  // rounded towards minus infinity, as the contracts' own library does
    double price = 0;  // whole token1 per whole token0 at the mean tick: a geometric mean
    U256 harmonic_liquidity;
    std::uint16_t cardinality = 0;
};

/// The mean of a Uniswap v3 pool (or a fork with the same slot0 and observe) over the window. One batch, two
/// reads.
///
/// A swap within the block cannot move it: the contract weighs a price by the seconds it has lasted. Uniswap
/// v4 pools keep no observations; a v2 pair needs two readings, see v2_mean_price. Errors: Errc::stale when
/// the pool keeps too few observations or its history is shorter than the window
///         (the contract's OLD); Errc::decode for answers that contradict themselves
/// Pre:    window at least one second
/// Source: v3-periphery OracleLibrary.consult
[[nodiscard]] Query<Twap> uniswap_twap(const TwapSpec& spec);

/// The mean tick and liquidity from the two ends' accumulators. `seconds` apart.
/// Errors: Errc::decode when the mean is no tick, or no time was liquid
[[nodiscard]] Result<Twap> mean_of_observations(const TwapSpec& spec, std::int64_t tick_cumulative_then,
                                                std::int64_t tick_cumulative_now,
                                                const U256& seconds_per_liquidity_then,
                                                const U256& seconds_per_liquidity_now);

/// A v2 pair's accumulator at one block: price0CumulativeLast carried forward to the block's time.
struct V2Accumulator {
    U256 price0_cumulative;  // UQ112.112 seconds, modulo 2^256
    std::uint32_t timestamp = 0;
};
/// What price0CumulativeLast would be at `now`, from the pair's reserves. Pre: now not before `last`.
/// Errors: Errc::decode for an empty pair. Source: v2-periphery UniswapV2OracleLibrary
[[nodiscard]] Result<V2Accumulator> v2_accumulator(const U256& cumulative_last, const U256& reserve0,
                                                   const U256& reserve1, std::uint32_t last,
                                                   std::uint32_t now);
/// The arithmetic mean of whole token1 per whole token0 between two readings.
/// Errors: Errc::stale when they are closer than `window`
[[nodiscard]] Result<double> v2_mean_price(const V2Accumulator& then, const V2Accumulator& now,
                                           std::chrono::seconds window, std::uint8_t decimals0,
                                           std::uint8_t decimals1);

}  // namespace outrigger
