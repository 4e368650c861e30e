// SPDX-License-Identifier: Apache-2.0
#include "hedge/covariance.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::MatrixXd;
using reference::distance;
using reference::Json;
using reference::kInfinity;
using reference::kNaN;
using reference::panel_of;
using Hours = std::chrono::duration<double, std::ratio<3600>>;

const Json& estimators() {
    static const Json file = reference::load("04_estimators.json");
    return file;
}
const MatrixXd& returns() {
    static const MatrixXd rows = reference::csv("returns_6x750.csv");
    return rows;
}
double tolerance() {
    return estimators()["_meta"]["tolerance"]["relative"];
}
MatrixXd last(const Json& c) {
    return returns().bottomRows(c["last_n"].get<Eigen::Index>());
}
Mean mean_of(const Json& c) {
    return c["assume_centered"].get<bool>() ? Mean::zero : Mean::estimated;
}

TEST(Covariance, SampleMatchesReference) {
    const Json& want = estimators()["sample"];
    const auto zero = sample_covariance(panel_of(returns()));
    const auto centred = sample_covariance(panel_of(returns()), Mean::estimated);
    ASSERT_TRUE(zero && centred);
    EXPECT_LT(distance(zero->per_bar, reference::matrix(want["cov_uncentered_n"])), tolerance());
    EXPECT_LT(distance(centred->per_bar, reference::matrix(want["cov_centered_ddof1"])), tolerance());
    EXPECT_LT(distance(correlation(centred->per_bar), reference::matrix(want["corr"])), tolerance());
    EXPECT_TRUE(reference::near(zero->condition, estimators()["condition_number_uncentered"], tolerance()));
    EXPECT_EQ(zero->effective_samples, 750);
    EXPECT_EQ(zero->bar, std::chrono::hours{1});
    EXPECT_LT(distance(per_day(*zero), 24 * zero->per_bar), 1e-15);
}

TEST(Covariance, RollingWindowsMatchReference) {
    for (const Json& c : estimators()["rolling_sample"]) {
        const auto window = c["window"].get<Eigen::Index>();
        const auto end = c["end_row"].get<Eigen::Index>();
        const auto got =
            sample_covariance(panel_of(returns().middleRows(end - window, window)), Mean::estimated);
        ASSERT_TRUE(got);
        EXPECT_LT(distance(got->per_bar, reference::matrix(c["cov_centered_ddof1"])), tolerance());
    }
}

TEST(Covariance, EwmaMatchesReferenceFromEveryStart) {
    ASSERT_EQ(estimators()["ewma_zero_mean"].size(), 4U);
    for (const Json& c : estimators()["ewma_zero_mean"]) {
        const Hours half_life{-std::numbers::ln2 / std::log(c["lam"].get<double>())};
        const auto got = [&](EwmaStart start) {
            return ewma_covariance(panel_of(returns()), {.half_life = half_life, .start = start});
        };
        const auto normalised = got(EwmaStart::normalised);
        const auto first = got(EwmaStart::first_row);
        const auto mean60 = got(EwmaStart::mean_of_60);
        ASSERT_TRUE(normalised && first && mean60);
        EXPECT_LT(distance(normalised->per_bar, reference::matrix(c["normalised_weights"])), tolerance());
        EXPECT_LT(distance(first->per_bar, reference::matrix(c["init_first"])), tolerance());
        EXPECT_LT(distance(mean60->per_bar, reference::matrix(c["init_mean60"])), tolerance());
        if (c["n_eff"].get<double>() < 100) {  // the reference's is that of an infinite history
            EXPECT_TRUE(reference::near(normalised->effective_samples, c["n_eff"], 1e-5));
        }
    }
}

