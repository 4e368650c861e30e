// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/ledger.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>

#include "chain/base/hex.hpp"

namespace outrigger::signer {

using store::at_seconds;
using store::seconds;

namespace {

constexpr int kApplicationId = 0x4f525347;  // "ORSG"
constexpr int kVersion = 1;

constexpr const char* kSchema = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE nonces (
  nonce INTEGER PRIMARY KEY,
  call TEXT NOT NULL,
  max_fee TEXT NOT NULL,
  tip TEXT NOT NULL,
  cancelled INTEGER NOT NULL CHECK (cancelled IN (0, 1)),
  at INTEGER NOT NULL,
  notional_usd REAL NOT NULL,
  gas_usd REAL NOT NULL
) STRICT;
CREATE INDEX nonces_by_time ON nonces (at);
-- Whatever was about to be signed, and under which limits.
CREATE TABLE versions (
  id INTEGER PRIMARY KEY,
  nonce INTEGER NOT NULL REFERENCES nonces (nonce),
  max_fee TEXT NOT NULL,
  tip TEXT NOT NULL,
  cancellation INTEGER NOT NULL CHECK (cancellation IN (0, 1)),
  policy TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE TRIGGER versions_are_kept BEFORE DELETE ON versions BEGIN
  SELECT RAISE(ABORT, 'a signature is never forgotten');
END;
CREATE TRIGGER purposes_are_kept BEFORE UPDATE OF call ON nonces WHEN OLD.call IS NOT NEW.call BEGIN
  SELECT RAISE(ABORT, 'one nonce, one purpose');
END;
CREATE TRIGGER cancelled_for_good BEFORE UPDATE OF cancelled ON nonces
WHEN OLD.cancelled = 1 AND NEW.cancelled = 0 BEGIN
  SELECT RAISE(ABORT, 'a cancelled nonce stays cancelled');
END;
CREATE TABLE prices (asset TEXT PRIMARY KEY, usd REAL NOT NULL, at INTEGER NOT NULL) STRICT;
)sql";

std::int64_t row_of(Nonce nonce) {
    return static_cast<std::int64_t>(nonce.value);
}

/// Why a version may not follow what its nonce serves already, or nothing.
std::optional<std::string> forbids(const Purpose& known, const Purpose& next) {
    if (known.cancelled && !next.cancelled) return "it was cancelled: nothing but a cancellation may follow";
    if (!next.cancelled && known.call != next.call) return "it serves another transaction already";
    const bool cheaper = next.fees.max_fee < known.fees.max_fee || next.fees.tip < known.fees.tip;
    if (cheaper && !next.cancelled) return "a version that pays less than the one before";
    return std::nullopt;
}

}  // namespace

Ledger::Ledger(std::string path, store::WriterLock lock)
    : path_(std::move(path)),
      lock_(std::move(lock)),
      db_(std::make_unique<SQLite::Database>(path_, SQLite::OPEN_READWRITE)) {}
Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path, const Address& signer, ChainId chain) {
    auto lock = OR_TRY(store::WriterLock::acquire(path));
    OR_TRY(store::claim_private_file(path));
    return store::guarded(path, "open", [&]() -> Result<std::unique_ptr<Ledger>> {
        auto ledger = std::unique_ptr<Ledger>(new Ledger(path, std::move(lock)));
        OR_TRY(ledger->prepare(signer, chain));
        return ledger;
    });
}

Result<void> Ledger::prepare(const Address& signer, ChainId chain) {
    db_->setBusyTimeout(2000);
    const int version = db_->execAndGet("PRAGMA user_version").getInt();
    const int application = db_->execAndGet("PRAGMA application_id").getInt();
    const int tables = db_->execAndGet("SELECT count(*) FROM sqlite_master").getInt();
    const bool fresh = version == 0 && application == 0 && tables == 0;
    if (!fresh && (application != kApplicationId || version != kVersion))
        return store::refused(path_, "open",
                              "it is not a signer's ledger of this version. Fix: move it away");
    if (!fresh) OR_TRY(store::check_sound(path_, *db_));
    OR_TRY(store::make_durable(path_, *db_));
    if (fresh) {
        SQLite::Transaction t(*db_);
        db_->exec(kSchema);
        store::write_meta(*db_, "signer", to_hex(signer));
        store::write_meta(*db_, "chain", std::to_string(chain.value));
        db_->exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
        db_->exec(fmt::format("PRAGMA user_version = {}", kVersion));
        t.commit();
    }
    OR_TRY(store::check_owner(path_, "signer", store::read_meta(*db_, "signer"), to_hex(signer)));
    return store::check_owner(path_, "chain", store::read_meta(*db_, "chain"), std::to_string(chain.value));
}

