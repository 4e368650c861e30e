// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chain/base/lp.hpp"
#include "config/position_kind.hpp"
#include "hedge/position_report.hpp"

namespace outrigger::cli {

/// One position with all that is said about it. What is not known has a reason in words beside it.
struct PositionStory {
    std::string name;
    config::PositionRef ref;
    std::string token0;        // how people call it: "WETH"
    std::string token1;        // "USDC"
    bool inverted = false;     // prices are quoted as token0 per token1, and token1 is named first
    bool dollar_pair = false;  // the token named last is a dollar: its own gamma says nothing
    bool fees_hedged = true;
    LpView view;
    PositionReport report;
    std::string unpriced;               // why there are no USD amounts; empty: there are
    std::optional<double> volatility;   // of the pool's price, per year; 0.8 is 80 %
    std::string volatility_note;        // where it is from, or why there is none
    std::optional<double> entry_price;  // as the pool has it: whole token1 per whole token0
    std::string entry_note;             // where it is from, or how to give one
};

/// A position that could not be read, and why.
struct UnreadablePosition {
    std::string name;
    config::PositionRef ref;
    std::string why;
};

/// "USDC per WETH".
std::string price_unit(const PositionStory& story);
/// A pool price as it is shown, and back: the same function.
double shown_price(const PositionStory& story, double price);

/// Where the position stands: "in range 2,800.00–3,500.00 USDC per WETH, now 3,152.40", "out of range: all
/// USDC; back in range below 3,500.00 USDC per WETH (-2.1 %)", "burned: ...".
std::string standing(const PositionStory& story);

/// The position in one line, without its name: for `check`.
std::string in_brief(const PositionStory& story);

/// The position in full, one line a fact, without its name.
std::vector<std::string> in_full(const PositionStory& story);

/// The position as a document; docs/positions.md describes its fields.
nlohmann::json position_document(const PositionStory& story);
nlohmann::json position_document(const UnreadablePosition& position);

/// An amount of tokens with the digits that matter: "12,345.68", "2.8709", "0.00001234".
std::string token_amount(double units);

}  // namespace outrigger::cli
