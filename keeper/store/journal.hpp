// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "chain/tx/lifecycle.hpp"
#include "hedge/attribution.hpp"
#include "hedge/venue/venue.hpp"
#include "keeper/decide/decide.hpp"
#include "oracle/history.hpp"

namespace outrigger {

enum class Mode : std::uint8_t { dry_run, live };

/// "DRY-RUN" or "LIVE", the word every surface shows.
std::string_view to_string(Mode mode);

/// Whom a journal belongs to. A journal opened by anybody else is refused: ledgers are never shared.
struct JournalIdentity {
    Mode mode = Mode::dry_run;
    ChainId chain;
    Address signer{};
};

/// One evaluated round, as it is stored before anything is done about it.
struct RoundRow {
    TimePoint at{};
    BlockRef block;
    bool blind = false;         // a needed input could not be read
    std::string snapshot_json;  // every value used and where it came from
    std::string decision_json;
};

/// A wish to change a hedge, alive over as many transactions as it takes.
struct HedgeRow {
    std::int64_t id = 0;
    std::string position;
    std::string venue;
    std::string asset;
    TimePoint opened_at{};
    std::optional<TimePoint> closed_at;
    double wanted_units = 0;
    double filled_units = 0;
    double price_usd = 0;  // aggregated price when it was opened
    double cost_usd = 0;   // gas, so far; trading costs show in the venue's equity
    std::uint32_t txs = 0;
    std::string status;  // open | done | abandoned | simulated
};

/// What one nonce is for. Written together with the nonce, in one durable transaction.
struct ClaimRequest {
    std::int64_t round = 0;
    std::optional<std::int64_t> hedge;  // empty: upkeep
    std::string position;               // empty: upkeep of a venue
    std::string venue;
    Step step;
    std::map<std::string, I256> facts_before;
    tx::UnsignedTx tx;
    TimePoint at{};
    TimePoint deadline{};
    double worst_gas_usd = 0;
};

/// A nonce that is not finished, with all that was ever signed for it.
struct OpenTx {
    std::int64_t decision = 0;
    std::optional<std::int64_t> hedge;
    std::string position;
    std::string venue;
    std::string label;
    double delta_units = 0;
    std::vector<Expectation> expect;
    tx::Record record;
    std::vector<Bytes> raws;  // signed bytes, in signing order; the last is the latest version
};

struct Spending {
    double hour_usd = 0;
    double day_usd = 0;
    double gas_day_usd = 0;
};

struct TxTotals {
    std::uint32_t sent = 0;
    std::uint32_t verified = 0;
    std::uint32_t failed = 0;
    double gas_usd = 0;
};

/// The write-ahead ledger: SQLite, WAL, synchronous=FULL. Every method that returns success has reached
/// the disk. Errors: Errc::storage, after which nothing may be sent.
class Journal : public PriceStore {
  public:
    /// The journal at `path`, created if absent, for its owner's eyes only.
    /// Errors: Errc::storage for damage, another owner, another schema, a file others may read, or another
    ///         writer having it open.
    static Result<std::unique_ptr<Journal>> open(const std::string& path, const JournalIdentity& identity);
    /// The journal for reading beside a running keeper. Errors: Errc::not_found when there is none.
    static Result<std::unique_ptr<Journal>> open_read_only(const std::string& path);
    ~Journal() override;
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    Result<std::int64_t> record_round(const RoundRow& row);
    /// The newest round, or nothing in an empty journal.
    Result<std::optional<RoundRow>> last_round() const;
    /// The oldest kept round whose snapshot has that text at that path (SQLite's JSON path), or nothing.
    Result<std::optional<RoundRow>> first_round_with(const std::string& path, const std::string& text) const;

    /// Number of rounds forgotten: those older than `before` that led to no transaction. The newest is kept.
    Result<std::size_t> forget_rounds(TimePoint before);

    /// The new hedge's id. Errors: Errc::storage also when the position has an open one already.
    Result<std::int64_t> open_hedge(const HedgeRow& row);
    Result<std::optional<HedgeRow>> hedge_in_progress(const std::string& position) const;
    /// Ends an open hedge as done or abandoned; one that has ended stays as it was.
    Result<void> close_hedge(std::int64_t id, TimePoint at, const std::string& status);
    Result<std::vector<HedgeRow>> hedges() const;

