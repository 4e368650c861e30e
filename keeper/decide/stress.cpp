// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/stress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "chain/base/quantize.hpp"
#include "hedge/exposure.hpp"
#include "hedge/stress.hpp"
#include "keeper/decide/evaluate.hpp"
#include "keeper/decide/group.hpp"
#include "keeper/decide/group_hedge.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

using Factors = std::map<AssetId, double>;  // a price afterwards, as a share of the price now

double factor_of(const Factors& factors, AssetId asset) {
    const auto found = factors.find(asset);
    return found == factors.end() ? 1 : found->second;
}

/// A group with what is known of it.
struct Subject {
    const Snapshot& seen;
    const Params& params;
    const Group& group;
    const PositionFigures& total;

    [[nodiscard]] bool quote(AssetId asset) const { return params.assets.at(asset.value).is_quote; }
    [[nodiscard]] double price(AssetId asset) const { return seen.prices.at(asset).value->usd; }

    /// Instruments first, then what has none.
    [[nodiscard]] std::vector<AssetId> assets() const {
        std::vector<AssetId> out;
        const auto add = [&](AssetId asset) {
            if (!quote(asset) && std::find(out.begin(), out.end(), asset) == out.end()) out.push_back(asset);
        };
        for (const auto& leg : total.legs) add(leg.asset);
        for (const auto& [asset, units] : total.delta_units) add(asset);
        return out;
    }
    [[nodiscard]] bool is_instrument(AssetId asset) const {
        return std::any_of(total.legs.begin(), total.legs.end(),
                           [&](const LegFigures& leg) { return leg.asset == asset; });
    }
    /// What the group has besides instruments and dollars.
    [[nodiscard]] std::vector<AssetId> uncovered() const {
        auto out = assets();
        out.erase(std::remove_if(out.begin(), out.end(), [&](AssetId a) { return is_instrument(a); }),
                  out.end());
        return out;
    }
};

/// ---- prices

Result<double> positions_at(const Subject& s, const Factors& factors) {
    double out = 0;
    for (const auto index : s.group.members) {
        const LpView& lp = *s.seen.pools.at(index).value;
        const double p0 = s.price(lp.curve.asset0) * factor_of(factors, lp.curve.asset0);
        const double p1 = s.price(lp.curve.asset1) * factor_of(factors, lp.curve.asset1);
        out += OR_TRY(concentrated_greeks(lp.curve, p0, p1)).value_usd;
        out += to_units(lp.uncollected_fees.amount0, lp.decimals0) * p0 +
               to_units(lp.uncollected_fees.amount1, lp.decimals1) * p1;
    }
    return out;
}

Result<PriceStress> price_stress(const Subject& s, std::string name, const Factors& factors) {
    PriceStress out;
    out.name = std::move(name);
    out.positions_usd = OR_TRY(positions_at(s, factors)) - OR_TRY(positions_at(s, {}));
    out.lowest_health = std::numeric_limits<double>::infinity();
    out.lowest_equity_usd = std::numeric_limits<double>::infinity();
    std::map<VenueId, std::array<double, 3>> venues;  // P&L, debt before, debt after
    for (const auto& leg : s.total.legs) {
        const double move = leg.held_usd * (factor_of(factors, leg.asset) - 1);
        out.hedge_usd += move;
        auto& [pnl, before, after] = venues[leg.venue];
        pnl += move;
        before += std::max(-leg.held_usd, 0.0);
        after += std::max(-leg.held_usd, 0.0) * factor_of(factors, leg.asset);
    }
    for (const auto& [venue, sums] : venues) {
        const auto& account = *s.seen.accounts.at(venue).value;
        const auto& [pnl, before, after] = sums;
        out.lowest_equity_usd = std::min(out.lowest_equity_usd, account.equity_usd + pnl);
        if (before > 0 && after > 0)
            out.lowest_health = std::min(out.lowest_health, account.health * before / after);
    }
    return out;
}

Factors all_of(const std::vector<AssetId>& assets, double factor) {
    Factors out;
    for (const auto asset : assets) out[asset] = factor;
    return out;
}

