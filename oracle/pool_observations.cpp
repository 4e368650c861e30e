// SPDX-License-Identifier: Apache-2.0
#include "oracle/pool_observations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chain/abi/call.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"

namespace outrigger {

namespace {

/// The difference of two numbers of 56 bits that wrap.
std::int64_t wrapped_difference(std::int64_t later, std::int64_t earlier) {
    const auto bits = (static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier)) << 8U;
    return static_cast<std::int64_t>(bits) >> 8;
}

}  // namespace

Result<std::vector<PoolObservation>> read_pool_observations(BatchReader& reader, const Pins& pins,
                                                            ChainId chain, const Address& pool) {
    const auto ring = OR_TRY(reader.read(pins, eth_query<v3::Slot0>(chain, pool)));
    const auto index = static_cast<std::uint64_t>(std::get<2>(ring).value());
    const auto size = static_cast<std::uint64_t>(std::get<3>(ring).value());
    if (size == 0 || index >= size)
        return fail(Errc::decode, fmt::format("a ring of {} observations with index {}", size, index));
    std::vector<Query<v3::ObservationsReturn>> queries;
    for (std::uint64_t i = 1; i <= size; ++i)
        queries.push_back(eth_query<v3::Observations>(chain, pool, U256((index + i) % size)));
    const auto answers = OR_TRY(reader.read(pins, each(std::move(queries))));
    std::vector<PoolObservation> out;
    for (const auto& answer : answers) {
        const auto o = OR_TRY(answer);
        if (!std::get<3>(o)) continue;  // made room for, and not yet written
        const PoolObservation one{static_cast<std::uint32_t>(std::get<0>(o).value()),
                                  static_cast<std::int64_t>(std::get<1>(o).value())};
        if (!out.empty() && one.timestamp <= out.back().timestamp)
            return fail(Errc::decode, fmt::format("an observation at {} after one at {}", one.timestamp,
                                                  out.back().timestamp));
        out.push_back(one);
    }
    return out;
}

Result<std::vector<PriceTick>> mean_prices(std::span<const PoolObservation> observations,
                                           std::uint8_t decimals0, std::uint8_t decimals1) {
    std::vector<PriceTick> out;
    for (std::size_t i = 1; i < observations.size(); ++i) {
        const auto& a = observations[i - 1];
        const auto& b = observations[i];
        const double seconds = static_cast<double>(b.timestamp) - static_cast<double>(a.timestamp);
        const double mean =
            static_cast<double>(wrapped_difference(b.tick_cumulative, a.tick_cumulative)) / seconds;
        if (!(seconds > 0) || std::abs(mean) > kMaxTick.value)
            return fail(Errc::decode, fmt::format("a mean of {} over {} s is no tick", mean, seconds));
        out.push_back({TimePoint{std::chrono::seconds{b.timestamp}},
                       std::pow(1.0001, mean) * std::pow(10.0, decimals0 - decimals1)});
    }
    return out;
}

std::vector<PriceTick> in_usd(std::span<const PriceTick> in_quote, std::span<const RecordedTick> quote_usd,
                              std::chrono::seconds max_age) {
    std::vector<PriceTick> out;
    for (const PriceTick& tick : in_quote) {
        const auto after = std::upper_bound(quote_usd.begin(), quote_usd.end(), tick.at,
                                            [](TimePoint t, const RecordedTick& q) { return t < q.tick.at; });
        if (after == quote_usd.begin()) continue;
        const PriceTick& quote = std::prev(after)->tick;
        if (tick.at - quote.at <= max_age) out.push_back({tick.at, tick.usd * quote.usd});
    }
    return out;
}

}  // namespace outrigger
