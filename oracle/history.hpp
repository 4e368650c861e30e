// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/base/chain_types.hpp"
#include "chain/base/result.hpp"
#include "hedge/returns.hpp"

namespace outrigger {

/// The block a price was read at: what a reorganisation can take back.
struct SeenAt {
    ChainId chain;
    BlockNumber number;
    BlockHash hash;
    friend bool operator==(const SeenAt&, const SeenAt&) = default;
};

/// One published price and the evidence for it. Without `seen` it is settled: no reorganisation reaches it.
struct RecordedTick {
    PriceTick tick;
    std::optional<SeenAt> seen;
    friend bool operator==(const RecordedTick&, const RecordedTick&) = default;
};

/// A stretch of time of which every price a source has published is stored.
struct Coverage {
    TimePoint since{};
    TimePoint until{};
    std::string next;     // where the source goes on to before `since`, in its own words; empty: nowhere
    std::string stopped;  // then why
    friend bool operator==(const Coverage&, const Coverage&) = default;
};

/// Where prices outlive the process; implemented by the store. Keyed by the asset's symbol, because AssetId
/// is an index into a configuration that may be edited between two runs.
class PriceStore {
  public:
    virtual ~PriceStore() = default;
    /// Adds ticks or replaces those with the same asset and publication time.
    virtual Result<void> append(std::string_view asset, std::span<const RecordedTick> ticks) = 0;
    /// Every tick published at or after `from`, oldest first.
    virtual Result<std::vector<RecordedTick>> load(std::string_view asset, TimePoint from) = 0;
    /// Removes what PriceHistory::drop_after removes, for every asset; nothing later than the ancestor then
    /// counts as covered.
    virtual Result<void> drop_after(const BlockRef& ancestor) = 0;

    /// What is covered of an asset by one source ("chainlink 0x..."), newest stretch first.
    virtual Result<std::vector<Coverage>> coverage(std::string_view asset, std::string_view source) = 0;
    /// Adds a page of ticks together with what is covered from then on: both or neither.
    virtual Result<void> append_page(std::string_view asset, std::string_view source,
                                     std::span<const RecordedTick> ticks,
                                     std::span<const Coverage> covered) = 0;
};

/// True when a reorganisation back to `ancestor` takes this tick's evidence away. A price published no later
/// than the ancestor's own time is in the ancestor's past whichever block it was read at, and survives.
[[nodiscard]] bool lost_in_reorg(const RecordedTick& tick, const BlockRef& ancestor);

/// Every asset's published prices in memory, always ordered by publication time, one tick per time.
class PriceHistory {
  public:
    /// True when the history changed. A tick already known keeps its earliest evidence; of two different
    /// prices with one publication time the one added last counts. Errors: Errc::decode unless the price is a
    /// positive finite number
    Result<bool> add(AssetId asset, const RecordedTick& tick);
    /// Number of ticks that changed the history. Nothing is added when one of them is unusable.
    /// Errors: as add
    Result<std::size_t> add_all(AssetId asset, std::span<const RecordedTick> ticks);

    /// Removes what a reorganisation back to `ancestor` took away and answers how many ticks that were.
    std::size_t drop_after(const BlockRef& ancestor);
    /// Marks everything read at or below a final block of its chain as settled.
    void settle(const BlockRef& finalized);
    /// Forgets ticks published before `from`, except the last of them: it is still the price at `from`.
    void trim(TimePoint from);

    /// The newest tick, or nothing when none is known.
    [[nodiscard]] std::optional<RecordedTick> newest(AssetId asset) const;
    /// Every known tick, oldest first. Valid until the history changes.
    [[nodiscard]] std::span<const RecordedTick> ticks(AssetId asset) const;
    /// The asset's ticks from the last one at or before `from` on: what make_panel needs to start at `from`.
    [[nodiscard]] PriceSeries series(AssetId asset, std::chrono::seconds heartbeat, TimePoint from) const;

  private:
    std::map<AssetId, std::vector<RecordedTick>> by_asset_;
};

}  // namespace outrigger
