// SPDX-License-Identifier: Apache-2.0
#include "hedge/min_variance.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "hedge/instruments.hpp"
#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using reference::Json;
using reference::kInfinity;
using reference::kNaN;

const Json& file() {
    static const Json loaded = reference::load("08_hedge_qp.json");
    return loaded;
}

HedgeProblem problem_of(const Json& in) {
    HedgeProblem p;
    p.covariance = reference::matrix(file()["Sigma_daily"]);
    p.exposure_usd = reference::vector(in["e"]);
    p.loading = reference::matrix(in["B"]);
    p.risk_aversion = in["gam"];
    p.horizon = in.value("T", 1.0);
    p.ridge = in.value("tau", 0.0);
    const auto set = [&](const char* key, VectorXd& to) {
        if (in.contains(key)) to = reference::vector(in[key]);
    };
    set("hp", p.preferred_usd);
    set("h0", p.held_usd);
    set("c", p.cost_per_usd);
    set("f", p.funding);
    set("b", p.borrow);
    set("lo", p.lower_usd);
    set("up", p.upper_usd);
    set("mu", p.margin_ratio);
    if (in.contains("G")) p.gross_limit_usd = in["G"].get<double>();
    if (in.contains("M")) p.margin_limit_usd = in["M"].get<double>();
    return p;
}

TEST(MinVariance, AllReferenceProblems) {
    const double tol_h = file()["_meta"]["tolerance"]["h_relative_to_max_exposure"];
    const double tol_f = file()["_meta"]["tolerance"]["objective_relative"];
    ASSERT_EQ(file()["problems"].size(), 12U);
    for (const Json& c : file()["problems"]) {
        SCOPED_TRACE(c["name"].get<std::string>());
        const HedgeProblem p = problem_of(c["input"]);
        const auto got = minimise_variance(p);
        ASSERT_TRUE(got) << got.error().what;
        const Json& want = c["output"];
        const double scale = p.exposure_usd.cwiseAbs().maxCoeff();
        EXPECT_LT((got->target_usd - reference::vector(want["h"])).cwiseAbs().maxCoeff(), tol_h * scale);
        EXPECT_TRUE(reference::near(got->objective, want["objective"], tol_f)) << got->objective;
        EXPECT_TRUE(reference::near(got->variance_before, want["variance_before"], 1e-12));
        EXPECT_TRUE(reference::near(got->variance_after, want["variance_after"], 1e-6));
        EXPECT_LT(got->kkt_residual, 1e-12);
        EXPECT_LE(got->iterations, 20U);
    }
}

TEST(MinVariance, QuadprogAgrees) {
    const Json other = reference::load("08b_quadprog_R.json");
    for (const Json& c : other["cases"]) {
        for (const Json& p : file()["problems"]) {
            if (p["name"] != c["name"]) continue;
            const auto got = minimise_variance(problem_of(p["input"]));
            ASSERT_TRUE(got);
            EXPECT_EQ(got->target_usd, reference::vector(c["h"]));  // all on their bounds: exactly
        }
    }
}

TEST(MinVariance, TheStartDoesNotMatter) {
    for (const Json& c : file()["problems"]) {
        const HedgeProblem p = problem_of(c["input"]);
        const auto cold = minimise_variance(p);
        ASSERT_TRUE(cold);
        for (const double start : {-1e6, -3e4, 0.0, 17.0, 1e6}) {
            const auto warm = minimise_variance(p, VectorXd(VectorXd::Constant(p.loading.cols(), start)));
            ASSERT_TRUE(warm) << warm.error().what;
            EXPECT_LT((warm->target_usd - cold->target_usd).cwiseAbs().maxCoeff(), 1e-6) << c["name"];
        }
        const auto again = minimise_variance(p, cold->target_usd);
        ASSERT_TRUE(again);
        EXPECT_LE(again->iterations, 3U + static_cast<unsigned>(p.loading.cols())) << c["name"];
    }
}

