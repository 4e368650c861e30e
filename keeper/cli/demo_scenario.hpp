// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace outrigger::cli {

/// Prices at one minute of the demo.
struct DemoStep {
    int minute = 0;
    double eth = 0;
    double btc = 0;
    double arb = 0;
};

/// A falling and recovering market over two hours, one step a minute: ETH loses some nine per cent and comes
/// back most of the way; BTC and ARB move with it as they did in the chain's recorded history, ARB also on
/// its own. Always the same path. Units: USD; the arguments are the prices at minute 0.
std::vector<DemoStep> falling_and_recovering(double eth, double btc, double arb);

}  // namespace outrigger::cli
