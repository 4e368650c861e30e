// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_plan.hpp"

namespace outrigger::aave {

using planning::Next;
using planning::refuse;

Next Plan::more_short(const Swap& swap) {
    const U256& wallet = s_.reserves[swap.token].wallet;
    if (wallet >= swap.amount) return sell(swap, swap.amount);
    if (wallet * kWorthSelling >= swap.amount) return sell(swap, wallet);
    return borrow(swap.token, swap.amount - wallet);
}

Next Plan::sell(const Swap& swap, const U256& amount) {
    const BorrowToken& t = p_.tokens[swap.token];
    const Reserve& r = s_.reserves[swap.token];
    const auto spend = planning::nearly_all(amount, r.allowance_router, 980);
    if (!spend) return planning::approve(p_.chain, t, p_.router, "router", amount);
    const U256 price = OR_TRY(planning::limit_x18(swap.limit_usd, Rounding::up));
    const U256 min_quote =
        planning::quote_for(*spend, t.decimals, price, p_.collateral.decimals, Rounding::up);
    Step step;
    step.call =
        swap_call(swap_router02::ExactInputSingle::encode(
                      {t.address, p_.collateral.address, t.swap_fee_pips, c_.account, *spend, min_quote, 0}),
                  swap.deadline);
    step.label =
        fmt::format("sell {} for at least {}", token_text(swap.token, *spend), quote_text(min_quote));
    step.delta_units = -to_units(*spend, t.decimals);
    step.notional_usd = token_usd(swap.token, *spend);
    step.expect = {planning::balance(fact("wallet", t), r.wallet - *spend, *spend),
                   planning::between(fact("wallet", p_.collateral),
                                     planning::as_signed(s_.quote.wallet + min_quote), I256::max())};
    return step;
}

Result<void> Plan::may_borrow(std::size_t i, const U256& amount) const {
    const BorrowToken& t = p_.tokens[i];
    const Reserve& r = s_.reserves[i];
    const std::string doing = "borrow " + token_text(i, amount);
    OR_TRY(check_open(i, "borrow"));
    if (r.frozen)
        return refuse(doing, p_.name, "the reserve is frozen for new loans", "use another venue for it");
    if (!r.borrowing)
        return refuse(doing, p_.name, "the reserve cannot be borrowed", "use another venue for it");
    if (!s_.e_mode.is_zero()) {
        return refuse(doing, p_.name,
                      "the account is in an e-mode category, whose thresholds are not planned for",
                      "leave it: Pool.setUserEMode(0)");
    }
    const double apr = to_units(r.borrow_rate_ray, 27);
    if (apr > p_.max_borrow_apr) {
        return refuse(doing, p_.name, fmt::format("it costs {:.1f} % a year", 100 * apr),
                      fmt::format("wait, or raise max_borrow_apr ({})", p_.max_borrow_apr));
    }
    if (!r.borrow_cap.is_zero() && r.total_debt + amount > r.borrow_cap * U256::pow10(t.decimals)) {
        return refuse(doing, p_.name, "the reserve's borrow cap would be exceeded",
                      "wait, or use another venue");
    }
    // aTokens not lent out; a little less than the pool holds, since interest owed to the treasury is not
    // counted.
    if (amount > saturating_sub(r.total_a_token, r.total_debt)) {
        return refuse(doing, p_.name, "the reserve has too little left to lend",
                      "wait, or use another venue");
    }
    const auto ours = c_.price_usd.find(t.asset);
    if (ours == c_.price_usd.end()) {
        return refuse(doing, p_.name, "we have no price of our own to compare Aave's with",
                      "add a feed for it");
    }
    const double theirs = to_units(r.price, 8);
    if (!(std::fabs(theirs - ours->second) <= p_.max_oracle_gap_ratio * ours->second)) {
        return refuse(doing, p_.name,
                      fmt::format("Aave prices it at {:.6g} USD, we at {:.6g}", theirs, ours->second),
                      fmt::format("wait, or raise max_oracle_gap_ratio ({})", p_.max_oracle_gap_ratio));
    }
    return {};
}

Next Plan::borrow(std::size_t i, const U256& amount) {
    OR_TRY(may_borrow(i, amount));
    const BorrowToken& t = p_.tokens[i];
    const Reserve& r = s_.reserves[i];
    const U256 debt_base = s_.debt_base + base_value(amount, t.decimals, r.price, Rounding::up) + 1;
    const U256 gate =
        std::max(bps(p_.health_factor_target) * kTargetSlackPermille / 1000, bps(p_.health_factor_floor));
    const std::string purpose = "borrow " + token_text(i, amount);
    if (weighted() < debt_base * gate) return add_collateral(debt_base, gate, purpose);
    if (debt_base * 10'000 > s_.collateral_base * s_.ltv_bps) {
        return refuse(purpose, p_.name, "it is more than the collateral's loan-to-value ratio allows",
                      "supply another collateral, or raise health_factor_target");
    }
    Step step;
    step.call = call(p_.pool, Borrow::encode(t.address, amount, kVariableRate, 0, c_.account));
    step.label = purpose;
    step.notional_usd = token_usd(i, amount);
    step.expect = {planning::balance(fact("wallet", t), r.wallet + amount, amount),
                   accruing(fact("debt", t), r.debt + amount, r.debt + amount)};
    return step;
}

/// Supplies what brings the health to its target at this debt; a refusal when not even `gate` can be reached.
Next Plan::add_collateral(const U256& debt_base, const U256& gate, std::string_view purpose) {
    const VenueToken& q = p_.collateral;
    OR_TRY(may_supply(0));
    const U256 missing = saturating_sub(debt_base * bps(p_.health_factor_target), weighted());
    const U256 missing_base = div_round(missing, s_.quote.threshold_bps, Rounding::up);
    const auto wanted = mul_div(missing_base, U256::pow10(q.decimals), s_.quote.price, Rounding::up);
    U256 amount = wanted && planning::is_plausible(*wanted) ? *wanted + 1 : U256::pow2(112);
    if (amount > s_.quote.wallet) {
        const U256 gained = base_value(s_.quote.wallet, q.decimals, s_.quote.price, Rounding::down);
        if (weighted() + gained * s_.quote.threshold_bps < debt_base * gate) {
            return refuse(purpose, p_.name,
                          fmt::format("it needs {} more collateral and the wallet has {}", quote_text(amount),
                                      quote_text(s_.quote.wallet)),
                          fmt::format("fund the account with {}", q.symbol));
        }
        amount = s_.quote.wallet;
    }
    return supply(amount, purpose);
}

Result<void> Plan::may_supply(const U256& amount) const {
    const Reserve& r = s_.quote;
    const std::string doing = "supply " + p_.collateral.symbol;
    if (!r.active) return refuse(doing, p_.name, "the reserve is not active", "configure another collateral");
    if (r.paused) return refuse(doing, p_.name, "Aave has paused the reserve", "wait until it is unpaused");
    if (r.frozen) return refuse(doing, p_.name, "the reserve is frozen", "configure another collateral");
    if (r.ltv_bps.is_zero() || r.threshold_bps.is_zero()) {
        return refuse(doing, p_.name, "it does not count as collateral here", "configure another collateral");
    }
    if (!r.a_token.is_zero() && !r.as_collateral) {
        return refuse(doing, p_.name, "what we supplied is not enabled as collateral",
                      "enable it: Pool.setUserUseReserveAsCollateral(token, true)");
    }
    const U256 cap = r.supply_cap * U256::pow10(p_.collateral.decimals);
    if (!cap.is_zero() && r.total_a_token + amount > cap) {
        return refuse(doing, p_.name, "the reserve's supply cap would be exceeded",
                      "configure another collateral");
    }
    return {};
}

Next Plan::supply(const U256& amount, std::string_view purpose) {
    const VenueToken& q = p_.collateral;
    OR_TRY(may_supply(amount));
    const auto spend = planning::nearly_all(amount, s_.quote.allowance_pool, 990);
    if (!spend) return planning::approve(p_.chain, q, p_.pool, "pool", amount);
    Step step;
    step.call = call(p_.pool, Supply::encode(q.address, *spend, c_.account, 0));
    step.label = fmt::format("supply {} to {}", quote_text(*spend), purpose);
    step.notional_usd = quote_usd(*spend);
    step.expect = {planning::balance(fact("wallet", q), s_.quote.wallet - *spend, *spend),
                   accruing(fact("collateral", q), s_.quote.a_token + *spend, s_.quote.a_token + *spend)};
    return step;
}

}  // namespace outrigger::aave
