// SPDX-License-Identifier: Apache-2.0
// What reading costs: a round of 1, 10, 100 and 1,000 positions with 50 feeds on the local chain, and the
// part of it that is decoding.
#include <benchmark/benchmark.h>

#include "tests/e2e/crowd.hpp"

namespace outrigger {
namespace {

constexpr std::size_t kMost = 1000;
constexpr std::size_t kFeeds = 50;

test::Crowd& crowd() {
    static test::Crowd one(kMost, kFeeds);
    return one;
}

/// Answers what was read before, at the cost of a copy.
class Recorded final : public BatchReader {
  public:
    Recorded(BatchReader& reader, const Pins& pins, const std::vector<Read>& reads) {
        const Query<std::vector<Result<Bytes>>> raw{
            reads, [](auto answers) -> Result<std::vector<Result<Bytes>>> {
                return std::vector<Result<Bytes>>(answers.begin(), answers.end());
            }};
        answers_ = reader.read(pins, raw).value();
    }
    const std::vector<Result<Bytes>>& answers() const { return answers_; }

  private:
    std::vector<Result<Bytes>> execute(const Pins& /*pins*/, std::span<const Read> /*reads*/) override {
        return answers_;
    }
    std::vector<Result<Bytes>> answers_;
};

std::vector<Query<LpView>> positions_of(const Market& market) {
    std::vector<Query<LpView>> out;
    for (const auto& pool : market.pools) out.push_back(pool->position());
    return out;
}

void count_per_position(benchmark::State& state) {
    const auto positions = static_cast<double>(state.range(0));
    state.counters["s_per_position"] = benchmark::Counter(
        positions, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
    state.SetComplexityN(state.range(0));
}

/// The whole reading of a round. Time is what the round waits; CPU is our share of it, the rest the node's.
void RoundTrip(benchmark::State& state) {
    const auto count = static_cast<std::size_t>(state.range(0));
    const Market market = crowd().market(count, kFeeds);
    const Head head = crowd().head();
    const auto before = crowd().nodes().http_requests();
    for (auto _ : state) {
        const Reading reading = read_round(crowd().reader(), market, head, Address{});
        if (!reading.pools.back()) state.SkipWithError(reading.pools.back().error().what.c_str());
    }
    state.counters["http_requests"] = benchmark::Counter(
        static_cast<double>(crowd().nodes().http_requests() - before), benchmark::Counter::kAvgIterations);
    count_per_position(state);
}

/// From the calls' answers to positions.
void Decode(benchmark::State& state) {
    const Market market = crowd().market(static_cast<std::size_t>(state.range(0)), 0);
    const auto query = each(positions_of(market));
    const Pins pins = crowd().pins();
    const Recorded recorded(crowd().reader(), pins, query.reads);
    for (auto _ : state) {
        auto views = query.decode(recorded.answers());
        benchmark::DoNotOptimize(views);
        if (!views || !views->back()) state.SkipWithError("a position was not decoded");
    }
    count_per_position(state);
}

BENCHMARK(RoundTrip)->RangeMultiplier(10)->Range(1, kMost)->Unit(benchmark::kMillisecond)->Complexity();
BENCHMARK(Decode)->RangeMultiplier(10)->Range(1, kMost)->Unit(benchmark::kMicrosecond)->Complexity();

}  // namespace
}  // namespace outrigger