TEST(MinVariance, GasEnumerationMatchesReference) {
    ASSERT_EQ(file()["gas_enumeration"].size(), 4U);
    for (const Json& c : file()["gas_enumeration"]) {
        const HedgeProblem p = problem_of(c["input"]);
        const auto got = minimise_variance_with_gas(p, c["gas_per_instrument"]);
        ASSERT_TRUE(got) << got.error().what;
        const Json& want = c["output"];
        EXPECT_EQ(got->traded, want["traded"].get<std::vector<std::size_t>>());
        const double scale = p.exposure_usd.cwiseAbs().maxCoeff();
        EXPECT_LT((got->hedge.target_usd - reference::vector(want["h"])).cwiseAbs().maxCoeff(), 1e-6 * scale);
        EXPECT_TRUE(reference::near(got->objective_with_gas, want["objective_incl_gas"], 1e-8));
    }
}

TEST(MinVariance, BestSubsetMatchesReference) {
    const auto names = file()["assets"].get<std::vector<std::string>>();
    const auto id = [&](const std::string& name) {
        const auto found = std::find(names.begin(), names.end(), name);
        return AssetId{static_cast<std::uint16_t>(std::distance(names.begin(), found))};
    };
    Covariance covariance;
    covariance.per_bar = reference::matrix(file()["Sigma_daily"]);
    for (const std::string& name : names) covariance.assets.push_back(id(name));
    ASSERT_EQ(file()["best_subset"].size(), 3U);
    for (const Json& c : file()["best_subset"]) {
        std::vector<AssetId> candidates;
        VectorXd exposure = VectorXd::Zero(6);
        for (const std::string& name : names) {
            if (name == c["target"]) {
                exposure[id(name).value] = 1;
            } else {
                candidates.push_back(id(name));
            }
        }
        const auto got = best_instruments(covariance, exposure, candidates, c["k"]);
        ASSERT_TRUE(got) << got.error().what;
        std::vector<AssetId> chosen;
        for (const Json& name : c["chosen"]) chosen.push_back(id(name));
        EXPECT_EQ(got->instruments, chosen);
        EXPECT_LT(reference::distance(-got->hedge_usd, reference::vector(c["beta"])), 1e-9);
        EXPECT_TRUE(reference::near(got->residual_variance, c["residual_variance"], 1e-10));
        EXPECT_TRUE(reference::near(got->variance_reduction, c["variance_reduction"], 1e-9));
    }
}

HedgeProblem simple(VectorXd exposure, const std::vector<int>& instruments) {
    HedgeProblem p;
    p.covariance = reference::matrix(file()["Sigma_daily"]);
    p.exposure_usd = std::move(exposure);
    p.loading = MatrixXd::Zero(6, std::ssize(instruments));
    for (Index j = 0; j < p.loading.cols(); ++j) p.loading(instruments[static_cast<std::size_t>(j)], j) = 1;
    return p;
}

VectorXd exposure_of(double eth, double link) {
    VectorXd e = VectorXd::Zero(6);
    e[0] = eth;
    e[3] = link;
    return e;
}

