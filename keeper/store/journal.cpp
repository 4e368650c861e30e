// SPDX-License-Identifier: Apache-2.0
// Opening a journal, and what a round writes: the round itself, hedges, the strategy's own state.
#include "keeper/store/journal.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "chain/base/hex.hpp"
#include "keeper/store/hedge_memory_text.hpp"
#include "keeper/store/journal_impl.hpp"
#include "keeper/store/schema.hpp"

namespace outrigger {

using store::at_seconds;
using store::seconds;
using store::signed_of;
using store::unsigned_of;

std::string_view to_string(Mode mode) {
    return mode == Mode::live ? "LIVE" : "DRY-RUN";
}

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::~Journal() = default;

// ---- opening
// -------------------------------------------------------------------------------------------------

namespace {

/// The version of the journal's schema, 0 for an empty file where one `may_be_new`.
/// Errors: Errc::storage unless the file is a journal of this version, or of an older one where it can be
/// brought up to date
Result<int> check_format(const std::string& path, SQLite::Database& db, bool may_be_new) {
    const int version = db.execAndGet("PRAGMA user_version").getInt();
    const int application = db.execAndGet("PRAGMA application_id").getInt();
    const int tables = db.execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    if (may_be_new && version == 0 && application == 0 && tables == 0) return 0;
    if (application != store::kApplicationId) {
        return store::refused(path, "open",
                              "it is a database of some other program. Fix: use another storage.datadir");
    }
    if (version >= 1 && version < store::kSchemaVersion) {
        if (may_be_new) return version;
        return store::refused(
            path, "open",
            fmt::format("its schema is version {}, older than this outrigger's {}. Fix: start "
                        "outrigger run once, which brings it up to date",
                        version, store::kSchemaVersion));
    }
    if (version != store::kSchemaVersion) {
        return store::refused(
            path, "open",
            fmt::format("its schema is version {}, this outrigger writes version {}. Fix: run the "
                        "outrigger that wrote it, or move the file away once nothing is pending",
                        version, store::kSchemaVersion));
    }
    return version;
}

/// Brings the tables from a version to today's, in one transaction.
void migrate(SQLite::Database& db, int version) {
    if (version == store::kSchemaVersion) return;
    SQLite::Transaction t(db);
    for (auto v = static_cast<std::size_t>(version); v <= store::kMigrations.size(); ++v)
        db.exec(store::kMigrations.at(v - 1));
    db.exec(fmt::format("PRAGMA user_version = {}", store::kSchemaVersion));
    t.commit();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, const JournalIdentity& identity) {
    auto lock = OR_TRY(store::WriterLock::acquire(path));
    OR_TRY(store::claim_private_file(path));
    return store::guarded(path, "open", [&]() -> Result<std::unique_ptr<Journal>> {
        auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READWRITE);
        impl->lock.emplace(std::move(lock));
        auto& db = impl->db;
        const int version = OR_TRY(check_format(path, db, true));
        const bool fresh = version == 0;
        if (!fresh) OR_TRY(store::check_sound(path, db));
        OR_TRY(store::make_durable(path, db));
        if (fresh) {
            SQLite::Transaction t(db);
            db.exec(store::kSchema);
            impl->set_meta("mode", std::string(to_string(identity.mode)));
            impl->set_meta("chain", std::to_string(identity.chain.value));
            impl->set_meta("signer", to_hex(identity.signer));
            db.exec(fmt::format("PRAGMA application_id = {}", store::kApplicationId));
            db.exec("PRAGMA user_version = 1");
            t.commit();
        }
        OR_TRY(store::check_owner(path, "mode", impl->meta("mode"), std::string(to_string(identity.mode))));
        OR_TRY(store::check_owner(path, "chain", impl->meta("chain"), std::to_string(identity.chain.value)));
        OR_TRY(store::check_owner(path, "signer", impl->meta("signer"), to_hex(identity.signer)));
        migrate(db, fresh ? 1 : version);
        return std::unique_ptr<Journal>(new Journal(std::move(impl)));
    });
}

Result<std::unique_ptr<Journal>> Journal::open_read_only(const std::string& path) {
    OR_TRY(store::check_private_file(path));
    return store::guarded(path, "open", [&]() -> Result<std::unique_ptr<Journal>> {
        auto impl = std::make_unique<Impl>(path, SQLite::OPEN_READONLY);
        OR_TRY(check_format(path, impl->db, false));
        return std::unique_ptr<Journal>(new Journal(std::move(impl)));
    });
}

// ---- rounds
// --------------------------------------------------------------------------------------------------

Result<std::int64_t> Journal::record_round(const RoundRow& row) {
    return impl_->guarded("record a round", [&]() -> std::int64_t {
        SQLite::Statement q(
            impl_->db,
            "INSERT INTO rounds (at, chain, block_number, block_hash, block_time, blind, snapshot, "
            "decision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        q.bind(1, seconds(row.at));
        q.bind(2, signed_of(row.block.chain.value));
        q.bind(3, signed_of(row.block.number.value));
        q.bind(4, to_hex(row.block.hash));
        q.bind(5, seconds(row.block.timestamp));
        q.bind(6, row.blind ? 1 : 0);
        q.bind(7, row.snapshot_json);
        q.bind(8, row.decision_json);
        q.exec();
        return impl_->db.getLastInsertRowid();
    });
}

namespace {

constexpr std::string_view kRoundColumns =
    "SELECT at, chain, block_number, block_hash, block_time, blind, snapshot, decision FROM rounds ";

/// The round the statement stands at, or nothing when it finds none.
Result<std::optional<RoundRow>> next_round(SQLite::Statement& q) {
    if (!q.executeStep()) return std::nullopt;
    RoundRow row;
    row.at = at_seconds(q.getColumn(0).getInt64());
    row.block.chain = ChainId(unsigned_of(q.getColumn(1).getInt64()));
    row.block.number = BlockNumber(unsigned_of(q.getColumn(2).getInt64()));
    row.block.hash = OR_TRY(parse_fixed<BlockHash>(q.getColumn(3).getString()));
    row.block.timestamp = at_seconds(q.getColumn(4).getInt64());
    row.blind = q.getColumn(5).getInt() != 0;
    row.snapshot_json = q.getColumn(6).getString();
    row.decision_json = q.getColumn(7).getString();
    return row;
}

}  // namespace

Result<std::optional<RoundRow>> Journal::last_round() const {
    return impl_->guarded("read the last round", [&] {
        SQLite::Statement q(impl_->db, std::string(kRoundColumns) + "ORDER BY id DESC LIMIT 1");
        return next_round(q);
    });
}

Result<std::optional<RoundRow>> Journal::first_round_with(const std::string& path,
                                                          const std::string& text) const {
    return impl_->guarded("read an early round", [&] {
        SQLite::Statement q(impl_->db, std::string(kRoundColumns) +
                                           "WHERE json_valid(snapshot) AND json_extract(snapshot, ?) = ? "
                                           "ORDER BY id LIMIT 1");
        q.bind(1, path);
        q.bind(2, text);
        return next_round(q);
    });
}

Result<std::size_t> Journal::forget_rounds(TimePoint before) {
    return impl_->guarded("forget old rounds", [&]() -> std::size_t {
        SQLite::Statement q(
            impl_->db,
            "DELETE FROM rounds WHERE at < ? AND id < (SELECT max(id) FROM rounds) AND NOT EXISTS "
            "(SELECT 1 FROM decisions d WHERE d.round = rounds.id)");
        q.bind(1, seconds(before));
        return static_cast<std::size_t>(q.exec());
    });
}

// ---- hedges
// --------------------------------------------------------------------------------------------------

Result<std::int64_t> Journal::open_hedge(const HedgeRow& row) {
    return impl_->guarded("open a hedge", [&]() -> std::int64_t {
        SQLite::Statement q(impl_->db,
                            "INSERT INTO hedges (position, venue, asset, opened_at, closed_at, wanted_units, "
                            "price_usd, status) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        q.bind(1, row.position);
        q.bind(2, row.venue);
        q.bind(3, row.asset);
        q.bind(4, seconds(row.opened_at));
        if (row.closed_at) q.bind(5, seconds(*row.closed_at));
        q.bind(6, row.wanted_units);
        q.bind(7, row.price_usd);
        q.bind(8, row.status);
        q.exec();
        return impl_->db.getLastInsertRowid();
    });
}

namespace {

constexpr const char* kSelectHedges =
    "SELECT h.id, h.position, h.venue, h.asset, h.opened_at, h.closed_at, h.wanted_units, h.price_usd, "
    "h.status, "
    "       coalesce((SELECT sum(d.delta_units) FROM decisions d WHERE d.hedge = h.id AND d.verified = 1), "
    "0), "
    "       coalesce((SELECT sum(d.gas_usd) FROM decisions d WHERE d.hedge = h.id), 0), "
    "       (SELECT count(*) FROM decisions d WHERE d.hedge = h.id AND d.nonce IS NOT NULL) "
    "FROM hedges h ";

HedgeRow hedge_row(SQLite::Statement& q) {
    HedgeRow row;
    row.id = q.getColumn(0).getInt64();
    row.position = q.getColumn(1).getString();
    row.venue = q.getColumn(2).getString();
    row.asset = q.getColumn(3).getString();
    row.opened_at = at_seconds(q.getColumn(4).getInt64());
    if (!q.getColumn(5).isNull()) row.closed_at = at_seconds(q.getColumn(5).getInt64());
    row.wanted_units = q.getColumn(6).getDouble();
    row.price_usd = q.getColumn(7).getDouble();
    row.status = q.getColumn(8).getString();
    row.filled_units = q.getColumn(9).getDouble();
    row.cost_usd = q.getColumn(10).getDouble();
    row.txs = static_cast<std::uint32_t>(q.getColumn(11).getInt());
    return row;
}

}  // namespace

Result<std::optional<HedgeRow>> Journal::hedge_in_progress(const std::string& position) const {
    return impl_->guarded("read the open hedge", [&]() -> std::optional<HedgeRow> {
        SQLite::Statement q(impl_->db,
                            std::string(kSelectHedges) + "WHERE h.position = ? AND h.status = 'open'");
        q.bind(1, position);
        if (!q.executeStep()) return std::nullopt;
        return hedge_row(q);
    });
}

Result<void> Journal::close_hedge(std::int64_t id, TimePoint at, const std::string& status) {
    return impl_->guarded("close a hedge", [&] {
        SQLite::Statement q(impl_->db,
                            "UPDATE hedges SET status = ?, closed_at = ? WHERE id = ? AND status = 'open'");
        q.bind(1, status);
        q.bind(2, seconds(at));
        q.bind(3, id);
        q.exec();
    });
}

Result<std::vector<HedgeRow>> Journal::hedges() const {
    return impl_->guarded("read the hedges", [&] {
        std::vector<HedgeRow> out;
        SQLite::Statement q(impl_->db, std::string(kSelectHedges) + "ORDER BY h.id");
        while (q.executeStep()) out.push_back(hedge_row(q));
        return out;
    });
}

// ---- the strategy's state
// ------------------------------------------------------------------------------------

namespace {
const std::string kHedgePrefix = "hedge ";  // of the keys in meta
}  // namespace

Result<void> Journal::set_state(const State& state) {
    return impl_->guarded("store the state", [&] {
        SQLite::Transaction t(impl_->db);
        impl_->set_meta("blind_rounds", std::to_string(state.blind_rounds));
        impl_->set_meta("halted", state.halted ? "1" : "0");
        impl_->drop_meta_under(kHedgePrefix);
        for (const auto& [name, memory] : state.hedges)
            impl_->set_meta(kHedgePrefix + name, store::hedge_memory_json(memory));
        t.commit();
    });
}

Result<State> Journal::state() const {
    return impl_->guarded("read the state", [&]() -> Result<State> {
        State s;
        s.blind_rounds = static_cast<std::uint32_t>(std::stoul(impl_->meta("blind_rounds").value_or("0")));
        s.halted = impl_->meta("halted").value_or("0") == "1";
        for (const auto& [name, text] : impl_->meta_under(kHedgePrefix))
            s.hedges.emplace(name, OR_TRY(store::hedge_memory_from(text)));
        return s;
    });
}

// ---- what must be known of positions that are gone
// ---------------------------------------------------------------------------------------------------------------

namespace {
const std::string kPositionPrefix = "position ";  // of the keys in meta
}  // namespace

Result<std::map<std::string, std::string>> Journal::position_records() const {
    return impl_->guarded("read what positions were", [&] { return impl_->meta_under(kPositionPrefix); });
}

Result<void> Journal::keep_position_records(const std::map<std::string, std::string>& records) {
    return impl_->guarded("keep what positions are",
                          [&] { impl_->set_meta_under(kPositionPrefix, records); });
}

}  // namespace outrigger
