// SPDX-License-Identifier: Apache-2.0
#include "oracle/price_band.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace outrigger {

namespace {

/// The largest |ln| of a move over that time.
double reach(std::chrono::seconds apart, const PriceBandLimits& limits) {
    const double minutes = std::max(1.0, static_cast<double>(apart.count()) / 60);
    return std::log1p(limits.max_jump_ratio) * std::sqrt(minutes);
}

bool near(const Price& a, const Price& b, const PriceBandLimits& limits) {
    const auto apart = b.published - a.published;
    return std::abs(std::log(b.usd / a.usd)) <= reach(apart, limits);
}

}  // namespace

BandStep judge_price(const PriceBand& band, const Price& price, std::uint32_t sources,
                     const PriceBandLimits& limits) {
    const bool calm = !band.last || near(*band.last, price, limits);
    const bool confirmed =
        band.waiting && price.published > band.waiting->published && near(*band.waiting, price, limits);
    if (calm || sources > 1 || confirmed) return {{price, std::nullopt}, price};
    PriceBand next = band;
    if (!next.waiting || price.published > next.waiting->published) next.waiting = price;
    return {next, fail(Errc::rejected,
                       fmt::format(
                           "it jumped from {:.6g} to {:.6g} USD in {} s, further than {:.0f} %; waiting for "
                           "the next publication or a second source to say the same",
                           band.last->usd, price.usd, (price.published - band.last->published).count(),
                           100 * std::expm1(reach(price.published - band.last->published, limits))))};
}

}  // namespace outrigger
