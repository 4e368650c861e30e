// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_state.hpp"
#include "hedge/venue/contracts.hpp"

namespace outrigger::aave {
namespace {

using planning::Next;
using planning::refuse;

constexpr std::uint64_t kVariableRate = 2;
// An order within this share of the whole short means all of it: interest accrues while orders are made.
constexpr std::uint64_t kAllOfIt = 100'000;
// Borrowing goes ahead at this share of the target health: prices move between supplying and borrowing.
constexpr std::uint64_t kTargetSlackPermille = 985;
// Selling waits until the wallet holds this share of the order; less is sold together with what is borrowed.
constexpr std::uint64_t kWorthSelling = 20;

/// A health factor as an integer, times 1e4: the unit of collateral times basis points over debt.
U256 bps(double ratio) { return static_cast<std::uint64_t>(std::llround(ratio * 1e4)); }

/// Aave balances grow with every second. Between our reading and the reading back this bounds the growth: at 50 %
/// a year it is over an hour, and it is a tenth of a thousandth of what earns it. The 2 are Aave's own rounding.
Expectation accruing(std::string fact, const U256& expected, const U256& earning) {
    const U256 growth = earning / 10'000 + 2;
    return planning::between(std::move(fact), planning::as_signed(saturating_sub(expected, 2)),
                             planning::as_signed(expected + growth));
}

/// More than a debt can grow by while a transaction is on its way.
U256 accrual_margin(const U256& debt) { return debt / kAllOfIt + 10; }

class Plan {
  public:
    Plan(const AaveV3Params& params, const State& state, const PlanContext& context)
        : p_(params), s_(state), c_(context) {}

    Next order(const HedgeOrder& order);
    Next upkeep();

  private:
    struct Swap {
        std::size_t token;
        U256 amount;
        double limit_usd;
        TimePoint deadline;
    };

    // More short.
    Next more_short(const Swap& swap);
    Next sell(const Swap& swap, const U256& amount);
    Next borrow(std::size_t i, const U256& amount);
    Result<void> may_borrow(std::size_t i, const U256& amount) const;
    Next add_collateral(const U256& debt_base, const U256& gate, std::string_view purpose);
    Result<void> may_supply(const U256& amount) const;
    Next supply(const U256& amount, std::string_view purpose);

    // Less short.
    Next less_short(Swap swap);
    Next buy(const Swap& swap, const U256& amount, const U256& price);
    Next raise_quote(const Swap& swap, const U256& price, const U256& max_quote);
    Next repay(std::size_t i);
    Next withdraw(const U256& amount);
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
    std::string token_text(std::size_t i, const U256& amount) const { return planning::text(amount, p_.tokens[i]); }
    std::string fact(std::string_view what, const VenueToken& t) const { return fmt::format("{}:{}", what, t.symbol); }

