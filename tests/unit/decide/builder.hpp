// SPDX-License-Identifier: Apache-2.0
// Snapshots by hand: four assets, two venues, concentrated positions, one price history.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "keeper/decide/decide.hpp"

namespace outrigger::decide_test {

inline constexpr AssetId kUsdc{0};
inline constexpr AssetId kEth{1};
inline constexpr AssetId kBtc{2};
inline constexpr AssetId kArb{3};
inline constexpr VenueId kAave{0};
inline constexpr VenueId kPerp{1};
inline constexpr ChainId kChain{31337};
inline constexpr TimePoint kNow{std::chrono::seconds(1'800'000'000)};
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using std::chrono::seconds;

/// Whole tokens of a concentrated position, as the v3 white paper has them (6.29, 6.30).
struct Amounts {
    double x = 0;
    double y = 0;
};
inline Amounts amounts(const ConcentratedCurve& c, double p) {
    if (p <= c.price_lower)
        return {c.liquidity * (1 / std::sqrt(c.price_lower) - 1 / std::sqrt(c.price_upper)), 0};
    if (p >= c.price_upper) return {0, c.liquidity * (std::sqrt(c.price_upper) - std::sqrt(c.price_lower))};
    return {c.liquidity * (1 / std::sqrt(p) - 1 / std::sqrt(c.price_upper)),
            c.liquidity * (std::sqrt(p) - std::sqrt(c.price_lower))};
}
inline double value_usd(const ConcentratedCurve& c, double price0, double price1) {
    const auto a = amounts(c, price0 / price1);
    return a.x * price0 + a.y * price1;
}

/// The curve over that range which is worth so much at these prices.
inline ConcentratedCurve curve_worth(AssetId asset0, AssetId asset1, double lower, double upper, double usd,
                                     double price0, double price1) {
    ConcentratedCurve c{asset0, asset1, 1, lower, upper};
    c.liquidity = usd / value_usd(c, price0, price1);
    return c;
}

/// A fixed sequence of roughly normal numbers.
class Noise {
  public:
    explicit Noise(std::uint64_t seed) : state_(seed) {}
    double next() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            sum += static_cast<double>(state_ >> 40) / 16777216.0;
        }
        return sum;
    }

  private:
    std::uint64_t state_;
};

/// ETH, BTC that follows it, ARB that follows both; `arb_noise` says how well.
inline ReturnPanel history(Eigen::Index bars = 240, double arb_noise = 0.003, std::uint64_t seed = 7) {
    ReturnPanel out{{kEth, kBtc, kArb}, Eigen::MatrixXd(bars, 3), {}, seconds(3600), 0};
    Noise noise(seed);
    for (Eigen::Index t = 0; t < bars; ++t) {
        const double eth = 0.006 * noise.next();
        const double btc = 0.6 * eth + 0.004 * noise.next();
        out.returns(t, 0) = eth;
        out.returns(t, 1) = btc;
        out.returns(t, 2) = 0.9 * eth + 0.3 * btc + arb_noise * noise.next();
        out.ends.push_back(kNow - seconds(3600) * (bars - t));
    }
    return out;
}

/// Everything decide is given, in one hand.
struct World {
    Params params;
    Snapshot seen;
    State state;

    Decision decide() const { return outrigger::decide(seen, state, params); }
    PositionParams& settings(std::size_t i = 0) { return params.positions.at(i); }
    PositionFacts& facts(std::size_t i = 0) { return seen.facts.at(i); }
    LpView& pool(std::size_t i = 0) { return *seen.pools.at(i).value; }
    VenueAccount& account(VenueId venue) { return *seen.accounts.at(venue).value; }
    double price(AssetId asset) const { return seen.prices.at(asset).value->usd; }
    /// Moves the oracle and every pool of the asset together.
    void move_price(AssetId asset, double usd) {
        seen.prices.at(asset).value->usd = usd;
        for (auto& pool : seen.pools) {
            if (!pool.value) continue;
            const auto& c = pool.value->curve;
            pool.value->pool_price = price(c.asset0) / price(c.asset1);
        }
    }
    /// What a filled order leaves at the venue.
    void fill(const HedgeOrder& order) { account(order.venue).position[order.asset] += order.delta_units; }

