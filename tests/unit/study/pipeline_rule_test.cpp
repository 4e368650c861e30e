// SPDX-License-Identifier: Apache-2.0
#include "hedge/study/pipeline_rule.hpp"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <random>

#include "hedge/covariance.hpp"
#include "hedge/min_variance.hpp"
#include "hedge/study/baseline_rules.hpp"
#include "hedge/study/memory.hpp"
#include "hedge/study/relationship.hpp"
#include "hedge/study/rules.hpp"
#include "hedge/study/summary.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger::study {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using std::chrono::hours;

StudyBars bars_from(const MatrixXd& log_returns) {
    StudyBars out;
    for (Index i = 0; i < log_returns.cols(); ++i) out.names.push_back("A" + std::to_string(i));
    out.bar = hours{1};
    out.first = TimePoint{hours{24 * 1000}};
    out.returns = (log_returns.array().exp() - 1).matrix();
    for (Index t = 0; t < log_returns.rows(); ++t) out.ends.push_back(out.first + hours{t + 1});
    out.after_gap.assign(static_cast<std::size_t>(log_returns.rows()), false);
    return out;
}

MatrixXd reference_returns() {
    return reference::panel_of(reference::csv("returns_6x750.csv")).returns;
}

WalkSpec spec_of(Index assets, Index exposed, std::vector<Index> instruments) {
    WalkSpec out;
    out.exposure_usd = VectorXd::Zero(assets);
    out.exposure_usd[exposed] = 10'000;
    out.instruments = std::move(instruments);
    out.warm_up = hours{240};
    return out;
}

std::vector<Step> walked(const StudyBars& bars, const WalkSpec& spec, const PipelineParams& params = {}) {
    auto rule =
        pipeline_rule({.pipeline = params}, spec.exposure_usd, position_value(spec), spec.instruments);
    auto steps = walk(bars, spec, *rule);
    EXPECT_TRUE(steps) << steps.error().what;
    return steps ? *std::move(steps) : std::vector<Step>{};
}

/// Two assets whose correlation is `before` for half the time and `after` for the rest.
MatrixXd pair(Index rows, double before, double after, unsigned seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    MatrixXd out(rows, 2);
    for (Index t = 0; t < rows; ++t) {
        const double rho = t < rows / 2 ? before : after;
        const double x = normal(random);
        out(t, 1) = 0.008 * x;
        out(t, 0) = 0.01 * (rho * x + std::sqrt(1 - rho * rho) * normal(random));
    }
    return out;
}

TEST(Memory, IsTheBatchEstimate) {
    const auto rows = reference::panel_of(reference::csv("returns_6x750.csv"));
    Memory memory(hours{168});
    for (Index t = 0; t < rows.returns.rows(); ++t)
        memory.add(rows.ends[static_cast<std::size_t>(t)], rows.returns.row(t));
    const auto batch = ewma_covariance(rows, {.half_life = hours{168}}).value();
    const auto want = shrink_to_constant_correlation(batch, 0.1).value().per_bar;
    EXPECT_LT((memory.covariance(0.1) - want).cwiseAbs().maxCoeff(), 1e-12 * want.cwiseAbs().maxCoeff());
}

TEST(Past, ForgetsTheOldest) {
    Past past(100);
    for (int t = 0; t < 250; ++t) past.add(TimePoint{hours{t}}, VectorXd::Constant(1, t));
    const auto& rows = past.panel();
    ASSERT_EQ(rows.returns.rows(), 100);
    EXPECT_EQ(rows.returns.minCoeff(), 150);
    EXPECT_EQ(rows.returns.maxCoeff(), 249);
    const VectorXd weights = ewma_weights(rows, hours{10});
    EXPECT_NEAR(weights.sum(), 1, 1e-12);
    EXPECT_NEAR(rows.returns.col(0).dot(weights), 249 - 10 / std::log(2) + 0.5, 0.2);
}

