// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "chain/pool/v3_math.hpp"
#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {
namespace {

Result<Tick> tick_arg(const Json& args, const char* name) {
    const std::int64_t tick = OR_TRY(i64_arg(args, name));
    if (tick < std::numeric_limits<std::int32_t>::min() || tick > std::numeric_limits<std::int32_t>::max()) {
        return fail(Errc::decode, std::string("argument '") + name + "' is no tick");
    }
    return Tick(static_cast<std::int32_t>(tick));
}

/// An optional 128-bit amount; absent means the contract's initial value, zero.
Result<U256> owed_arg(const Json& args, const char* name) {
    if (!args.contains(name)) return U256(0);
    U256 v = OR_TRY(u256_arg(args, name));
    if (v.bit_length() > 128)
        return fail(Errc::decode, std::string("argument '") + name + "' is over 128 bits");
    return v;
}

Result<FeeGrowth> growth_args(const Json& args, const char* name0, const char* name1) {
    return FeeGrowth{OR_TRY(u256_arg(args, name0)), OR_TRY(u256_arg(args, name1))};
}

Result<TokenAmounts> fees_of(const Json& args, const TickRange& range, Tick tick, const U256& liquidity) {
    const TickGrowth outside{.lower = OR_TRY(growth_args(args, "lowerOutside0X128", "lowerOutside1X128")),
                             .upper = OR_TRY(growth_args(args, "upperOutside0X128", "upperOutside1X128"))};
    const auto global = OR_TRY(growth_args(args, "feeGrowthGlobal0X128", "feeGrowthGlobal1X128"));
    const FeeAccount account{
        .liquidity = liquidity,
        .inside_last = OR_TRY(growth_args(args, "feeGrowthInside0LastX128", "feeGrowthInside1LastX128")),
        .tokens_owed = {OR_TRY(owed_arg(args, "tokensOwed0")), OR_TRY(owed_arg(args, "tokensOwed1"))}};
    // Alone in its range, the NFT's account and the position manager's are one.
    return collectable_fees(account, account, fee_growth_inside(range, tick, global, outside));
}

Result<Json> v3_position(const Json& args) {
    const PoolPrice price{OR_TRY(u256_arg(args, "sqrtPriceX96")), OR_TRY(tick_arg(args, "tick"))};
    const TickRange range{OR_TRY(tick_arg(args, "tickLower")), OR_TRY(tick_arg(args, "tickUpper"))};
    const U256 liquidity = OR_TRY(u256_arg(args, "liquidity"));
    const auto amounts = OR_TRY(position_amounts(price, range, liquidity, Rounding::down));
    Json out{{"amount0", amounts.amount0.to_decimal()}, {"amount1", amounts.amount1.to_decimal()}};
    if (!args.contains("feeGrowthGlobal0X128")) return out;
    const auto fees = OR_TRY(fees_of(args, range, price.tick, liquidity));
    out["fees0"] = fees.amount0.to_decimal();
    out["fees1"] = fees.amount1.to_decimal();
    return out;
}

}  // namespace

void add_pool_ops(Registry& registry) {
    registry.add({"tick_to_sqrt_price", {"tick"}, [](const Json& args) -> Result<Json> {
                      return OR_TRY(tick_to_sqrt_price(OR_TRY(tick_arg(args, "tick")))).to_decimal();
                  }});
    registry.add({"sqrt_price_to_tick", {"sqrtPriceX96"}, [](const Json& args) -> Result<Json> {
                      return OR_TRY(sqrt_price_to_tick(OR_TRY(u256_arg(args, "sqrtPriceX96")))).value;
                  }});
    registry.add({"v3_position",
                  {"sqrtPriceX96", "tick", "tickLower", "tickUpper", "liquidity", "feeGrowthGlobal0X128?",
                   "feeGrowthGlobal1X128?", "lowerOutside0X128?", "lowerOutside1X128?", "upperOutside0X128?",
                   "upperOutside1X128?", "feeGrowthInside0LastX128?", "feeGrowthInside1LastX128?",
                   "tokensOwed0?", "tokensOwed1?"},
                  v3_position});
}

}  // namespace outrigger::conformance
