// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

#include "hedge/bar_choice.hpp"
#include "keeper/shell/market.hpp"
#include "keeper/shell/observer.hpp"
#include "oracle/history.hpp"
#include "oracle/history_fill.hpp"

namespace outrigger {

/// The price history the estimator stands on: loaded from the store, filled up from the feeds' own rounds,
/// and extended by every round's reading. The store sees every tick before it is used.
class PriceBook {
  public:
    PriceBook(PriceStore& store, std::chrono::seconds lookback, std::chrono::seconds bar)
        : store_(store), lookback_(lookback), bar_(bar) {}

    /// Asks each feed for the rounds that are not stored yet, as far as it goes, and loads what is stored
    /// then. `progress` gets a line per feed, and one per page of a long fill. Errors: Errc::storage; a feed
    /// that cannot be read back is said in the line, not an error.
    Result<void> fill(BatchReader& reader, const Pins& pins, const Market& market,
                      const std::function<void(const std::string&)>& progress);
    /// Adds a round's prices. Errors: Errc::storage.
    Result<void> add(const Reading& reading, const Market& market);
    /// Forgets what a reorganisation undid. Errors: Errc::storage.
    Result<void> drop_after(const BlockRef& ancestor);
    const PriceHistory& history() const { return history_; }
    void set_bar(std::chrono::seconds bar) { bar_ = bar; }
    /// Returns of every asset with a feed, up to `now`.
    Result<ReturnPanel> panel(const Market& market, TimePoint now) const;
    /// The length of bar that these prices allow. Errors: as choose_bar.
    Result<BarChoice> bar_choice(const Market& market, TimePoint now, const BarRule& rule) const;

  private:
    /// The prices behind a panel that ends now.
    std::vector<PriceSeries> series(const Market& market, TimePoint now) const;

    PriceStore& store_;
    PriceHistory history_;
    std::chrono::seconds lookback_;
    std::chrono::seconds bar_;
};

}  // namespace outrigger
