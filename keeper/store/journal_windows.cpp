// SPDX-License-Identifier: Apache-2.0
// What the ledger says about the past: spending windows, facts for decide, totals, pauses.
#include <algorithm>
#include <string>

#include "keeper/store/journal_impl.hpp"

namespace outrigger {

using store::at_seconds;
using store::seconds;

namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::int64_t kDay = 86400;

// Debited when claimed. Credited only for what is proven unspent: given back, or ended on chain without
// effect. A confirmed transaction whose effect was not found stays debited: the money did move.
constexpr const char* kNotional =
    "SELECT coalesce(sum(d.notional_usd), 0) FROM decisions d JOIN txs t ON t.nonce = d.nonce "
    "WHERE d.at > ? AND t.phase NOT IN ('failed', 'abandoned')";
constexpr const char* kGas =
    "SELECT coalesce(sum(CASE WHEN verified IS NULL THEN worst_gas_usd ELSE gas_usd END), 0) FROM decisions "
    "WHERE at > ? AND nonce IS NOT NULL";

std::optional<TimePoint> newest(const SQLite::Database& db, const char* sql, const std::string& position) {
    SQLite::Statement q(db, sql);
    q.bind(1, position);
    if (!q.executeStep() || q.getColumn(0).isNull()) return std::nullopt;
    return at_seconds(q.getColumn(0).getInt64());
}

bool any(const SQLite::Database& db, const char* sql, const std::string& position) {
    SQLite::Statement q(db, sql);
    q.bind(1, position);
    return q.executeStep();
}

}  // namespace

Result<Spending> Journal::spending(TimePoint now) const {
    return impl_->guarded("read the spending windows", [&] {
        const auto sum = [&](const char* sql, std::int64_t window) {
            SQLite::Statement q(impl_->db, sql);
            q.bind(1, seconds(now) - window);
            q.executeStep();
            return q.getColumn(0).getDouble();
        };
        return Spending{sum(kNotional, kHour), sum(kNotional, kDay), sum(kGas, kDay)};
    });
}

Result<PositionFacts> Journal::facts(const std::string& position, TimePoint now) const {
    return impl_->guarded("read a position's facts", [&] {
        const auto& db = impl_->db;
        PositionFacts out;
        out.last_fill = newest(
            db, "SELECT max(at) FROM decisions WHERE position = ? AND verified = 1 AND delta_units != 0",
            position);
        const auto simulated = newest(
            db, "SELECT max(opened_at) FROM hedges WHERE position = ? AND status = 'simulated'", position);
        if (simulated) out.last_fill = std::max(out.last_fill.value_or(*simulated), *simulated);

        SQLite::Statement today(db, "SELECT count(*) FROM hedges WHERE position = ? AND opened_at > ?");
        today.bind(1, position);
        today.bind(2, seconds(now) - kDay);
        if (today.executeStep()) out.trades_today = static_cast<std::uint32_t>(today.getColumn(0).getInt());

        SQLite::Statement failures(
            db,
            "SELECT count(*) FROM decisions WHERE position = ?1 AND verified = 0 "
            "AND nonce IS NOT NULL AND id > ?2 AND id > coalesce("
            "(SELECT max(id) FROM decisions WHERE position = ?1 AND verified = 1), 0)");
        failures.bind(1, position);
        failures.bind(2, std::int64_t{std::stoll(impl_->meta("forgiven_decision").value_or("0"))});
        if (failures.executeStep()) {
            out.failures_in_a_row = static_cast<std::uint32_t>(failures.getColumn(0).getInt());
        }
        out.paused = any(db, "SELECT 1 FROM pauses WHERE position = ?", position);
        out.hedge_open = any(db, "SELECT 1 FROM hedges WHERE position = ? AND status = 'open'", position);
        return out;
    });
}

Result<TxTotals> Journal::totals() const {
    return impl_->guarded("count the transactions", [&] {
        SQLite::Statement q(
            impl_->db,
            "SELECT count(*), coalesce(sum(d.verified = 1), 0), coalesce(sum(d.verified = 0), 0), "
            "coalesce(sum(d.gas_usd), 0) FROM txs t JOIN decisions d ON d.id = t.decision "
            "WHERE EXISTS (SELECT 1 FROM versions v WHERE v.nonce = t.nonce)");
        TxTotals out;
        if (q.executeStep()) {
            out.sent = static_cast<std::uint32_t>(q.getColumn(0).getInt());
            out.verified = static_cast<std::uint32_t>(q.getColumn(1).getInt());
            out.failed = static_cast<std::uint32_t>(q.getColumn(2).getInt());
            out.gas_usd = q.getColumn(3).getDouble();
        }
        return out;
    });
}

Result<double> Journal::gas_usd(const std::string& position) const {
    return impl_->guarded("sum the gas", [&] {
        SQLite::Statement q(impl_->db, "SELECT coalesce(sum(gas_usd), 0) FROM decisions WHERE position = ?");
        q.bind(1, position);
        q.executeStep();
        return q.getColumn(0).getDouble();
    });
}

Result<void> Journal::pause(const std::string& position, const std::string& reason, TimePoint at) {
    return impl_->guarded("pause a position", [&] {
        SQLite::Statement q(impl_->db,
                            "INSERT OR IGNORE INTO pauses (position, reason, at) VALUES (?, ?, ?)");
        q.bind(1, position);
        q.bind(2, reason);
        q.bind(3, seconds(at));
        q.exec();
    });
}

Result<std::optional<std::string>> Journal::paused(const std::string& position) const {
    return impl_->guarded("read a pause", [&]() -> std::optional<std::string> {
        SQLite::Statement q(impl_->db, "SELECT reason FROM pauses WHERE position = ?");
        q.bind(1, position);
        if (!q.executeStep()) return std::nullopt;
        return q.getColumn(0).getString();
    });
}

Result<void> Journal::resume(Nonce chain_count) {
    return impl_->guarded("resume", [&] {
        SQLite::Transaction t(impl_->db);
        impl_->db.exec("DELETE FROM pauses");
        impl_->set_meta("blind_rounds", "0");
        impl_->set_meta("halted", "0");
        const auto last_decision =
            impl_->db.execAndGet("SELECT coalesce(max(id), 0) FROM decisions").getInt64();
        impl_->set_meta("forgiven_decision", std::to_string(last_decision));
        impl_->set_meta("adopted_nonce", std::to_string(chain_count.value));
        t.commit();
    });
}

}  // namespace outrigger