TEST(PipelineRule, WantsTheRidgedHedgeOfBothMemories) {
    PipelineParams free;
    free.band = free.gate = free.watch = false;
    const auto spec = spec_of(6, 4, {0, 1});
    const auto steps = walked(bars_from(reference_returns()), spec, free);
    auto panel = reference::panel_of(reference::csv("returns_6x750.csv"));
    panel.returns.conservativeResize(700, Eigen::NoChange);
    panel.ends.resize(700);
    const auto daily = [&](double half_life) {
        const auto ewma = ewma_covariance(panel, {.half_life = hours{static_cast<int>(half_life)}}).value();
        return per_day(shrink_to_constant_correlation(ewma, 0.1).value());
    };
    const MatrixXd s = daily(168);
    const MatrixXd far = daily(1440);
    // beta = (S + tau W)^-1 (s + tau W beta_long), by hand
    const VectorXd long_run = far.topLeftCorner(2, 2).llt().solve(far.block(0, 4, 2, 1));
    const MatrixXd w = s.topLeftCorner(2, 2).diagonal().asDiagonal();
    const VectorXd beta = (s.topLeftCorner(2, 2) + w).llt().solve(s.block(0, 4, 2, 1) + w * long_run);
    EXPECT_NEAR(steps[699].held_usd[0], -10'000 * beta[0], 0.01);
    EXPECT_NEAR(steps[699].held_usd[1], -10'000 * beta[1], 0.01);
}

TEST(PipelineRule, NeverLooksAhead) {
    const auto rows = reference_returns();
    const auto spec = spec_of(6, 4, {0, 1, 2, 3});
    PipelineParams params;
    params.legs = 2;
    params.on_decorrelated = Reaction::shrink;
    const auto all = walked(bars_from(rows), spec, params);
    const auto some = walked(bars_from(rows.topRows(500)), spec, params);
    for (std::size_t t = 0; t < some.size(); ++t) {
        EXPECT_EQ(some[t].held_usd, all[t].held_usd) << t;
        EXPECT_EQ(some[t].notes.event, all[t].notes.event) << t;
    }
}

TEST(PipelineRule, TheBandTradesSeldomAndCostsLittle) {
    const auto spec = spec_of(6, 4, {0, 1});
    const auto bars = bars_from(reference_returns());
    PipelineParams every;
    every.band = false;
    const auto with = summarise(walked(bars, spec), spec).value();
    const auto without = summarise(walked(bars, spec, every), spec).value();
    EXPECT_LT(with.turnover, without.turnover / 4);
    EXPECT_GT(*with.variance_reduction, *without.variance_reduction - 0.02);
}

TEST(PipelineRule, HoldsAtMostSoManyLegs) {
    PipelineParams params;
    params.legs = 2;
    const auto steps = walked(bars_from(reference_returns()), spec_of(6, 4, {0, 1, 2, 3, 5}), params);
    for (const auto& step : steps) EXPECT_LE((step.held_usd.array() != 0).count(), 2);
    EXPECT_GT((steps.back().held_usd.array() != 0).count(), 0);
}

TEST(PipelineRule, DoesNotOpenWhatIsNotShownToPay) {
    const auto steps = walked(bars_from(pair(1500, 0.05, 0.05, 1)), spec_of(2, 0, {1}));
    for (const auto& step : steps) EXPECT_TRUE(step.held_usd.isZero(0));
    EXPECT_EQ(steps.back().notes.gate_open, false);
}

TEST(PipelineRule, UnwindsInSlicesWhatHasBroken) {
    for (const auto alarm : {Reaction::alert, Reaction::shrink}) {
        PipelineParams params;
        params.on_decorrelated = alarm;
        const auto steps = walked(bars_from(pair(3000, 0.9, -0.2, 2)), spec_of(2, 0, {1}), params);
        EXPECT_LT(steps[1498].held_usd[0], -5'000);
        const auto broken = std::find_if(steps.begin(), steps.end(),
                                         [](const Step& s) { return s.notes.regime == Regime::broken; });
        ASSERT_NE(broken, steps.end());
        EXPECT_LT(broken - steps.begin(), 1500 + 14 * 24);
        EXPECT_NE(broken->held_usd[0], 0);  // never in one step
        EXPECT_EQ(steps.back().held_usd[0], 0);
    }
}

TEST(PipelineRule, DegenerateInputHoldsAndNeverFails) {
    const auto check = [](const MatrixXd& rows, std::vector<Index> instruments) {
        const auto steps = walked(bars_from(rows), spec_of(rows.cols(), 0, std::move(instruments)));
        ASSERT_FALSE(steps.empty());
        for (const auto& step : steps) ASSERT_TRUE(step.held_usd.allFinite());
    };
    MatrixXd rows = pair(600, 0.8, 0.8, 3);
    check(MatrixXd::Zero(600, 2), {1});  // nothing moves
    MatrixXd still = rows;
    still.col(1).setZero();
    check(still, {1});  // the instrument does not
    MatrixXd copies(600, 3);
    copies << rows, rows.col(1);
    check(copies, {1, 2});  // instruments that are one
    check(rows, {0});       // the exposure is its own instrument
    MatrixXd jump = rows;
    jump(300, 0) = 3;
    jump(301, 1) = -3;
    check(jump, {1});
}

TEST(EstimatorRule, IsTheClosedFormOfItsEstimate) {
    const auto rows = reference_returns();
    const auto spec = spec_of(6, 4, {0, 1});
    const auto bars = bars_from(rows);
    const auto rule = estimator_rule(Estimator::oas, hours{240}, hours{1}, spec.instruments);
    const auto steps = walk(bars, spec, *rule).value();
    auto panel = reference::panel_of(bars.returns.middleRows(700 - 240, 240));
    const MatrixXd s = oracle_approximating(panel).value().per_bar;
    const VectorXd beta = s.topLeftCorner(2, 2).llt().solve(s.block(0, 4, 2, 1));
    EXPECT_NEAR(steps[699].held_usd[0], -10'000 * beta[0], 1e-6);
    EXPECT_NEAR(steps[699].held_usd[1], -10'000 * beta[1], 1e-6);
    EXPECT_TRUE(steps[200].held_usd.isZero(0));  // before its window is full
}

TEST(KalmanRule, FollowsABetaThatMoves) {
    std::mt19937_64 random(5);
    std::normal_distribution<double> normal;
    MatrixXd rows(4000, 2);
    for (Index t = 0; t < rows.rows(); ++t) {
        rows(t, 1) = 0.01 * normal(random);
        rows(t, 0) = (t < 2000 ? 1.5 : 0.5) * rows(t, 1) + 0.003 * normal(random);
    }
    const auto spec = spec_of(2, 0, {1});
    const auto bars = bars_from(rows);
    const auto rule = kalman_rule(spec.exposure_usd, spec.instruments);
    const auto steps = walk(bars, spec, *rule).value();
    EXPECT_NEAR(steps[1999].held_usd[0], -15'000, 1'500);
    EXPECT_NEAR(steps.back().held_usd[0], -5'000, 1'500);
}

TEST(Relationship, DatesTheBreakAndRejectsConstancy) {
    // Correlation .85 for 600 rows, .25 after: strucchange finds the break at row 614 (10b).
    const MatrixXd xy = reference::csv("break_2x1000.csv");
    const auto bars = bars_from(xy);
    const auto r = relationship_of(bars, VectorXd::Unit(2, 1) * 1e4, VectorXd::Unit(2, 0) * -1e4).value();
    EXPECT_EQ(r.bars, 1000U);
    EXPECT_LT(r.recent, 0.45);
    EXPECT_GT(r.steady, r.recent + 0.1);
    EXPECT_LT(*r.gap_z, -1.96);
    EXPECT_LT(*r.constancy_p, 0.001);
    EXPECT_LT(*r.break_p, 0.001);
    const auto row = std::chrono::duration_cast<hours>(*r.break_at - bars.first).count();
    EXPECT_NEAR(static_cast<double>(row), 614, 20);
    const auto calm = bars_from(pair(1000, 0.8, 0.8, 11));
    const auto steady = relationship_of(calm, VectorXd::Unit(2, 0), -VectorXd::Unit(2, 1)).value();
    EXPECT_GT(*steady.constancy_p, 0.05);
    EXPECT_LT(std::abs(*steady.gap_z), 2.5);
    EXPECT_FALSE(relationship_of(calm, VectorXd::Zero(2), VectorXd::Unit(2, 1)));
    EXPECT_FALSE(
        relationship_of(bars_from(pair(100, 0.8, 0.8, 1)), VectorXd::Unit(2, 0), VectorXd::Unit(2, 1)));
}

TEST(Rules, AreFoundByName) {
    RuleContext context{{"ARB", "ETH", "BTC"}, {1, 2}, VectorXd::Unit(3, 0) * 1e4, 1e4, {}};
    for (const auto& name : compared_rules(context)) EXPECT_TRUE(rule_by_name(name, context)) << name;
    EXPECT_TRUE(rule_by_name("ols72h", context));
    EXPECT_TRUE(rule_by_name("kalman", context));
    for (const auto& e : estimators())
        EXPECT_TRUE(rule_by_name(std::string(e.name) + ":30d", context)) << e.name;
    EXPECT_EQ(rule_by_name("oas:1m", context).error().code, Errc::config);
    EXPECT_NE(rule_by_name("garch:30d", context).error().what.find("ledoit-wolf"), std::string::npos);
    EXPECT_EQ(rule_by_name("olsfoo", context).error().code, Errc::config);
    EXPECT_EQ(rule_by_name("ols1m", context).error().code, Errc::config);
    EXPECT_EQ(rule_by_name("one-to-one-SOL", context).error().code, Errc::not_found);
    EXPECT_NE(rule_by_name("garch", context).error().what.find("ewma"), std::string::npos);
    EXPECT_EQ(parse_duration("90m"), std::chrono::minutes{90});
    for (const char* wrong : {"", "h", "0h", "-1h", "1", "1x", "1hh", "1.5h", "100001h"})
        EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

}  // namespace
}  // namespace outrigger::study
