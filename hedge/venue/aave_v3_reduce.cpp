// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_plan.hpp"

namespace outrigger::aave {

using planning::Next;
using planning::refuse;

Next Plan::less_short(Swap swap) {
    const Reserve& r = s_.reserves[swap.token];
    const std::string doing = "buy " + token_text(swap.token, swap.amount);
    OR_TRY(check_open(swap.token, "buy back"));
    const U256 held = r.wallet + r.a_token;
    const U256 is_short = saturating_sub(r.debt, held);
    const U256 tolerance = accrual_margin(is_short);
    if (swap.amount > is_short + tolerance) {
        return refuse(doing, p_.name,
                      fmt::format("we are short only {}, and a hedge here is never long",
                                  token_text(swap.token, is_short)),
                      "nothing: the next decision starts from the account as it is");
    }
    if (swap.amount + tolerance >= is_short) {
        // All of it: enough for the interest until it is repaid. What is left over stays in the wallet and
        // counts as position. Rounded to a hundred-thousandth, so that a second plan asks for the same
        // amount.
        const U256 grain = is_short / kAllOfIt + 1;
        swap.amount = div_round(is_short + accrual_margin(r.debt), grain, Rounding::up) * grain;
    }
    const U256 price = OR_TRY(planning::limit_x18(swap.limit_usd, Rounding::down));
    const unsigned decimals = p_.tokens[swap.token].decimals;
    const U256 max_quote =
        planning::quote_for(swap.amount, decimals, price, p_.collateral.decimals, Rounding::down);
    if (max_quote.is_zero()) return std::nullopt;  // dust
    if (s_.quote.wallet < max_quote) return raise_quote(swap, price, max_quote);
    return buy(swap, swap.amount, price);
}

/// The wallet cannot pay for the whole order: find the money, or do the part it can pay for.
Next Plan::raise_quote(const Swap& swap, const U256& price, const U256& max_quote) {
    if (has_repayable(p_, s_, swap.token)) return repay(swap.token);  // frees collateral
    const VenueToken& q = p_.collateral;
    const U256 padded = max_quote + max_quote / 100;  // the debt grows while the money is on its way
    const U256 missing = padded - s_.quote.wallet;
    const U256 free = withdrawable(p_.health_factor_target);
    if (free >= missing) return withdraw(missing);
    const U256 worth_it = max_quote / kWorthSelling;
    const auto pays = [&](const U256& amount) {
        return amount >= worth_it && quote_usd(amount) >= p_.tidy_min_usd;
    };
    if (pays(s_.quote.wallet)) {
        const unsigned decimals = p_.tokens[swap.token].decimals;
        const U256 part =
            std::min(swap.amount, planning::amount_for(s_.quote.wallet, q.decimals, price, decimals));
        if (!part.is_zero()) return buy(swap, part, price);
    }
    if (pays(free)) return withdraw(free);
    // Between floor and target there is still money, and spending it on less debt raises the health again.
    const U256 last = std::min(missing, withdrawable(p_.health_factor_floor * 1.02));
    if (pays(last)) return withdraw(last);
    return refuse("buy " + token_text(swap.token, swap.amount), p_.name,
                  fmt::format("it may cost {}, the wallet has {} and no more collateral can be spared",
                              quote_text(max_quote), quote_text(s_.quote.wallet)),
                  fmt::format("fund the account with {}", q.symbol));
}

Next Plan::buy(const Swap& swap, const U256& amount, const U256& price) {
    const BorrowToken& t = p_.tokens[swap.token];
    const VenueToken& q = p_.collateral;
    const auto cost = [&](const U256& of) {
        return planning::quote_for(of, t.decimals, price, q.decimals, Rounding::down);
    };
    const auto allowed = planning::nearly_all(cost(amount), s_.quote.allowance_router, 980);
    if (!allowed) return planning::approve(p_.chain, q, p_.router, "router", cost(amount));
    // When less may be spent than wanted, buy so much less that the price limit stays where it is.
    const U256 got = std::min(amount, planning::amount_for(*allowed, q.decimals, price, t.decimals));
    const U256 max_quote = cost(got);
    if (max_quote.is_zero()) return std::nullopt;
    Step step;
    step.call = swap_call(swap_router02::ExactOutputSingle::encode(
                              {q.address, t.address, t.swap_fee_pips, c_.account, got, max_quote, 0}),
                          swap.deadline);
    step.label = fmt::format("buy {} for at most {}", token_text(swap.token, got), quote_text(max_quote));
    step.delta_units = to_units(got, t.decimals);
    step.notional_usd = std::max(token_usd(swap.token, got), quote_usd(max_quote));
    step.expect = {planning::balance(fact("wallet", t), s_.reserves[swap.token].wallet + got, got),
                   planning::between(fact("wallet", q), planning::as_signed(s_.quote.wallet - max_quote),
                                     planning::as_signed(s_.quote.wallet))};
    return step;
}

Next Plan::repay(std::size_t i) {
    const BorrowToken& t = p_.tokens[i];
    const Reserve& r = s_.reserves[i];
    OR_TRY(check_open(i, "repay"));
    // "All of it" only when the wallet covers the debt as it will be then; otherwise exactly what the wallet
    // has.
    const U256 all = r.debt + accrual_margin(r.debt) / 10 + 1;
    const bool everything = r.wallet >= all;
    const U256 amount = everything ? r.debt : std::min(r.wallet, r.debt);
    const U256 needs = everything ? all : amount;
    if (r.allowance_pool < needs) {
        const U256 room = everything ? std::min(r.wallet, r.debt + accrual_margin(r.debt)) : amount;
        return planning::approve(p_.chain, t, p_.pool, "pool", room);
    }
    Step step;
    step.call =
        call(p_.pool, Repay::encode(t.address, everything ? U256::max() : amount, kVariableRate, c_.account));
    step.label =
        everything ? fmt::format("repay all {}", token_text(i, r.debt)) : "repay " + token_text(i, amount);
    step.notional_usd = token_usd(i, amount);
    const U256 left = r.wallet - amount;
    const U256 spare =
        everything ? std::min(left, r.debt / 10'000 + 2) : U256();  // interest until it is mined
    step.expect = {planning::between(fact("wallet", t), planning::as_signed(left - spare),
                                     planning::as_signed(left + amount / 10'000 + 2)),
                   everything ? planning::between(fact("debt", t), 0, 0)
                              : accruing(fact("debt", t), r.debt - amount, r.debt)};
    return step;
}

Next Plan::withdraw(const U256& amount) {
    const VenueToken& q = p_.collateral;
    const bool everything = amount == U256::max();
    const U256 moved = everything ? s_.quote.a_token : amount;
    Step step;
    step.call = call(p_.pool, Withdraw::encode(q.address, amount, c_.account));
    step.label =
        everything ? fmt::format("withdraw all {}", quote_text(moved)) : "withdraw " + quote_text(moved);
    step.notional_usd = quote_usd(moved);
    step.expect = {planning::balance(fact("wallet", q), s_.quote.wallet + moved, s_.quote.a_token),
                   everything ? planning::between(fact("collateral", q), 0, 2)
                              : accruing(fact("collateral", q), s_.quote.a_token - moved, s_.quote.a_token)};
    return step;
}

/// Collateral that can leave with the health staying at `health` or over it.
U256 Plan::withdrawable(double health) const {
    const Reserve& r = s_.quote;
    if (!r.active || r.paused) return 0;
    const U256 liquid = saturating_sub(r.total_a_token, r.total_debt);
    U256 amount = saturating_sub(std::min(r.a_token, liquid), 2);
    if (s_.debt_base.is_zero() || !r.as_collateral) return amount;
    if (r.threshold_bps.is_zero()) return 0;
    // One part in a thousand is left on the table for the price and the rounding of Aave's average threshold.
    const U256 needed = s_.debt_base * bps(health) * 1001 / 1000;
    const U256 spare_base = saturating_sub(weighted(), needed) / r.threshold_bps;
    const auto spare = mul_div(spare_base, U256::pow10(p_.collateral.decimals), r.price);
    OR_ASSERT(spare.has_value());
    return std::min(amount, *spare);
}

}  // namespace outrigger::aave
