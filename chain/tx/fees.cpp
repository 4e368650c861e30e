// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/fees.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace outrigger::tx {
namespace {

constexpr std::uint64_t kBps = 10'000;

U256 saturating_sum(const U256& a, const U256& b) {
    return checked_add(a, b).value_or(U256::max());
}

/// Room for the base fee to double, and the tip.
U256 comfortable(const U256& base_fee, const U256& tip) {
    return saturating_sum(saturating_sum(base_fee, base_fee), tip);
}

/// The least a pool takes for a replacement, or nothing when it does not fit in 256 bits.
std::optional<U256> raised(const U256& fee, std::uint32_t bump_bps) {
    const auto by_share = mul_div(fee, U256(kBps + bump_bps), U256(kBps), Rounding::up);
    const auto by_one = checked_add(fee, 1);
    if (!by_share || !by_one) return std::nullopt;
    return std::max(*by_share, *by_one);
}

std::string gwei(const U256& wei) {
    const auto parts = wei / U256(1'000'000'000);
    return parts.is_zero() ? wei.to_decimal() + " wei" : parts.to_decimal() + " gwei";
}

}  // namespace

Result<U256> next_base_fee(const ParentBlock& parent) {
    const std::uint64_t target = parent.gas_limit / 2;
    if (target == 0 || parent.gas_used > parent.gas_limit) {
        return fail(Errc::decode, fmt::format("a block that used {} of {} gas cannot be", parent.gas_used,
                                              parent.gas_limit));
    }
    const bool fuller = parent.gas_used > target;
    const std::uint64_t off = fuller ? parent.gas_used - target : target - parent.gas_used;
    // The EIP divides twice, each time rounding down; so do we.
    const auto product = checked_mul(parent.base_fee, U256(off));
    if (!product) return fail(Errc::decode, "the base fee is too large to be one");
    const U256 change = *product / U256(target) / U256(8);
    if (!fuller) return parent.base_fee - change;
    const auto next = checked_add(parent.base_fee, off == 0 ? U256() : std::max(change, U256(1)));
    if (!next) return fail(Errc::decode, "the base fee is too large to be one");
    return *next;
}

Result<Fees> initial_fees(const U256& base_fee, const U256& suggested_tip, const FeePolicy& policy) {
    if (base_fee > policy.max_fee_cap) {
        return fail(
            Errc::rejected,
            fmt::format("parked: the base fee of {} is above the cap of {} set in the configuration. It is "
                        "sent when the fee falls; raise the cap to send now",
                        gwei(base_fee), gwei(policy.max_fee_cap)));
    }
    const U256 tip = std::min({suggested_tip, policy.tip_cap, policy.max_fee_cap});
    return Fees{std::min(comfortable(base_fee, tip), policy.max_fee_cap), tip};
}

std::optional<Fees> bump(const Fees& previous, const Market& market, const FeePolicy& policy) {
    const auto least_tip = raised(previous.tip, policy.bump_bps);
    const auto least_fee = raised(previous.max_fee, policy.bump_bps);
    if (!least_tip || !least_fee) return std::nullopt;
    // A transaction whose tip is above its fee is invalid, so the tip's cap is never above the fee's.
    const U256 tip_cap = std::min(policy.tip_cap, policy.max_fee_cap);
    if (*least_tip > tip_cap || *least_fee > policy.max_fee_cap) return std::nullopt;
    const U256 tip = std::max(*least_tip, std::min(market.tip.value_or(U256()), tip_cap));
    return Fees{std::max(*least_fee, std::min(comfortable(market.base_fee, tip), policy.max_fee_cap)), tip};
}

std::optional<Fees> cancel_fees(const Fees& previous, const Market& market, const FeePolicy& policy) {
    if (const auto dearer = bump(previous, market, policy)) return dearer;
    const Fees most{policy.max_fee_cap, std::min(policy.tip_cap, policy.max_fee_cap)};
    if (previous.max_fee > most.max_fee || previous.tip > most.tip) return std::nullopt;
    return most;
}

}  // namespace outrigger::tx
