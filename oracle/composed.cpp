// SPDX-License-Identifier: Apache-2.0
#include "oracle/composed.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

bool usable(const Price& p) {
    return std::isfinite(p.usd) && p.usd > 0 && std::isfinite(p.half_width_usd) && p.half_width_usd >= 0;
}

}  // namespace

Result<Price> compose(const Price& rate, const Price& quote) {
    if (!usable(rate) || !usable(quote))
        return fail(Errc::decode, fmt::format("{} times {} is no price", rate.usd, quote.usd));
    const double width = rate.half_width_usd / rate.usd + quote.half_width_usd / quote.usd;
    const Price out{rate.usd * quote.usd, rate.usd * quote.usd * width,
                    std::min(rate.published, quote.published)};
    if (!usable(out)) return fail(Errc::decode, fmt::format("{} times {} is no price", rate.usd, quote.usd));
    return out;
}

ComposedFeed::ComposedFeed(AssetId asset, std::shared_ptr<const PriceFeed> rate,
                           std::shared_ptr<const PriceFeed> quote)
    : asset_(asset), rate_(std::move(rate)), quote_(std::move(quote)) {
    OR_ASSERT(rate_ && quote_);
}

Query<Price> ComposedFeed::latest() const {
    return map(both(rate_->latest(), quote_->latest()),
               [](const std::pair<Price, Price>& legs) { return compose(legs.first, legs.second); });
}

}  // namespace outrigger
