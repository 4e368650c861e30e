// SPDX-License-Identifier: Apache-2.0
// One bar: both covariances updated, and the hedge solved with every other asset as an instrument within its
// limits, warm from the last answer; beside the least that Eigen needs for it (two rank-one updates, one
// factorisation, one solve).
#include <benchmark/benchmark.h>

#include <Eigen/Cholesky>
#include <random>

#include "hedge/min_variance.hpp"
#include "hedge/study/memory.hpp"

namespace outrigger {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using std::chrono::hours;

/// One factor and noise, as returns of crypto assets look.
MatrixXd returns(Index rows, Index n) {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal(0, 0.01);
    MatrixXd out(rows, n);
    for (Index t = 0; t < rows; ++t) {
        const double common = normal(random);
        for (Index i = 0; i < n; ++i) out(t, i) = common + 0.7 * normal(random);
    }
    return out;
}

constexpr Index kRows = 1024;

void bar(benchmark::State& state) {
    const Index n = state.range(0);
    const MatrixXd rows = returns(kRows, n);
    study::Memory recent(hours{168});
    study::Memory steady(hours{1440});
    TimePoint now{};
    for (Index t = 0; t < kRows; ++t) {
        now += hours{1};
        recent.add(now, rows.row(t));
        steady.add(now, rows.row(t));
    }
    HedgeProblem problem;
    problem.exposure_usd = VectorXd::Unit(n, 0) * 1e4;
    problem.loading = MatrixXd::Identity(n, n).rightCols(n - 1);
    problem.upper_usd = VectorXd::Constant(n - 1, 1.5e4);
    problem.lower_usd = -problem.upper_usd;
    problem.gross_limit_usd = 1.5e4;
    problem.ridge = 1;
    problem.preferred_usd = VectorXd::Zero(n - 1);
    VectorXd last = VectorXd::Zero(n - 1);
    Index t = 0;
    for (auto _ : state) {
        now += hours{1};
        recent.add(now, rows.row(t));
        steady.add(now, rows.row(t));
        t = (t + 1) % kRows;
        problem.covariance = recent.covariance(0.1);
        last = minimise_variance(problem, last).value().target_usd;
        benchmark::DoNotOptimize(last.data());
    }
}
BENCHMARK(bar)->Name("update and solve, assets:")->Arg(8)->Arg(32)->Arg(128)->Unit(benchmark::kMicrosecond);

void least(benchmark::State& state) {
    const Index n = state.range(0);
    const MatrixXd rows = returns(kRows, n);
    MatrixXd one = MatrixXd::Identity(n, n) * 1e-4;
    MatrixXd two = one;
    Index t = 0;
    for (auto _ : state) {
        const VectorXd r = rows.row(t);
        t = (t + 1) % kRows;
        one = 0.99 * one + r * r.transpose();
        two = 0.999 * two + r * r.transpose();
        const VectorXd h = one.bottomRightCorner(n - 1, n - 1).llt().solve(one.col(0).tail(n - 1));
        benchmark::DoNotOptimize(h.data());
    }
}
BENCHMARK(least)->Name("plain Eigen, assets:")->Arg(8)->Arg(32)->Arg(128)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace outrigger