TEST(Covariance, CentredEwmaMatchesPandas) {
    int checked = 0;
    for (const Json& c : estimators()["pandas_ewm_cov"]) {
        if (c["bias"].get<bool>()) continue;
        const EwmaSpec spec{.half_life = Hours{c["halflife"].get<double>()},
                            .start = c["adjust"].get<bool>() ? EwmaStart::normalised : EwmaStart::first_row,
                            .mean = Mean::estimated};
        const auto got = ewma_covariance(panel_of(returns()), spec);
        ASSERT_TRUE(got);
        EXPECT_LT(distance(got->per_bar, reference::matrix(c["cov_last"])), tolerance()) << c["halflife"];
        ++checked;
    }
    EXPECT_EQ(checked, 4);
}

TEST(Covariance, EwmaDecaysByTimeOverGaps) {
    const Json file = reference::load("03_async_returns.json");
    const double tol = file["_meta"]["tolerance"]["relative"];
    std::ifstream in(reference::path("async_ticks.csv"));
    std::vector<PriceSeries> ticks(3);
    const std::map<std::string, std::size_t> names{{"ETH", 0}, {"BTC", 1}, {"LINK", 2}};
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
        const auto a = line.find(',');
        const auto b = line.find(',', a + 1);
        ticks[names.at(line.substr(a + 1, b - a - 1))].ticks.push_back(
            {TimePoint{std::chrono::seconds{std::stoll(line)}}, std::strtod(line.c_str() + b + 1, nullptr)});
    }
    PanelSpec spec;
    spec.to = TimePoint::max();
    for (std::uint16_t i = 0; i < 3; ++i) {
        ticks[i].asset = AssetId{i};
        ticks[i].heartbeat = std::chrono::hours{1000};
        spec.to = std::min(spec.to, ticks[i].ticks.back().at);
    }
    const auto panel = make_panel(ticks, spec);
    ASSERT_TRUE(panel) << panel.error().what;

    const Json& regular = file["ewma_time_decay_1h_bars"];
    const std::chrono::duration<double> half_life{regular["halflife_s"].get<double>()};
    const auto got = ewma_covariance(*panel, {.half_life = half_life});
    ASSERT_TRUE(got);
    EXPECT_LT(distance(got->per_bar, reference::matrix(regular["cov"])), tol);

    const Json& irregular = file["ewma_time_decay_irregular"];
    ReturnPanel part = *panel;
    const auto used = irregular["bar_index_used"].get<std::vector<Eigen::Index>>();
    part.returns.resize(std::ssize(used), 3);
    part.ends.clear();
    for (Eigen::Index t = 0; t < part.returns.rows(); ++t) {
        const Eigen::Index row = used[static_cast<std::size_t>(t)];
        part.returns.row(t) = panel->returns.row(row);
        part.ends.push_back(panel->ends[static_cast<std::size_t>(row)]);
    }
    const auto gappy = ewma_covariance(part, {.half_life = half_life});
    ASSERT_TRUE(gappy);
    EXPECT_LT(distance(gappy->per_bar, reference::matrix(irregular["cov"])), tol);
}

using Estimate = std::function<Result<Covariance>(const ReturnPanel&, Mean)>;

void expect_shrinkage_matches(const char* key, const Estimate& estimate) {
    ASSERT_EQ(estimators()[key].size(), 6U);
    for (const Json& c : estimators()[key]) {
        const auto got = estimate(panel_of(last(c)), mean_of(c));
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_TRUE(reference::near(got->shrinkage, c["shrinkage"], tolerance()))
            << c["last_n"] << got->shrinkage;
        EXPECT_LT(distance(got->per_bar, reference::matrix(c["cov"])), tolerance()) << key << c["last_n"];
    }
}

TEST(Covariance, LedoitWolfMatchesScikitLearn) {
    expect_shrinkage_matches("ledoit_wolf_identity", ledoit_wolf);
}
TEST(Covariance, OracleApproximatingMatchesScikitLearn) {
    expect_shrinkage_matches("oas", oracle_approximating);
}
TEST(Covariance, ConstantCorrelationMatchesReference) {
    expect_shrinkage_matches("ledoit_wolf_constant_correlation", ledoit_wolf_constant_correlation);
}

