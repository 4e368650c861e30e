// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "hedge/venue/perp_v2_state.hpp"

namespace outrigger::perp {
namespace {

using planning::Next;
using planning::refuse;

// An order within this share of the whole position means all of it: targets are computed in floating point.
constexpr std::uint64_t kAllOfIt = 100'000;

class Plan {
  public:
    Plan(const PerpV2Params& params, const State& state, const PlanContext& context)
        : p_(params), s_(state), c_(context) {}

    Next order(const HedgeOrder& order);
    Next upkeep();

  private:
    struct Trade {
        std::size_t market = 0;
        bool sell = false;
        U256 amount;
        double limit_usd = 0;
        TimePoint deadline{};
    };

    Next increase(const Trade& trade);
    Next open(const Trade& trade);
    Next close(const Trade& trade);
    Next deposit(const U256& amount, std::string_view purpose);
    Next withdraw_all();
    Result<void> check_tradable(const Trade& trade) const;
    Result<void> may_increase(const Trade& trade) const;

    const Market& market(const Trade& t) const { return s_.markets[t.market]; }
    const PerpMarket& params(const Trade& t) const { return p_.markets[t.market]; }
    std::string text(const Trade& t) const {
        return fmt::format("{} {:.6g} {}", t.sell ? "sell" : "buy", to_units(t.amount, kDecimals),
                           params(t).symbol);
    }
    double worth(const Trade& t) const {
        return to_units(t.amount, kDecimals) *
               std::max(t.limit_usd, to_units(market(t).index_price, kDecimals));
    }
    double account_value() const { return to_units(s_.account_value, kDecimals); }
    TxCall call(const Address& to, Bytes data) const { return {p_.chain, to, 0, std::move(data), Gas{}}; }
    static U256 seconds(TimePoint t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }

