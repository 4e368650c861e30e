// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "oracle/feed.hpp"

namespace outrigger {

/// A price through another asset: X/ETH times ETH/USD. As old as the older of the two, and as uncertain as
/// both together: neither leg can hide the other's age or width.
/// Pre:    `rate` counts whole units of the asset that `quote` prices
/// Errors: Errc::decode when a leg or the product is not positive and finite
[[nodiscard]] Result<Price> compose(const Price& rate, const Price& quote);

/// Two feeds as one source. Fails when either leg does, with that leg's reason.
class ComposedFeed final : public PriceFeed {
  public:
    /// `rate`: the asset in units of another (wstETH/ETH); `quote`: that other asset in USD. Pre: neither
    /// null
    ComposedFeed(AssetId asset, std::shared_ptr<const PriceFeed> rate,
                 std::shared_ptr<const PriceFeed> quote);

    [[nodiscard]] AssetId asset() const override { return asset_; }
    [[nodiscard]] Query<Price> latest() const override;

  private:
    AssetId asset_;
    std::shared_ptr<const PriceFeed> rate_;
    std::shared_ptr<const PriceFeed> quote_;
};

}  // namespace outrigger
