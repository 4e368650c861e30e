// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "hedge/venue/gather.hpp"
#include "hedge/venue/perp_v2_state.hpp"

namespace outrigger::perp {
namespace {

using planning::check_plausible;

void read_market(Gather<State>& gather, const PerpV2Params& p, std::size_t i, const Address& owner) {
    const PerpMarket& m = p.markets[i];
    const auto pick = [i](State& s) -> Market& { return s.markets[i]; };
    const auto keep_signed = [&](const char* what, Query<I256> query, I256 Market::*field) {
        gather.read(m.symbol + " " + what, std::move(query),
                    [pick, what, field](State& s, const I256& v) -> Result<void> {
                        OR_TRY(check_plausible(v.magnitude(), what));
                        pick(s).*field = v;
                        return {};
                    });
    };
    gather.read(m.symbol + " market open", eth_query<IsOpen>(p.chain, m.base_token),
                [i](State& s, bool open) {
                    if (s.markets.size() <= i)
                        s.markets.resize(i + 1);  // the first read of each market makes its place
                    s.markets[i].open = open;
                });
    keep_signed("size", eth_query<GetTakerPositionSize>(p.chain, p.account_balance, owner, m.base_token),
                &Market::size);
    keep_signed("total size",
                eth_query<GetTotalPositionSize>(p.chain, p.account_balance, owner, m.base_token),
                &Market::total_size);
    keep_signed("open notional",
                eth_query<GetTotalOpenNotional>(p.chain, p.account_balance, owner, m.base_token),
                &Market::open_notional);
    keep_signed("pending funding",
                eth_query<GetPendingFundingPayment>(p.chain, p.exchange, owner, m.base_token),
                &Market::pending_funding);
    gather.read(m.symbol + " index price", eth_query<GetIndexPrice>(p.chain, m.base_token, U256(0)),
                [pick](State& s, const U256& price) -> Result<void> {
                    OR_TRY(check_plausible(price, "the price"));
                    if (price.is_zero()) return fail(Errc::decode, "the market has no index price");
                    pick(s).index_price = price;
                    return {};
                });
    // Only what holding costs: without it there is still a hedge.
    gather.read_if_told(
        eth_query<GetSqrtMarkTwapX96>(p.chain, p.exchange, m.base_token, abi::UInt<32>(kFundingWindow)),
        [pick](State& s, const abi::UInt<160>& v) { pick(s).mark_sqrt_x96 = v.value(); });
    gather.read(m.symbol + " tick limit",
                eth_query<GetMaxTickCrossedWithinBlock>(p.chain, p.exchange, m.base_token),
                [pick](State& s, const abi::UInt<24>& v) { pick(s).max_tick_crossed = v.value(); });
    gather.read(m.symbol + " price spread", eth_query<IsOverPriceSpread>(p.chain, p.exchange, m.base_token),
                [pick](State& s, bool over) { pick(s).over_spread = over; });
    gather.read(m.symbol + " fee", eth_query<GetFeeRatio>(p.chain, p.market_registry, m.base_token),
                [pick](State& s, const abi::UInt<24>& v) -> Result<void> {
                    if (v.value() >= 1'000'000) return fail(Errc::decode, "a fee of 100 %");
                    pick(s).fee_ratio = v.value();
                    return {};
                });
}

void read_margin(Gather<State>& gather, const PerpV2Params& p, const Address& owner) {
    const VenueToken& q = p.collateral;
    const auto keep_signed = [&](const char* what, Query<I256> query, I256 State::*field) {
        gather.read(what, std::move(query), [what, field](State& s, const I256& v) -> Result<void> {
            OR_TRY(check_plausible(v.magnitude(), what));
            s.*field = v;
            return {};
        });
    };
    const auto keep = [&](const char* what, Query<U256> query, U256 State::*field) {
        gather.read(what, std::move(query), [what, field](State& s, const U256& v) -> Result<void> {
            OR_TRY(check_plausible(v, what));
            s.*field = v;
            return {};
        });
    };
    keep_signed("account value", eth_query<GetAccountValue>(p.chain, p.clearing_house, owner),
                &State::account_value);
    keep_signed("margin requirement",
                eth_query<GetMarginRequirementForLiquidation>(p.chain, p.account_balance, owner),
                &State::margin_requirement);
    keep_signed("margin balance", eth_query<GetBalanceByToken>(p.chain, p.vault, owner, q.address),
                &State::balance);
    keep("free collateral", eth_query<GetFreeCollateral>(p.chain, p.vault, owner), &State::free_collateral);
    keep("withdrawable margin", eth_query<GetFreeCollateralByToken>(p.chain, p.vault, owner, q.address),
         &State::withdrawable);
    keep("settlement token balance", eth_query<erc20::BalanceOf>(p.chain, q.address, owner), &State::wallet);
    gather.read("settlement token allowance", eth_query<erc20::Allowance>(p.chain, q.address, owner, p.vault),
                [](State& s, const U256& v) {
                    s.allowance_vault = planning::is_plausible(v) ? v : U256::pow2(112) - 1;
                });
}

VenueAccount summarise(const PerpV2Params& p, std::shared_ptr<State> state) {
    const State& s = *state;
    VenueAccount account;
    for (std::size_t i = 0; i < p.markets.size(); ++i) {
        account.position[p.markets[i].asset] = to_units(s.markets[i].total_size, kDecimals);
        if (const auto cost = short_funding_per_day(s.markets[i]))
            account.short_cost_per_day[p.markets[i].asset] = *cost;
        account.facts["size:" + p.markets[i].symbol] = s.markets[i].size;
        account.facts["funding:" + p.markets[i].symbol] = s.markets[i].pending_funding;
    }
    account.facts["free_collateral"] = planning::as_signed(s.free_collateral);
    account.facts["margin:" + p.collateral.symbol] = s.balance;
    account.facts["wallet:" + p.collateral.symbol] = planning::as_signed(s.wallet);
    account.facts[planning::allowance_fact(p.collateral, "vault")] = planning::as_signed(s.allowance_vault);
    account.equity_usd = to_units(s.account_value, kDecimals);
    const double required = to_units(s.margin_requirement, kDecimals);
    account.health = required > 0 ? account.equity_usd / required : std::numeric_limits<double>::infinity();
    account.available_usd = to_units(s.wallet, p.collateral.decimals);
    account.untidy = has_thin_margin(p, s) || has_idle_margin(p, s);
    account.state = std::move(state);
    return account;
}

}  // namespace

std::optional<double> short_funding_per_day(const Market& m) {
    const double index = to_units(m.index_price, kDecimals);
    if (m.mark_sqrt_x96.is_zero() || !(index > 0)) return std::nullopt;
    const double root = std::ldexp(m.mark_sqrt_x96.to_double(), -96);  // both tokens have 18 decimals
    const double premium = (root * root - index) / index;
    return std::clamp(-premium, -kFundingMax, kFundingMax);
}

double notional_usd(const State& s) {
    double sum = 0;
    for (const Market& m : s.markets) {
        sum += to_units(m.total_size.magnitude(), kDecimals) * to_units(m.index_price, kDecimals);
    }
    return sum;
}

double leverage(double notional, double account_value) {
    if (notional <= 0) return 0;
    return account_value > 0 ? notional / account_value : std::numeric_limits<double>::infinity();
}

U256 margin_wanted(const PerpV2Params& p, const State& s, double notional) {
    const double missing = notional / p.target_leverage - to_units(s.account_value, kDecimals);
    if (missing <= 0) return 0;
    const auto amount = quantize(missing, p.collateral.decimals, Rounding::up);
    return amount && planning::is_plausible(*amount) ? *amount : U256::pow2(112) - 1;
}

bool has_thin_margin(const PerpV2Params& p, const State& s) {
    const double notional = notional_usd(s);
    if (leverage(notional, to_units(s.account_value, kDecimals)) <= p.top_up_leverage) return false;
    return to_units(s.wallet, p.collateral.decimals) >= p.tidy_min_usd;
}

bool has_idle_margin(const PerpV2Params& p, const State& s) {
    if (!p.withdraw_when_flat) return false;
    for (const Market& m : s.markets) {
        if (!m.size.is_zero() || !m.total_size.is_zero()) return false;
    }
    return to_units(s.withdrawable, p.collateral.decimals) >= p.tidy_min_usd;
}

Query<VenueAccount> account_query(const PerpV2Params& p, const Address& owner) {
    Gather<State> gather;
    read_margin(gather, p, owner);
    for (std::size_t i = 0; i < p.markets.size(); ++i) read_market(gather, p, i, owner);
    return std::move(gather).build([p, owner](std::shared_ptr<State> state) -> Result<VenueAccount> {
        state->owner = owner;
        return summarise(p, std::move(state));
    });
}

}  // namespace outrigger::perp