    const PerpV2Params& p_;
    const State& s_;
    const PlanContext& c_;
};

Next Plan::order(const HedgeOrder& order) {
    const auto found = std::find_if(p_.markets.begin(), p_.markets.end(),
                                    [&](const PerpMarket& m) { return m.asset == order.asset; });
    if (order.venue != p_.id || found == p_.markets.end()) {
        return refuse("trade this", p_.name, "the order is for an instrument that is not here",
                      "list the market under this venue in the configuration");
    }
    const auto i = static_cast<std::size_t>(found - p_.markets.begin());
    const U256 amount = OR_TRY(planning::order_amount(std::fabs(order.delta_units), kDecimals));
    if (amount.is_zero()) return std::nullopt;
    OR_TRY(planning::limit_x18(order.limit_usd, Rounding::down));
    const Trade trade{i, order.delta_units < 0, amount, order.limit_usd,
                      OR_TRY(planning::effective_deadline(order, c_))};
    OR_TRY(check_tradable(trade));

    const I256& size = market(trade).size;
    const U256 held = size.magnitude();
    const bool reduces = !size.is_zero() && size.is_negative() != trade.sell;
    if (!reduces) return increase(trade);
    const U256 tolerance = held / kAllOfIt;
    if (amount + tolerance < held) return open(trade);  // opening the other way reduces
    // A sale beyond a long position closes it first; what remains of the order then opens the short.
    if (!trade.sell && amount > held + tolerance) {
        return refuse(
            text(trade), p_.name, fmt::format("we are short only {:.6g}", to_units(held, kDecimals)),
            "nothing: a hedge here is never long, the next decision starts from the account as it is");
    }
    return close(trade);
}

Result<void> Plan::check_tradable(const Trade& trade) const {
    const Market& m = market(trade);
    if (!m.open)
        return refuse(text(trade), p_.name, "the market is paused or closed", "use another venue for it");
    if (m.max_tick_crossed == 0) {
        return refuse(text(trade), p_.name, "trading is suspended (its tick limit is 0)",
                      "wait until it is resumed");
    }
    if (m.total_size != m.size) {
        const U256 apart = (m.total_size - m.size).magnitude();
        // The pool rounds by single units; more than that is liquidity somebody has provided with this
        // account.
        if (apart > 1000) {
            return refuse(text(trade), p_.name, "this account provides liquidity here, which is not ours",
                          "remove it by hand, or use another account");
        }
    }
    return {};
}

// ---- more ------------------------------------------------------------------------------------------------

Result<void> Plan::may_increase(const Trade& trade) const {
    const Market& m = market(trade);
    if (!trade.sell) {
        return refuse(text(trade), p_.name, "there is no short to reduce, and a hedge here is never long",
                      "nothing: the next decision starts from the account as it is");
    }
    if (m.over_spread) {
        return refuse(text(trade), p_.name, "the market's price is too far from its index",
                      "wait until it has come back");
    }
    const auto ours = c_.price_usd.find(params(trade).asset);
    if (ours == c_.price_usd.end()) {
        return refuse(text(trade), p_.name, "we have no price of our own to compare the index with",
                      "add a feed for it");
    }
    const double index = to_units(m.index_price, kDecimals);
    if (!(std::fabs(index - ours->second) <= p_.max_index_gap_ratio * ours->second)) {
        return refuse(text(trade), p_.name,
                      fmt::format("its index is {:.6g} USD, our price {:.6g}", index, ours->second),
                      fmt::format("wait, or raise max_index_gap_ratio ({})", p_.max_index_gap_ratio));
    }
    return {};
}

Next Plan::increase(const Trade& trade) {
    OR_TRY(may_increase(trade));
    const double after = notional_usd(s_) + worth(trade);
    if (leverage(after, account_value()) <= p_.max_leverage) return open(trade);
    U256 amount = margin_wanted(p_, s_, after);
    if (amount > s_.wallet) {
        const double reachable = account_value() + to_units(s_.wallet, p_.collateral.decimals);
        if (leverage(after, reachable) > p_.max_leverage) {
            return refuse(
                text(trade), p_.name,
                fmt::format("it needs {} more margin and the wallet has {}",
                            planning::text(amount, p_.collateral), planning::text(s_.wallet, p_.collateral)),
                fmt::format("fund the account with {}", p_.collateral.symbol));
        }
        amount = s_.wallet;
    }
    return deposit(amount, text(trade));
}

Next Plan::deposit(const U256& amount, std::string_view purpose) {
    const VenueToken& q = p_.collateral;
    const auto spend = planning::nearly_all(amount, s_.allowance_vault, 980);
    if (!spend) return planning::approve(p_.chain, q, p_.vault, "vault", amount);
    Step step;
    step.call = call(p_.vault, Deposit::encode(q.address, *spend));
    step.label = fmt::format("deposit {} to {}", planning::text(*spend, q), purpose);
    step.notional_usd = to_units(*spend, q.decimals);
    const I256 balance = s_.balance + planning::as_signed(*spend);
    step.expect = {planning::balance("wallet:" + q.symbol, s_.wallet - *spend, *spend),
                   planning::between("margin:" + q.symbol, balance, balance)};
    return step;
}

// ---- trading ---------------------------------------------------------------------------------------------

/// Exactly this much base token, at this price or better. The bound holds all-in: the contract compares it
/// with the quote amount after its fee.
Next Plan::open(const Trade& trade) {
    const Rounding strict = trade.sell ? Rounding::up : Rounding::down;
    const U256 price = OR_TRY(planning::limit_x18(trade.limit_usd, strict));
    const U256 bound = planning::quote_for(trade.amount, kDecimals, price, kDecimals, strict);
    if (bound.is_zero()) return std::nullopt;  // dust; and a bound of zero would be none
    Step step;
    // Selling names the exact input, buying the exact output: both are the base token.
    step.call = call(p_.clearing_house,
                     OpenPosition::encode({params(trade).base_token, trade.sell, trade.sell, trade.amount,
                                           bound, seconds(trade.deadline), 0, Hash32{}}));
    step.label = fmt::format("{} for {} {:.6g} USD", text(trade), trade.sell ? "at least" : "at most",
                             to_units(bound, kDecimals));
    const double units = to_units(trade.amount, kDecimals);
    step.delta_units = trade.sell ? -units : units;
    step.notional_usd = worth(trade);
    const I256 amount = planning::as_signed(trade.amount);
    const I256 size = trade.sell ? market(trade).size - amount : market(trade).size + amount;
    step.expect = {planning::between("size:" + params(trade).symbol, size, size)};
    return step;
}

/// The whole position. The contract stops at the market's per-block tick limit without reverting, so it may
/// take several; each is planned from what is left.
Next Plan::close(const Trade& trade) {
    const Market& m = market(trade);
    const U256 held = m.size.magnitude();
    const Rounding strict = trade.sell ? Rounding::up : Rounding::down;
    const U256 price = OR_TRY(planning::limit_x18(trade.limit_usd, strict));
    const U256 bound = planning::quote_for(held, kDecimals, price, kDecimals, strict);
    // The bound is scaled down for a partial close; the marginal price is limited too, so that the limit can
    // be read from the bytes without knowing the position. A fee of f leaves 1 - f for it, either way.
    const U256 after_fee = U256(1'000'000 - m.fee_ratio);
    const auto marginal = trade.sell ? mul_div(price, 1'000'000, after_fee, Rounding::up)
                                     : mul_div(price, after_fee, 1'000'000, Rounding::down);
    OR_ASSERT(marginal.has_value());
    const auto ratio_x192 = mul_div(*marginal, U256::pow2(192), U256::pow10(kDecimals), strict);
    const U256 sqrt_limit = ratio_x192 ? isqrt(*ratio_x192) + (trade.sell ? 1 : 0) : U256();
    if (bound.is_zero() || sqrt_limit.is_zero() || !abi::UInt<160>::fits(sqrt_limit)) {
        return refuse(text(trade), p_.name, fmt::format("{} is not a price limit here", trade.limit_usd),
                      "give the order a price near the market's");
    }
    Step step;
    step.call = call(p_.clearing_house, ClosePosition::encode({params(trade).base_token, sqrt_limit, bound,
                                                               seconds(trade.deadline), Hash32{}}));
    const double units = to_units(held, kDecimals);
    step.label = fmt::format("close {:.6g} {} for {} {:.6g} USD", units, params(trade).symbol,
                             trade.sell ? "at least" : "at most", to_units(bound, kDecimals));
    step.delta_units = trade.sell ? -units : units;
    step.notional_usd = units * std::max(trade.limit_usd, to_units(m.index_price, kDecimals));
    step.expect = {trade.sell ? planning::between("size:" + params(trade).symbol, 0, m.size - 1)
                              : planning::between("size:" + params(trade).symbol, m.size + 1, 0)};
    return step;
}

// ---- upkeep ----------------------------------------------------------------------------------------------

Next Plan::withdraw_all() {
    const VenueToken& q = p_.collateral;
    Step step;
    step.call = call(p_.vault, Withdraw::encode(q.address, s_.withdrawable));
    step.label = "withdraw " + planning::text(s_.withdrawable, q);
    step.notional_usd = to_units(s_.withdrawable, q.decimals);
    step.expect = {planning::balance("wallet:" + q.symbol, s_.wallet + s_.withdrawable, s_.withdrawable)};
    return step;
}

Next Plan::upkeep() {
    if (has_thin_margin(p_, s_)) {
        const U256 wanted = margin_wanted(p_, s_, notional_usd(s_));
        return deposit(std::min(wanted, s_.wallet), "keep the position's margin");
    }
    if (has_idle_margin(p_, s_)) return withdraw_all();
    return std::nullopt;
}

}  // namespace

Next plan_order(const PerpV2Params& params, const State& state, const HedgeOrder& order,
                const PlanContext& context) {
    return Plan(params, state, context).order(order);
}

Next plan_upkeep(const PerpV2Params& params, const State& state, const PlanContext& context) {
    return Plan(params, state, context).upkeep();
}

}  // namespace outrigger::perp
