// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_plan.hpp"

namespace outrigger::aave {

using planning::Next;
using planning::refuse;

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
        return refuse("trade " + token->symbol, p_.name,
                      "there is stable-rate debt on this account, which is not ours",
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
    return refuse(
        "swap", p_.name, fmt::format("{} is at {:.4f} USD", p_.collateral.symbol, price->second),
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

// ---- upkeep ----------------------------------------------------------------------------------------------

Next Plan::upkeep() {
    const bool urgent = s_.health_x18 < U256(bps(p_.health_factor_panic)) * U256::pow10(14);
    for (std::size_t i = 0; i < p_.tokens.size(); ++i) {
        if (has_repayable(p_, s_, i)) return repay(i);
    }
    if (has_thin_collateral(p_, s_)) {
        // No gate: whatever the wallet can add helps.
        return add_collateral(s_.debt_base, 0,
                              urgent ? "keep the loan alive (urgent)" : "keep the loan healthy");
    }
    if (has_idle_collateral(p_, s_)) return withdraw(U256::max());
    return std::nullopt;
}

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
