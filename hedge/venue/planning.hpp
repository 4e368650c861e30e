// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "hedge/venue/token.hpp"
#include "hedge/venue/venue.hpp"

/// What both venues' planning needs. Inspecting uses none of it.
namespace outrigger::planning {

using Next = Result<std::optional<Step>>;

/// Amounts over this are not believed, from the chain or from an order: 2^112 base units. Everything a plan
/// computes from smaller ones fits in 256 bits.
bool is_plausible(const U256& amount);
/// Errors: Errc::decode when an amount read from the chain is not plausible.
Result<void> check_plausible(const U256& amount, std::string_view what);

/// "cannot borrow WETH at aave: why; fix"
tl::unexpected<Error> refuse(std::string_view what, const std::string& venue, std::string_view why,
                             std::string_view fix);

/// Base units of an order's size, rounded toward the smaller trade.
/// Errors: Errc::rejected when it is not a plausible number.
Result<U256> order_amount(double units, unsigned decimals);
/// An order's price limit with 18 decimals. Errors: Errc::rejected unless finite, positive and plausible.
Result<U256> limit_x18(double usd, Rounding rounding);
/// The sooner of the order's and the context's deadline. Errors: Errc::rejected when it has passed.
Result<TimePoint> effective_deadline(const HedgeOrder& order, const PlanContext& context);

/// Quote base units worth `amount` of a token at a price with 18 decimals.
/// Pre: plausible amount and price.
U256 quote_for(const U256& amount, unsigned decimals, const U256& price_x18, unsigned quote_decimals,
               Rounding rounding);
/// The most of a token that `quote` buys at that price.
U256 amount_for(const U256& quote, unsigned quote_decimals, const U256& price_x18, unsigned decimals);

/// What can be done of `wanted` with `available`: all of it, or a little less when it is at least `permille`
/// of it. Nothing when it falls further short. A price that creeps up between an approval and its use would
/// otherwise ask for a new approval every round and never act.
std::optional<U256> nearly_all(const U256& wanted, const U256& available, unsigned permille);

/// "0.603 WETH"
std::string text(const U256& amount, const VenueToken& token);

I256 as_signed(const U256& plausible_amount);
Expectation between(std::string fact, const I256& min, const I256& max);
/// An amount that strangers can add to but not take from: our balance of a token.
Expectation balance(std::string fact, const U256& expected, const U256& moved);

/// Allows `spender` to take exactly `amount` of the token.
Step approve(ChainId chain, const VenueToken& token, const Address& spender, std::string_view spender_name,
             const U256& amount);
/// The fact an approval is verified by: "allowance:USDC:pool".
std::string allowance_fact(const VenueToken& token, std::string_view spender_name);

}  // namespace outrigger::planning