TEST(Covariance, FixedShrinkageMatchesPipeline) {
    const Json file = reference::load("14_pipeline.json");
    const auto ewma = ewma_covariance(panel_of(returns()), {.half_life = Hours{168}});
    ASSERT_TRUE(ewma);
    const auto got = shrink_to_constant_correlation(*ewma, 0.1);
    ASSERT_TRUE(got);
    EXPECT_LT(distance(per_day(*got), reference::matrix(file["cases"][0]["output"]["Sigma_daily"])), 1e-10);
    EXPECT_NEAR(got->shrinkage, 0.1, 1e-15);
    EXPECT_TRUE(reference::near(got->effective_samples, file["cases"][0]["output"]["n_eff"], 1e-10));
}

struct Named {
    const char* name;
    std::function<Result<Covariance>(const ReturnPanel&)> estimate;
};

std::vector<Named> all_estimators() {
    return {
        {"sample", [](const ReturnPanel& p) { return sample_covariance(p); }},
        {"sample centred", [](const ReturnPanel& p) { return sample_covariance(p, Mean::estimated); }},
        {"ewma", [](const ReturnPanel& p) { return ewma_covariance(p, {.half_life = Hours{20}}); }},
        {"ewma centred",
         [](const ReturnPanel& p) {
             return ewma_covariance(p, {.half_life = Hours{20}, .mean = Mean::estimated});
         }},
        {"ewma recursive",
         [](const ReturnPanel& p) {
             return ewma_covariance(p, {.half_life = Hours{20}, .start = EwmaStart::first_row});
         }},
        {"ledoit-wolf", [](const ReturnPanel& p) { return ledoit_wolf(p); }},
        {"constant correlation", [](const ReturnPanel& p) { return ledoit_wolf_constant_correlation(p); }},
        {"oas", [](const ReturnPanel& p) { return oracle_approximating(p); }},
    };
}

TEST(CovarianceDegenerate, BadDataIsAnErrorInEveryEstimator) {
    for (const Named& e : all_estimators()) {
        MatrixXd rows = returns().topRows(50);
        rows(20, 3) = kNaN;
        EXPECT_EQ(e.estimate(panel_of(rows)).error().code, Errc::decode) << e.name;
        rows(20, 3) = kInfinity;
        EXPECT_EQ(e.estimate(panel_of(rows)).error().code, Errc::decode) << e.name;
        rows(20, 3) = 1e200;  // its square overflows
        EXPECT_EQ(e.estimate(panel_of(rows)).error().code, Errc::decode) << e.name;
        EXPECT_EQ(e.estimate(panel_of(returns().topRows(7))).error().code, Errc::stale) << e.name;
        EXPECT_TRUE(e.estimate(panel_of(returns().topRows(8)))) << e.name;
        EXPECT_EQ(e.estimate(ReturnPanel{}).error().code, Errc::stale) << e.name;
    }
}

TEST(CovarianceDegenerate, PriceThatNeverMovedGivesZerosNotNaN) {
    for (const Named& e : all_estimators()) {
        MatrixXd rows = returns().topRows(50);
        rows.col(2).setZero();
        const auto some = e.estimate(panel_of(rows));
        ASSERT_TRUE(some) << e.name << some.error().what;
        EXPECT_TRUE(some->per_bar.allFinite()) << e.name;
        EXPECT_TRUE(correlation(some->per_bar).allFinite()) << e.name;
        rows.setZero();
        const auto none = e.estimate(panel_of(rows));
        ASSERT_TRUE(none) << e.name << none.error().what;
        EXPECT_EQ(none->per_bar.cwiseAbs().maxCoeff(), 0) << e.name;
        EXPECT_TRUE(std::isinf(none->condition)) << e.name;
    }
}

TEST(CovarianceDegenerate, OneAssetIsItsOwnVariance) {
    const MatrixXd one = returns().col(0);
    const double variance = one.squaredNorm() / 750;
    for (const Named& e : all_estimators()) {
        const auto got = e.estimate(panel_of(one));
        ASSERT_TRUE(got) << e.name;
        EXPECT_TRUE(std::isfinite(got->per_bar(0, 0))) << e.name;
        EXPECT_NEAR(got->condition, 1, 1e-12) << e.name;
    }
    for (const auto& got : {ledoit_wolf(panel_of(one)), oracle_approximating(panel_of(one)),
                            ledoit_wolf_constant_correlation(panel_of(one))}) {
        EXPECT_NEAR(got->per_bar(0, 0), variance, 1e-15);
    }
}