TEST(MinVariance, SameAssetIsHedgedOneToOne) {
    const auto got = minimise_variance(simple(exposure_of(12'345.678, 0), {0}));
    ASSERT_TRUE(got);
    EXPECT_NEAR(got->target_usd[0], -12'345.678, 1e-9);
    EXPECT_NEAR(got->variance_after, 0, 1e-12 * got->variance_before);
}

TEST(MinVariance, OneInstrumentIsBetaTimesExposure) {
    const HedgeProblem p = simple(exposure_of(0, 1e4), {0});
    const auto got = minimise_variance(p);
    ASSERT_TRUE(got);
    const double beta = p.covariance(0, 3) / p.covariance(0, 0);
    EXPECT_NEAR(got->target_usd[0], -beta * 1e4, 1e-9);
    const double rho2 = beta * p.covariance(0, 3) / p.covariance(3, 3);
    EXPECT_NEAR(1 - got->variance_after / got->variance_before, rho2, 1e-12);
}

TEST(MinVariance, ZeroExposureIsNoHedgeExactly) {
    HedgeProblem p = simple(VectorXd::Zero(6), {0, 1, 2});
    EXPECT_EQ(minimise_variance(p)->target_usd, VectorXd::Zero(3));
    p.upper_usd = VectorXd::Zero(3);
    p.lower_usd = VectorXd::Constant(3, -1e5);
    p.cost_per_usd = VectorXd::Constant(3, 1e-3);
    p.gross_limit_usd = 1e5;
    EXPECT_EQ(minimise_variance(p)->target_usd, VectorXd::Zero(3));
    p.held_usd = VectorXd::Constant(3, -5000);
    p.cost_per_usd.setZero();
    EXPECT_LT(minimise_variance(p)->target_usd.cwiseAbs().maxCoeff(), 1e-9);
}

TEST(MinVariance, NoInstrumentsIsNoHedge) {
    const auto got = minimise_variance(simple(exposure_of(1, 1), {}));
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->target_usd.size(), 0);
    EXPECT_EQ(got->variance_after, got->variance_before);
}

TEST(MinVariance, CopiesOfOneInstrumentShareTheHedge) {
    HedgeProblem p = simple(exposure_of(9000, 0), {0, 0, 0});
    const auto got = minimise_variance(p);
    ASSERT_TRUE(got) << got.error().what;
    for (Index i = 0; i < 3; ++i) EXPECT_NEAR(got->target_usd[i], -3000, 1e-2);
    EXPECT_NEAR(got->target_usd.sum(), -9000, 1e-4);

    p.cost_per_usd = VectorXd::Constant(3, 1e-4);  // the cheap one does all of it
    p.cost_per_usd[1] = 1e-5;
    p.risk_aversion = 1e-4;
    const auto cheap = minimise_variance(p);
    ASSERT_TRUE(cheap) << cheap.error().what;
    EXPECT_EQ(cheap->target_usd[0], 0);
    EXPECT_EQ(cheap->target_usd[2], 0);
    EXPECT_LT(cheap->target_usd[1], -8000);
}

TEST(MinVariance, BoundsAndKinksAreHitExactly) {
    HedgeProblem p = simple(exposure_of(1e4, 1e4), {0, 1});
    p.lower_usd = VectorXd::Constant(2, -1234.567);
    p.upper_usd = VectorXd::Constant(2, 0.1);
    EXPECT_EQ(minimise_variance(p)->target_usd[0], -1234.567);
    p.held_usd = VectorXd::Constant(2, -333.333);
    p.cost_per_usd = VectorXd::Constant(2, 1e6);
    EXPECT_EQ(minimise_variance(p)->target_usd, p.held_usd);
}

TEST(MinVariance, InfeasibleLimitsAreAnErrorNeverAClippedGuess) {
    HedgeProblem p = simple(exposure_of(1e4, 1e4), {0, 1});
    p.lower_usd = VectorXd::Constant(2, 1);
    p.upper_usd = VectorXd::Constant(2, -1);
    EXPECT_EQ(minimise_variance(p).error().code, Errc::config);
    p.lower_usd = VectorXd::Constant(2, -100);
    p.upper_usd = VectorXd::Constant(2, -60);
    p.gross_limit_usd = 119.0;
    EXPECT_EQ(minimise_variance(p).error().code, Errc::config);
    EXPECT_EQ(minimise_variance_with_gas(p, 1).error().code, Errc::config);
    p.gross_limit_usd = 120.0;  // exactly one point left
    EXPECT_EQ(minimise_variance(p)->target_usd, VectorXd::Constant(2, -60));
    p.margin_ratio = VectorXd::Constant(2, 0.1);
    p.margin_limit_usd = 11.0;
    EXPECT_EQ(minimise_variance(p).error().code, Errc::config);
}

TEST(MinVariance, BadNumbersAreErrors) {
    const HedgeProblem good = simple(exposure_of(1e4, 1e4), {0, 1});
    const auto code = [&](auto&& spoil) {
        HedgeProblem p = good;
        spoil(p);
        const auto got = minimise_variance(p);
        return got ? std::optional<Errc>{} : std::optional(got.error().code);
    };
    using P = HedgeProblem;
    EXPECT_EQ(code([](P& p) { p.exposure_usd[0] = kNaN; }), Errc::decode);
    EXPECT_EQ(code([](P& p) { p.covariance(0, 0) = kNaN; }), Errc::decode);
    EXPECT_EQ(code([](P& p) {
                  p.covariance(0, 1) *= 3;
                  p.covariance(1, 0) *= 3;
              }),
              Errc::decode);  // not PSD
    EXPECT_EQ(code([](P& p) {
                  p.covariance.row(1).setZero();
                  p.covariance.col(1).setZero();
              }),
              Errc::decode);
    EXPECT_EQ(code([](P& p) { p.covariance.setZero(); }), Errc::decode);
    EXPECT_EQ(code([](P& p) { p.risk_aversion = 0; }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.horizon = -1; }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.ridge = kNaN; }), Errc::decode);
    EXPECT_EQ(code([](P& p) { p.cost_per_usd = VectorXd::Constant(2, -1); }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.borrow = VectorXd::Constant(2, -1); }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.held_usd = VectorXd::Constant(3, 0); }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.exposure_usd = VectorXd::Constant(3, 0); }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.lower_usd = VectorXd::Constant(2, kNaN); }), Errc::decode);
    EXPECT_EQ(code([](P& p) { p.lower_usd = VectorXd::Constant(2, kInfinity); }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.gross_limit_usd = -1; }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.gross_limit_usd = kNaN; }), Errc::decode);
    EXPECT_EQ(code([](P& p) { p.loading(0, 0) = kInfinity; }), Errc::config);
    EXPECT_EQ(code([](P& p) { p.exposure_usd *= 1e300; }), Errc::decode);
}

