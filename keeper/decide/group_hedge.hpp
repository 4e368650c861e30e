// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hedge/pipeline/pipeline.hpp"
#include "keeper/decide/group.hpp"

namespace outrigger {

/// What a group is exposed to and holds, in USD by asset; quote assets are left out.
struct GroupExposure {
    TimePoint now{};
    double value_usd = 0;                                        // of its positions
    std::map<AssetId, double> usd;                               // dV/d ln P
    std::map<std::pair<AssetId, AssetId>, double> dollar_gamma;  // Pi Pj d2V/dPidPj
    std::map<AssetId, double> held_usd;                          // by instrument, over all venues
    std::map<AssetId, double> short_cost_per_day;  // of it; an asset it is not known of is absent
    std::optional<double> gas_unit_usd;            // empty: not known
    bool finishing = false;  // a hedge has begun: what its gas costs is no reason to stop halfway
};

/// A wanted hedge: USD per instrument asset, negative is short.
struct GroupHedge {
    std::map<AssetId, double> target_usd;  // what would be held were trading free
    std::map<AssetId, double> goal_usd;    // what to hold after trading now
    bool cross = false;                    // some exposure has no instrument of its own
    double variance_removed = 1;           // share of the exposure's, by the estimate
    double condition = 0;                  // of the recent covariance; 0 when none was needed
    double shrinkage = 0;
    std::optional<HedgeQuality> quality;  // of a cross hedge
    GateDecision gate;
    double forecast_sd_usd = 0;  // a day, with the target held
    std::optional<double> gap_z;
    bool gate_open = true;
    Regime regime = Regime::calm;
    std::string regime_change;         // since the last decision, and why
    bool unwinding = false;            // to nothing, whatever the band
    bool frozen = false;               // the state of the world forbids trading
    std::optional<Approach> approach;  // the band, where it is ours to choose
    std::string no_band;               // why it is not, although it was asked for
};

/// The recent covariance of some assets as a position's settings estimate it, per day.
/// Errors:  Errc::stale when an asset has no history, or too little; Errc::decode when a return is no number
[[nodiscard]] Result<Eigen::MatrixXd> daily_covariance(const ReturnPanel& panel,
                                                       const std::vector<AssetId>& assets,
                                                       const PositionParams& settings);

/// The minimum-variance hedge of an exposure with a group's instruments, and the way to it.
///
/// Whatever the estimate needs to remember is in `memory`; bars the panel has and it has not are learnt.
/// Errors:  Errc::stale when an estimate is needed and the history is too short; Errc::unsupported when there
///          is no instrument at all
/// Source:  methods D, E.7, F
[[nodiscard]] Result<GroupHedge> hedge_group(const GroupExposure& exposure, const Group& group,
                                             const PositionParams& settings, const Result<ReturnPanel>& panel,
                                             HedgeMemory& memory);

}  // namespace outrigger
