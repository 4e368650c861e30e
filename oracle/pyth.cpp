// SPDX-License-Identifier: Apache-2.0
#include "oracle/pyth.hpp"

#include <fmt/core.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/abi/function.hpp"
#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

/// price, conf, expo, publishTime. A static struct: the same bytes as four return values.
using PriceReturn = std::tuple<abi::Int<64>, abi::UInt<64>, abi::Int<32>, U256>;
using GetPriceUnsafe = abi::Function<"getPriceUnsafe", PriceReturn(Hash32)>;

constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 36;
constexpr std::int32_t kSmallestExponent = -18;

std::string where(const PythSpec& spec) {
    return fmt::format("{} Pyth price {}", spec.name, to_hex(spec.id));
}

Result<PythPrice> checked(const PythSpec& spec, const PriceReturn& raw) {
    const auto& [price, confidence, exponent, published] = raw;
    const auto bad = [&](const std::string& why) {
        return fail(Errc::decode, fmt::format("{}: {}", where(spec), why));
    };
    if (price.value() <= 0) return bad(fmt::format("the price is {}, it must be positive", price.value()));
    if (exponent.value() < kSmallestExponent || exponent.value() > 0)
        return bad(
            fmt::format("the exponent {} is not between {} and 0", exponent.value(), kSmallestExponent));
    if (published.is_zero() || published > kLatestTime)
        return bad("publishTime " + published.to_decimal() + " is no time");
    return PythPrice{price.value(), confidence.value(), static_cast<std::int32_t>(exponent.value()),
                     TimePoint(std::chrono::seconds(static_cast<std::int64_t>(published.as_u64())))};
}

Result<Price> usd_of(const PythSpec& spec, const PythPrice& p) {
    const double unit = std::pow(10.0, p.exponent);
    const Price out{static_cast<double>(p.price) * unit, static_cast<double>(p.confidence) * unit,
                    p.published};
    if (out.half_width_usd > spec.max_confidence_ratio * out.usd) {
        return fail(Errc::rejected,
                    fmt::format("{}: {} give or take {} is wider than the {:.2f} % allowed", where(spec),
                                out.usd, out.half_width_usd, 100 * spec.max_confidence_ratio));
    }
    return out;
}

}  // namespace

Result<PythFeed> PythFeed::make(PythSpec spec) {
    if (!(spec.max_confidence_ratio > 0 && spec.max_confidence_ratio < 1)) {
        return fail(Errc::config, fmt::format("{}: the confidence limit {} is not between 0 and 1",
                                              where(spec), spec.max_confidence_ratio));
    }
    return PythFeed(std::move(spec));
}

Query<PythPrice> PythFeed::raw() const {
    return map(eth_query<GetPriceUnsafe>(spec_.chain, spec_.contract, spec_.id),
               [spec = spec_](const PriceReturn& raw) { return checked(spec, raw); });
}

Query<Price> PythFeed::latest() const {
    return map(raw(), [spec = spec_](const PythPrice& p) { return usd_of(spec, p); });
}

}  // namespace outrigger