TEST(MinVariance, AssetsByNameInAnyOrder) {
    Covariance covariance;
    covariance.per_bar = reference::matrix(file()["Sigma_daily"]);
    for (std::uint16_t i = 10; i < 16; ++i) covariance.assets.emplace_back(i);
    const std::vector<AssetId> forward{AssetId{10}, AssetId{11}};
    const std::vector<AssetId> backward{AssetId{11}, AssetId{10}};
    const VectorXd e = exposure_of(0, 1e4);
    const auto a = minimise_variance(covariance, e, forward, {}, {});
    const auto b = minimise_variance(covariance, e, backward, {}, {});
    ASSERT_TRUE(a && b);
    EXPECT_NEAR(a->target_usd[0], b->target_usd[1], 1e-9);
    EXPECT_NEAR(a->target_usd[1], b->target_usd[0], 1e-9);
    const std::vector<AssetId> unknown{AssetId{9}};
    EXPECT_EQ(minimise_variance(covariance, e, unknown, {}, {}).error().code, Errc::not_found);
    const std::vector<AssetId> twice{AssetId{10}, AssetId{10}};
    EXPECT_EQ(minimise_variance(covariance, e, twice, {}, {}).error().code, Errc::config);
}

// ---- random problems, judged by trying to do better
// ---------------------------------------------------------

double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(*rc::gen::inRange(0, 1'000'001)) * 1e-6;
}

VectorXd random_vector(Index n, double low, double high) {
    VectorXd v(n);
    for (Index i = 0; i < n; ++i) v[i] = uniform(low, high);
    return v;
}

