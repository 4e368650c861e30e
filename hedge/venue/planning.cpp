// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/planning.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"

namespace outrigger::planning {

bool is_plausible(const U256& amount) {
    return amount.bit_length() <= 112;
}

Result<void> check_plausible(const U256& amount, std::string_view what) {
    if (is_plausible(amount)) return {};
    return fail(Errc::decode,
                fmt::format("{} is {}, which no real token amounts to", what, amount.to_decimal()));
}

tl::unexpected<Error> refuse(std::string_view what, const std::string& venue, std::string_view why,
                             std::string_view fix) {
    return fail(Errc::rejected, fmt::format("cannot {} at {}: {}; {}", what, venue, why, fix));
}

Result<U256> order_amount(double units, unsigned decimals) {
    const auto amount = quantize(units, decimals, Rounding::down);
    if (amount && is_plausible(*amount)) return amount;
    return fail(Errc::rejected, fmt::format("an order of {} units is not a size that can be traded", units));
}

Result<U256> limit_x18(double usd, Rounding rounding) {
    if (std::isfinite(usd) && usd > 0) {
        const auto price = quantize(usd, 18, rounding);
        if (price && !price->is_zero() && is_plausible(*price)) return price;
    }
    return fail(Errc::rejected, fmt::format("an order needs a price limit, and {} is none", usd));
}

Result<TimePoint> effective_deadline(const HedgeOrder& order, const PlanContext& context) {
    const bool own = order.deadline != TimePoint{};
    const TimePoint deadline = own ? std::min(order.deadline, context.deadline) : context.deadline;
    if (deadline > context.now) return deadline;
    return fail(Errc::rejected, "the order's deadline has passed");
}

U256 quote_for(const U256& amount, unsigned decimals, const U256& price_x18, unsigned quote_decimals,
               Rounding rounding) {
    const auto quote =
        mul_div(amount * U256::pow10(quote_decimals), price_x18, U256::pow10(18 + decimals), rounding);
    OR_ASSERT(quote.has_value());
    return *quote;
}

U256 amount_for(const U256& quote, unsigned quote_decimals, const U256& price_x18, unsigned decimals) {
    const auto amount = mul_div(quote, U256::pow10(18 + decimals), price_x18 * U256::pow10(quote_decimals));
    OR_ASSERT(amount.has_value());
    return *amount;
}

std::optional<U256> nearly_all(const U256& wanted, const U256& available, unsigned permille) {
    if (available >= wanted) return wanted;
    if (!available.is_zero() && available * 1000 >= wanted * permille) return available;
    return std::nullopt;
}

std::string text(const U256& amount, const VenueToken& token) {
    return fmt::format("{:.6g} {}", to_units(amount, token.decimals), token.symbol);
}

I256 as_signed(const U256& plausible_amount) {
    const auto value = I256::from_parts(plausible_amount, false);
    OR_ASSERT(value.has_value());
    return *value;
}

Expectation between(std::string fact, const I256& min, const I256& max) {
    return {std::move(fact), min, max};
}

Expectation balance(std::string fact, const U256& expected, const U256& moved) {
    // Anyone may send us dust; without this slack one base unit from a stranger would read as a failed write.
    const U256 slack = moved / 10'000 + 2;
    return {std::move(fact), as_signed(expected), as_signed(expected + slack)};
}

Step approve(ChainId chain, const VenueToken& token, const Address& spender, std::string_view spender_name,
             const U256& amount) {
    Step step;
    step.call = {chain, token.address, 0, erc20::Approve::encode(spender, amount), Gas{}};
    step.label = fmt::format("let the {} take {}", spender_name, text(amount, token));
    step.expect = {between(allowance_fact(token, spender_name), as_signed(amount), as_signed(amount))};
    return step;
}

std::string allowance_fact(const VenueToken& token, std::string_view spender_name) {
    return fmt::format("allowance:{}:{}", token.symbol, spender_name);
}

}  // namespace outrigger::planning
