// SPDX-License-Identifier: Apache-2.0
#include "keeper/base/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "chain/base/quantize.hpp"
#include "keeper/base/files.hpp"

namespace outrigger {

namespace {

/// The largest of a per-position limit.
template <class F>
double largest(const config::Settings& settings, F limit) {
    double out = 0;
    for (const auto& position : settings.positions) out = std::max(out, limit(position.limits));
    return out;
}

U256 highest_fee(const config::Settings& settings) {
    const auto wei =
        quantize(largest(settings, [](const auto& l) { return l.max_gas_gwei; }), 9, Rounding::down);
    return wei ? *wei : U256();
}

}  // namespace

std::string ledger_directory(const config::Settings& settings, bool live) {
    return (std::filesystem::path(expand_home(settings.storage.datadir)) / settings.chain.preset /
            (live ? "live" : "dry-run"))
        .string();
}

std::string kill_switch_path(const config::Settings& settings) {
    return (std::filesystem::path(expand_home(settings.storage.datadir)) / "KILL").string();
}

tx::FeePolicy fee_policy(const config::Settings& settings) {
    tx::FeePolicy fees;
    fees.max_fee_cap = highest_fee(settings);
    fees.tip_cap = fees.max_fee_cap;
    fees.confirmations = std::max<std::uint64_t>(1, settings.chain.confirmations);
    return fees;
}

tx::PolicyLimits policy_limits(const config::Settings& settings,
                               const std::vector<std::unique_ptr<Venue>>& venues, const Address& account) {
    constexpr double kNoLimit = std::numeric_limits<double>::max();
    tx::PolicyLimits out;
    out.chain = settings.chain.network.chain_id;
    out.self = account;
    for (const auto& venue : venues) {
        for (const auto& call : venue->allowed_calls()) out.allow.emplace_back(call.target, call.selector);
        for (const auto& spender : venue->spenders()) out.spenders.push_back(spender);
    }
    // Live refuses to start without these three; a dry run signs nothing that they could protect.
    out.max_tx_usd = settings.guard.max_tx_usd.value_or(kNoLimit);
    out.max_hour_usd = settings.guard.max_hour_usd.value_or(kNoLimit);
    out.max_day_usd = settings.guard.max_day_usd.value_or(kNoLimit);
    // One part in a billion for the rounding between the order's limit and the bytes'.
    out.max_slippage_ratio = largest(settings, [](const auto& l) { return l.max_slippage_ratio; }) + 1e-9;
    out.max_gas_usd_per_tx = largest(settings, [](const auto& l) { return l.max_gas_usd_per_tx; });
    out.max_gas_usd_per_day = largest(settings, [](const auto& l) { return l.max_gas_usd_per_day; });
    out.max_fee_cap = highest_fee(settings);
    out.gas_limit_max = kGasLimitMax;
    out.deadline_max = kOrderDeadline;
    out.kill_switch_file = kill_switch_path(settings);
    return out;
}

Result<double> price_of(const std::map<AssetId, double>& price_usd, AssetId asset) {
    const auto found = price_usd.find(asset);
    if (found == price_usd.end()) return fail(Errc::stale, "a price the policy needs is missing");
    return found->second;
}

Result<tx::Reading> read_back(const Venue& venue, const TxCall& call,
                              const std::map<AssetId, double>& price_usd, const Universe& universe,
                              const Address& self) {
    const Inspection in = OR_TRY(venue.inspect(call));
    tx::Reading out;
    out.beneficiary = in.beneficiary == Address{} ? self : in.beneficiary;
    out.beneficiary_is_spender = in.kind == EffectKind::approve;
    out.unlimited = in.amount == U256::max();
    out.reduces = in.kind == EffectKind::repay || in.kind == EffectKind::close || in.delta_units > 0;
    out.has_price =
        in.kind == EffectKind::swap || in.kind == EffectKind::open || in.kind == EffectKind::close;
    out.has_limit = in.limit_usd > 0;
    out.deadline = in.deadline.value_or(TimePoint::max());
    if (in.asset) {
        const double price = OR_TRY(price_of(price_usd, *in.asset));
        out.notional_usd = std::abs(in.delta_units) * price;
        if (out.has_limit)
            out.limit_deviation =
                in.delta_units < 0 ? (price - in.limit_usd) / price : (in.limit_usd - price) / price;
    }
    if (const auto* token = universe.token(in.token);
        token != nullptr && !out.unlimited && out.notional_usd == 0) {
        out.notional_usd = to_units(in.amount, token->decimals) *
                           OR_TRY(price_of(price_usd, OR_TRY(universe.find(token->asset))));
    }
    out.what = fmt::format("{} {}", venue.name(), in.token);
    return out;
}

}  // namespace outrigger