HedgeProblem random_problem() {
    const auto k = *rc::gen::inRange<Index>(1, 7);
    HedgeProblem p;
    p.covariance = reference::matrix(file()["Sigma_daily"]);
    p.exposure_usd = random_vector(6, -4e4, 6e4);
    p.loading = MatrixXd::Identity(6, k);
    p.risk_aversion = *rc::gen::element(1e-6, 1e-4, 1e-2);
    p.horizon = uniform(0.1, 10);
    const auto maybe = [] { return *rc::gen::inRange(0, 2) == 1; };
    if (maybe()) p.loading.col(k - 1) += 0.3 * p.loading.col(0);
    if (maybe()) {
        p.ridge = uniform(0, 2);
        p.preferred_usd = random_vector(k, -3e4, 3e4);
    }
    if (maybe()) p.held_usd = random_vector(k, -5e4, 3e4);
    if (maybe()) p.cost_per_usd = random_vector(k, 0, 5e-3);
    if (maybe()) p.impact = random_vector(k, 0, 1e-7);
    if (maybe()) p.funding = random_vector(k, -1e-3, 1e-3);
    if (maybe()) p.borrow = random_vector(k, 0, 1e-3);
    if (maybe()) {
        p.lower_usd = random_vector(k, -4e4, 0);
        p.upper_usd = *rc::gen::inRange(0, 2) == 1 ? VectorXd(VectorXd::Zero(k)) : random_vector(k, 0, 4e4);
    }
    if (maybe()) p.gross_limit_usd = uniform(0, 1.5e5);
    if (maybe()) {
        p.margin_ratio = random_vector(k, 0.02, 0.2);
        p.margin_limit_usd = uniform(0, 1e4);
    }
    return p;
}

bool allowed(const HedgeProblem& p, const VectorXd& h, double slack) {
    for (Index i = 0; i < h.size(); ++i) {
        if (p.lower_usd.size() > 0 && h[i] < p.lower_usd[i]) return false;
        if (p.upper_usd.size() > 0 && h[i] > p.upper_usd[i]) return false;
    }
    if (p.gross_limit_usd && h.cwiseAbs().sum() > *p.gross_limit_usd + slack) return false;
    return !p.margin_limit_usd || p.margin_ratio.dot(h.cwiseAbs()) <= *p.margin_limit_usd + slack;
}

RC_GTEST_PROP(MinVarianceProperty, FeasibleAndNothingNearOrFarIsBetter, ()) {
    const HedgeProblem p = random_problem();
    const Index k = p.loading.cols();
    const auto got = minimise_variance(p);
    RC_ASSERT(got.has_value());
    RC_ASSERT(allowed(p, got->target_usd, 1e-6));
    const double best = hedge_objective(p, got->target_usd);
    const double slack = 1e-9 * std::max(1.0, std::abs(hedge_objective(p, VectorXd::Zero(k))));
    const auto try_to_beat = [&](const VectorXd& h) {
        if (allowed(p, h, 0)) RC_ASSERT(hedge_objective(p, h) >= best - slack);
    };
    try_to_beat(VectorXd::Zero(k));
    if (p.held_usd.size() > 0) try_to_beat(p.held_usd);
    for (const double size : {1.0, 30.0, 1e3, 2e4}) {
        for (Index i = 0; i < k; ++i) {
            for (const double sign : {-1.0, 1.0}) {
                VectorXd h = got->target_usd;
                h[i] += sign * size;
                try_to_beat(h);
                for (Index j = 0; j < k; ++j) {  // along the gross and margin limits
                    if (j == i) continue;
                    for (const double other : {-1.0, 1.0}) {
                        for (const bool by_margin : {false, true}) {
                            if (by_margin && p.margin_ratio.size() == 0) continue;
                            VectorXd both = h;
                            both[j] +=
                                other * size * (by_margin ? p.margin_ratio[i] / p.margin_ratio[j] : 1.0);
                            try_to_beat(both);
                        }
                    }
                }
            }
        }
        for (int n = 0; n < 20; ++n) try_to_beat(got->target_usd + random_vector(k, -size, size));
    }
}

