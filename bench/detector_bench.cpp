// SPDX-License-Identifier: Apache-2.0
// How soon the correlation detector sees a break, and how often it sees one that is not there: simulated
// pairs with fat tails (Student t, 5 degrees) and clustering volatility, hourly bars, correlation .85 before.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "hedge/change_detector.hpp"

namespace outrigger {
namespace {

constexpr int kPaths = 1000;
constexpr int kBefore = 1000;  // bars that set scales and baseline
constexpr double kRho = 0.85;

/// One path's next bars; the volatility of both legs moves together.
class PairOfReturns {
  public:
    explicit PairOfReturns(std::uint64_t seed) : random_(seed) {}
    std::pair<double, double> next(double rho, double volatility = 1) {
        const double scale = volatility * std::sqrt(variance_ / chi_(random_) * 5 * 0.6);
        const double x = normal_(random_);
        const double y = rho * x + std::sqrt(1 - rho * rho) * normal_(random_);
        const double seen = scale * x / volatility;
        variance_ = 0.02 + 0.08 * seen * seen + 0.90 * variance_;
        return {scale * y, scale * x};
    }

  private:
    std::mt19937_64 random_;
    std::normal_distribution<double> normal_;
    std::chi_squared_distribution<double> chi_{5};
    double variance_ = 1;
};

CorrelationDetector started(PairOfReturns& pair) {
    std::vector<double> y;
    std::vector<double> g;
    for (int t = 0; t < kBefore; ++t) {
        const auto [a, b] = pair.next(kRho);
        y.push_back(a);
        g.push_back(b);
    }
    return CorrelationDetector::from(y, g).value();
}

/// Bars until the first alarm within `bars`.
std::optional<int> first_alarm(std::uint64_t seed, double rho, double volatility, int bars) {
    PairOfReturns pair(seed);
    CorrelationDetector detector = started(pair);
    detector.reset();
    for (int t = 1; t <= bars; ++t) {
        const auto [y, g] = pair.next(rho, volatility);
        if (!detector.add(y, g) || detector.alarmed()) return t;
    }
    return std::nullopt;
}

void delay(benchmark::State& state) {
    const double rho = static_cast<double>(state.range(0)) / 100;
    for (auto _ : state) {
        std::vector<int> delays;
        for (int path = 0; path < kPaths; ++path)
            delays.push_back(first_alarm(static_cast<std::uint64_t>(path), rho, 1, 1000).value_or(1001));
        std::sort(delays.begin(), delays.end());
        const auto within = std::upper_bound(delays.begin(), delays.end(), 168) - delays.begin();
        state.counters["median_h"] = delays[kPaths / 2];
        state.counters["p90_h"] = delays[kPaths * 9 / 10];
        state.counters["found_in_168h_%"] = 100.0 * static_cast<double>(within) / kPaths;
    }
}
BENCHMARK(delay)
    ->Name("break of .85 to /100:")
    ->Arg(30)
    ->Arg(65)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

void false_reaction(benchmark::State& state) {
    for (auto _ : state) {
        int alarms = 0;
        for (int path = 0; path < kPaths; ++path)
            alarms += first_alarm(static_cast<std::uint64_t>(path), kRho, 3, 168) ? 1 : 0;
        state.counters["alarmed_in_168h_%"] = 100.0 * alarms / kPaths;
    }
}
BENCHMARK(false_reaction)->Name("volatility x3, no break")->Iterations(1)->Unit(benchmark::kMillisecond);

void false_alarms(benchmark::State& state) {
    constexpr int kYear = 8760;
    for (auto _ : state) {
        std::int64_t alarms = 0;
        int in_a_month = 0;
        for (int path = 0; path < kPaths; ++path) {
            PairOfReturns pair(static_cast<std::uint64_t>(path));
            CorrelationDetector detector = started(pair);
            detector.reset();
            bool early = false;
            for (int t = 1; t <= kYear; ++t) {
                const auto [y, g] = pair.next(kRho);
                if (detector.add(y, g) && !detector.alarmed()) continue;
                ++alarms;
                early = early || t <= 720;
                detector.reset();
            }
            in_a_month += early ? 1 : 0;
        }
        state.counters["false_alarms_a_year"] = static_cast<double>(alarms) / kPaths;
        state.counters["in_30_days_%"] = 100.0 * in_a_month / kPaths;
    }
}
BENCHMARK(false_alarms)->Name("nothing changes, a year")->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace outrigger
