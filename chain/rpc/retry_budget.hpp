// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

namespace outrigger {

/// How often what failed may be asked again: by one round, and between rounds by one in ten answers. One
/// budget serves all endpoints of a chain and everybody who asks them, so that trouble is never multiplied.
class RetryBudget {
  public:
    explicit RetryBudget(std::uint32_t most) : most_(most), tenths_(10 * std::uint64_t{most}) {}

    /// A new round has all of it.
    void refill() { tenths_ = 10 * std::uint64_t{most_}; }
    void answered() { tenths_ = std::min(tenths_ + 1, 10 * std::uint64_t{most_}); }
    /// True when the same endpoint may be asked again. A quarter is kept for asking another one.
    bool take() { return take_above(most_ / 4); }
    /// True when another endpoint may be asked instead.
    bool take_for_another() { return take_above(0); }
    std::uint32_t left() const { return static_cast<std::uint32_t>(tenths_ / 10); }

  private:
    bool take_above(std::uint32_t reserve) {
        if (tenths_ < 10 * (std::uint64_t{reserve} + 1)) return false;
        tenths_ -= 10;
        return true;
    }

    std::uint32_t most_;
    std::uint64_t tenths_;
};

}  // namespace outrigger
