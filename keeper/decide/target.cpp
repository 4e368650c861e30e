// SPDX-License-Identifier: Apache-2.0
#include "keeper/decide/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hedge/covariance.hpp"
#include "hedge/min_variance.hpp"

namespace outrigger {

namespace {

/// The largest short allowed per asset, in order of first mention, and of all together. The allowance is the
/// positions' own: a second venue or instrument is a second place for it, not a second allowance.
struct Instruments {
    std::vector<AssetId> assets;
    std::map<AssetId, double> max_usd;
    double gross_usd = 0;
};

Instruments instruments_of(const Group& group) {
    Instruments out;
    for (const auto& leg : group.legs) {
        if (!out.max_usd.contains(leg.asset)) out.assets.push_back(leg.asset);
        out.max_usd[leg.asset] = std::max(out.max_usd[leg.asset], leg.max_usd);
        out.gross_usd = std::max(out.gross_usd, leg.max_usd);
    }
    return out;
}

/// The panel's columns of some assets. Errors: Errc::stale when an asset has no history.
Result<ReturnPanel> columns(const ReturnPanel& panel, const std::vector<AssetId>& assets) {
    ReturnPanel out{assets, Eigen::MatrixXd(panel.returns.rows(), static_cast<Eigen::Index>(assets.size())),
                    panel.ends, panel.bar, panel.dropped};
    for (std::size_t i = 0; i < assets.size(); ++i) {
        const auto found = std::find(panel.assets.begin(), panel.assets.end(), assets[i]);
        if (found == panel.assets.end())
            return fail(Errc::stale, "an asset of the estimate has no price history");
        out.returns.col(static_cast<Eigen::Index>(i)) = panel.returns.col(found - panel.assets.begin());
    }
    return out;
}

Result<Covariance> estimate(const ReturnPanel& panel, const PositionParams& settings) {
    switch (settings.estimator) {
        case Estimator::sample: return sample_covariance(panel);
        case Estimator::ewma: return ewma_covariance(panel, {.half_life = settings.half_life});
        case Estimator::ledoit_wolf: return ledoit_wolf(panel);
    }
    return fail(Errc::unsupported, "unknown estimator");
}

/// Every exposure has an instrument of its own: hedge it one for one, as far as the limits allow.
HedgeTarget direct_target(const std::map<AssetId, double>& exposure_usd, const Instruments& instruments) {
    HedgeTarget out;
    double gross = 0;
    for (const auto& [asset, usd] : exposure_usd) {
        out.usd[asset] = std::clamp(-usd, -instruments.max_usd.at(asset), 0.0);
        gross -= out.usd[asset];
    }
    if (gross > instruments.gross_usd) {
        for (auto& [asset, usd] : out.usd) usd *= instruments.gross_usd / gross;
    }
    return out;
}

/// Some exposure has none: the combination of instruments that leaves the least variance.
Result<HedgeTarget> cross_target(const std::map<AssetId, double>& exposure_usd,
                                 const Instruments& instruments, const PositionParams& settings,
                                 const ReturnPanel& panel) {
    std::vector<AssetId> assets = instruments.assets;
    for (const auto& [asset, usd] : exposure_usd) {
        if (std::find(assets.begin(), assets.end(), asset) == assets.end()) assets.push_back(asset);
    }
    const ReturnPanel own = OR_TRY(columns(panel, assets));
    if (static_cast<std::size_t>(own.returns.rows()) < settings.min_bars) {
        return fail(
            Errc::stale,
            fmt::format("the price history has {} complete bars, the estimate needs {} (model.min_bars)",
                        own.returns.rows(), settings.min_bars));
    }
    const Covariance covariance = OR_TRY(estimate(own, settings));
    Eigen::VectorXd exposure(static_cast<Eigen::Index>(assets.size()));
    double gross = 0;
    for (std::size_t i = 0; i < assets.size(); ++i) {
        const auto found = exposure_usd.find(assets[i]);
        exposure(static_cast<Eigen::Index>(i)) = found == exposure_usd.end() ? 0.0 : found->second;
        gross += std::abs(exposure(static_cast<Eigen::Index>(i)));
    }
    const auto count = static_cast<Eigen::Index>(instruments.assets.size());
    Eigen::VectorXd lower(count);
    for (Eigen::Index i = 0; i < count; ++i) {
        const double venue_limit = instruments.max_usd.at(instruments.assets[static_cast<std::size_t>(i)]);
        lower(i) = -std::min(venue_limit, settings.max_abs_ratio * gross);
    }
    HedgeProblem problem;
    problem.covariance = covariance.per_bar;
    problem.exposure_usd = exposure;
    problem.loading = OR_TRY(selection(covariance.assets, instruments.assets));
    problem.lower_usd = lower;
    problem.upper_usd = Eigen::VectorXd::Zero(count);
    if (-lower.sum() > instruments.gross_usd) problem.gross_limit_usd = instruments.gross_usd;
    const auto solution = OR_TRY(minimise_variance(problem));
    HedgeTarget out;
    out.cross = true;
    out.condition = covariance.condition;
    out.shrinkage = covariance.shrinkage;
    // With no exposure left there is nothing to explain, and what is still held must be given back.
    out.r_squared = solution.variance_before > 0 ? 1 - solution.variance_after / solution.variance_before : 1;
    for (Eigen::Index i = 0; i < count; ++i)
        out.usd[instruments.assets[static_cast<std::size_t>(i)]] = solution.target_usd(i);
    return out;
}

}  // namespace

Result<HedgeTarget> hedge_target(const std::map<AssetId, double>& exposure_usd, const Group& group,
                                 const PositionParams& settings, const Result<ReturnPanel>& panel) {
    const Instruments instruments = instruments_of(group);
    if (instruments.assets.empty())
        return fail(Errc::unsupported, "no venue of this position can hold a hedge");
    const bool direct = std::all_of(exposure_usd.begin(), exposure_usd.end(),
                                    [&](const auto& e) { return instruments.max_usd.contains(e.first); });
    if (direct) return direct_target(exposure_usd, instruments);
    if (!panel)
        return fail(panel.error().code,
                    "the cross-asset estimate needs price history: " + panel.error().what);
    return cross_target(exposure_usd, instruments, settings, *panel);
}

}  // namespace outrigger
