// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/demo_ledger.hpp"

#include <algorithm>

namespace outrigger::cli {

DemoLedger::DemoLedger(const Market& market) {
    for (const auto& position : market.params.positions) {
        const std::size_t venue = position.legs.front().venue.value;
        positions_.push_back({position.name, market.venues.at(venue)->name(), "", {}, {}, 0});
        venue_of_.push_back(venue);
    }
    start_.resize(positions_.size());
    now_.resize(positions_.size());
    gas_usd_.resize(positions_.size());
    flow_usd_.resize(market.venues.size());
}

void DemoLedger::observe(const RoundReport& round) {
    // Who moved the wallet's money since the last look: the venue whose transaction was settled.
    const auto any_account = std::find_if(round.seen.accounts.begin(), round.seen.accounts.end(),
                                          [](const auto& a) { return a.second.value.has_value(); });
    if (any_account == round.seen.accounts.end()) {
        complete_ = false;
        return;
    }
    const double wallet = any_account->second.value->available_usd;
    if (!started_) wallet_usd_ = wallet;  // what came before is nobody's profit
    for (const auto& done : round.settled.settled) {
        for (std::size_t i = 0; i < positions_.size(); ++i) {
            if (positions_[i].venue != done.tx.venue) continue;
            gas_usd_[i] += done.gas_usd;
            flow_usd_[venue_of_[i]] += wallet - wallet_usd_;
            wallet_usd_ = wallet;
        }
    }

    for (std::size_t i = 0; i < positions_.size(); ++i) {
        const auto& figures = round.decision.positions[i].figures;
        const VenueId venue(static_cast<std::uint8_t>(venue_of_[i]));
        const auto account = round.seen.accounts.find(venue);
        if (!figures.known || account == round.seen.accounts.end() || !account->second.value) {
            complete_ = false;
            continue;
        }
        positions_[i].hedge = figures.cross ? "cross" : "direct";
        now_[i] = {figures.value_usd, account->second.value->equity_usd};
        for (const auto& [asset, held] : last_held_[venue]) {
            const auto price = round.seen.prices.find(asset);
            if (price == round.seen.prices.end() || !price->second.value || !last_price_.contains(asset))
                continue;
            positions_[i].ideal_usd += held * (price->second.value->usd - last_price_[asset]);
        }
        last_held_[venue] = account->second.value->position;
    }
    for (const auto& [asset, price] : round.seen.prices) {
        if (price.value) last_price_[asset] = price.value->usd;
    }
    if (!started_) start_ = now_;
    started_ = true;
}

double DemoLedger::hedge_pnl(std::size_t i) const {
    return now_[i].equity_usd - start_[i].equity_usd + flow_usd_[venue_of_[i]] - gas_usd_[i];
}

void DemoLedger::end_step() {
    for (std::size_t i = 0; i < positions_.size(); ++i) {
        const double lp = now_[i].lp_usd - start_[i].lp_usd;
        positions_[i].unhedged.push_back(lp);
        positions_[i].hedged.push_back(lp + hedge_pnl(i));
    }
}

double DemoLedger::cost_usd(std::size_t i) const {
    return positions_[i].ideal_usd - hedge_pnl(i);
}

}  // namespace outrigger::cli
