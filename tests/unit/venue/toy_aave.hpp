// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <map>

#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {

/// A market of one collateral and one hedge token, with a swap pool that always trades at `eth_usd` less 0.1
/// %: just enough of Aave and Uniswap to run whole orders against. It decodes calls and encodes answers
/// itself, and refuses what the contracts would refuse.
class ToyAave {
  public:
    U256 usdc;
    U256 weth;
    U256 supplied;
    U256 debt;
    U256 usdc_for_pool;
    U256 usdc_for_router;
    U256 weth_for_pool;
    U256 weth_for_router;
    double eth_usd = 3000;
    TimePoint now = deadline() - std::chrono::seconds(120);
    bool active = true;
    bool frozen = false;
    bool paused = false;
    bool borrowing = true;
    bool as_collateral = true;
    U256 borrow_cap;
    U256 supply_cap;
    U256 e_mode;
    U256 eth_supply = U256::pow10(18) * 5000;
    double apr = 0.03;
    U256 stable_debt;

    template <class Self>
    static auto& allowance(Self& self, const Address& token, const Address& spender) {
        const bool pool = spender == at("pool");
        if (token == at("usdc")) return pool ? self.usdc_for_pool : self.usdc_for_router;
        return pool ? self.weth_for_pool : self.weth_for_router;
    }

    Result<Bytes> answer(const EthCall& call) const {
        const Selector s = *abi::selector_in(call.data);
        const bool eth = call.data.size() >= 36 && asset_in(call.data) == at("weth");
        if (call.to == at("usdc") || call.to == at("weth")) return erc20_answer(call, s);
        if (s == aave::GetAssetPrice::selector) return abi::encode<U256>(eth ? oracle() : U256(100'000'000));
        if (s == aave::GetUserEMode::selector) return abi::encode<U256>(e_mode);
        if (s == aave::GetPaused::selector) return abi::encode<bool>(eth && paused);
        if (s == aave::GetReserveCaps::selector) {
            return abi::encode<U256, U256>(eth ? borrow_cap : U256(), eth ? U256() : supply_cap);
        }
        if (s == aave::GetUserAccountData::selector) {
            const U256 health = debt_base().is_zero()
                                    ? U256::max()
                                    : collateral_base() * 8000 * U256::pow10(14) / debt_base();
            return abi::encode<U256, U256, U256, U256, U256, U256>(collateral_base(), debt_base(), 0, 8000,
                                                                   7700, health);
        }
        if (s == aave::GetUserReserveData::selector) {
            return abi::encode<U256, U256, U256, U256, U256, U256, U256, abi::UInt<40>, bool>(
                eth ? U256() : supplied, eth ? stable_debt : U256(), eth ? debt : U256(), 0, 0, 0, 0, 0,
                !eth && as_collateral && !supplied.is_zero());
        }
        if (s == aave::GetReserveConfigurationData::selector) {
            return abi::encode<U256, U256, U256, U256, U256, bool, bool, bool, bool, bool>(
                eth ? 18 : 6, eth ? 8050 : 7700, eth ? 8300 : 8000, 10'500, 1000, true, !eth || borrowing,
                false, !eth || active, eth && frozen);
        }
        if (s == aave::GetReserveData::selector) {
            const U256 rate = *quantize(apr, 27, Rounding::down);
            return abi::encode<U256, U256, U256, U256, U256, U256, U256, U256, U256, U256, U256,
                               abi::UInt<40>>(0, 0, eth ? eth_supply : supplied + 1'000'000'000'000, 0,
                                              eth ? debt : U256(), 0, eth ? rate : U256(), 0, 0, 0, 0, 0);
        }
        return fail(Errc::reverted, "no such view");
    }

    Result<void> apply(const TxCall& call) {
        const Selector s = *abi::selector_in(call.data);
        if (s == erc20::Approve::selector) {
            const auto [spender, amount] = *erc20::Approve::decode_call(call.data);
            allowance(*this, call.to, spender) = amount;
            return {};
        }
        if (call.to == at("pool")) return apply_pool(s, call.data);
        if (call.to == at("router")) return apply_router(call.data);
        return fail(Errc::reverted, "no such contract");
    }

    /// Interest for this long.
    void pass(std::chrono::seconds time) {
        now += time;
        const auto grown = static_cast<double>(time.count()) / 31'536'000 * apr;
        debt += mul_div(debt, *quantize(grown, 18, Rounding::up), U256::pow10(18), Rounding::up).value();
    }

