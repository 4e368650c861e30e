// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "hedge/venue/aave_v3_state.hpp"
#include "hedge/venue/contracts.hpp"
#include "hedge/venue/reading.hpp"

namespace outrigger::aave {
namespace {

/// Reads one call back. Everything not positively recognised is refused.
class Reader {
  public:
    explicit Reader(const AaveV3Params& params) : p_(params) {}

    Result<Inspection> read(const TxCall& call) const {
        if (call.chain != p_.chain) return no("the call is for another chain");
        if (!call.value.is_zero()) return no("the call carries native value, no call of this venue does");
        const Selector selector = OR_TRY(selector_of(call.data));
        if (call.to == p_.pool) return read_pool(selector, call.data);
        if (call.to == p_.router) return read_router(call.data);
        if (call.to == p_.collateral.address) {
            return reading::read_approval(p_.name, p_.collateral, {p_.pool, p_.router}, call.data);
        }
        if (const BorrowToken* t = borrow_token(call.to)) {
            return reading::read_approval(p_.name, *t, {p_.pool, p_.router}, call.data);
        }
        return no("no contract of this venue is at " + checksum_address(call.to));
    }

  private:
    tl::unexpected<Error> no(std::string_view why) const { return reading::no(p_.name, why); }

    /// The arguments of F, or a refusal.
    template <class F>
    Result<typename F::Arguments> arguments(ByteView data) const {
        auto args = F::decode_call(data);
        if (!args) return no(args.error().what);
        return args;
    }

    Result<Selector> selector_of(ByteView data) const {
        const auto selector = abi::selector_in(data);
        if (!selector) return no(selector.error().what);
        return selector;
    }

    const BorrowToken* borrow_token(const Address& address) const {
        const auto t = std::find_if(p_.tokens.begin(), p_.tokens.end(),
                                    [&](const BorrowToken& b) { return b.address == address; });
        return t == p_.tokens.end() ? nullptr : &*t;
    }

    Result<Inspection> effect(EffectKind kind, const VenueToken& token, const U256& amount,
                              const Address& party, bool everything_allowed) const {
        OR_TRY(reading::check_amount(p_.name, amount, everything_allowed));
        OR_TRY(reading::check_party(p_.name, party));
        Inspection seen;
        seen.kind = kind;
        seen.token = token.symbol;
        seen.amount = amount;
        seen.beneficiary = party;
        if (kind == EffectKind::borrow || kind == EffectKind::repay || kind == EffectKind::swap) {
            seen.asset = token.asset;
        }
        return seen;
    }

    Result<Inspection> read_pool(const Selector& selector, ByteView data) const {
        if (selector == Supply::selector) {
            const auto [asset, amount, on_behalf_of, referral] = OR_TRY(arguments<Supply>(data));
            if (asset != p_.collateral.address) return no("supplies something that is not the collateral");
            if (referral.value() != 0) return no("a referral code");
            return effect(EffectKind::fund, p_.collateral, amount, on_behalf_of, false);
        }
        if (selector == Withdraw::selector) {
            const auto [asset, amount, to] = OR_TRY(arguments<Withdraw>(data));
            if (asset != p_.collateral.address) return no("withdraws something that is not the collateral");
            return effect(EffectKind::defund, p_.collateral, amount, to, true);
        }
        if (selector == Borrow::selector) {
            const auto [asset, amount, mode, referral, on_behalf_of] = OR_TRY(arguments<Borrow>(data));
            const BorrowToken* token = borrow_token(asset);
            if (token == nullptr) return no("borrows something that is not a hedge token");
            if (mode != 2) return no("a loan that is not at the variable rate");
            if (referral.value() != 0) return no("a referral code");
            return effect(EffectKind::borrow, *token, amount, on_behalf_of, false);
        }
        if (selector == Repay::selector) {
            const auto [asset, amount, mode, on_behalf_of] = OR_TRY(arguments<Repay>(data));
            const BorrowToken* token = borrow_token(asset);
            if (token == nullptr) return no("repays something that is not a hedge token");
            if (mode != 2) return no("a loan that is not at the variable rate");
            return effect(EffectKind::repay, *token, amount, on_behalf_of, true);
        }
        return no("the pool function " + to_hex(selector) + " is not one this venue uses");
    }

    Result<Inspection> read_router(ByteView data) const {
        const auto [until, calls] = OR_TRY(arguments<swap_router02::Multicall>(data));
        const TimePoint deadline = OR_TRY(reading::read_deadline(p_.name, until));
        if (calls.size() != 1) return no("a multicall of other than one call");
        const Selector inner = OR_TRY(selector_of(calls.front()));
        Result<Inspection> seen = no("the router function " + to_hex(inner) + " is not one this venue uses");
        if (inner == swap_router02::ExactInputSingle::selector) {
            const auto [args] = OR_TRY(arguments<swap_router02::ExactInputSingle>(calls.front()));
            seen = read_sale(args);
        } else if (inner == swap_router02::ExactOutputSingle::selector) {
            const auto [args] = OR_TRY(arguments<swap_router02::ExactOutputSingle>(calls.front()));
            seen = read_purchase(args);
        }
        if (seen) seen->deadline = deadline;
        return seen;
    }

    /// Hedge token in, collateral token out.
    Result<Inspection> read_sale(const swap_router02::ExactInputSingleParams& args) const {
        const auto& [token_in, token_out, fee, recipient, amount_in, least_out, sqrt_limit] = args;
        const BorrowToken* token = borrow_token(token_in);
        if (token == nullptr || token_out != p_.collateral.address)
            return no("sells or receives another token");
        return read_swap(*token, fee, recipient, amount_in, least_out, sqrt_limit, -1);
    }

    /// Collateral token in, hedge token out.
    Result<Inspection> read_purchase(const swap_router02::ExactOutputSingleParams& args) const {
        const auto& [token_in, token_out, fee, recipient, amount_out, most_in, sqrt_limit] = args;
        const BorrowToken* token = borrow_token(token_out);
        if (token == nullptr || token_in != p_.collateral.address) return no("buys or pays another token");
        return read_swap(*token, fee, recipient, amount_out, most_in, sqrt_limit, 1);
    }

    Result<Inspection> read_swap(const BorrowToken& token, const abi::UInt<24>& fee, const Address& recipient,
                                 const U256& amount, const U256& quote, const abi::UInt<160>& sqrt_limit,
                                 double sign) const {
        if (fee.value() != token.swap_fee_pips) return no("a swap in a pool that is not the configured one");
        if (!sqrt_limit.value().is_zero()) return no("a partial swap");
        // Zero would mean "no limit" on a sale and a purchase for nothing the other way.
        OR_TRY(reading::check_amount(p_.name, quote, false));
        Inspection seen = OR_TRY(effect(EffectKind::swap, token, amount, recipient, false));
        seen.delta_units = sign * to_units(amount, token.decimals);
        seen.limit_usd = reading::price_of(quote, p_.collateral.decimals, amount, token.decimals);
        return seen;
    }

    const AaveV3Params& p_;
};

}  // namespace

Result<Inspection> inspect_call(const AaveV3Params& params, const TxCall& call) {
    return Reader(params).read(call);
}

}  // namespace outrigger::aave
