// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "chain/base/lp.hpp"
#include "chain/base/result.hpp"
#include "hedge/exposure.hpp"
#include "hedge/returns.hpp"

namespace outrigger {

/// What is known beside the position itself. What is not given stays unknown in the report; it is never zero.
struct ReportInputs {
    std::optional<double> price0_usd;
    std::optional<double> price1_usd;
    std::optional<double> relative_variance_per_day;  // of ln(P0/P1)
    std::optional<double> entry_price;                // the pool's price when the position was entered
    double block_time_s = 0;                          // mean time between blocks; 0: not known
    bool fees_in_exposure = true;                     // whether uncollected fees count in the deltas
};

/// A price at which the range is left or entered.
struct RangeEdge {
    double price = 0;  // whole token1 per whole token0
    double move = 0;   // from the pool's price now; -0.05 is 5 % down
};

/// What providing liquidity has cost against holding the tokens of the entry. Negative: holding did better.
struct Divergence {
    double ratio = 0;
    std::optional<double> usd;  // empty without USD prices
};

/// What a position is long of one asset.
struct AssetDelta {
    double units = 0;
    double usd = 0;
};

/// A position in the units people think in, valued at the oracles' cross price.
struct PositionReport {
    double principal0 = 0;  // whole tokens at the pool's price, as removing all liquidity would pay
    double principal1 = 0;
    double fees0 = 0;  // uncollected
    double fees1 = 0;
    std::optional<LpGreeks> greeks;  // of the principal; empty without USD prices
    std::optional<double> fees_usd;
    std::optional<AssetDelta> delta0;  // with the fees, when they count as exposure
    std::optional<AssetDelta> delta1;
    std::optional<RangeEdge> lower;  // empty: there is no such edge
    std::optional<RangeEdge> upper;
    std::optional<double> lvr_usd_per_day;        // expected loss to arbitrage before fees
    std::optional<double> arbitrage_usd_per_day;  // the part of it that trades, given the fee and block time
    std::optional<Divergence> divergence;         // of the principal, with its liquidity unchanged since
};

/// The report of one position.
///
/// Errors:  Errc::decode when a price, the variance or the curve is not a number that makes sense
/// Source:  methods A.1, A.2, A.3, A.8
[[nodiscard]] Result<PositionReport> report_position(const LpView& view, const ReportInputs& inputs);

/// The share of the loss to arbitrage that trades at all, with a fee and blocks that come at random.
///
/// Units:   variance and blocks by one unit of time; fee as a ratio, 0.003 is 0.3 %
/// Pre:     variance > 0, blocks > 0, fee >= 0
/// Source:  Milionis, Moallemi and Roughgarden (2023), fast-block limit; methods A.8
[[nodiscard]] double arbitrage_share(double relative_variance, double blocks, double fee);

/// The variance of one day's ln(P0/P1), from a panel of returns; uncentred. A quote asset, of which the panel
/// holds none, moves nothing.
///
/// Errors:  Errc::stale with less history than `min_bars`, Errc::not_found when both assets are quote assets
///          or one that is not has no column
[[nodiscard]] Result<double> relative_variance_per_day(const ReturnPanel& panel,
                                                       std::optional<AssetId> asset0,
                                                       std::optional<AssetId> asset1, std::size_t min_bars);

}  // namespace outrigger
