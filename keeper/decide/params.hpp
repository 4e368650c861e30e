// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "hedge/estimator.hpp"
#include "hedge/pipeline/pipeline.hpp"

namespace outrigger {

/// An asset of the universe: what prices, exposures and covariances are indexed by.
/// AssetId is the index into Params::assets.
struct AssetParams {
    std::string symbol;                     // "ETH", not "WETH"
    bool is_quote = false;                  // the reporting currency and its kin: no risk factor
    std::chrono::seconds price_age_max{0};  // feed heartbeat x 1.2 unless configured
};

/// One tradable hedge instrument: an asset at a venue.
struct LegParams {
    VenueId venue;
    AssetId asset;
    double max_usd = 0;     // largest short, gross
    double cost_ratio = 0;  // fee + half spread, fraction of notional
    double gas = 0;         // units that a change of the hedge takes, all its transactions together
    bool reserve = false;   // used only to fall back to
};

/// What becomes of the hedge of a position that is proven to be burned or another's.
enum class WhenGone : std::uint8_t {
    unwind,  // it follows the position to nothing, through the usual gates
    hold,    // it stays until the operator has decided
};

struct PositionParams {
    std::string name;
    bool enabled = true;
    std::vector<LegParams> legs;             // in order of preference
    std::optional<double> delta_band_ratio;  // share of position value; empty: the cheapest band (auto)
    double delta_band_usd = 0;
    std::chrono::seconds rehedge_cooldown{0};
    std::optional<std::chrono::seconds> force_after;  // empty: never
    double min_trade_usd = 0;
    double max_trade_usd = 0;
    std::uint32_t max_trades_per_day = 0;
    double max_slippage_ratio = 0;
    double max_pool_gap_ratio = 0;  // pool price against oracle price
    double max_mean_gap_ratio = 0;  // pool price against its own mean, where that is read
    WhenGone when_gone = WhenGone::unwind;
    std::chrono::seconds delta_horizon{0};  // the delta is averaged over the moves of so long; 0: spot
    bool fees_in_exposure = true;  // uncollected fees are hedged too; otherwise valued and shown apart
    double max_abs_ratio = 0;      // |hedge usd / exposure usd| of a proxy, in all and of each
    Estimator estimator = Estimator::ewma;  // of the recent covariance
    PipelineParams pipeline;
};

/// How long an order may be executed after it was decided.
inline constexpr std::chrono::seconds kOrderDeadline{120};

struct Params {
    std::vector<AssetParams> assets;
    std::vector<PositionParams> positions;
    std::vector<std::string> venues;  // names, for sentences; index: VenueId
    std::chrono::seconds bar{3600};
    std::chrono::seconds data_age_max{0};  // head older than this: hold
    std::chrono::seconds order_deadline = kOrderDeadline;
    std::uint32_t blind_rounds_max = 0;  // after this many unreadable rounds: halt and alarm
    std::uint32_t failed_tx_max = 0;     // failures in a row before the position pauses
    double health_floor = 0;             // no trade when a venue is below it; upkeep first
};

}  // namespace outrigger
