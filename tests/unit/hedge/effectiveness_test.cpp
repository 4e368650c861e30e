// SPDX-License-Identifier: Apache-2.0
#include "hedge/effectiveness.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;
using reference::kNaN;

// Columns of pnl_500.csv: lp_delta, lp_gamma, fees, hedge, funding, borrow, gas, trade_cost.
std::vector<double> sum_of(std::initializer_list<Eigen::Index> columns) {
    static const Eigen::MatrixXd pnl = reference::csv("pnl_500.csv");
    Eigen::VectorXd total = Eigen::VectorXd::Zero(pnl.rows());
    for (const Eigen::Index c : columns) total += pnl.col(c);
    return {total.begin(), total.end()};
}

void expect_matches(const Effectiveness& got, const Json& want, double tol) {
    const auto check = [&](const char* key, std::optional<double> value) {
        ASSERT_TRUE(value) << key;
        EXPECT_TRUE(reference::near(*value, want[key], tol)) << key << " " << *value << " " << want[key];
    };
    EXPECT_EQ(got.n, want["n"].get<std::size_t>());
    check("variance_reduction", got.variance_reduction);
    check("ederington_r2", got.ederington_r2);
    check("hedge_correlation", got.hedge_correlation);
    check("optimal_scale", got.optimal_scale);
    check("sd_unhedged", got.sd_unhedged);
    check("sd_hedged", got.sd_hedged);
    check("semideviation_reduction", got.semideviation_reduction);
    check("var95_unhedged", got.var95_unhedged);
    check("var95_hedged", got.var95_hedged);
    check("es95_unhedged", got.es95_unhedged);
    check("es95_hedged", got.es95_hedged);
    check("es_reduction95", got.es_reduction95);
    check("es975_hedged", got.es975_hedged);
    check("maxdd_unhedged", got.max_drawdown_unhedged);
    check("maxdd_hedged", got.max_drawdown_hedged);
    check("mean_unhedged", got.mean_unhedged);
    check("mean_hedged", got.mean_hedged);
    check("sharpe_change", got.sharpe_change);
    check("dollar_offset", got.dollar_offset);
}

TEST(Effectiveness, MatchesReference) {
    const Json file = reference::load("12_effectiveness.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    const auto total = hedge_effectiveness(sum_of({0, 1, 2}), sum_of({0, 1, 2, 3, 4, 5, 6, 7}));
    const auto gross = hedge_effectiveness(sum_of({0, 1, 2}), sum_of({0, 1, 2, 3}));
    const auto delta = hedge_effectiveness(sum_of({0}), sum_of({0, 3}));
    ASSERT_TRUE(total && gross && delta);
    expect_matches(*total, file["total"], tol);
    expect_matches(*gross, file["gross_of_costs"], tol);
    expect_matches(*delta, file["delta_only"], tol);
}

TEST(Effectiveness, RatioOfNothingHasNoValue) {
    const std::vector<double> flat{1, 1, 1};
    const std::vector<double> moving{1, -1, 2};
    const auto still = hedge_effectiveness(flat, flat);
    ASSERT_TRUE(still);
    EXPECT_FALSE(still->variance_reduction);
    EXPECT_FALSE(still->ederington_r2);
    EXPECT_FALSE(still->optimal_scale);
    EXPECT_FALSE(still->es_reduction95);  // no loss to reduce
    EXPECT_FALSE(still->sharpe_change);
    EXPECT_EQ(still->dollar_offset, 0);
    const auto unhedged = hedge_effectiveness(moving, moving);
    ASSERT_TRUE(unhedged);
    EXPECT_EQ(unhedged->variance_reduction, 0);
    EXPECT_FALSE(unhedged->hedge_correlation);
    const auto perfect = hedge_effectiveness(moving, std::vector<double>{0, 0, 0});
    ASSERT_TRUE(perfect);
    EXPECT_EQ(perfect->variance_reduction, 1);
    EXPECT_NEAR(*perfect->ederington_r2, 1, 1e-15);
}

TEST(Effectiveness, BadInputIsAnError) {
    const std::vector<double> two{1, 2};
    const std::vector<double> three{1, 2, 3};
    const std::vector<double> bad{1, kNaN};
    const std::vector<double> one{1};
    const std::vector<double> huge{1e300, -1e300};
    EXPECT_EQ(hedge_effectiveness(two, three).error().code, Errc::decode);
    EXPECT_EQ(hedge_effectiveness(two, bad).error().code, Errc::decode);
    EXPECT_EQ(hedge_effectiveness(bad, two).error().code, Errc::decode);
    EXPECT_EQ(hedge_effectiveness(huge, two).error().code, Errc::decode);
    EXPECT_EQ(hedge_effectiveness(one, one).error().code, Errc::stale);
    EXPECT_EQ(hedge_effectiveness({}, {}).error().code, Errc::stale);
}

TEST(Effectiveness, TailsByHand) {
    const std::vector<double> pnl{-10, 5, -4, 1, 3};
    EXPECT_DOUBLE_EQ(expected_shortfall(pnl, 0.2), 10);
    EXPECT_DOUBLE_EQ(expected_shortfall(pnl, 0.3), (10 + 0.5 * 4) / 1.5);
    EXPECT_DOUBLE_EQ(expected_shortfall(pnl, 1), 1);
    EXPECT_DOUBLE_EQ(expected_shortfall(pnl, 0.01), 10);
    EXPECT_DOUBLE_EQ(value_at_risk(pnl, 0.25), 4);
    EXPECT_DOUBLE_EQ(value_at_risk(pnl, 0.125), 7);
    EXPECT_DOUBLE_EQ(max_drawdown(pnl), 10);
    EXPECT_DOUBLE_EQ(max_drawdown(std::vector<double>{1, 2}), 0);
    EXPECT_DOUBLE_EQ(max_drawdown(std::vector<double>{4, -3, 1, -5, 9}), 7);
}

}  // namespace
}  // namespace outrigger
