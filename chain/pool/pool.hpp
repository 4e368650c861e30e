// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "chain/abi/query.hpp"
#include "chain/base/lp.hpp"

namespace outrigger {

/// One configured LP position. A new pool type is one .cpp and one line in registry.cpp.
class Pool {
  public:
    virtual ~Pool() = default;
    /// The position's name from the configuration.
    virtual const std::string& name() const = 0;
    /// The position at the pinned block, also when it is gone by now: see PositionState.
    virtual Query<LpView> position() const = 0;
    /// The Uniswap v3 pool whose observations tell its past prices, if it is one.
    virtual std::optional<Address> observed_pool() const { return std::nullopt; }
    /// What a later start should know of it should it be gone by then: see PoolSpec::record. Empty: nothing.
    virtual std::string record() const { return {}; }
};

}  // namespace outrigger
