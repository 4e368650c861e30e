// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {

/// One perpetual market that trades at `eth_usd` with a fee of 0.1 % and closes at most `close_cap` a time:
/// just enough of Perp v2 to run whole orders against.
class ToyPerp {
  public:
    U256 usdc;
    U256 allowance;
    I256 margin;         // 6 decimals
    I256 size;           // 18 decimals
    I256 open_notional;  // 18 decimals
    I256 liquidity;      // base of a maker position
    double eth_usd = 3000;
    double index_usd = 3000;
    U256 close_cap = U256::pow10(18) * 1000;
    TimePoint now = deadline() - std::chrono::seconds(120);
    bool open = true;
    bool over_spread = false;
    std::uint64_t max_tick = 250;

    Result<Bytes> answer(const EthCall& call) const {
        const Selector s = *abi::selector_in(call.data);
        if (s == erc20::BalanceOf::selector) return abi::encode<U256>(usdc);
        if (s == erc20::Allowance::selector) return abi::encode<U256>(allowance);
        if (s == perp::GetAccountValue::selector) return abi::encode<I256>(value());
        if (s == perp::GetMarginRequirementForLiquidation::selector) {
            const U256 notional = *mul_div(size.magnitude(), price(), U256::pow10(18));
            return abi::encode<I256>(*I256::from_parts(notional * 625 / 10'000, false));
        }
        if (s == perp::GetBalanceByToken::selector) return abi::encode<I256>(margin);
        if (s == perp::GetFreeCollateral::selector || s == perp::GetFreeCollateralByToken::selector) {
            const I256 v = value();
            return abi::encode<U256>(v.is_negative() ? U256() : v.magnitude() / U256::pow10(12));
        }
        if (s == perp::GetTakerPositionSize::selector) return abi::encode<I256>(size);
        if (s == perp::GetTotalPositionSize::selector) return abi::encode<I256>(size + liquidity);
        if (s == perp::GetTotalOpenNotional::selector) return abi::encode<I256>(open_notional);
        if (s == perp::GetPendingFundingPayment::selector) return abi::encode<I256>(I256(-5));
        if (s == perp::GetIndexPrice::selector)
            return abi::encode<U256>(*quantize(index_usd, 18, Rounding::down));
        if (s == perp::IsOpen::selector) return abi::encode<bool>(open);
        if (s == perp::GetMaxTickCrossedWithinBlock::selector) return abi::encode<abi::UInt<24>>(max_tick);
        if (s == perp::IsOverPriceSpread::selector) return abi::encode<bool>(over_spread);
        if (s == perp::GetFeeRatio::selector) return abi::encode<abi::UInt<24>>(1000);
        return fail(Errc::reverted, "no such view");
    }

    Result<void> apply(const TxCall& call) {
        const Selector s = *abi::selector_in(call.data);
        if (s == erc20::Approve::selector) {
            allowance = std::get<1>(*erc20::Approve::decode_call(call.data));
            return {};
        }
        if (s == perp::Deposit::selector) {
            const U256 amount = std::get<1>(*perp::Deposit::decode_call(call.data));
            if (amount.is_zero() || amount > allowance || amount > usdc) return fail(Errc::reverted, "STF");
            allowance -= amount;
            usdc -= amount;
            margin = margin + *I256::from_parts(amount, false);
            return {};
        }
        if (s == perp::Withdraw::selector) {
            const U256 amount = std::get<1>(*perp::Withdraw::decode_call(call.data));
            if (*I256::from_parts(amount * U256::pow10(12), false) > value())
                return fail(Errc::reverted, "V_NEFC");
            usdc += amount;
            margin = margin - *I256::from_parts(amount, false);
            return {};
        }
        if (s == perp::OpenPosition::selector)
            return apply_open(std::get<0>(*perp::OpenPosition::decode_call(call.data)));
        if (s == perp::ClosePosition::selector)
            return apply_close(std::get<0>(*perp::ClosePosition::decode_call(call.data)));
        return fail(Errc::reverted, "no such function");
    }

    void pass(std::chrono::seconds time) { now += time; }

    double leverage() const {
        const double notional = to_units(size.magnitude(), 18) * eth_usd;
        const double v = to_units(value(), 18);
        if (notional == 0) return 0;
        return v > 0 ? notional / v : std::numeric_limits<double>::infinity();
    }

  private:
    U256 price() const { return *quantize(eth_usd, 18, Rounding::down); }
    I256 value() const {
        const U256 worth = *mul_div(size.magnitude(), price(), U256::pow10(18));
        const I256 margin18 = *I256::from_parts(margin.magnitude() * U256::pow10(12), margin.is_negative());
        return margin18 + *I256::from_parts(worth, size.is_negative()) + open_notional;
    }
    Result<void> check(const U256& until) const {
        if (until < static_cast<std::uint64_t>(now.time_since_epoch().count()))
            return fail(Errc::reverted, "CH_TE");
        if (!open) return fail(Errc::reverted, "CH_MNO");
        if (max_tick == 0) return fail(Errc::reverted, "EX_MIP");
        return {};
    }
    /// What `amount` costs or brings, fee included.
    U256 quote(const U256& amount, bool sell) const {
        const U256 worth = *mul_div(amount, price(), U256::pow10(18));
        return sell ? worth * 999 / 1000 : worth * 1000 / 999;
    }
    void trade(const U256& amount, bool sell) {
        const I256 base = *I256::from_parts(amount, sell);
        const I256 quoted = *I256::from_parts(quote(amount, sell), !sell);
        size = size + base;
        open_notional = open_notional + quoted;
        if (size.is_zero()) {
            margin = margin + *I256::from_parts(open_notional.magnitude() / U256::pow10(12),
                                                open_notional.is_negative());
            open_notional = I256();
        }
    }
    Result<void> apply_open(const perp::OpenPositionParams& a) {
        const auto& [base, sell, exact_in, amount, bound, until, root, code] = a;
        OR_TRY(check(until));
        if (sell ? quote(amount, true) < bound : quote(amount, false) > bound) {
            return fail(Errc::reverted, sell ? "CH_TLRS" : "CH_TMRL");
        }
        trade(amount, sell);
        if (sell && leverage() > 10) return fail(Errc::reverted, "CH_NEFCI");
        return {};
    }
    Result<void> apply_close(const perp::ClosePositionParams& a) {
        const auto& [base, root, bound, until, code] = a;
        OR_TRY(check(until));
        if (size.is_zero()) return fail(Errc::reverted, "CH_PSZ");
        const bool sell = !size.is_negative();
        const double limit = std::pow(root.value().to_double() / 0x1p96, 2);
        if (sell ? eth_usd < limit : eth_usd > limit) return fail(Errc::reverted, "SPL");
        const U256 amount = std::min(size.magnitude(), close_cap);
        const U256 part = amount * 1'000'000 / size.magnitude();
        const U256 scaled = bound * part / 1'000'000;
        if (sell ? quote(amount, true) < scaled : quote(amount, false) > scaled)
            return fail(Errc::reverted, "CH_TMRL");
        trade(amount, sell);
        return {};
    }
};

}  // namespace outrigger::venue_test
