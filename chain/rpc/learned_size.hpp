// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace outrigger {

/// How much an endpoint takes at once, learned from what it refuses: a refusal lowers it, and after a long
/// run without one it is tried doubled.
class LearnedSize {
  public:
    explicit LearnedSize(std::size_t most, std::uint32_t runs_before_growing = 64)
        : most_(most), now_(most), runs_before_growing_(runs_before_growing) {}

    std::size_t now() const { return now_; }
    /// It did not take more than `fits`, if so much.
    void lower(std::size_t fits) {
        now_ = std::max<std::size_t>(1, std::min(now_, fits));
        clean_ = 0;
    }
    /// It took what it was given.
    void fitted() {
        if (now_ == most_ || ++clean_ < runs_before_growing_) return;
        now_ = now_ > most_ / 2 ? most_ : now_ * 2;
        clean_ = 0;
    }

  private:
    std::size_t most_;
    std::size_t now_;
    std::uint32_t runs_before_growing_;
    std::uint32_t clean_ = 0;
};

}  // namespace outrigger
