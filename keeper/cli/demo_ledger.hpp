// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "keeper/shell/keeper.hpp"

namespace outrigger::cli {

/// One position's profit and loss, with and without its hedge, from what the chain shows.
struct DemoPosition {
    std::string name;
    std::string venue;
    std::string hedge;             // "direct" or "cross"
    std::vector<double> unhedged;  // P&L since the start, USD, one entry per step; fees earned included
    std::vector<double> hedged;    // the same with the venue's equity, what moved through the wallet, and gas
    double ideal_usd = 0;          // what the held hedge would have made at oracle prices without any cost
};

/// Follows the demo's money. The quote money in the wallet is shared by the venues: it belongs to whichever
/// venue's transaction moved it, and only one transaction moves at a time.
class DemoLedger {
  public:
    /// Pre: every position has a leg.
    explicit DemoLedger(const Market& market);
    explicit DemoLedger(const Keeper& keeper) : DemoLedger(keeper.market()) {}

    /// Takes up what one round saw; called for every round, in order.
    void observe(const RoundReport& round);
    /// Closes a step: the newest observation becomes one point of every series.
    void end_step();

    const std::vector<DemoPosition>& positions() const { return positions_; }
    /// Everything the hedge cost so far: fees, slippage, interest, funding, and gas.
    double cost_usd(std::size_t position) const;
    double gas_usd(std::size_t position) const { return gas_usd_[position]; }
    /// False when something was unreadable at the end of a step.
    bool complete() const { return complete_; }

  private:
    struct Money {
        double lp_usd = 0;
        double equity_usd = 0;
    };
    double hedge_pnl(std::size_t position) const;

    std::vector<DemoPosition> positions_;
    std::vector<std::size_t> venue_of_;  // index: position
    std::vector<Money> start_, now_;
    std::vector<double> flow_usd_;  // index: venue; wallet money it released (+) or took (-)
    std::vector<double> gas_usd_;   // index: position
    std::map<AssetId, double> last_price_;
    std::map<VenueId, Exposure> last_held_;
    double wallet_usd_ = 0;
    bool started_ = false;
    bool complete_ = true;
};

}  // namespace outrigger::cli
