// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <utility>

#include "chain/abi/call.hpp"
#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_state.hpp"
#include "hedge/venue/contracts.hpp"
#include "hedge/venue/gather.hpp"

namespace outrigger::aave {
namespace {

using planning::check_plausible;

/// Which reserve of the state a read fills.
using Pick = std::function<Reserve&(State&)>;

void read_wallet(Gather<State>& gather, const AaveV3Params& p, const VenueToken& t, const Address& owner,
                 const Pick& pick) {
    const auto keep = [&](std::string what, Query<U256> query, U256 Reserve::*field) {
        gather.read(what, std::move(query), [pick, what, field](State& s, const U256& v) -> Result<void> {
            OR_TRY(check_plausible(v, what));
            pick(s).*field = v;
            return {};
        });
    };
    keep(t.symbol + " balance", eth_query<erc20::BalanceOf>(p.chain, t.address, owner), &Reserve::wallet);
    gather.read(t.symbol + " price", eth_query<GetAssetPrice>(p.chain, p.oracle, t.address),
                [pick](State& s, const U256& price) -> Result<void> {
                    OR_TRY(check_plausible(price, "the price"));
                    if (price.is_zero()) return fail(Errc::decode, "Aave's oracle has no price");
                    pick(s).price = price;
                    return {};
                });
    // An allowance may be anything up to 2^256-1; more than plausible is as good as unlimited.
    const auto allowance = [&](const Address& spender, const char* name, U256 Reserve::*field) {
        gather.read(t.symbol + " allowance of the " + name,
                    eth_query<erc20::Allowance>(p.chain, t.address, owner, spender),
                    [pick, field](State& s, const U256& v) {
                        pick(s).*field = planning::is_plausible(v) ? v : U256::pow2(112) - 1;
                    });
    };
    allowance(p.pool, "pool", &Reserve::allowance_pool);
    allowance(p.router, "router", &Reserve::allowance_router);
}

Result<void> keep_user_data(Reserve& r, const GetUserReserveData::Return& d) {
    r.a_token = std::get<0>(d);
    r.stable_debt = std::get<1>(d);
    r.debt = std::get<2>(d);
    r.as_collateral = std::get<8>(d);
    OR_TRY(check_plausible(r.a_token, "the supplied balance"));
    OR_TRY(check_plausible(r.stable_debt, "the stable debt"));
    return check_plausible(r.debt, "the debt");
}

Result<void> keep_configuration(Reserve& r, const GetReserveConfigurationData::Return& d,
                                const VenueToken& t) {
    if (std::get<0>(d) != t.decimals) {
        return fail(Errc::config, "Aave says " + t.symbol + " has " + std::get<0>(d).to_decimal() +
                                      " decimals, the configuration says " + std::to_string(t.decimals));
    }
    r.ltv_bps = std::get<1>(d);
    r.threshold_bps = std::get<2>(d);
    r.borrowing = std::get<6>(d);
    r.active = std::get<8>(d);
    r.frozen = std::get<9>(d);
    if (r.ltv_bps > 10'000 || r.threshold_bps > 10'000) return fail(Errc::decode, "a ratio over 100 %");
    return {};
}

Result<void> keep_totals(Reserve& r, const GetReserveData::Return& d) {
    r.total_a_token = std::get<2>(d);
    r.borrow_rate_ray = std::get<6>(d);
    OR_TRY(check_plausible(r.total_a_token, "the supply"));
    OR_TRY(check_plausible(std::get<3>(d), "the stable debt"));
    OR_TRY(check_plausible(std::get<4>(d), "the variable debt"));
    OR_TRY(check_plausible(r.borrow_rate_ray, "the borrow rate"));
    r.total_debt = std::get<3>(d) + std::get<4>(d);
    return {};
}

void read_reserve(Gather<State>& gather, const AaveV3Params& p, const VenueToken& t, const Address& owner,
                  const Pick& pick) {
    read_wallet(gather, p, t, owner, pick);
    gather.read(t.symbol + " position",
                eth_query<GetUserReserveData>(p.chain, p.data_provider, t.address, owner),
                [pick](State& s, const GetUserReserveData::Return& d) { return keep_user_data(pick(s), d); });
    gather.read(t.symbol + " configuration",
                eth_query<GetReserveConfigurationData>(p.chain, p.data_provider, t.address),
                [pick, t](State& s, const GetReserveConfigurationData::Return& d) {
                    return keep_configuration(pick(s), d, t);
                });
    gather.read(t.symbol + " totals", eth_query<GetReserveData>(p.chain, p.data_provider, t.address),
                [pick](State& s, const GetReserveData::Return& d) { return keep_totals(pick(s), d); });
    gather.read(t.symbol + " paused", eth_query<GetPaused>(p.chain, p.data_provider, t.address),
                [pick](State& s, bool paused) { pick(s).paused = paused; });
    gather.read(t.symbol + " caps", eth_query<GetReserveCaps>(p.chain, p.data_provider, t.address),
                [pick](State& s, const GetReserveCaps::Return& d) -> Result<void> {
                    // 36 bits each in Aave's configuration word.
                    if (std::get<0>(d).bit_length() > 36 || std::get<1>(d).bit_length() > 36) {
                        return fail(Errc::decode, "a cap over 36 bits");
                    }
                    std::tie(pick(s).borrow_cap, pick(s).supply_cap) = d;
                    return {};
                });
}

Result<void> keep_account_data(State& s, const GetUserAccountData::Return& d) {
    s.collateral_base = std::get<0>(d);
    s.debt_base = std::get<1>(d);
    s.threshold_bps = std::get<3>(d);
    s.ltv_bps = std::get<4>(d);
    s.health_x18 = std::get<5>(d);
    OR_TRY(check_plausible(s.collateral_base, "the collateral"));
    OR_TRY(check_plausible(s.debt_base, "the debt"));
    if (s.threshold_bps > 10'000 || s.ltv_bps > 10'000) return fail(Errc::decode, "a ratio over 100 %");
    return {};
}

void add_facts(VenueAccount& account, const VenueToken& t, const Reserve& r) {
    const auto put = [&](const std::string& name, const U256& v) {
        account.facts[name] = planning::as_signed(v);
    };
    put("wallet:" + t.symbol, r.wallet);
    put(planning::allowance_fact(t, "pool"), r.allowance_pool);
    put(planning::allowance_fact(t, "router"), r.allowance_router);
}

VenueAccount summarise(const AaveV3Params& p, std::shared_ptr<State> state) {
    const State& s = *state;
    VenueAccount account;
    add_facts(account, p.collateral, s.quote);
    account.facts["collateral:" + p.collateral.symbol] = planning::as_signed(s.quote.a_token);
    // What Aave counts, plus what it does not: supplies not enabled as collateral, and hedge tokens in the
    // wallet. The quote money in the wallet is available_usd and belongs to no venue.
    double equity = to_units(s.collateral_base, 8) - to_units(s.debt_base, 8);
    if (!s.quote.as_collateral) equity += usd(s.quote.a_token, p.collateral.decimals, s.quote.price);
    for (std::size_t i = 0; i < p.tokens.size(); ++i) {
        const BorrowToken& t = p.tokens[i];
        const Reserve& r = s.reserves[i];
        add_facts(account, t, r);
        account.facts["debt:" + t.symbol] = planning::as_signed(r.debt + r.stable_debt);
        account.facts["atoken:" + t.symbol] = planning::as_signed(r.a_token);
        const I256 held =
            planning::as_signed(r.wallet + r.a_token) - planning::as_signed(r.debt + r.stable_debt);
        account.position[t.asset] = to_units(held, t.decimals);
        account.short_cost_per_day[t.asset] = to_units(r.borrow_rate_ray, 27) / 365;
        equity += usd(r.wallet, t.decimals, r.price);
        if (!r.as_collateral) equity += usd(r.a_token, t.decimals, r.price);
        account.untidy = account.untidy || has_repayable(p, s, i);
    }
    account.equity_usd = equity;
    account.health =
        s.debt_base.is_zero() ? std::numeric_limits<double>::infinity() : to_units(s.health_x18, 18);
    account.available_usd = usd(s.quote.wallet, p.collateral.decimals, s.quote.price);
    account.untidy = account.untidy || has_thin_collateral(p, s) || has_idle_collateral(p, s);
    account.state = std::move(state);
    return account;
}

}  // namespace

U256 base_value(const U256& amount, unsigned decimals, const U256& price, Rounding rounding) {
    const auto value = mul_div(amount, price, U256::pow10(decimals), rounding);
    OR_ASSERT(value.has_value());
    return *value;
}

double usd(const U256& amount, unsigned decimals, const U256& price) {
    return to_units(amount, decimals) * to_units(price, 8);
}

Query<VenueAccount> account_query(const AaveV3Params& p, const Address& owner) {
    Gather<State> gather;
    gather.read("account data", eth_query<GetUserAccountData>(p.chain, p.pool, owner), keep_account_data);
    gather.read("e-mode", eth_query<GetUserEMode>(p.chain, p.pool, owner),
                [](State& s, const U256& mode) { s.e_mode = mode; });
    read_reserve(gather, p, p.collateral, owner, [](State& s) -> Reserve& { return s.quote; });
    for (std::size_t i = 0; i < p.tokens.size(); ++i) {
        read_reserve(gather, p, p.tokens[i], owner, [i](State& s) -> Reserve& {
            if (s.reserves.size() <= i) s.reserves.resize(i + 1);
            return s.reserves[i];
        });
    }
    return std::move(gather).build([p, owner](std::shared_ptr<State> state) -> Result<VenueAccount> {
        state->owner = owner;
        return summarise(p, std::move(state));
    });
}

}  // namespace outrigger::aave