    /// The nonce the next decision gets: one more than the highest ever bound here, never below the chain's
    /// count. Errors: Errc::rejected "foreign transaction" when the chain has moved past what we signed.
    Result<Nonce> next_nonce(Nonce chain_count) const;
    /// Accepts the chain's count as ours: the operator says the foreign transactions are known.
    Result<void> adopt_nonce(Nonce chain_count);
    /// S2: binds the decision to its nonce in one durable write and debits the windows.
    /// Errors: Errc::storage also while another nonce is in flight.
    Result<void> claim(const ClaimRequest& request);
    /// S3: the signed bytes, durable before they leave; the nonce's row becomes what tx::step makes of
    /// Signed. Storing the same bytes again changes nothing.
    Result<void> add_version(Nonce nonce, const tx::SignedTx& version, const tx::UnsignedTx& tx,
                             bool cancellation);
    /// S4 to S7: the record as tx::step left it. Errors: Errc::storage also when it knows another number of
    /// signed versions than the journal.
    Result<void> save(Nonce nonce, const tx::Record& record);
    /// Gives back a nonce that was never signed; refused otherwise.
    Result<void> release(Nonce nonce, const std::string& why);
    /// Closes the decision: what became of it, and whether the venue shows it. Frees the one place in flight,
    /// so the nonce's end must have been saved. Errors: Errc::storage otherwise.
    Result<void> finish(Nonce nonce, bool verified, const std::string& note, double gas_usd);
    /// Every nonce in flight with its record exactly as it was saved; at most one.
    Result<std::vector<OpenTx>> open_txs() const;

    /// What has been committed in the last hour and day: notional of every decision that was not proven to
    /// have no effect, gas at its worst case until it is known.
    Result<Spending> spending(TimePoint now) const;
    Result<PositionFacts> facts(const std::string& position, TimePoint now) const;
    Result<TxTotals> totals() const;
    /// Gas spent on a position's transactions so far, in USD.
    Result<double> gas_usd(const std::string& position) const;

    Result<void> pause(const std::string& position, const std::string& reason, TimePoint at);
    Result<std::optional<std::string>> paused(const std::string& position) const;
    /// The operator has looked: every pause, halt and run of failures so far is forgotten, and the chain's
    /// count of our transactions is accepted as ours. One durable write; what is in flight stays in flight.
    Result<void> resume(Nonce chain_count);
    Result<void> set_state(const State& state);
    Result<State> state() const;

    /// A position's holding at the end of the last bar, or nothing yet.
    Result<std::optional<HoldingPoint>> holding_point(const std::string& position) const;
    /// Replaces it, and keeps what happened since, where that could be told.
    Result<void> record_effect(const std::string& position, const HoldingPoint& point,
                               const std::optional<Attribution>& effect);
    /// What hedging did, oldest first, from a moment on.
    Result<std::vector<Attribution>> effects(const std::string& position, TimePoint from) const;

    /// What an NFT position was when it was last seen (Pool::record), by position_key.
    Result<std::map<std::string, std::string>> position_records() const;
    Result<void> keep_position_records(const std::map<std::string, std::string>& records);

    /// What the code of the contracts in use was (code_pins.hpp), by address.
    Result<std::map<std::string, std::string>> code_pins() const;
    Result<void> keep_code_pins(const std::map<std::string, std::string>& hashes);

    Result<void> append(std::string_view asset, std::span<const RecordedTick> ticks) override;
    Result<std::vector<RecordedTick>> load(std::string_view asset, TimePoint from) override;
    Result<void> drop_after(const BlockRef& ancestor) override;
    Result<std::vector<Coverage>> coverage(std::string_view asset, std::string_view source) override;
    Result<void> append_page(std::string_view asset, std::string_view source,
                             std::span<const RecordedTick> ticks, std::span<const Coverage> covered) override;
    /// The sources of an asset of which anything is covered.
    Result<std::vector<std::string>> price_sources(std::string_view asset) const;
    /// Every asset of which there is a price.
    Result<std::vector<std::string>> priced_assets() const;

    /// Dry-run only: adds a simulated fill, so that the same hedge is not wished for again every round.
    Result<void> add_virtual_fill(const std::string& venue, const std::string& asset, double units,
                                  double usd);
    /// Simulated units by asset at one venue.
    Result<std::map<std::string, double>> virtual_position(const std::string& venue) const;

  private:
    struct Impl;
    explicit Journal(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace outrigger
