// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "keeper/decide/evaluate.hpp"

namespace outrigger {

struct GateInputs {
    const Snapshot& seen;
    const State& state;
    const Params& params;
    const PositionParams& settings;  // the group leader's
    const GroupFigures& figures;
    const PositionFacts& facts;
};

/// Every condition between a wish and a trade, in order, each with its value and limit. The first that stops
/// decides; later ones are still computed, so that a person sees what would stop it next.
[[nodiscard]] std::vector<Gate> ask_gates(const GateInputs& in);

}  // namespace outrigger
