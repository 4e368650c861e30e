// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/demo_scenario.hpp"

#include <array>
#include <cmath>
#include <cstdint>

namespace outrigger::cli {

namespace {

/// A fixed sequence of roughly normal numbers: the demo is the same every time.
class Noise {
  public:
    /// Twelve uniforms less six: variance one, good enough for a picture.
    double next() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            sum += static_cast<double>(state_ >> 40) / static_cast<double>(1ULL << 24);
        }
        return sum;
    }

  private:
    std::uint64_t state_ = 2026;
};

struct Leg {
    int minutes;
    double log_move;  // of ETH over the leg
};

// Down through the lower bound of the LP's range, a bounce, a second low, and most of the way back.
constexpr std::array<Leg, 5> kLegs{{{40, -0.090}, {15, +0.035}, {15, -0.025}, {40, +0.075}, {10, -0.005}}};

constexpr double kEthNoise = 0.0008;  // per minute
constexpr double kBtcBeta = 0.60;
constexpr double kBtcNoise = 0.0008;
constexpr double kArbBeta = 1.28;  // as in the recorded history, correlation about 0.89
constexpr double kArbNoise = 0.0013;

}  // namespace

std::vector<DemoStep> falling_and_recovering(double eth, double btc, double arb) {
    std::vector<DemoStep> out{{0, eth, btc, arb}};
    Noise noise;
    int minute = 0;
    for (const auto& leg : kLegs) {
        for (int i = 0; i < leg.minutes; ++i) {
            const double move = leg.log_move / leg.minutes + kEthNoise * noise.next();
            eth *= std::exp(move);
            btc *= std::exp(kBtcBeta * move + kBtcNoise * noise.next());
            arb *= std::exp(kArbBeta * move + kArbNoise * noise.next());
            out.push_back({++minute, eth, btc, arb});
        }
    }
    return out;
}

}  // namespace outrigger::cli
