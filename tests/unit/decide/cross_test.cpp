// SPDX-License-Identifier: Apache-2.0
// The proxy hedge against least squares by hand: sums over the rows, no matrix library.
#include <array>

#include "keeper/decide/group.hpp"
#include "tests/unit/decide/builder.hpp"

namespace outrigger::decide_test {
namespace {

double dot(const ReturnPanel& p, int i, int j) {
    double sum = 0;
    for (Eigen::Index t = 0; t < p.returns.rows(); ++t) sum += p.returns(t, i) * p.returns(t, j);
    return sum;
}

/// r_arb = beta0 r_eth + beta1 r_btc + noise, by the normal equations and Cramer's rule.
std::array<double, 2> least_squares(const ReturnPanel& p) {
    const double a = dot(p, 0, 0), b = dot(p, 0, 1), c = dot(p, 1, 1);
    const double u = dot(p, 0, 2), v = dot(p, 1, 2);
    const double det = a * c - b * b;
    return {(u * c - v * b) / det, (a * v - b * u) / det};
}

/// Share of the variance of e r_arb that h_eth r_eth + h_btc r_btc removes, from the residuals themselves.
double share_removed(const ReturnPanel& p, double e, double h_eth, double h_btc) {
    double left = 0;
    double all = 0;
    for (Eigen::Index t = 0; t < p.returns.rows(); ++t) {
        const double before = e * p.returns(t, 2);
        const double after = before + h_eth * p.returns(t, 0) + h_btc * p.returns(t, 1);
        left += after * after;
        all += before * before;
    }
    return 1 - left / all;
}

double arb_usd() {
    return amounts(arb_curve(), 1).x;
}

std::map<AssetId, double> targets(const Decision& d, std::size_t i = 0) {
    std::map<AssetId, double> out;
    for (const auto& l : d.positions.at(i).figures.legs) out[l.asset] += l.target_usd;
    return out;
}

TEST(Cross, IsOrdinaryLeastSquares) {
    const World w = arb_world();
    const auto d = w.decide();
    const auto beta = least_squares(*w.seen.panel);
    ASSERT_GT(beta[0], 0.5);
    ASSERT_GT(beta[1], 0.1);
    const auto h = targets(d);
    EXPECT_NEAR(h.at(kEth), -beta[0] * arb_usd(), 1e-8 * arb_usd());
    EXPECT_NEAR(h.at(kBtc), -beta[1] * arb_usd(), 1e-8 * arb_usd());
    const auto& f = d.positions[0].figures;
    ASSERT_TRUE(f.cross);
    EXPECT_NEAR(f.r_squared, share_removed(*w.seen.panel, arb_usd(), h.at(kEth), h.at(kBtc)), 1e-10);
    EXPECT_GT(f.r_squared, 0.8);
    EXPECT_GT(f.condition, 1);
    EXPECT_EQ(f.shrinkage, 0);
    ASSERT_NE(adjust(d), nullptr);
    EXPECT_EQ(adjust(d)->order.asset, kEth);  // the leg furthest away first
    EXPECT_NEAR(adjust(d)->order.delta_units, h.at(kEth) / 3152.40, 1e-12);
}

TEST(Cross, BoundedIsTheBestOfWhatIsAllowed) {
    World w = arb_world();
    const auto& p = *w.seen.panel;
    const double cap = 0.5 * least_squares(p)[0] * arb_usd();
    w.settings().legs = {leg(kPerp, kEth, cap), leg(kPerp, kBtc, 50'000)};
    const auto h = targets(w.decide());
    EXPECT_NEAR(h.at(kEth), -cap, 1e-9);
    // With ETH fixed there, BTC alone: stationary in h_btc.
    EXPECT_NEAR(h.at(kBtc), -(dot(p, 1, 2) * arb_usd() - dot(p, 0, 1) * cap) / dot(p, 1, 1), 1e-7);
    EXPECT_NEAR(w.decide().positions[0].figures.r_squared,
                share_removed(p, arb_usd(), h.at(kEth), h.at(kBtc)), 1e-10);
}

TEST(Cross, NeverMoreThanTheRatioOfTheExposure) {
    World w = arb_world();
    w.settings().legs = {leg(kPerp, kEth)};
    w.settings().max_abs_ratio = 0.4;
    EXPECT_NEAR(targets(w.decide()).at(kEth), -0.4 * arb_usd(), 1e-9);
    w.settings().max_abs_ratio = 10;
    const auto& p = *w.seen.panel;
    EXPECT_NEAR(targets(w.decide()).at(kEth), -arb_usd() * dot(p, 0, 2) / dot(p, 0, 0), 1e-7);
}

TEST(Cross, LowCorrelationIsNotUsed) {
    World w = arb_world();
    w.seen.panel = history(240, 0.008);
    w.settings().pipeline.min_variance_removed = 0.5;
    const auto d = w.decide();
    EXPECT_EQ(held_for(d), "proxy");
    const auto& cross = d.positions[0].figures.cross;
    ASSERT_TRUE(cross);
    EXPECT_LT(cross->variance_removed_low, 0.5);
    EXPECT_GT(cross->variance_removed_low, 0);
    w.settings().pipeline.min_variance_removed = cross->variance_removed_low;  // exactly enough is enough
    EXPECT_NE(adjust(w.decide()), nullptr) << hold(w.decide())->detail;
}

TEST(Cross, OnlyTheColumnsItNeedsCount) {
    World w = arb_world();
    w.settings().legs = {leg(kPerp, kEth)};
    const auto before = targets(w.decide());
    w.seen.panel->returns.col(1).setConstant(kNan);  // BTC is not part of it
    EXPECT_EQ(targets(w.decide()), before);
}

TEST(Cross, AnExposureThatIsGoneGivesItsHedgeBack) {
    World w = arb_world();
    w.move_price(kArb, 1.30);  // above the range: all USDC, nothing left to hedge
    w.account(kPerp).position = {{kEth, -1.5}, {kBtc, -0.01}};
    const auto d = w.decide();
    ASSERT_NE(adjust(d), nullptr) << held_for(d) << ": a naked short must be closed";
    EXPECT_NEAR(adjust(d)->order.delta_units, 1.5, 1e-12);
}

TEST(Cross, MixedExposureHedgesWhatIsLeftThroughTheInstrument) {
    World w = market();  // ARB/WETH: both exposed, only ETH can be shorted
    const double p = 1 / 3152.40;
    const auto curve = curve_worth(kArb, kEth, p * 0.8, p * 1.2, 10'000, 1, 3152.40);
    w.add_position("arb-eth", curve, {leg(kAave, kEth)});
    w.settings().max_abs_ratio = 3;
    const auto a = amounts(curve, p);
    const double e_arb = a.x, e_eth = a.y * 3152.40;
    const auto& panel = *w.seen.panel;
    const double beta = dot(panel, 0, 2) / dot(panel, 0, 0);
    EXPECT_NEAR(targets(w.decide()).at(kEth), -(e_eth + beta * e_arb), 1e-6);
    EXPECT_TRUE(w.decide().positions[0].figures.cross);
}

TEST(Cross, ADearShortIsHeldLessButNeverMuchLess) {
    World w = arb_world();
    const auto free = targets(w.decide());
    w.account(kPerp).short_cost_per_day = {{kEth, 1e-5}, {kBtc, 1e-5}};
    const auto cheap = targets(w.decide());
    EXPECT_GT(cheap.at(kEth), free.at(kEth));
    EXPECT_LT(cheap.at(kEth), 0.95 * free.at(kEth));
    // One instrument, by hand: gamma s^2 (h + beta e) = b.
    w.settings().legs = {leg(kPerp, kEth)};
    w.account(kPerp).short_cost_per_day = {{kEth, 1e-6}};
    const auto& p = *w.seen.panel;
    const double daily = 24 * dot(p, 0, 0) / static_cast<double>(p.returns.rows());
    const double gamma = w.settings().pipeline.relative_risk_aversion / 10'000;
    const double want = -arb_usd() * dot(p, 0, 2) / dot(p, 0, 0) + 1e-6 / (gamma * daily);
    EXPECT_NEAR(targets(w.decide()).at(kEth), want, 1e-6 * arb_usd());
    w.account(kPerp).short_cost_per_day = {{kEth, 1}};  // a hundred percent a day
    EXPECT_NEAR(targets(w.decide()).at(kEth), -0.8 * arb_usd() * dot(p, 0, 2) / dot(p, 0, 0),
                1e-6 * arb_usd());
}

TEST(Cross, EveryEstimatorIsUsedAsAsked) {
    World w = arb_world();
    const auto sample = targets(w.decide());
    w.settings().estimator = Estimator::ledoit_wolf;
    const auto shrunk = w.decide();
    EXPECT_GT(shrunk.positions[0].figures.shrinkage, 0);
    EXPECT_NE(targets(shrunk), sample);
    w.settings().estimator = Estimator::ewma;
    w.settings().pipeline.short_half_life =
        seconds(3600L * 24 * 365 * 1000);  // all rows alike: the sample again
    EXPECT_NEAR(targets(w.decide()).at(kEth), sample.at(kEth), 1e-3 * std::abs(sample.at(kEth)));
    w.settings().pipeline.short_half_life = seconds(3600 * 24);
    EXPECT_GT(std::abs(targets(w.decide()).at(kEth) - sample.at(kEth)), 1);
}

}  // namespace
}  // namespace outrigger::decide_test
