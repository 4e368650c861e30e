// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/position_stories.hpp"

#include <fmt/format.h>

#include <cmath>

#include "keeper/cli/context.hpp"
#include "keeper/decide/evaluate.hpp"
#include "keeper/shell/record.hpp"

namespace outrigger::cli {

namespace {

constexpr double kDaysPerYear = 365;

std::optional<AssetId> unless_quote(const Universe& universe, AssetId asset) {
    return universe.assets.at(asset.value).is_quote ? std::nullopt : std::optional(asset);
}

/// The prices, or in `story.unpriced` why one is missing.
void price(const Market& market, const Snapshot& seen, PositionStory& story, ReportInputs& in) {
    const auto price0 = fresh_price(seen, market.params, story.view.curve.asset0);
    const auto price1 = fresh_price(seen, market.params, story.view.curve.asset1);
    if (price0 && price1) {
        in.price0_usd = *price0;
        in.price1_usd = *price1;
    } else {
        story.unpriced = price0 ? price1.error().what : price0.error().what;
    }
}

void estimate_variance(const Market& market, const Snapshot& seen, std::size_t min_bars,
                       const StoryInputs& inputs, PositionStory& story, ReportInputs& in) {
    if (inputs.volatility) {
        story.volatility = inputs.volatility;
        story.volatility_note = "as given with --volatility";
        in.relative_variance_per_day = *inputs.volatility * *inputs.volatility / kDaysPerYear;
        return;
    }
    const auto& curve = story.view.curve;
    const auto variance =
        seen.panel ? relative_variance_per_day(*seen.panel, unless_quote(market.universe, curve.asset0),
                                               unless_quote(market.universe, curve.asset1), min_bars)
                   : Result<double>(tl::unexpected(seen.panel.error()));
    if (!variance) {
        story.volatility_note = variance.error().what + " (or give it: --volatility 80%)";
        return;
    }
    in.relative_variance_per_day = *variance;
    story.volatility = std::sqrt(*variance * kDaysPerYear);
    story.volatility_note =
        fmt::format("from {} bars of {} min", seen.panel->returns.rows(),
                    std::chrono::duration_cast<std::chrono::minutes>(seen.panel->bar).count());
}

/// The entry price: the operator's, else the pool's when the keeper first saw the position as it is.
void find_entry(const StoryInputs& inputs, PositionStory& story, ReportInputs& in) {
    auto given = inputs.entry_prices.find(story.name);
    if (given == inputs.entry_prices.end()) given = inputs.entry_prices.find("");
    if (given != inputs.entry_prices.end()) {
        story.entry_price = shown_price(story, given->second);
        story.entry_note = "as given with --entry-price";
    } else if (inputs.journal != nullptr && story.view.state == PositionState::open) {
        const auto seen = first_seen(*inputs.journal, story.name, story.view);
        if (seen && *seen) {
            story.entry_price = (*seen)->pool_price;
            story.entry_note =
                fmt::format("the price when the keeper first saw it as it is, {}", iso_time((*seen)->at));
        }
    }
    in.entry_price = story.entry_price;
    if (story.entry_price) return;
    story.entry_note = fmt::format("say at which price it was entered: --entry-price {}=PRICE, in {}",
                                   story.name, price_unit(story));
}

}  // namespace

std::string token_label(const Universe& universe, AssetId asset) {
    const std::string& symbol = universe.symbol(asset);
    const config::Token* only = nullptr;
    for (const auto& token : universe.tokens) {
        if (token.asset != symbol) continue;
        if (only != nullptr) return symbol;
        only = &token;
    }
    return only == nullptr ? symbol : only->symbol;
}

Told tell_position(const config::Settings& settings, const Market& market, const Snapshot& seen,
                   std::size_t position, const StoryInputs& inputs) {
    const auto& own = settings.positions.at(position);
    const auto& view = seen.pools.at(position).value;
    if (!view) return UnreadablePosition{own.name, own.ref, view.error().what};
    PositionStory story;
    story.name = own.name;
    story.ref = own.ref;
    story.view = *view;
    story.token0 = token_label(market.universe, view->curve.asset0);
    story.token1 = token_label(market.universe, view->curve.asset1);
    const bool quote0 = market.universe.assets.at(view->curve.asset0.value).is_quote;
    const bool quote1 = market.universe.assets.at(view->curve.asset1.value).is_quote;
    story.inverted = quote0 && !quote1;
    story.dollar_pair = quote0 != quote1;
    story.fees_hedged = own.fees_in_exposure;
    ReportInputs in;
    in.block_time_s = settings.chain.network.block_time_s;
    in.fees_in_exposure = own.fees_in_exposure;
    price(market, seen, story, in);
    estimate_variance(market, seen, own.model.min_bars, inputs, story, in);
    find_entry(inputs, story, in);
    auto report = report_position(*view, in);
    if (!report) return UnreadablePosition{own.name, own.ref, report.error().what};
    story.report = *std::move(report);
    return story;
}

}  // namespace outrigger::cli