RC_GTEST_PROP(MinVarianceProperty, PermutationAndScale, ()) {
    const HedgeProblem p = random_problem();
    const Index k = p.loading.cols();
    const double money = *rc::gen::element(1e-3, 7.0, 1e4);
    HedgeProblem q = p;  // instruments reversed, every amount of money times `money`
    const auto reverse = [&](const VectorXd& v, double factor) { return VectorXd(v.reverse() * factor); };
    q.exposure_usd = p.exposure_usd * money;
    q.risk_aversion = p.risk_aversion / money;
    q.loading = p.loading.rowwise().reverse();
    q.preferred_usd = reverse(p.preferred_usd, money);
    q.held_usd = reverse(p.held_usd, money);
    q.cost_per_usd = reverse(p.cost_per_usd, 1);
    q.impact = reverse(p.impact, 1 / money);
    q.funding = reverse(p.funding, 1);
    q.borrow = reverse(p.borrow, 1);
    q.lower_usd = reverse(p.lower_usd, money);
    q.upper_usd = reverse(p.upper_usd, money);
    q.margin_ratio = reverse(p.margin_ratio, 1);
    if (p.gross_limit_usd) q.gross_limit_usd = *p.gross_limit_usd * money;
    if (p.margin_limit_usd) q.margin_limit_usd = *p.margin_limit_usd * money;
    const auto a = minimise_variance(p);
    const auto b = minimise_variance(q);
    RC_ASSERT(a.has_value() && b.has_value());
    const double size = std::max(1.0, a->target_usd.cwiseAbs().maxCoeff());
    for (Index i = 0; i < k; ++i) {
        RC_ASSERT(std::abs(b->target_usd[k - 1 - i] / money - a->target_usd[i]) <= 1e-8 * size);
    }
}

TEST(MinVariance, RoundNumbersNeverCycle) {
    // Bounds, kinks and limits that coincide, and two limits that are one: what makes active-set methods
    // cycle.
    std::mt19937_64 random(1);
    const auto below = [&](std::uint64_t n) { return static_cast<double>(random() % n); };
    for (int n = 0; n < 3000; ++n) {
        const auto k = static_cast<Index>(1 + random() % 6);
        const auto round_vector = [&](int low, int high, double unit) {
            VectorXd v(k);
            for (Index i = 0; i < k; ++i)
                v[i] = unit * (low + below(static_cast<std::uint64_t>(high - low + 1)));
            return v;
        };
        HedgeProblem p;
        p.covariance = MatrixXd::Identity(6, 6) * 1e-4;
        p.covariance.array() += std::array{0.0, 1e-4, 1e-2}.at(random() % 3);
        p.exposure_usd = VectorXd::Zero(6);
        p.exposure_usd.head(k) = round_vector(-3, 3, 1000);
        p.loading = MatrixXd::Identity(6, k);
        p.held_usd = round_vector(-2, 2, 1000);
        p.lower_usd = round_vector(-3, 0, 1000);
        p.upper_usd = round_vector(0, 2, 1000);
        p.cost_per_usd = round_vector(0, 2, 0.1);
        p.borrow = round_vector(0, 1, 0.1);
        if (random() % 2 == 0) p.funding = round_vector(-1, 1, 0.1);
        p.margin_ratio = random() % 2 == 0 ? VectorXd(VectorXd::Ones(k)) : round_vector(0, 2, 1);
        if (random() % 4 != 0) p.gross_limit_usd = 1000 * below(6);
        if (random() % 4 != 0) p.margin_limit_usd = 1000 * below(6);
        const auto got = minimise_variance(p);
        ASSERT_TRUE(got) << n << ": " << got.error().what;
        EXPECT_LT(got->kkt_residual, 1e-12) << n;
        EXPECT_TRUE(allowed(p, got->target_usd, 1e-6)) << n;
        EXPECT_LE(got->iterations, 40U) << n;
    }
}

}  // namespace
}  // namespace outrigger