/// The worst of every combination of moves of at most five assets.
Result<PriceStress> worst_combination(const Subject& s, const std::vector<AssetId>& assets) {
    constexpr std::array kMoves{0.5, 0.75, 1.0, 1.25, 1.5};
    constexpr std::size_t kMost = 5;
    const std::size_t count = std::min(assets.size(), kMost);
    std::size_t combinations = 1;
    for (std::size_t i = 0; i < count; ++i) combinations *= kMoves.size();
    std::optional<PriceStress> worst;
    for (std::size_t code = 0; code < combinations; ++code) {
        Factors factors;
        std::string name;
        std::size_t rest = code;
        for (std::size_t i = 0; i < count; ++i) {
            const double move = kMoves.at(rest % kMoves.size());
            rest /= kMoves.size();
            factors[assets[i]] = move;
            name += fmt::format("{}{} {:+.0f} %", i == 0 ? "" : ", ",
                                s.params.assets.at(assets[i].value).symbol, 100 * (move - 1));
        }
        auto row = OR_TRY(price_stress(s, name, factors));
        if (!worst || row.total_usd() < worst->total_usd()) worst = std::move(row);
    }
    worst->name = fmt::format("worst of {}: {}", combinations, worst->name);
    return *worst;
}

Result<std::vector<PriceStress>> price_rows(const Subject& s) {
    const auto assets = s.assets();
    std::vector<PriceStress> out;
    for (const double move : {-0.5, -0.2, 0.2, 0.5})
        out.push_back(OR_TRY(
            price_stress(s, fmt::format("everything {:+.0f} %", 100 * move), all_of(assets, 1 + move))));
    if (const auto uncovered = s.uncovered(); !uncovered.empty()) {
        Factors gap = all_of(assets, 1.10);
        for (const auto asset : uncovered) gap[asset] = 0.75;
        out.push_back(OR_TRY(price_stress(s, "hedge gap: held -25 %, instruments +10 %", gap)));
    }
    Factors dollar;
    for (const auto index : s.group.members) {
        const auto& curve = s.seen.pools.at(index).value->curve;
        for (const auto asset : {curve.asset0, curve.asset1})
            if (s.quote(asset)) dollar[asset] = 0.9;
    }
    if (!dollar.empty()) out.push_back(OR_TRY(price_stress(s, "the dollar token -10 %", dollar)));
    out.push_back(OR_TRY(worst_combination(s, assets)));
    return out;
}

/// ---- correlations

struct Risk {
    MatrixXd correlation;
    VectorXd volatility;  // a day
    VectorXd exposure;
    VectorXd hedge;
};

Result<Risk> risk_of(const Subject& s, const std::vector<AssetId>& assets) {
    const auto& settings = s.params.positions[s.group.members.front()];
    if (!s.seen.panel) return tl::unexpected(s.seen.panel.error());
    const MatrixXd covariance = OR_TRY(daily_covariance(*s.seen.panel, assets, settings));
    Risk out;
    out.correlation = correlation(covariance);
    out.volatility = covariance.diagonal().cwiseSqrt();
    out.exposure = VectorXd::Zero(std::ssize(assets));
    out.hedge = VectorXd::Zero(std::ssize(assets));
    for (std::size_t i = 0; i < assets.size(); ++i) {
        const auto row = static_cast<Index>(i);
        const auto held = s.total.delta_units.find(assets[i]);
        if (held != s.total.delta_units.end()) out.exposure[row] = held->second * s.price(assets[i]);
        for (const auto& leg : s.total.legs)
            if (leg.asset == assets[i]) out.hedge[row] += leg.held_usd;
    }
    return out;
}

CorrelationStress correlation_row(const Risk& risk, std::string name, const MatrixXd& matrix,
                                  std::optional<double> least) {
    CorrelationStress out;
    out.name = std::move(name);
    out.sd_unhedged = portfolio_sd(matrix, risk.volatility, risk.exposure);
    out.sd_hedged = portfolio_sd(matrix, risk.volatility, risk.exposure + risk.hedge);
    if (out.sd_unhedged > 0) out.variance_removed = 1 - std::pow(out.sd_hedged / out.sd_unhedged, 2);
    if (least)
        out.breaks_at =
            breakdown_margin(risk.correlation, matrix, risk.volatility, risk.exposure, risk.hedge, *least);
    return out;
}

