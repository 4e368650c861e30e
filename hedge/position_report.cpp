// SPDX-License-Identifier: Apache-2.0
#include "hedge/position_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "chain/base/quantize.hpp"

namespace outrigger {
namespace {

constexpr double kSecondsPerDay = 86'400;
constexpr double kPipsPerOne = 1e6;

std::optional<RangeEdge> edge(double price, double now) {
    if (!(price > 0) || !std::isfinite(price)) return std::nullopt;
    return RangeEdge{price, price / now - 1};
}

/// The change of the principal's value against the tokens it consisted of at the entry price.
Result<Divergence> divergence_of(const LpView& view, const ReportInputs& in) {
    const bool priced = in.price0_usd && in.price1_usd;
    const double price0 = priced ? *in.price0_usd : view.pool_price;
    const double price1 = priced ? *in.price1_usd : 1.0;
    const LpGreeks now = OR_TRY(concentrated_greeks(view.curve, price0, price1));
    const LpGreeks then = OR_TRY(concentrated_greeks(view.curve, *in.entry_price, 1.0));
    const double held = then.amount0 * price0 + then.amount1 * price1;
    Divergence out;
    out.ratio = now.value_usd / held - 1;
    if (priced) out.usd = now.value_usd - held;
    return out;
}

Result<void> add_losses(const LpView& view, const ReportInputs& in, PositionReport& out) {
    if (!in.relative_variance_per_day || !out.greeks) return {};
    const double variance = *in.relative_variance_per_day;
    if (!std::isfinite(variance) || variance <= 0)
        return fail(Errc::decode, fmt::format("a variance must be positive, it is {}", variance));
    out.lvr_usd_per_day = loss_versus_rebalancing(*out.greeks, variance);
    if (in.block_time_s > 0) {
        const double share =
            arbitrage_share(variance, kSecondsPerDay / in.block_time_s, view.fee_pips / kPipsPerOne);
        out.arbitrage_usd_per_day = *out.lvr_usd_per_day * share;
    }
    return {};
}

/// An asset's column, or none for a quote asset.
Result<std::optional<Eigen::Index>> column_of(const ReturnPanel& panel, std::optional<AssetId> asset) {
    if (!asset) return std::optional<Eigen::Index>();
    const auto found = std::find(panel.assets.begin(), panel.assets.end(), *asset);
    if (found == panel.assets.end())
        return fail(Errc::not_found, "the price history does not hold one of its assets");
    return std::optional<Eigen::Index>(std::distance(panel.assets.begin(), found));
}

}  // namespace

Result<PositionReport> report_position(const LpView& view, const ReportInputs& in) {
    if (!std::isfinite(view.pool_price) || view.pool_price <= 0)
        return fail(Errc::decode, fmt::format("the pool's price is {}", view.pool_price));
    PositionReport out;
    out.principal0 = to_units(view.principal.amount0, view.decimals0);
    out.principal1 = to_units(view.principal.amount1, view.decimals1);
    out.fees0 = to_units(view.uncollected_fees.amount0, view.decimals0);
    out.fees1 = to_units(view.uncollected_fees.amount1, view.decimals1);
    out.lower = edge(view.curve.price_lower, view.pool_price);
    out.upper = edge(view.curve.price_upper, view.pool_price);
    if (in.price0_usd && in.price1_usd) {
        out.greeks = OR_TRY(concentrated_greeks(view.curve, *in.price0_usd, *in.price1_usd));
        out.fees_usd = out.fees0 * *in.price0_usd + out.fees1 * *in.price1_usd;
        const double units0 = out.greeks->delta0 + (in.fees_in_exposure ? out.fees0 : 0);
        const double units1 = out.greeks->delta1 + (in.fees_in_exposure ? out.fees1 : 0);
        out.delta0 = AssetDelta{units0, units0 * *in.price0_usd};
        out.delta1 = AssetDelta{units1, units1 * *in.price1_usd};
    }
    OR_TRY(add_losses(view, in, out));
    // Of nothing there is no divergence.
    if (in.entry_price && view.curve.liquidity > 0) out.divergence = OR_TRY(divergence_of(view, in));
    return out;
}

double arbitrage_share(double relative_variance, double blocks, double fee) {
    return 1 / (1 + std::sqrt(2 * blocks / relative_variance) * std::log1p(fee));
}

Result<double> relative_variance_per_day(const ReturnPanel& panel, std::optional<AssetId> asset0,
                                         std::optional<AssetId> asset1, std::size_t min_bars) {
    if (!asset0 && !asset1)
        return fail(Errc::not_found,
                    "both assets are dollars: how they move against each other is not estimated");
    const auto column0 = OR_TRY(column_of(panel, asset0));
    const auto column1 = OR_TRY(column_of(panel, asset1));
    const auto rows = static_cast<std::size_t>(panel.returns.rows());
    if (rows < std::max<std::size_t>(min_bars, 1) || panel.bar.count() <= 0) {
        return fail(Errc::stale, fmt::format("the price history has {} complete bars, the estimate needs {}",
                                             rows, min_bars));
    }
    Eigen::VectorXd moves = Eigen::VectorXd::Zero(panel.returns.rows());
    if (column0) moves += panel.returns.col(*column0);
    if (column1) moves -= panel.returns.col(*column1);
    const double per_bar = moves.squaredNorm() / static_cast<double>(rows);
    if (!std::isfinite(per_bar) || per_bar <= 0)
        return fail(Errc::stale, "the price history does not move: its variance cannot be estimated");
    return per_bar * kSecondsPerDay / static_cast<double>(panel.bar.count());
}

}  // namespace outrigger