TEST(CovarianceDegenerate, CopiesAreSingularWithoutShrinkageAndRegularWithIt) {
    MatrixXd rows = returns().topRows(100);
    rows.col(1) = rows.col(0);
    const auto sample = sample_covariance(panel_of(rows));
    const auto shrunk = ledoit_wolf(panel_of(rows));
    ASSERT_TRUE(sample && shrunk);
    EXPECT_TRUE(std::isinf(sample->condition));
    EXPECT_TRUE(std::isfinite(shrunk->condition));
    EXPECT_GT(shrunk->shrinkage, 0);
}

TEST(CovarianceDegenerate, EwmaNeedsAHalfLifeAndItsStart) {
    const ReturnPanel panel = panel_of(returns().topRows(59));
    for (const double hours : {0.0, -1.0, kNaN, kInfinity}) {
        EXPECT_EQ(ewma_covariance(panel, {.half_life = Hours{hours}}).error().code, Errc::config) << hours;
    }
    const EwmaSpec spec{.half_life = Hours{24}, .start = EwmaStart::mean_of_60};
    EXPECT_EQ(ewma_covariance(panel, spec).error().code, Errc::config);
    const auto spike = ewma_covariance(panel, {.half_life = Hours{1e-3}});  // one row has all the weight
    ASSERT_TRUE(spike);
    EXPECT_NEAR(spike->effective_samples, 1, 1e-12);
    EXPECT_FALSE(ewma_covariance(panel, {.half_life = Hours{1e-3}, .mean = Mean::estimated}));
}

TEST(CovarianceDegenerate, ConditionNumberRefusesWhatIsNoCovariance) {
    MatrixXd m(2, 2);
    m << 1, 2, 2, 1;
    EXPECT_EQ(condition_number(m).error().code, Errc::decode);
    m << 1, 0.5, 0.4, 1;
    EXPECT_EQ(condition_number(m).error().code, Errc::decode);
    m << 1, kNaN, kNaN, 1;
    EXPECT_EQ(condition_number(m).error().code, Errc::decode);
    EXPECT_EQ(condition_number(MatrixXd::Ones(2, 3)).error().code, Errc::decode);
    m << 4e-300, 0, 0, 1e-300;
    EXPECT_NEAR(condition_number(m).value(), 4, 1e-9);
    EXPECT_TRUE(std::isinf(condition_number(MatrixXd::Zero(2, 2)).value()));
}

RC_GTEST_PROP(CovarianceProperty, PermutingAssetsPermutesAndScalingScales, ()) {
    const auto first = *rc::gen::inRange<Eigen::Index>(0, 600);
    const auto rows = *rc::gen::inRange<Eigen::Index>(10, 150);
    const auto shift = *rc::gen::inRange(1, 6);
    const double factor = *rc::gen::element(0.01, 3.0, 100.0);
    const MatrixXd x = returns().middleRows(first, rows);
    Eigen::PermutationMatrix<Eigen::Dynamic> p(6);
    for (int i = 0; i < 6; ++i) p.indices()[i] = (i + shift) % 6;
    for (const Named& e : all_estimators()) {
        const auto plain = e.estimate(panel_of(x));
        const auto moved = e.estimate(panel_of(factor * x * p));
        RC_ASSERT(plain && moved);
        const MatrixXd want = factor * factor * (p.transpose() * plain->per_bar * p);
        RC_ASSERT(distance(moved->per_bar, want, want.cwiseAbs().maxCoeff()) < 1e-10);
        RC_ASSERT(plain->shrinkage >= 0 && plain->shrinkage <= 1);
    }
}

}  // namespace
}  // namespace outrigger
