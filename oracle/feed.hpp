// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/abi/query.hpp"
#include "chain/base/market.hpp"

namespace outrigger {

/// One price source of one asset. A new kind is one .cpp and its test.
class PriceFeed {
  public:
    virtual ~PriceFeed() = default;
    virtual AssetId asset() const = 0;
    /// The latest answer at the pinned block. Staleness is judged by the aggregator, not here.
    virtual Query<Price> latest() const = 0;
};

}  // namespace outrigger
