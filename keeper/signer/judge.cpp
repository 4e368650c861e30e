// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"

namespace outrigger::signer {

namespace {

/// The signer sees no receipts and so can give nothing back: its day of gas is this many configured ones,
/// debited at the worst case.
constexpr double kGasAllowance = 4;

const std::string kNative = "ETH";

void mix(Bytes& into, ByteView part) {
    into.insert(into.end(), part.begin(), part.end());
}
void mix(Bytes& into, const U256& number) {
    const auto bytes = number.to_be();
    into.insert(into.end(), bytes.begin(), bytes.end());
}

Hash32 hash_of(const Bytes& bytes) {
    Hash32 out;
    out.data = keccak256(bytes);
    return out;
}

/// What a transaction is for: everything but its nonce and its fees.
Hash32 call_hash(const TxCall& call) {
    Bytes all;
    mix(all, U256(call.chain.value));
    mix(all, call.to.data);
    mix(all, call.value);
    mix(all, U256(call.gas_limit.value));
    mix(all, call.data);
    return hash_of(all);
}

/// Everything the verdict depends on, in one line.
std::string fingerprint(const tx::PolicyLimits& l, const PriceLimits& p) {
    Bytes all;
    mix(all, U256(l.chain.value));
    mix(all, l.self.data);
    for (const auto& [target, selector] : l.allow) {
        mix(all, target.data);
        mix(all, selector.data);
    }
    for (const auto& spender : l.spenders) mix(all, spender.data);
    mix(all, l.max_fee_cap);
    const auto numbers = fmt::format(
        "{:a} {:a} {:a} {:a} {:a} {:a} {} {} {:a} {:a} {}", l.max_tx_usd, l.max_hour_usd, l.max_day_usd,
        l.max_slippage_ratio, l.max_gas_usd_per_tx, l.max_gas_usd_per_day, l.gas_limit_max,
        l.deadline_max.count(), p.max_jump_ratio, p.max_depeg_ratio, l.kill_switch_file);
    mix(all, ByteView(reinterpret_cast<const std::uint8_t*>(numbers.data()), numbers.size()));
    return to_hex(hash_of(all)).substr(0, 18);
}

}  // namespace

Result<void> believe_price(const std::string& asset, double usd, bool is_quote,
                           const std::optional<BelievedPrice>& last, TimePoint now,
                           const PriceLimits& limits) {
    if (!std::isfinite(usd) || usd <= 0)
        return fail(Errc::rejected, fmt::format("price: that of {} is no positive number", asset));
    if (is_quote) {
        if (std::abs(usd - 1) <= limits.max_depeg_ratio) return {};
        return fail(Errc::rejected, fmt::format("price: {} at {:.4f} USD is off its peg", asset, usd));
    }
    if (!last) return {};
    const double minutes = std::max(1.0, static_cast<double>((now - last->at).count()) / 60);
    const double allowed = limits.max_jump_ratio * std::sqrt(minutes);
    const double move = std::abs(usd / last->usd - 1);
    if (move <= allowed) return {};
    return fail(
        Errc::rejected,
        fmt::format("price: {} at {:.2f} USD is {:.1f} % from the {:.2f} believed {:.0f} min ago; {:.1f} % "
                    "are believed (guard.max_jump_bps)",
                    asset, usd, 100 * move, last->usd, minutes, 100 * allowed));
}

Judge::Judge(Universe universe, std::vector<std::unique_ptr<Venue>> venues, tx::PolicyGate gate,
             PriceLimits prices)
    : universe_(std::move(universe)),
      venues_(std::move(venues)),
      gate_(std::move(gate)),
      prices_(prices),
      policy_(fingerprint(gate_.limits(), prices_)) {}

Result<Judge> Judge::make(const config::Settings& settings, const Address& self) {
    Universe universe = make_universe(settings);
    auto venues = OR_TRY(make_venues(settings, universe));
    tx::PolicyLimits limits = policy_limits(settings, venues, self);
    limits.max_gas_usd_per_day *= kGasAllowance;
    tx::PolicyGate gate(std::move(limits),
                        [](const std::string& path) { return std::filesystem::exists(path); });
    return Judge(std::move(universe), std::move(venues), std::move(gate),
                 {settings.guard.max_jump_ratio, settings.guard.max_depeg_ratio});
}

/// What the bytes do, by the venue they belong to. Venues share what is no protocol's own, such as a token's
/// approve, and each knows only its own spenders.
Result<tx::Reading> Judge::read(const TxCall& call, const std::map<AssetId, double>& prices) const {
    Error last{Errc::rejected,
               fmt::format("target: {} with that function is no contract of a configured venue",
                           checksum_address(call.to))};
    for (const auto& venue : venues_) {
        const auto allowed = venue->allowed_calls();
        const bool known = std::any_of(allowed.begin(), allowed.end(), [&](const AllowedCall& a) {
            return a.target == call.to && call.data.size() >= a.selector.data.size() &&
                   std::equal(a.selector.data.begin(), a.selector.data.end(), call.data.begin());
        });
        if (!known) continue;
        auto reading = read_back(*venue, call, prices, universe_, gate_.limits().self);
        if (reading) return reading;
        last = reading.error();
    }
    return tl::unexpected(last);
}

Result<tx::Evidence> Judge::evidence(const AskSignature& ask, const Ledger& ledger, TimePoint now) const {
    const auto known = OR_TRY(ledger.prices());
    std::map<AssetId, double> prices;
    for (const auto& [symbol, usd] : ask.price_usd) {
        const auto asset = universe_.find(symbol);
        if (!asset) continue;  // nothing here is counted in it
        const auto last = known.find(symbol);
        OR_TRY(believe_price(symbol, usd, universe_.assets.at(asset->value).is_quote,
                             last == known.end() ? std::nullopt : std::optional(last->second), now, prices_));
        prices[*asset] = usd;
    }
    tx::Evidence out;
    out.now = now;
    out.reading = OR_TRY(read(ask.tx.call, prices));
    // What only a node could say is the keeper's own gate's affair; the bytes bound what it can cost.
    out.simulated_ok = true;
    out.gas_estimate = ask.tx.call.gas_limit;
    const auto spent = OR_TRY(ledger.windows(now));
    out.spent_hour_usd = spent.hour_usd;
    out.spent_day_usd = spent.day_usd;
    out.gas_day_usd = spent.gas_day_usd;
    const auto native = ask.price_usd.find(kNative);
    out.native_usd = native == ask.price_usd.end() ? 0 : native->second;
    return out;
}

/// A version after the first: its gas at the price that was believed, whatever is said now.
Result<void> Judge::bind_version(const tx::UnsignedTx& tx, const Purpose& purpose, Ledger& ledger,
                                 TimePoint now) const {
    const auto known = OR_TRY(ledger.prices());
    const auto native = known.find(kNative);
    const double usd =
        native == known.end() ? 0 : tx::gas_cost_usd(tx.call.gas_limit, tx.max_fee, native->second.usd);
    return ledger.bind(tx.nonce, purpose, {0, usd}, {}, policy_, now);
}

Result<tx::Approved<tx::UnsignedTx>> Judge::judge(const AskSignature& ask, Ledger& ledger,
                                                  TimePoint now) const {
    const tx::UnsignedTx& tx = ask.tx;
    const auto& limits = gate_.limits();
    const tx::Fees fees{tx.max_fee, tx.tip};
    Purpose purpose{call_hash(tx.call), fees, false};
    if (tx == tx::cancellation(limits.chain, limits.self, tx.nonce, fees)) {
        auto approved = OR_TRY(gate_.approve_cancel(tx.nonce, tx.max_fee, tx.tip));
        purpose.cancelled = true;
        OR_TRY(bind_version(tx, purpose, ledger, now));
        return approved;
    }
    if (const auto known = OR_TRY(ledger.purpose_of(tx.nonce))) {
        tx::UnsignedTx before = tx;
        before.max_fee = known->fees.max_fee;
        before.tip = known->fees.tip;
        auto approved = OR_TRY(gate_.approve_bump(tx, before));
        OR_TRY(bind_version(tx, purpose, ledger, now));  // refuses any other call
        return approved;
    }
    const tx::Evidence found = OR_TRY(evidence(ask, ledger, now));
    auto approved = OR_TRY(gate_.approve(tx, found));
    const Debit debit{found.reading.moved_usd(),
                      tx::gas_cost_usd(tx.call.gas_limit, tx.max_fee, found.native_usd)};
    std::map<std::string, double> believed;
    for (const auto& [symbol, usd] : ask.price_usd)
        if (universe_.find(symbol)) believed.emplace(symbol, usd);
    OR_TRY(ledger.bind(tx.nonce, purpose, debit, believed, policy_, now));
    return approved;
}

}  // namespace outrigger::signer
