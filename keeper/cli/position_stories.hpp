// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "keeper/cli/position_view.hpp"
#include "keeper/shell/keeper.hpp"

namespace outrigger::cli {

/// What the operator adds to what the chain says.
struct StoryInputs {
    std::optional<double> volatility;            // of every pool's price, per year; 0.8 is 80 %
    std::map<std::string, double> entry_prices;  // by position, as prices are shown; "" is for all
    const Journal* journal = nullptr;            // what a keeper has seen; null: none has run
};

using Told = std::variant<PositionStory, UnreadablePosition>;

/// One position of the market as a look at it found it. Pre: position < number of positions.
Told tell_position(const config::Settings& settings, const Market& market, const Snapshot& seen,
                   std::size_t position, const StoryInputs& inputs);

/// How a token is called: by its own symbol where the asset has only one, else by the asset's.
std::string token_label(const Universe& universe, AssetId asset);

}  // namespace outrigger::cli