Result<std::optional<Purpose>> Ledger::purpose_of(Nonce nonce) const {
    return store::guarded(path_, "read a nonce", [&]() -> Result<std::optional<Purpose>> {
        SQLite::Statement q(*db_, "SELECT call, max_fee, tip, cancelled FROM nonces WHERE nonce = ?");
        q.bind(1, row_of(nonce));
        if (!q.executeStep()) return std::nullopt;
        Purpose out;
        const auto call = parse_hex(q.getColumn(0).getString());
        const auto max_fee = U256::from_decimal(q.getColumn(1).getString());
        const auto tip = U256::from_decimal(q.getColumn(2).getString());
        if (!call || call->size() != out.call.data.size() || !max_fee || !tip)
            return store::refused(path_, "read a nonce", "its row is not readable");
        std::copy(call->begin(), call->end(), out.call.data.begin());
        out.fees = {*max_fee, *tip};
        out.cancelled = q.getColumn(3).getInt() != 0;
        return out;
    });
}

Result<Windows> Ledger::windows(TimePoint now) const {
    return store::guarded(path_, "add up the windows", [&] {
        const auto since = [&](std::chrono::seconds span, const char* column) {
            SQLite::Statement q(*db_,
                                fmt::format("SELECT coalesce(sum({}), 0) FROM nonces WHERE at > ?", column));
            q.bind(1, seconds(now - span));
            q.executeStep();
            return q.getColumn(0).getDouble();
        };
        return Windows{since(std::chrono::hours{1}, "notional_usd"),
                       since(std::chrono::hours{24}, "notional_usd"),
                       since(std::chrono::hours{24}, "gas_usd")};
    });
}

Result<std::map<std::string, BelievedPrice>> Ledger::prices() const {
    return store::guarded(path_, "read the prices", [&] {
        SQLite::Statement q(*db_, "SELECT asset, usd, at FROM prices");
        std::map<std::string, BelievedPrice> out;
        while (q.executeStep())
            out[q.getColumn(0).getString()] = {q.getColumn(1).getDouble(),
                                               at_seconds(q.getColumn(2).getInt64())};
        return out;
    });
}

Result<TimePoint> Ledger::newest() const {
    return store::guarded(path_, "read the newest time", [&] {
        return at_seconds(db_->execAndGet("SELECT max(coalesce((SELECT max(at) FROM versions), 0), "
                                          "coalesce((SELECT max(at) FROM prices), 0))")
                              .getInt64());
    });
}

Result<void> Ledger::bind(Nonce nonce, const Purpose& purpose, const Debit& debit,
                          const std::map<std::string, double>& prices, const std::string& policy,
                          TimePoint now) {
    const auto known = OR_TRY(purpose_of(nonce));
    if (known) {
        if (const auto why = forbids(*known, purpose))
            return fail(Errc::rejected, fmt::format("nonce: {}: {}", nonce.value, *why));
    }
    return store::guarded(path_, "bind a nonce", [&] {
        SQLite::Transaction t(*db_);
        SQLite::Statement q(
            *db_,
            "INSERT INTO nonces (nonce, call, max_fee, tip, cancelled, at, notional_usd, gas_usd) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (nonce) DO UPDATE SET max_fee = excluded.max_fee, "
            "tip = excluded.tip, cancelled = excluded.cancelled, at = excluded.at, "
            "gas_usd = max(gas_usd, excluded.gas_usd)");
        q.bind(1, row_of(nonce));
        // A cancellation of a nonce that serves something is a version of that.
        q.bind(2, to_hex(known ? known->call : purpose.call));
        q.bind(3, purpose.fees.max_fee.to_decimal());
        q.bind(4, purpose.fees.tip.to_decimal());
        q.bind(5, purpose.cancelled ? 1 : 0);
        q.bind(6, seconds(now));
        q.bind(7, debit.notional_usd);
        q.bind(8, debit.gas_usd);
        q.exec();
        SQLite::Statement v(*db_,
                            "INSERT INTO versions (nonce, max_fee, tip, cancellation, policy, at) "
                            "VALUES (?, ?, ?, ?, ?, ?)");
        v.bind(1, row_of(nonce));
        v.bind(2, purpose.fees.max_fee.to_decimal());
        v.bind(3, purpose.fees.tip.to_decimal());
        v.bind(4, purpose.cancelled ? 1 : 0);
        v.bind(5, policy);
        v.bind(6, seconds(now));
        v.exec();
        for (const auto& [asset, usd] : prices) {
            SQLite::Statement p(*db_, "INSERT OR REPLACE INTO prices (asset, usd, at) VALUES (?, ?, ?)");
            p.bind(1, asset);
            p.bind(2, usd);
            p.bind(3, seconds(now));
            p.exec();
        }
        t.commit();
    });
}

}  // namespace outrigger::signer