    void add_position(std::string name, const ConcentratedCurve& curve, std::vector<LegParams> legs);
};

inline void World::add_position(std::string name, const ConcentratedCurve& curve,
                                std::vector<LegParams> legs) {
    PositionParams p;
    p.name = std::move(name);
    p.legs = std::move(legs);
    p.delta_band_ratio = 0.10;
    p.rehedge_cooldown = seconds(120);
    p.min_trade_usd = 100;
    p.max_trade_usd = 25'000;
    p.max_trades_per_day = 20;
    p.max_slippage_ratio = 0.005;
    p.max_pool_gap_ratio = 0.008;
    p.max_abs_ratio = 2;
    // The estimate alone, so that it can be done again by hand.
    p.estimator = Estimator::sample;
    p.pipeline.ridge = 0;
    p.pipeline.constant_correlation = 0;
    p.pipeline.min_bars = 24;
    p.pipeline.min_variance_removed = 0.15;
    params.positions.push_back(std::move(p));
    LpView lp;
    lp.curve = curve;
    lp.decimals0 = 18;
    lp.decimals1 = 6;
    lp.pool_price = price(curve.asset0) / price(curve.asset1);
    seen.pools.push_back({lp, {}});
    seen.facts.emplace_back();
}

inline LegParams leg(VenueId venue, AssetId asset, double max_usd = 50'000) {
    return {venue, asset, max_usd, 0.0005};
}

/// The market without a position: ETH 3152.40, BTC 64,000, ARB 1, both venues flat.
inline World market() {
    World w;
    w.params.assets = {{"USDC", true, seconds(86400)},
                       {"ETH", false, seconds(4320)},
                       {"BTC", false, seconds(4320)},
                       {"ARB", false, seconds(4320)}};
    w.params.data_age_max = seconds(60);
    w.params.blind_rounds_max = 3;
    w.params.failed_tx_max = 3;
    w.params.health_floor = 1.6;
    w.seen.now = kNow;
    w.seen.pins[kChain] = BlockRef{kChain, BlockNumber(1000), {}, kNow - seconds(5)};
    const auto put = [&](AssetId asset, double usd) {
        w.seen.prices[asset] = {Price{usd, 0, kNow - seconds(60)}, {}};
    };
    put(kUsdc, 1);
    put(kEth, 3152.40);
    put(kBtc, 64'000);
    put(kArb, 1);
    for (const auto venue : {kAave, kPerp}) {
        VenueAccount account;
        account.position = {{kEth, 0.0}, {kBtc, 0.0}};
        account.health = kInfinity;
        account.available_usd = 20'000;
        w.seen.accounts[venue] = {account, {}};
    }
    w.seen.panel = history();
    return w;
}

/// The range every example of the manual uses.
inline ConcentratedCurve eth_curve(double usd = 19'020) {
    return curve_worth(kEth, kUsdc, 2900, 3400, usd, 3152.40, 1);
}
inline ConcentratedCurve arb_curve(double usd = 10'000) {
    return curve_worth(kArb, kUsdc, 0.8, 1.25, usd, 1, 1);
}

/// One WETH/USDC position worth $19,020, hedged with ETH at aave.
inline World eth_world() {
    World w = market();
    w.add_position("eth-usdc", eth_curve(), {leg(kAave, kEth)});
    return w;
}

/// One ARB/USDC position, hedged with ETH and BTC at perp: ARB itself can be shorted nowhere.
inline World arb_world() {
    World w = market();
    w.add_position("arb-usdc", arb_curve(), {leg(kPerp, kEth), leg(kPerp, kBtc)});
    return w;
}

inline const AdjustHedge* adjust(const Decision& d, std::size_t i = 0) {
    return std::get_if<AdjustHedge>(&d.positions.at(i).action);
}
inline const Hold* hold(const Decision& d, std::size_t i = 0) {
    return std::get_if<Hold>(&d.positions.at(i).action);
}
/// A position's legs, by value: a decision is often a temporary.
inline std::vector<LegFigures> legs_of(const Decision& d, std::size_t i = 0) {
    return d.positions.at(i).figures.legs;
}
/// Why it holds, or what it does instead.
inline std::string held_for(const Decision& d, std::size_t i = 0) {
    const auto* h = hold(d, i);
    return h != nullptr ? h->reason : "(" + std::to_string(d.positions.at(i).action.index()) + ")";
}

}  // namespace outrigger::decide_test
