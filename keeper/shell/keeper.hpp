// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/tx/local_signer.hpp"
#include "keeper/base/files.hpp"
#include "keeper/base/limits.hpp"
#include "keeper/shell/actuator.hpp"
#include "keeper/shell/code_pins.hpp"
#include "keeper/shell/price_memory.hpp"
#include "keeper/shell/prices.hpp"

namespace outrigger {

/// What one round saw, decided and did: for logs, pages, tests and the demo.
struct RoundReport {
    std::int64_t id = 0;
    Head head;
    Snapshot seen;
    Decision decision;
    SettleReport settled;
    Acted acted;
    bool idle = false;                 // no new head: nothing was read
    std::vector<BlockRef> undone;      // blocks a reorganisation took away since the last round, lowest first
    std::optional<BlockRef> ancestor;  // the last block both branches share
};

/// One keeper: the functional core with its connections, its journal and, in live mode, its key.
class Keeper {
  public:
    struct Options {
        Mode mode = Mode::dry_run;
        Address account{};     // the would-be signer in a dry run
        bool resume = false;   // the operator clears latches and accepts the chain's nonce
        bool prices = true;    // look_only: with the price history; without it nothing cross-hedged is known
        bool triggers = true;  // also find the prices at which each answer would change
        std::function<void(const std::string&)> progress = [](const std::string&) {};
    };

    /// Connects, identifies everything on the chain, opens the journal, loads the price history. Start-up is
    /// recovery: open transactions are taken up from the journal by the first round.
    /// Errors: Errc::config, Errc::transport, Errc::not_found (position), Errc::storage, Errc::rejected
    /// (busy).
    static Result<std::unique_ptr<Keeper>> start(const config::Settings& settings, Options options,
                                                 std::unique_ptr<tx::Signer> signer);

    /// The same for looking only: no lock, no journal, no key, nothing remembered.
    static Result<std::unique_ptr<Keeper>> look_only(const config::Settings& settings, Options options);

    /// One pass: observe, settle, estimate, decide, record, plan, guard, sign, send.
    /// Errors: Errc::storage stops the process; anything else is a round that could not see its chain.
    Result<RoundReport> round();
    /// The same without journal and action: what would be decided now.
    Result<RoundReport> look();

    /// The length of bar that the prices read so far allow. Pre: prices were asked for
    Result<BarChoice> bar_choice(TimePoint now, const BarRule& rule) const {
        return prices_->bar_choice(market_, now, rule);
    }

    const config::Settings& settings() const { return settings_; }
    const Market& market() const { return market_; }
    Journal& journal() { return *journal_; }
    ChainLink& link() { return *link_; }
    const Address& account() const { return options_.account; }
    Mode mode() const { return options_.mode; }

  private:
    Keeper(config::Settings settings, Options options, std::unique_ptr<tx::Signer> signer);
    Result<Pins> connect(PositionRecords& known);
    Result<void> load_prices(PriceStore& store, const Pins& pins);
    Result<HeadUpdate> newest_head();
    Result<void> start_over();
    TimePoint time_of(const Head& head) const;
    void choose_bar(TimePoint now);
    void note_tip();
    Result<double> gas_unit_usd(const Head& head, const std::map<AssetId, Observed<Price>>& prices) const;
    Result<Snapshot> snapshot(const Reading& reading, const SettleReport& settled);
    Result<void> watch_nonce(const Reading& reading, SettleReport& settled, TimePoint now);
    Result<void> check_code(const Pins& pins);
    Result<void> watch_code(const Reading& reading, SettleReport& settled, TimePoint now);
    Result<void> latch(const std::string& reason, SettleReport& settled, TimePoint now);
    Result<void> keep_hedges(const Snapshot& seen, const Decision& decision);
    Result<void> book_simulated(const Snapshot& seen, const Decision& decision);

    config::Settings settings_;
    Options options_;
    std::unique_ptr<tx::Signer> signer_;
    std::unique_ptr<ChainLink> link_;
    std::optional<FileLock> lock_;
    std::unique_ptr<Journal> journal_;      // null when only looking
    std::unique_ptr<PriceStore> no_store_;  // then prices are kept nowhere
    Market market_;
    std::unique_ptr<PriceBook> prices_;
    std::unique_ptr<PriceMemory> memory_;
    bool prices_incomplete_ = false;
    std::unique_ptr<Actuator> actuator_;
    std::vector<ContractInUse> contracts_;  // whose code is pinned
    BlockNumber code_checked_at_{};
    std::optional<U256> tip_;  // as suggested last; empty: nobody has
    State state_;
};

/// The directory a keeper's ledger lives in: <datadir>/<preset>/<mode>. Dry-run and live never share one.
std::string ledger_directory(const config::Settings& settings, Mode mode);
/// The journal in it.
std::string journal_path(const config::Settings& settings, Mode mode);

}  // namespace outrigger
