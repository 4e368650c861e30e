// SPDX-License-Identifier: Apache-2.0
#include "oracle/uniswap_twap.hpp"

#include <fmt/core.h>

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "chain/abi/call.hpp"
#include "chain/base/hex.hpp"
#include "chain/pool/gather.hpp"
#include "chain/pool/uniswap_v3_abi.hpp"
#include "chain/pool/v3_math.hpp"

namespace outrigger {
namespace {

using Seconds = abi::UInt<32>;

std::string where(const TwapSpec& spec) {
    return fmt::format("{} TWAP of pool {}", spec.name, checksum_address(spec.pool));
}

tl::unexpected<Error> named(const TwapSpec& spec, const Error& e) {
    return fail(e.code, fmt::format("{}: {}", where(spec), e.what));
}

/// The contract says OLD when its history does not reach back that far: no fault, but no mean either.
tl::unexpected<Error> not_observed(const TwapSpec& spec, const Error& e) {
    if (e.code != Errc::reverted) return named(spec, e);
    return fail(Errc::stale, fmt::format("{}: its observations do not reach {} s back ({}); raise the pool's "
                                         "observation cardinality or shorten the window",
                                         where(spec), spec.window.count(), e.what));
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0);
}

}  // namespace

Result<Twap> mean_of_observations(const TwapSpec& spec, std::int64_t tick_cumulative_then,
                                  std::int64_t tick_cumulative_now, const U256& seconds_per_liquidity_then,
                                  const U256& seconds_per_liquidity_now) {
    const std::int64_t tick = floor_div(tick_cumulative_now - tick_cumulative_then, spec.window.count());
    if (tick < kMinTick.value || tick > kMaxTick.value)
        return fail(Errc::decode, fmt::format("{}: the mean tick {} is no tick", where(spec), tick));
    const U256 mask = U256::pow2(160) - 1;
    // The contract's accumulator is 160 bits wide and wraps.
    const U256 spent = (seconds_per_liquidity_now + U256::pow2(160) - seconds_per_liquidity_then) & mask;
    if (spent.is_zero()) return fail(Errc::decode, where(spec) + ": no time passed between its two ends");
    Twap out;
    out.mean_tick = Tick(static_cast<std::int32_t>(tick));
    const U256 seconds(static_cast<std::uint64_t>(spec.window.count()));
    out.harmonic_liquidity = seconds * mask / (spent << 32);
    out.price = v3_price(OR_TRY(tick_to_sqrt_price(out.mean_tick)), spec.decimals0, spec.decimals1);
    return out;
}

Query<Twap> uniswap_twap(const TwapSpec& spec) {
    OR_ASSERT(spec.window.count() > 0 && spec.window.count() <= 0xffffffff);
    const std::vector<Seconds> ends{Seconds(static_cast<std::uint64_t>(spec.window.count())), Seconds(0)};
    auto reads = gather(eth_query<v3::Slot0>(spec.chain, spec.pool),
                        eth_query<v3::Observe>(spec.chain, spec.pool, ends));
    return map(std::move(reads), [spec](const auto& answers) -> Result<Twap> {
        const auto& [slot, observed] = answers;
        if (!slot) return named(spec, slot.error());
        const auto cardinality = static_cast<std::uint16_t>(std::get<3>(*slot).value());
        if (cardinality < spec.cardinality_min) {
            return fail(Errc::stale, fmt::format("{}: the pool keeps {} observations, at least {} are needed",
                                                 where(spec), cardinality, spec.cardinality_min));
        }
        if (!observed) return not_observed(spec, observed.error());
        const auto& [ticks, seconds] = *observed;
        if (ticks.size() != 2 || seconds.size() != 2)
            return fail(Errc::decode, where(spec) + ": observe answered another number of points than asked");
        Twap out = OR_TRY(mean_of_observations(spec, ticks[0].value(), ticks[1].value(), seconds[0].value(),
                                               seconds[1].value()));
        out.cardinality = cardinality;
        return out;
    });
}

Result<V2Accumulator> v2_accumulator(const U256& cumulative_last, const U256& reserve0, const U256& reserve1,
                                     std::uint32_t last, std::uint32_t now) {
    if (reserve0.is_zero() || reserve1.is_zero())
        return fail(Errc::decode, "the pair is empty: it has no price");
    const std::uint32_t elapsed = now - last;  // the contract's 32-bit clock wraps
    const U256 price = (reserve1 << 112) / reserve0;
    return V2Accumulator{wrapping_add(cumulative_last, wrapping_mul(price, U256(elapsed))), now};
}

Result<double> v2_mean_price(const V2Accumulator& then, const V2Accumulator& now, std::chrono::seconds window,
                             std::uint8_t decimals0, std::uint8_t decimals1) {
    const std::uint32_t elapsed = now.timestamp - then.timestamp;
    if (elapsed == 0 || elapsed < window.count())
        return fail(Errc::stale, fmt::format("the two readings of the pair are {} s apart, {} s are needed",
                                             elapsed, window.count()));
    const double grown = wrapping_sub(now.price0_cumulative, then.price0_cumulative).to_double();
    return std::ldexp(grown, -112) / elapsed * std::pow(10.0, decimals0 - decimals1);
}

}  // namespace outrigger
