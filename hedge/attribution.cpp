// SPDX-License-Identifier: Apache-2.0
#include "hedge/attribution.hpp"

#include <algorithm>
#include <cmath>

namespace outrigger {

namespace {

Result<double> price(const HoldingPoint& point, const std::string& asset) {
    const auto found = point.price_usd.find(asset);
    if (found == point.price_usd.end() || !(found->second > 0) || !std::isfinite(found->second))
        return fail(Errc::decode, "no usable price of " + asset);
    return found->second;
}

double amount(const std::map<std::string, double>& holding, const std::string& asset) {
    const auto found = holding.find(asset);
    return found == holding.end() ? 0 : found->second;  // an asset that is not held is held to nothing
}

/// The holding times the move of its prices.
Result<double> moved(const std::map<std::string, double>& holding, const HoldingPoint& before,
                     const HoldingPoint& after) {
    double out = 0;
    for (const auto& [asset, units] : holding)
        out += units * (OR_TRY(price(after, asset)) - OR_TRY(price(before, asset)));
    return out;
}

/// What became more of it, at the later prices.
Result<double> grown(const std::map<std::string, double>& from, const std::map<std::string, double>& to,
                     const HoldingPoint& after) {
    double out = 0;
    for (const auto& [asset, units] : to) out += (units - amount(from, asset)) * OR_TRY(price(after, asset));
    for (const auto& [asset, units] : from)
        if (!to.contains(asset)) out -= units * OR_TRY(price(after, asset));
    return out;
}

bool collected(const HoldingPoint& before, const HoldingPoint& after) {
    for (const auto& [asset, units] : before.fees)
        if (amount(after.fees, asset) < units * (1 - 1e-9)) return true;
    return false;
}

}  // namespace

Result<Attribution> attribute(const HoldingPoint& before, const HoldingPoint& after) {
    if (after.at <= before.at) return fail(Errc::decode, "no time has passed");
    if (before.liquidity != after.liquidity) return fail(Errc::unsupported, "liquidity was added or taken");
    if (collected(before, after)) return fail(Errc::unsupported, "fees were collected");
    Attribution out;
    out.from = before.at;
    out.to = after.at;
    out.delta_usd =
        OR_TRY(moved(before.principal, before, after)) + OR_TRY(moved(before.fees, before, after));
    out.gamma_usd = OR_TRY(grown(before.principal, after.principal, after));
    out.fees_usd = OR_TRY(grown(before.fees, after.fees, after));
    out.hedge_usd = OR_TRY(moved(before.hedge, before, after));
    out.gas_usd = after.gas_usd - before.gas_usd;
    if (before.venue_equity_usd && after.venue_equity_usd && before.writes == after.writes) {
        out.carry_usd = *after.venue_equity_usd - *before.venue_equity_usd - out.hedge_usd;
        if (before.loans && after.loans)
            out.interest_usd = after.loans->equity_usd - before.loans->equity_usd -
                               OR_TRY(moved(before.loans->hedge, before, after));
    }
    const bool finite = std::isfinite(out.hedged_usd()) && std::isfinite(out.unhedged_usd());
    if (!finite) return fail(Errc::decode, "the profit and loss is not a finite number");
    return out;
}

namespace {

void add(Attribution& to, const Attribution& more) {
    to.to = more.to;
    to.delta_usd += more.delta_usd;
    to.gamma_usd += more.gamma_usd;
    to.fees_usd += more.fees_usd;
    to.hedge_usd += more.hedge_usd;
    to.gas_usd += more.gas_usd;
}

}  // namespace

std::vector<Attribution> by_bar(std::span<const Attribution> intervals, std::chrono::seconds bar) {
    std::vector<Attribution> out;
    const auto bar_of = [&](const Attribution& a) {
        return (a.to - std::chrono::seconds{1}).time_since_epoch() / bar;
    };
    for (const auto& interval : intervals) {
        if (out.empty() || bar_of(out.back()) != bar_of(interval)) {
            out.push_back(interval);
            continue;
        }
        auto& last = out.back();
        add(last, interval);
        const auto both = [](const std::optional<double>& a, const std::optional<double>& b) {
            return a && b ? std::optional(*a + *b) : std::nullopt;
        };
        last.carry_usd = both(last.carry_usd, interval.carry_usd);
        last.interest_usd = both(last.interest_usd, interval.interest_usd);
    }
    return out;
}

Attribution sum_of(std::span<const Attribution> intervals) {
    Attribution out;
    if (intervals.empty()) return out;
    out.from = intervals.front().from;
    for (const auto& interval : intervals) {
        add(out, interval);
        if (interval.carry_usd) out.carry_usd = out.carry_usd.value_or(0) + *interval.carry_usd;
        if (interval.interest_usd) out.interest_usd = out.interest_usd.value_or(0) + *interval.interest_usd;
    }
    // Carry that was not taken apart leaves all of it untold.
    if (std::any_of(intervals.begin(), intervals.end(),
                    [](const auto& i) { return i.carry_usd && !i.interest_usd; }))
        out.interest_usd.reset();
    return out;
}

}  // namespace outrigger
