// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"
#include "hedge/venue/perp_v2_state.hpp"
#include "hedge/venue/reading.hpp"

namespace outrigger::perp {
namespace {

/// Reads one call back. Everything not positively recognised is refused. None of Perp's functions names a
/// receiver: margin and positions are the sender's own.
class Reader {
  public:
    explicit Reader(const PerpV2Params& params) : p_(params) {}

    Result<Inspection> read(const TxCall& call) const {
        if (call.chain != p_.chain) return no("the call is for another chain");
        if (!call.value.is_zero()) return no("the call carries native value, no call of this venue does");
        const auto selector = abi::selector_in(call.data);
        if (!selector) return no(selector.error().what);
        if (call.to == p_.collateral.address) {
            return reading::read_approval(p_.name, p_.collateral, {p_.vault}, call.data);
        }
        if (call.to == p_.vault) {
            if (*selector == Deposit::selector) {
                return read_margin(EffectKind::fund, OR_TRY(arguments<Deposit>(call.data)));
            }
            if (*selector == Withdraw::selector) {
                return read_margin(EffectKind::defund, OR_TRY(arguments<Withdraw>(call.data)));
            }
        }
        if (call.to == p_.clearing_house) {
            if (*selector == OpenPosition::selector) {
                return read_open(std::get<0>(OR_TRY(arguments<OpenPosition>(call.data))));
            }
            if (*selector == ClosePosition::selector) {
                return read_close(std::get<0>(OR_TRY(arguments<ClosePosition>(call.data))));
            }
        }
        return no(fmt::format("{} at {} is not a call of this venue", to_hex(*selector),
                              checksum_address(call.to)));
    }

  private:
    tl::unexpected<Error> no(std::string_view why) const { return reading::no(p_.name, why); }

    template <class F>
    Result<typename F::Arguments> arguments(ByteView data) const {
        auto args = F::decode_call(data);
        if (!args) return no(args.error().what);
        return args;
    }

    const PerpMarket* market_of(const Address& base_token) const {
        const auto m = std::find_if(p_.markets.begin(), p_.markets.end(),
                                    [&](const PerpMarket& k) { return k.base_token == base_token; });
        return m == p_.markets.end() ? nullptr : &*m;
    }

    Result<Inspection> read_margin(EffectKind kind, const std::tuple<Address, U256>& args) const {
        const auto& [token, amount] = args;
        if (token != p_.collateral.address) return no("moves a token that is not the settlement token");
        OR_TRY(reading::check_amount(p_.name, amount, false));
        Inspection seen;
        seen.kind = kind;
        seen.token = p_.collateral.symbol;
        seen.amount = amount;
        return seen;
    }

    Result<Inspection> read_trade(EffectKind kind, const Address& base_token, const U256& until,
                                  const Hash32& referral) const {
        const PerpMarket* market = market_of(base_token);
        if (market == nullptr) return no("trades a market that is not configured");
        if (referral != Hash32{}) return no("a referral code");
        Inspection seen;
        seen.kind = kind;
        seen.token = market->symbol;
        seen.asset = market->asset;
        seen.deadline = OR_TRY(reading::read_deadline(p_.name, until));
        return seen;
    }

    /// A sale of exact base opens, a purchase of exact base closes; the other two forms are never used.
    Result<Inspection> read_open(const OpenPositionParams& args) const {
        const auto& [base_token, base_to_quote, exact_input, amount, bound, until, sqrt_limit, referral] =
            args;
        if (base_to_quote != exact_input)
            return no("a trade that is not of an exact amount of the base token");
        if (!sqrt_limit.value().is_zero()) return no("a partial trade");
        OR_TRY(reading::check_amount(p_.name, amount, false));
        OR_TRY(reading::check_amount(p_.name, bound, false));  // zero would switch the price limit off
        Inspection seen = OR_TRY(
            read_trade(base_to_quote ? EffectKind::open : EffectKind::close, base_token, until, referral));
        seen.amount = amount;
        seen.delta_units = (base_to_quote ? -1 : 1) * to_units(amount, kDecimals);
        seen.limit_usd = reading::price_of(bound, kDecimals, amount, kDecimals);
        return seen;
    }

    /// All of a position, whose size and side are not in the bytes: the limit is the marginal price it may
    /// reach.
    Result<Inspection> read_close(const ClosePositionParams& args) const {
        const auto& [base_token, sqrt_limit, bound, until, referral] = args;
        OR_TRY(reading::check_amount(p_.name, bound, false));
        if (sqrt_limit.value().is_zero()) return no("a close without a price limit");
        Inspection seen = OR_TRY(read_trade(EffectKind::close, base_token, until, referral));
        seen.amount = U256::max();
        const double root = sqrt_limit.value().to_double() / 0x1p96;
        seen.limit_usd = root * root;
        return seen;
    }

    const PerpV2Params& p_;
};

}  // namespace

Result<Inspection> inspect_call(const PerpV2Params& params, const TxCall& call) {
    return Reader(params).read(call);
}

}  // namespace outrigger::perp
