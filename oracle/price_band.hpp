// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "chain/base/market.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// How far a price may move before it has to be confirmed.
struct PriceBandLimits {
    /// Largest relative move within a minute; it widens with the square root of the time between two
    /// publications, as prices do.
    double max_jump_ratio = 0;
};

/// What is remembered of one asset's price: the last one believed, and one that waits to be confirmed.
struct PriceBand {
    std::optional<Price> last{};
    std::optional<Price> waiting{};
    friend bool operator==(const PriceBand&, const PriceBand&) = default;
};

struct BandStep {
    PriceBand band;
    Result<Price> price;
};

/// Whether the price is believed, and what is remembered from then on.
///
/// A price inside the band is. One outside it is once a second source says the same now (`sources` agree on
/// it), or the next publication does. A lie told by everybody at once is thereby held to a move the market
/// could have made; a true crash costs one publication.
/// Errors: Errc::rejected for a jump that is not confirmed
/// Pre:    the price is positive and finite, and not older than `band.last`
[[nodiscard]] BandStep judge_price(const PriceBand& band, const Price& price, std::uint32_t sources,
                                   const PriceBandLimits& limits);

}  // namespace outrigger