    double health() const {
        if (debt_base().is_zero()) return std::numeric_limits<double>::infinity();
        return collateral_base().to_double() * 0.8 / debt_base().to_double();
    }
    U256 collateral_base() const { return as_collateral ? supplied * 100 : U256(); }
    U256 debt_base() const { return *mul_div(debt, oracle(), U256::pow10(18)); }
    U256 oracle() const { return *quantize(eth_usd, 8, Rounding::down); }

  private:
    static Address asset_in(const Bytes& data) {
        Address a;
        std::copy_n(data.begin() + 16, 20, a.data.begin());
        return a;
    }
    Result<Bytes> erc20_answer(const EthCall& call, const Selector& s) const {
        const bool is_usdc = call.to == at("usdc");
        if (s == erc20::BalanceOf::selector) return abi::encode<U256>(is_usdc ? usdc : weth);
        const auto [owner, spender] = *erc20::Allowance::decode_call(call.data);
        return abi::encode<U256>(allowance(*this, call.to, spender));
    }
    static Result<void> take(U256& balance, U256& allowance, const U256& amount) {
        if (allowance < amount) return fail(Errc::reverted, "allowance");
        if (balance < amount) return fail(Errc::reverted, "balance");
        allowance -= amount;
        balance -= amount;
        return {};
    }
    Result<void> apply_pool(const Selector& s, const Bytes& data) {
        if (!active || paused) return fail(Errc::reverted, "29");
        if (s == aave::Supply::selector) {
            const auto [asset, amount, to, referral] = *aave::Supply::decode_call(data);
            OR_TRY(take(usdc, usdc_for_pool, amount));
            supplied += amount;
            return {};
        }
        if (s == aave::Withdraw::selector) {
            const auto [asset, wanted, to] = *aave::Withdraw::decode_call(data);
            const U256 amount = wanted == U256::max() ? supplied : wanted;
            if (amount > supplied) return fail(Errc::reverted, "32");
            supplied -= amount;
            usdc += amount;
            if (health() < 1) return fail(Errc::reverted, "35");
            return {};
        }
        if (s == aave::Borrow::selector) {
            const auto [asset, amount, mode, referral, to] = *aave::Borrow::decode_call(data);
            if (frozen || !borrowing) return fail(Errc::reverted, "28");
            debt += amount;
            weth += amount;
            if (debt_base() * 10'000 > collateral_base() * 7700) return fail(Errc::reverted, "36");
            return {};
        }
        if (s == aave::Repay::selector) {
            const auto [asset, wanted, mode, to] = *aave::Repay::decode_call(data);
            if (debt.is_zero()) return fail(Errc::reverted, "39");
            const U256 amount = std::min(wanted, debt);
            OR_TRY(take(weth, weth_for_pool, amount));
            debt -= amount;
            return {};
        }
        return fail(Errc::reverted, "no such function");
    }
    Result<void> apply_router(const Bytes& data) {
        const auto [until, calls] = *swap_router02::Multicall::decode_call(data);
        if (until < static_cast<std::uint64_t>(now.time_since_epoch().count()))
            return fail(Errc::reverted, "Transaction too old");
        const Bytes& inner = calls.at(0);
        const auto usd = [&](const U256& amount, double factor, Rounding rounding) {
            const U256 price = *quantize(eth_usd * factor, 6, rounding);
            return *mul_div(amount, price, U256::pow10(18), rounding);
        };
        if (*abi::selector_in(inner) == swap_router02::ExactInputSingle::selector) {
            const auto [a] = *swap_router02::ExactInputSingle::decode_call(inner);
            const U256 amount = std::get<4>(a);
            OR_TRY(take(weth, weth_for_router, amount));
            const U256 out = usd(amount, 0.999, Rounding::down);
            if (out < std::get<5>(a)) return fail(Errc::reverted, "Too little received");
            usdc += out;
            return {};
        }
        const auto [a] = *swap_router02::ExactOutputSingle::decode_call(inner);
        const U256 amount = std::get<4>(a);
        const U256 in = usd(amount, 1.001, Rounding::up);
        if (in > std::get<5>(a)) return fail(Errc::reverted, "Too much requested");
        OR_TRY(take(usdc, usdc_for_router, in));
        weth += amount;
        return {};
    }
};

}  // namespace outrigger::venue_test
