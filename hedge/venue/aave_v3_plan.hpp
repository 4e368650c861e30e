// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "hedge/venue/aave_v3_state.hpp"
#include "hedge/venue/contracts.hpp"

/// The planning of one write, shared by the .cpp files it is spread over: aave_v3_plan.cpp (orders and
/// upkeep), aave_v3_open.cpp (more short), aave_v3_reduce.cpp (less short).
namespace outrigger::aave {

inline constexpr std::uint64_t kVariableRate = 2;
// An order within this share of the whole short means all of it: interest accrues while orders are made.
inline constexpr std::uint64_t kAllOfIt = 100'000;
// Borrowing goes ahead at this share of the target health: prices move between supplying and borrowing.
inline constexpr std::uint64_t kTargetSlackPermille = 985;
// Selling waits until the wallet holds this share of the order; less is sold together with what is borrowed.
inline constexpr std::uint64_t kWorthSelling = 20;

/// A health factor as an integer, times 1e4: the unit of collateral times basis points over debt.
inline U256 bps(double ratio) {
    return static_cast<std::uint64_t>(std::llround(ratio * 1e4));
}

/// Aave balances grow with every second. Between our reading and the reading back this bounds the growth: at
/// 50 % a year it is over an hour, and it is a tenth of a thousandth of what earns it. The 2 are Aave's own
/// rounding.
inline Expectation accruing(std::string fact, const U256& expected, const U256& earning) {
    const U256 growth = earning / 10'000 + 2;
    return planning::between(std::move(fact), planning::as_signed(saturating_sub(expected, 2)),
                             planning::as_signed(expected + growth));
}

/// More than a debt can grow by while a transaction is on its way.
inline U256 accrual_margin(const U256& debt) {
    return debt / kAllOfIt + 10;
}

class Plan {
  public:
    Plan(const AaveV3Params& params, const State& state, const PlanContext& context)
        : p_(params), s_(state), c_(context) {}

    planning::Next order(const HedgeOrder& order);
    planning::Next upkeep();

  private:
    struct Swap {
        std::size_t token = 0;
        U256 amount;
        double limit_usd = 0;
        TimePoint deadline{};
    };

    // More short.
    planning::Next more_short(const Swap& swap);
    planning::Next sell(const Swap& swap, const U256& amount);
    planning::Next borrow(std::size_t i, const U256& amount);
    Result<void> may_borrow(std::size_t i, const U256& amount) const;
    planning::Next add_collateral(const U256& debt_base, const U256& gate, std::string_view purpose);
    Result<void> may_supply(const U256& amount) const;
    planning::Next supply(const U256& amount, std::string_view purpose);

    // Less short.
    planning::Next less_short(Swap swap);
    planning::Next buy(const Swap& swap, const U256& amount, const U256& price);
    planning::Next raise_quote(const Swap& swap, const U256& price, const U256& max_quote);
    planning::Next repay(std::size_t i);
    planning::Next withdraw(const U256& amount);
    U256 withdrawable(double health) const;

    Result<void> check_quote_price() const;
    Result<void> check_open(std::size_t i, std::string_view what) const;
    TxCall call(const Address& to, Bytes data) const { return {p_.chain, to, 0, std::move(data), Gas{}}; }
    TxCall swap_call(Bytes inner, TimePoint deadline) const {
        const auto until = static_cast<std::uint64_t>(deadline.time_since_epoch().count());
        return call(p_.router, swap_router02::Multicall::encode(until, {std::move(inner)}));
    }
    U256 weighted() const { return s_.collateral_base * s_.threshold_bps; }
    double quote_usd(const U256& amount) const { return usd(amount, p_.collateral.decimals, s_.quote.price); }
    double token_usd(std::size_t i, const U256& amount) const {
        return usd(amount, p_.tokens[i].decimals, s_.reserves[i].price);
    }
    std::string quote_text(const U256& amount) const { return planning::text(amount, p_.collateral); }
    std::string token_text(std::size_t i, const U256& amount) const {
        return planning::text(amount, p_.tokens[i]);
    }
    std::string fact(std::string_view what, const VenueToken& t) const {
        return fmt::format("{}:{}", what, t.symbol);
    }

    const AaveV3Params& p_;
    const State& s_;
    const PlanContext& c_;
};

}  // namespace outrigger::aave
