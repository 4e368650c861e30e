// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/head_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "chain/base/assert.hpp"

namespace outrigger {

U256 next_base_fee(const Head& parent) {
    const std::uint64_t target = parent.gas_limit.value / 2;
    OR_ASSERT(target > 0);
    const std::uint64_t used = std::min(parent.gas_used.value, parent.gas_limit.value);
    const auto change = [&](std::uint64_t gas) {
        return *mul_div(parent.base_fee, U256(gas), U256(target), Rounding::down) / U256(8);
    };
    if (used > target) return parent.base_fee + std::max(change(used - target), U256(1));
    return parent.base_fee - change(target - used);
}

Result<void> check_child(const Head& parent, const Head& child, const HeadRules& rules) {
    const auto wrong = [&](const std::string& what) {
        return fail(Errc::decode, fmt::format("block {} cannot follow block {}: {}", child.block.number.value,
                                              parent.block.number.value, what));
    };
    if (child.block.number.value != parent.block.number.value + 1) return wrong("it names it as its parent");
    const auto later = child.block.timestamp - parent.block.timestamp;
    if (later.count() < 0 || (rules.ethereum && later.count() == 0))
        return wrong(fmt::format("its time is {} s after it", later.count()));
    if (child.gas_used.value > child.gas_limit.value) {
        return wrong(fmt::format("it used {} gas of {}", child.gas_used.value, child.gas_limit.value));
    }
    if (!rules.ethereum) return {};
    if (parent.gas_limit.value < 2 || parent.base_fee.bit_length() > 128)
        return wrong("its parent has no gas, or a base fee beyond all ether");
    if (const U256 want = next_base_fee(parent); child.base_fee != want) {
        return wrong(fmt::format("its base fee is {} wei, and by EIP-1559 {}", child.base_fee.to_decimal(),
                                 want.to_decimal()));
    }
    return {};
}

Result<void> check_growth(const Head& before, const Head& after, std::chrono::seconds elapsed,
                          const HeadRules& rules) {
    // Blocks come in bursts after a pause, and clocks are read in whole seconds.
    constexpr std::uint64_t kBurst = 64;
    constexpr double kFaster = 4;
    if (rules.block_time_s <= 0 || after.block.number <= before.block.number) return {};
    const std::uint64_t blocks = after.block.number.value - before.block.number.value;
    const double seconds = std::max(static_cast<double>(elapsed.count()), 0.0) + 1;
    const double most = static_cast<double>(kBurst) + kFaster * seconds / rules.block_time_s;
    if (static_cast<double>(blocks) <= most) return {};
    return fail(Errc::stale,
                fmt::format("the head jumped from block {} to {} in {} s, and a block takes {} s here",
                            before.block.number.value, after.block.number.value, elapsed.count(),
                            rules.block_time_s));
}

}  // namespace outrigger