    const AaveV3Params& p_;
    const State& s_;
    const PlanContext& c_;
};

Next Plan::order(const HedgeOrder& order) {
    const auto token = std::find_if(p_.tokens.begin(), p_.tokens.end(),
                                    [&](const BorrowToken& t) { return t.asset == order.asset; });
    if (order.venue != p_.id || token == p_.tokens.end()) {
        return refuse("trade this", p_.name, "the order is for an instrument that is not here",
                      "list the token under this venue in the configuration");
    }
    const auto i = static_cast<std::size_t>(token - p_.tokens.begin());
    const U256 amount = OR_TRY(planning::order_amount(std::fabs(order.delta_units), token->decimals));
    if (amount.is_zero()) return std::nullopt;
    if (!s_.reserves[i].stable_debt.is_zero()) {
        return refuse("trade " + token->symbol, p_.name, "there is stable-rate debt on this account, which is not ours",
                      "repay it by hand, or use another account");
    }
    const Swap swap{i, amount, order.limit_usd, OR_TRY(planning::effective_deadline(order, c_))};
    OR_TRY(planning::limit_x18(order.limit_usd, Rounding::down));
    OR_TRY(check_quote_price());
    return order.delta_units < 0 ? more_short(swap) : less_short(swap);
}

Result<void> Plan::check_quote_price() const {
    const auto price = c_.price_usd.find(p_.collateral.asset);
    if (price == c_.price_usd.end()) return {};
    const double gap = std::fabs(price->second - 1);
    if (gap <= p_.max_quote_gap_ratio) return {};
    return refuse("swap", p_.name, fmt::format("{} is at {:.4f} USD", p_.collateral.symbol, price->second),
                  fmt::format("wait, or raise max_quote_gap_ratio ({}) knowing that price limits count it as 1 USD",
                              p_.max_quote_gap_ratio));
}

Result<void> Plan::check_open(std::size_t i, std::string_view what) const {
    const Reserve& r = s_.reserves[i];
    const std::string doing = fmt::format("{} {}", what, p_.tokens[i].symbol);
    if (!r.active) return refuse(doing, p_.name, "the reserve is not active", "use another venue for it");
    if (r.paused) return refuse(doing, p_.name, "Aave has paused the reserve", "wait until it is unpaused");
    return {};
}

// ---- more short ------------------------------------------------------------------------------------------

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
    const U256 min_quote = planning::quote_for(*spend, t.decimals, price, p_.collateral.decimals, Rounding::up);
    Step step;
    step.call = swap_call(swap_router02::ExactInputSingle::encode({t.address, p_.collateral.address, t.swap_fee_pips,
                                                                   c_.account, *spend, min_quote, 0}),
                          swap.deadline);
    step.label = fmt::format("sell {} for at least {}", token_text(swap.token, *spend), quote_text(min_quote));
    step.delta_units = -to_units(*spend, t.decimals);
    step.notional_usd = token_usd(swap.token, *spend);
    step.expect = {planning::balance(fact("wallet", t), r.wallet - *spend, *spend),
                   planning::between(fact("wallet", p_.collateral), planning::as_signed(s_.quote.wallet + min_quote),
                                     I256::max())};
    return step;
}

Result<void> Plan::may_borrow(std::size_t i, const U256& amount) const {
    const BorrowToken& t = p_.tokens[i];
    const Reserve& r = s_.reserves[i];
    const std::string doing = "borrow " + token_text(i, amount);
    OR_TRY(check_open(i, "borrow"));
    if (r.frozen) return refuse(doing, p_.name, "the reserve is frozen for new loans", "use another venue for it");
    if (!r.borrowing) return refuse(doing, p_.name, "the reserve cannot be borrowed", "use another venue for it");
    if (!s_.e_mode.is_zero()) {
        return refuse(doing, p_.name, "the account is in an e-mode category, whose thresholds are not planned for",
                      "leave it: Pool.setUserEMode(0)");
    }
    const double apr = to_units(r.borrow_rate_ray, 27);
    if (apr > p_.max_borrow_apr) {
        return refuse(doing, p_.name, fmt::format("it costs {:.1f} % a year", 100 * apr),
                      fmt::format("wait, or raise max_borrow_apr ({})", p_.max_borrow_apr));
    }
    if (!r.borrow_cap.is_zero() && r.total_debt + amount > r.borrow_cap * U256::pow10(t.decimals)) {
        return refuse(doing, p_.name, "the reserve's borrow cap would be exceeded", "wait, or use another venue");
    }
    // aTokens not lent out; a little less than the pool holds, since interest owed to the treasury is not counted.
    if (amount > saturating_sub(r.total_a_token, r.total_debt)) {
        return refuse(doing, p_.name, "the reserve has too little left to lend", "wait, or use another venue");
    }
    const auto ours = c_.price_usd.find(t.asset);
    if (ours == c_.price_usd.end()) {
        return refuse(doing, p_.name, "we have no price of our own to compare Aave's with", "add a feed for it");
    }
    const double theirs = to_units(r.price, 8);
    if (!(std::fabs(theirs - ours->second) <= p_.max_oracle_gap_ratio * ours->second)) {
        return refuse(doing, p_.name, fmt::format("Aave prices it at {:.6g} USD, we at {:.6g}", theirs, ours->second),
                      fmt::format("wait, or raise max_oracle_gap_ratio ({})", p_.max_oracle_gap_ratio));
    }
    return {};
}

Next Plan::borrow(std::size_t i, const U256& amount) {
    OR_TRY(may_borrow(i, amount));
    const BorrowToken& t = p_.tokens[i];
    const Reserve& r = s_.reserves[i];
    const U256 debt_base = s_.debt_base + base_value(amount, t.decimals, r.price, Rounding::up) + 1;
    const U256 gate = std::max(bps(p_.health_factor_target) * kTargetSlackPermille / 1000, bps(p_.health_factor_floor));
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
        return refuse(doing, p_.name, "the reserve's supply cap would be exceeded", "configure another collateral");
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

// ---- less short ------------------------------------------------------------------------------------------

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
        // All of it: enough for the interest until it is repaid. What is left over stays in the wallet and counts
        // as position. Rounded to a hundred-thousandth, so that a second plan asks for the same amount.
        const U256 grain = is_short / kAllOfIt + 1;
        swap.amount = div_round(is_short + accrual_margin(r.debt), grain, Rounding::up) * grain;
    }
    const U256 price = OR_TRY(planning::limit_x18(swap.limit_usd, Rounding::down));
    const unsigned decimals = p_.tokens[swap.token].decimals;
    const U256 max_quote = planning::quote_for(swap.amount, decimals, price, p_.collateral.decimals, Rounding::down);
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
    const auto pays = [&](const U256& amount) { return amount >= worth_it && quote_usd(amount) >= p_.tidy_min_usd; };
    if (pays(s_.quote.wallet)) {
        const unsigned decimals = p_.tokens[swap.token].decimals;
        const U256 part = std::min(swap.amount, planning::amount_for(s_.quote.wallet, q.decimals, price, decimals));
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
    // "All of it" only when the wallet covers the debt as it will be then; otherwise exactly what the wallet has.
    const U256 all = r.debt + accrual_margin(r.debt) / 10 + 1;
    const bool everything = r.wallet >= all;
    const U256 amount = everything ? r.debt : std::min(r.wallet, r.debt);
    const U256 needs = everything ? all : amount;
    if (r.allowance_pool < needs) {
        const U256 room = everything ? std::min(r.wallet, r.debt + accrual_margin(r.debt)) : amount;
        return planning::approve(p_.chain, t, p_.pool, "pool", room);
    }
    Step step;
    step.call = call(p_.pool, Repay::encode(t.address, everything ? U256::max() : amount, kVariableRate, c_.account));
    step.label = everything ? fmt::format("repay all {}", token_text(i, r.debt)) : "repay " + token_text(i, amount);
    step.notional_usd = token_usd(i, amount);
    const U256 left = r.wallet - amount;
    const U256 spare = everything ? std::min(left, r.debt / 10'000 + 2) : U256();  // interest until it is mined
    step.expect = {planning::between(fact("wallet", t), planning::as_signed(left - spare),
                                     planning::as_signed(left + amount / 10'000 + 2)),
                   everything ? planning::between(fact("debt", t), 0, 0) : accruing(fact("debt", t), r.debt - amount, r.debt)};
    return step;
}

Next Plan::withdraw(const U256& amount) {
    const VenueToken& q = p_.collateral;
    const bool everything = amount == U256::max();
    const U256 moved = everything ? s_.quote.a_token : amount;
    Step step;
    step.call = call(p_.pool, Withdraw::encode(q.address, amount, c_.account));
    step.label = everything ? fmt::format("withdraw all {}", quote_text(moved)) : "withdraw " + quote_text(moved);
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

// ---- upkeep ----------------------------------------------------------------------------------------------

Next Plan::upkeep() {
    const bool urgent = s_.health_x18 < U256(bps(p_.health_factor_panic)) * U256::pow10(14);
    for (std::size_t i = 0; i < p_.tokens.size(); ++i) {
        if (has_repayable(p_, s_, i)) return repay(i);
    }
    if (has_thin_collateral(p_, s_)) {
        // No gate: whatever the wallet can add helps.
        return add_collateral(s_.debt_base, 0, urgent ? "keep the loan alive (urgent)" : "keep the loan healthy");
    }
    if (has_idle_collateral(p_, s_)) return withdraw(U256::max());
    return std::nullopt;
}

}  // namespace

bool has_repayable(const AaveV3Params& p, const State& s, std::size_t token) {
    const Reserve& r = s.reserves[token];
    if (!r.active || r.paused) return false;
    const double value = usd(std::min(r.wallet, r.debt), p.tokens[token].decimals, r.price);
    return value >= p.tidy_min_usd;
}

bool has_thin_collateral(const AaveV3Params& p, const State& s) {
    if (s.debt_base.is_zero()) return false;
    const bool thin = s.health_x18 < bps(p.health_factor_floor) * U256::pow10(14);
    return thin && usd(s.quote.wallet, p.collateral.decimals, s.quote.price) >= p.tidy_min_usd;
}

bool has_idle_collateral(const AaveV3Params& p, const State& s) {
    if (!p.withdraw_when_flat || !s.debt_base.is_zero() || !s.quote.active || s.quote.paused) return false;
    return usd(s.quote.a_token, p.collateral.decimals, s.quote.price) >= p.tidy_min_usd;
}

Next plan_order(const AaveV3Params& params, const State& state, const HedgeOrder& order,
                const PlanContext& context) {
    return Plan(params, state, context).order(order);
}

Next plan_upkeep(const AaveV3Params& params, const State& state, const PlanContext& context) {
    return Plan(params, state, context).upkeep();
}

}  // namespace outrigger::aave
