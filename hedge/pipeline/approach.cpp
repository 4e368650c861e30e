// SPDX-License-Identifier: Apache-2.0
#include "hedge/pipeline/approach.hpp"

#include <algorithm>
#include <cmath>

#include "hedge/min_variance.hpp"

namespace outrigger {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr std::size_t kEnumerated = 12;  // instruments whose gas is weighed exactly: 2^12 small problems

bool is_member(const ApproachInputs& in, Index k) {
    return in.member.empty() || in.member[static_cast<std::size_t>(k)];
}

/// How often the band trades and what it costs, once its instrument's deviation wanders at D.
void add_rates(const Band& band, const BandInputs& inputs, Approach& out) {
    const double width = band.trigger_usd * band.trigger_usd - band.target_usd * band.target_usd;
    if (!(width > 0)) return;  // without gas the band trades all the time, by nothing
    out.trades_per_day += inputs.target_variance_rate / width;
    out.cost_usd_per_day += band_cost_rate(band, inputs);
}

/// The band as wide as the limits on trading make it: a daily budget is spent evenly, and no trade is smaller
/// than it may be.
Band widened(Band band, const ApproachInputs& in, double rate) {
    const double edge = band.target_usd;
    if (in.trades_per_day_max > 0)
        band.trigger_usd = std::max(band.trigger_usd, std::sqrt(edge * edge + rate / in.trades_per_day_max));
    band.trigger_usd = std::max(band.trigger_usd, edge + in.min_trade_usd);
    return band;
}

/// The one-instrument problem that trades when and where this band does. One that lands on its target has no
/// edge to be calibrated by, and trading it is free but for gas.
BandCalibration calibration_of(const Band& best, const Band& wide, const BandInputs& inputs) {
    if (!(wide.trigger_usd > best.trigger_usd) || !(best.target_usd > 0)) return calibrate(best, inputs);
    const double width = wide.trigger_usd - wide.target_usd;
    return {inputs.cost_ratio / (inputs.risk_aversion * inputs.variance * wide.target_usd),
            inputs.cost_ratio * width * width / (2 * wide.target_usd)};
}

struct Calibrated {
    double horizon = 0;
    double gas_usd = 0;
    double members = 0;
};

Result<Calibrated> calibrated(const ApproachInputs& in, Approach& out) {
    Calibrated sum;
    out.bands.resize(static_cast<std::size_t>(in.target_usd.size()));
    for (Index k = 0; k < in.target_usd.size(); ++k) {
        const auto asset = in.instruments[static_cast<std::size_t>(k)];
        if (!is_member(in, k) || !(in.covariance(asset, asset) > 0)) continue;
        const BandInputs inputs{.risk_aversion = in.risk_aversion,
                                .variance = in.covariance(asset, asset),
                                .target_variance_rate = in.target_variance_rate[k],
                                .gas_usd = in.gas_usd,
                                .cost_ratio = in.cost_per_usd[k]};
        const Band best = OR_TRY(rebalance_band(inputs));
        const Band band = widened(best, in, inputs.target_variance_rate);
        out.bands[static_cast<std::size_t>(k)] = band;
        const BandCalibration own = calibration_of(best, band, inputs);
        sum.horizon += own.horizon;
        sum.gas_usd += own.gas_usd;
        sum.members += 1;
        out.trigger_usd += band.trigger_usd;
        add_rates(band, inputs, out);
    }
    if (sum.members > 0) out.trigger_usd /= sum.members;
    return sum;
}

}  // namespace

VectorXd only_reduced(const VectorXd& wanted, const VectorXd& held) {
    return wanted.cwiseMax(held.cwiseMin(0)).cwiseMin(held.cwiseMax(0));
}

Result<Approach> approach_target(const ApproachInputs& in) {
    Approach out;
    const Calibrated sum = OR_TRY(calibrated(in, out));
    if (sum.members == 0) {
        out.goal_usd = only_reduced(in.target_usd, in.held_usd);
        return out;
    }
    std::vector<Index> used;
    for (Index k = 0; k < in.target_usd.size(); ++k) {
        const auto asset = in.instruments[static_cast<std::size_t>(k)];
        const bool moves = in.covariance(asset, asset) > 0;
        if (moves && (is_member(in, k) || in.held_usd[k] != 0)) used.push_back(k);
    }
    HedgeProblem follow;
    follow.covariance = in.covariance;
    follow.loading = Eigen::MatrixXd::Zero(in.covariance.rows(), std::ssize(used));
    follow.exposure_usd = VectorXd::Zero(in.covariance.rows());
    for (std::size_t i = 0; i < used.size(); ++i)
        follow.loading(in.instruments[static_cast<std::size_t>(used[i])], static_cast<Index>(i)) = 1;
    for (Index k = 0; k < in.target_usd.size(); ++k)
        follow.exposure_usd[in.instruments[static_cast<std::size_t>(k)]] -= in.target_usd[k];
    follow.risk_aversion = in.risk_aversion;
    follow.horizon = sum.horizon / sum.members;
    follow.held_usd = in.held_usd(used);
    follow.cost_per_usd = in.cost_per_usd(used);
    follow.lower_usd = in.lower_usd(used);
    follow.upper_usd = in.upper_usd(used);
    follow.gross_limit_usd = in.gross_limit_usd;
    const auto solved = used.size() <= kEnumerated
                            ? OR_TRY(minimise_variance_with_gas(follow, sum.gas_usd / sum.members)).hedge
                            : OR_TRY(minimise_variance(follow));
    out.goal_usd = only_reduced(in.target_usd, in.held_usd);
    out.goal_usd(used) = solved.target_usd;
    return out;
}

}  // namespace outrigger
