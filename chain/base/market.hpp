// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// A value read from outside, or the reason it could not be read. Never a default.
template <class T>
struct Observed {
    Result<T> value;
    BlockRef as_of;
};

/// What an asset costs, as one or more sources report it.
struct Price {
    double usd = 0;
    double half_width_usd = 0;  // feed deviation threshold or confidence, same unit
    TimePoint published;
    std::uint32_t sources = 1;  // that agree on it
    friend bool operator==(const Price&, const Price&) = default;
};

/// Signed holdings by asset, in whole units (not base units). Positive is long.
using Exposure = std::map<AssetId, double>;

}  // namespace outrigger
