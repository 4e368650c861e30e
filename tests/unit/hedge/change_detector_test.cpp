// SPDX-License-Identifier: Apache-2.0
#include "hedge/change_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/hedge/reference.hpp"

namespace outrigger {
namespace {

using reference::Json;

const Json& monitors() {
    static const Json file = reference::load("10_monitors.json");
    return file;
}
/// x: the hedge's returns, y: the hedged ones; the correlation falls after row 599.
const Eigen::MatrixXd& broken_pair() {
    static const Eigen::MatrixXd rows = reference::csv("break_2x1000.csv");
    return rows;
}
std::vector<double> column(Eigen::Index c, Eigen::Index from, Eigen::Index to) {
    const auto& m = broken_pair();
    std::vector<double> out;
    for (Eigen::Index i = from; i < to; ++i) out.push_back(m(i, c));
    return out;
}

TEST(ChangeDetector, LikelihoodRatiosMatchTheReference) {
    for (const auto& p : monitors()["acg_lr_points"]) {
        EXPECT_NEAR(direction_likelihood_ratio(p["a"], p["c"], p["rho0"], p["rho1"]), p["lr"].get<double>(),
                    1e-12);
    }
    for (const auto& p : monitors()["resid_sr_t"]["lr_points"])
        EXPECT_NEAR(inflation_likelihood_ratio(p["z"], p["delta"], 4), p["lr"].get<double>(), 1e-10);
}

TEST(ChangeDetector, TheDirectionsRatioHasMeanOneUnderTheNullWhateverTheTails) {
    // The property the false-alarm bound stands on, by integration over the angle: the directions of any
    // elliptical pair with correlation rho have this density.
    for (const double rho : {0.1, 0.5, 0.9}) {
        for (const double f : {0.0, 0.5, 0.75}) {
            double mass = 0;
            double mean = 0;
            constexpr int kSteps = 20000;
            for (int i = 0; i < kSteps; ++i) {
                const double angle = 2 * std::acos(-1.0) * (i + 0.5) / kSteps;
                const double a = std::cos(angle);
                const double c = std::sin(angle);
                const double density = std::sqrt(1 - rho * rho) / (1 - 2 * rho * a * c);
                mass += density;
                mean += density * direction_likelihood_ratio(a, c, rho, f * rho);
            }
            EXPECT_NEAR(mean / mass, 1, 1e-9) << rho << " " << f;
        }
    }
}

TEST(ChangeDetector, CorrelationStatisticMatchesTheReferenceRowByRow) {
    const Json& want = monitors()["acg_sr"];
    EXPECT_NEAR(alarm_threshold(2160), want["threshold"].get<double>(), 1e-12);
    auto detector = *CorrelationDetector::from(column(1, 0, 100), column(0, 0, 100));
    std::size_t next = 0;
    Eigen::Index first_alarm = -1;
    for (Eigen::Index row = 100; row < 1000; ++row) {
        const double baseline = detector.baseline();
        const double stat = *detector.add(broken_pair()(row, 1), broken_pair()(row, 0));
        if (first_alarm < 0 && detector.alarmed()) first_alarm = row;
        if (next == want["rows"].size() || want["rows"][next] != row) continue;
        EXPECT_NEAR(baseline, want["rho0"][next].get<double>(), 1e-9) << row;
        const double reference_stat = want["stat"][next];
        if (reference_stat < 20) {
            EXPECT_NEAR(stat, reference_stat, 1e-8) << row;
        } else {  // far beyond any alarm the evidence is capped, the reference's is not
            EXPECT_GE(stat, 20) << row;
        }
        ++next;
    }
    EXPECT_EQ(next, want["rows"].size());
    EXPECT_EQ(first_alarm, want["first_alarm_row"].get<Eigen::Index>());
}

TEST(ChangeDetector, ResidualStatisticMatchesTheReference) {
    const double beta = monitors()["residual_z"]["beta_rows_0_299"];
    const auto residual = [&](Eigen::Index i) { return broken_pair()(i, 1) - beta * broken_pair()(i, 0); };
    std::vector<double> warm;
    for (Eigen::Index i = 0; i < 100; ++i) warm.push_back(residual(i));
    auto detector = *ResidualDetector::from(warm);
    const Json& z = monitors()["residual_z"];
    const Json& want = monitors()["resid_sr_t"];
    for (Eigen::Index row = 100; row < 1000; ++row) {
        const auto seen = *detector.add(residual(row));
        for (std::size_t k = 0; k < z["z_rows"].size(); ++k) {
            if (z["z_rows"][k] == row) {
                EXPECT_NEAR(seen.z, z["z"][k].get<double>(), 1e-8) << row;
            }
        }
        for (std::size_t k = 0; k < want["rows"].size(); ++k) {
            if (want["rows"][k] == row - 100) {
                EXPECT_NEAR(seen.statistic, want["stat"][k].get<double>(), 1e-8) << row;
            }
        }
    }
    EXPECT_NEAR(detector.variance(), z["ewma_var_last"].get<double>(), 1e-12);
}

TEST(ChangeDetector, VolatilityAloneIsNoDecorrelation) {
    std::mt19937_64 random(7);
    std::normal_distribution<double> normal;
    const auto pair = [&](double scale) {
        const double g = normal(random);
        return std::pair{scale * (0.85 * g + std::sqrt(1 - 0.85 * 0.85) * normal(random)), scale * g};
    };
    std::vector<double> y;
    std::vector<double> g;
    for (int i = 0; i < 720; ++i) {
        const auto [a, b] = pair(0.01);
        y.push_back(a);
        g.push_back(b);
    }
    int alarms = 0;
    for (int path = 0; path < 100; ++path) {
        auto detector = *CorrelationDetector::from(y, g);
        for (int i = 0; i < 168 && !detector.alarmed(); ++i) {
            const auto [a, b] = pair(0.03);  // three times as wild from the first bar on
            ASSERT_TRUE(detector.add(a, b));
        }
        alarms += detector.alarmed() ? 1 : 0;
    }
    EXPECT_LE(alarms, 15);  // methods E.3: about 5 in 100; a detector of variance would give nearly 100
}

TEST(ChangeDetector, UselessInputIsRefusedAndChangesNothing) {
    const std::vector<double> flat(50, 0.0);
    const std::vector<double> some{0.1, -0.2, 0.3};
    EXPECT_FALSE(CorrelationDetector::from(flat, flat));
    EXPECT_FALSE(CorrelationDetector::from(some, flat));
    EXPECT_FALSE(CorrelationDetector::from({}, {}));
    EXPECT_FALSE(ResidualDetector::from(flat));
    auto detector = *CorrelationDetector::from(some, some);
    const auto before = detector;
    EXPECT_FALSE(detector.add(std::numeric_limits<double>::quiet_NaN(), 0.1));
    EXPECT_FALSE(detector.add(0.1, std::numeric_limits<double>::infinity()));
    EXPECT_EQ(detector, before);
    for (int i = 0; i < 200000; ++i) ASSERT_TRUE(std::isfinite(*detector.add(0, 0)));
    EXPECT_TRUE(std::isfinite(*detector.add(0.01, -0.01)));
}

}  // namespace
}  // namespace outrigger