Result<std::vector<CorrelationStress>> correlation_rows(const Subject& s, const std::vector<AssetId>& assets,
                                                        const std::vector<EditedCorrelation>& edits) {
    const Risk risk = OR_TRY(risk_of(s, assets));
    const double least = s.params.positions[s.group.members.front()].pipeline.min_variance_removed;
    std::vector<CorrelationStress> out;
    out.push_back(correlation_row(risk, "as estimated", risk.correlation, std::nullopt));
    if (assets.size() < 2) return out;
    const VectorXd left = risk.exposure + risk.hedge;
    const auto towards = [&](const char* name, CorrelationTarget target, Index asset = 0) {
        out.push_back(
            correlation_row(risk, name, correlation_target(risk.correlation, target, left, asset), least));
    };
    towards("all to one", CorrelationTarget::ones);
    towards("all to zero", CorrelationTarget::identity);
    towards("all against us", CorrelationTarget::against);
    for (const auto asset : s.uncovered()) {
        const auto at = std::find(assets.begin(), assets.end(), asset) - assets.begin();
        towards((s.params.assets.at(asset.value).symbol + " leaves the rest").c_str(),
                CorrelationTarget::alone, at);
    }
    MatrixXd edited = risk.correlation;
    std::string name;
    for (const auto& edit : edits) {
        const auto a = std::find(assets.begin(), assets.end(), edit.a) - assets.begin();
        const auto b = std::find(assets.begin(), assets.end(), edit.b) - assets.begin();
        if (a == std::ssize(assets) || b == std::ssize(assets)) continue;
        edited(a, b) = edited(b, a) = edit.value;
        name +=
            fmt::format("{}{}:{} {:.2f}", name.empty() ? "" : ", ", s.params.assets.at(edit.a.value).symbol,
                        s.params.assets.at(edit.b.value).symbol, edit.value);
    }
    if (!name.empty())
        out.push_back(
            correlation_row(risk, name + " (repaired)", OR_TRY(nearest_correlation(edited)), least));
    return out;
}

/// ---- circumstances

ReactionStress reaction_to(const Subject& s, std::string name, const Snapshot& seen, const State& state,
                           const Params& params) {
    const Decision d = decide(seen, state, params);
    const auto& action = d.positions.at(s.group.members.front()).action;
    ReactionStress out;
    out.name = std::move(name);
    if (const auto* hold = std::get_if<Hold>(&action)) {
        out.action = "hold";
        out.why = hold->detail.empty() ? hold->reason : hold->detail;
    } else if (const auto* adjust = std::get_if<AdjustHedge>(&action)) {
        out.action = "adjust";
        out.why = adjust->detail;
    } else if (const auto* halt = std::get_if<Halt>(&action)) {
        out.action = "halt";
        out.why = halt->detail;
    }
    return out;
}

std::vector<ReactionStress> reaction_rows(const Subject& s, const State& state) {
    std::vector<ReactionStress> out;
    Snapshot gas = s.seen;
    if (gas.gas_unit_usd) *gas.gas_unit_usd *= 50;
    out.push_back(reaction_to(s, "gas x 50", gas, state, s.params));
    Params dear = s.params;
    for (auto& position : dear.positions)
        for (auto& leg : position.legs) leg.cost_ratio *= 10;
    out.push_back(reaction_to(s, "liquidity gone: trading costs x 10", s.seen, state, dear));
    Snapshot frozen = s.seen;
    frozen.now += std::chrono::hours{26};
    for (auto& [chain, block] : frozen.pins) block.timestamp += std::chrono::hours{26};
    out.push_back(reaction_to(s, "oracles frozen for 26 h", frozen, state, s.params));
    Snapshot lagging = s.seen;
    lagging.now += std::chrono::minutes{30};
    out.push_back(reaction_to(s, "the node stands still for 30 min", lagging, state, s.params));
    Snapshot down = s.seen;
    for (auto& [venue, account] : down.accounts)
        account.value = fail(Errc::transport, "the venue does not answer");
    out.push_back(reaction_to(s, "the venues do not answer", down, state, s.params));
    const auto memory = state.hedges.find(s.params.positions[s.group.members.front()].name);
    if (!s.total.cross || memory == state.hedges.end()) return out;
    for (const auto& [regime, name] :
         {std::pair{Regime::decorr, "the correlation falls"}, {Regime::broken, "the relationship breaks"}}) {
        State then = state;
        auto& watched = then.hedges.at(memory->first).watch.state;
        watched.regime = regime;
        watched.since = s.seen.now;
        out.push_back(reaction_to(s, name, s.seen, then, s.params));
    }
    return out;
}

}  // namespace

Result<std::vector<StressReport>> stress_groups(const Snapshot& seen, const State& state,
                                                const Params& params,
                                                const std::vector<EditedCorrelation>& edits) {
    const Decision decision = decide(seen, state, params);
    std::vector<StressReport> out;
    for (const auto& group : make_groups(params)) {
        const auto& total = decision.positions.at(group.members.front()).figures;
        if (!total.known) continue;
        const Subject subject{seen, params, group, total};
        StressReport report;
        report.leader = group.members.front();
        report.assets = subject.assets();
        report.prices = OR_TRY(price_rows(subject));
        auto correlations = correlation_rows(subject, report.assets, edits);
        if (correlations) {
            report.correlations = *std::move(correlations);
        } else {
            report.no_correlations = correlations.error().what;
        }
        report.reactions = reaction_rows(subject, decision.next);
        out.push_back(std::move(report));
    }
    return out;
}

}  // namespace outrigger
