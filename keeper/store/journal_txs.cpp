// SPDX-License-Identifier: Apache-2.0
// The life of a nonce on disk: claim, sign, save, release, finish.
#include <fmt/format.h>

#include <algorithm>

#include "chain/base/hex.hpp"
#include "keeper/store/journal_impl.hpp"
#include "keeper/store/text.hpp"

namespace outrigger {

using store::seconds;
using store::signed_of;
using store::unsigned_of;

Result<Nonce> Journal::next_nonce(Nonce chain_count) const {
    const auto highest = OR_TRY(impl_->guarded("read the highest nonce", [&]() -> std::int64_t {
        const auto adopted = impl_->meta("adopted_nonce");
        const std::int64_t bound =
            impl_->db.execAndGet("SELECT coalesce(max(nonce), -1) FROM txs").getInt64();
        return std::max<std::int64_t>(bound, adopted ? std::stoll(*adopted) - 1 : -1);
    }));
    if (highest < 0) return chain_count;  // a fresh journal: the account's past is not ours to judge
    const Nonce next(unsigned_of(highest) + 1);
    if (chain_count > next) {
        return fail(
            Errc::rejected,
            fmt::format(
                "foreign transaction: the chain has mined {} transactions of our account, the journal "
                "signed up to nonce {}; this key is used elsewhere, or the journal is an old copy",
                chain_count.value, highest));
    }
    return next;
}

Result<void> Journal::adopt_nonce(Nonce chain_count) {
    return impl_->guarded("adopt the nonce",
                          [&] { impl_->set_meta("adopted_nonce", std::to_string(chain_count.value)); });
}

namespace {

std::int64_t insert_decision(SQLite::Database& db, const ClaimRequest& r) {
    SQLite::Statement q(
        db,
        "INSERT INTO decisions (round, hedge, position, venue, label, delta_units, notional_usd, "
        "worst_gas_usd, facts_before, expect, at, nonce) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    q.bind(1, r.round);
    if (r.hedge) q.bind(2, *r.hedge);
    q.bind(3, r.position);
    q.bind(4, r.venue);
    q.bind(5, r.step.label);
    q.bind(6, r.step.delta_units);
    q.bind(7, r.step.notional_usd);
    q.bind(8, r.worst_gas_usd);
    q.bind(9, store::facts_json(r.facts_before));
    q.bind(10, store::expectations_json(r.step.expect));
    q.bind(11, seconds(r.at));
    q.bind(12, signed_of(r.tx.nonce.value));
    q.exec();
    return db.getLastInsertRowid();
}

/// How many versions are stored of a nonce.
std::int64_t count_versions(SQLite::Database& db, Nonce nonce) {
    SQLite::Statement q(db, "SELECT count(*) FROM versions WHERE nonce = ?");
    q.bind(1, signed_of(nonce.value));
    q.executeStep();
    return q.getColumn(0).getInt64();
}

/// Whether exactly these bytes are stored as a version of this nonce.
bool is_stored(SQLite::Database& db, Nonce nonce, const tx::SignedTx& version) {
    SQLite::Statement q(db, "SELECT 1 FROM versions WHERE hash = ? AND nonce = ? AND raw = ?");
    q.bind(1, to_hex(version.hash));
    q.bind(2, signed_of(nonce.value));
    q.bind(3, to_hex(ByteView(version.raw)));
    return q.executeStep();
}

}  // namespace

Result<void> Journal::claim(const ClaimRequest& r) {
    return impl_->guarded("claim a nonce", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        const auto open =
            impl_->db.execAndGet("SELECT coalesce(max(nonce), -1) FROM txs WHERE open = 1").getInt64();
        if (open >= 0) {
            return impl_->refused(fmt::format("claim nonce {}", r.tx.nonce.value),
                                  fmt::format("nonce {} is still in flight, and only one may be", open));
        }
        const auto decision = insert_decision(impl_->db, r);
        SQLite::Statement q(
            impl_->db,
            "INSERT INTO txs (nonce, decision, phase, to_address, value, data, gas_limit, max_fee, "
            "tip, deadline) VALUES (?, ?, 'claimed', ?, ?, ?, ?, ?, ?, ?)");
        q.bind(1, signed_of(r.tx.nonce.value));
        q.bind(2, decision);
        q.bind(3, to_hex(r.tx.call.to));
        q.bind(4, r.tx.call.value.to_decimal());
        q.bind(5, to_hex(ByteView(r.tx.call.data)));
        q.bind(6, signed_of(r.tx.call.gas_limit.value));
        q.bind(7, r.tx.max_fee.to_decimal());
        q.bind(8, r.tx.tip.to_decimal());
        q.bind(9, seconds(r.deadline));
        q.exec();
        t.commit();
        return {};
    });
}

Result<void> Journal::add_version(Nonce nonce, const tx::SignedTx& version, const tx::UnsignedTx& tx,
                                  bool cancellation) {
    return impl_->guarded("store signed bytes", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        if (is_stored(impl_->db, nonce, version)) return {};  // signed once more after a restart: same bytes
        const auto before = count_versions(impl_->db, nonce);
        // What tx::step makes of Signed, so that a journal read after a crash at this very place says the
        // same.
        SQLite::Statement u(
            impl_->db,
            "UPDATE txs SET phase = CASE phase WHEN 'mined' THEN 'mined' ELSE 'signed' END, "
            "to_address = ?, value = ?, data = ?, gas_limit = ?, max_fee = ?, tip = ?, bumps = ?, "
            "cancelling = ? WHERE nonce = ? AND open = 1 AND cancelling <= ? "
            "AND phase NOT IN ('confirmed', 'failed', 'abandoned')");
        u.bind(1, to_hex(tx.call.to));
        u.bind(2, tx.call.value.to_decimal());
        u.bind(3, to_hex(ByteView(tx.call.data)));
        u.bind(4, signed_of(tx.call.gas_limit.value));
        u.bind(5, tx.max_fee.to_decimal());
        u.bind(6, tx.tip.to_decimal());
        u.bind(7, before);
        u.bind(8, cancellation ? 1 : 0);
        u.bind(9, signed_of(nonce.value));
        u.bind(10, cancellation ? 1 : 0);
        if (u.exec() != 1) {
            return impl_->refused(
                fmt::format("store signed bytes of nonce {}", nonce.value),
                "the nonce is not open for them (never claimed, finished, or being cancelled)");
        }
        SQLite::Statement q(impl_->db,
                            "INSERT INTO versions (hash, nonce, seq, raw, max_fee, tip, cancellation) "
                            "VALUES (?, ?, ?, ?, ?, ?, ?)");
        q.bind(1, to_hex(version.hash));
        q.bind(2, signed_of(nonce.value));
        q.bind(3, before);
        q.bind(4, to_hex(ByteView(version.raw)));
        q.bind(5, tx.max_fee.to_decimal());
        q.bind(6, tx.tip.to_decimal());
        q.bind(7, cancellation ? 1 : 0);
        q.exec();
        t.commit();
        return {};
    });
}

Result<void> Journal::save(Nonce nonce, const tx::Record& record) {
    return impl_->guarded("save a transaction", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        const auto what = fmt::format("save nonce {}", nonce.value);
        if (record.tx.nonce != nonce) {
            return impl_->refused(what, fmt::format("the record is of nonce {}", record.tx.nonce.value));
        }
        const auto stored = unsigned_of(count_versions(impl_->db, nonce));
        if (stored != record.attempts.size()) {
            return impl_->refused(
                what, fmt::format("the record knows {} signed versions, the journal {}: signed bytes "
                                  "are stored before anything else happens to them",
                                  record.attempts.size(), stored));
        }
        SQLite::Statement q(
            impl_->db,
            "UPDATE txs SET phase = ?, first_sent = ?, last_sent = ?, bumps = ?, mined_hash = ?, "
            "mined_block = ?, mined_block_hash = ?, mined_time = ?, success = ?, gas_used = ?, "
            "gas_price = ?, cancelling = ?, lost_nonce = ?, deadline = ? WHERE nonce = ?");
        q.bind(1, std::string(tx::to_string(record.phase)));
        q.bind(2, signed_of(record.first_sent.value));
        q.bind(3, signed_of(record.last_sent.value));
        q.bind(4, static_cast<std::int64_t>(record.bumps));
        if (record.receipt) {
            const auto& r = *record.receipt;
            q.bind(5, to_hex(r.hash));
            q.bind(6, signed_of(r.block.number.value));
            q.bind(7, to_hex(r.block.hash));
            q.bind(8, seconds(r.block.timestamp));
            q.bind(9, r.success ? 1 : 0);
            q.bind(10, signed_of(r.gas_used.value));
            q.bind(11, r.effective_gas_price.to_decimal());
        }
        q.bind(12, record.cancelling ? 1 : 0);
        q.bind(13, record.lost_nonce ? 1 : 0);
        q.bind(14, seconds(record.deadline));
        q.bind(15, signed_of(nonce.value));
        if (q.exec() != 1) return impl_->refused(what, "it was never claimed");
        t.commit();
        return {};
    });
}

Result<void> Journal::release(Nonce nonce, const std::string& why) {
    return impl_->guarded("release a nonce", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        if (count_versions(impl_->db, nonce) != 0) {
            return impl_->refused(
                fmt::format("give back nonce {}", nonce.value),
                "something was signed for it and may be mined; only a cancellation ends it");
        }
        SQLite::Statement d(impl_->db,
                            "UPDATE decisions SET nonce = NULL, verified = 0, note = ? WHERE nonce = ?");
        d.bind(1, why);
        d.bind(2, signed_of(nonce.value));
        d.exec();
        SQLite::Statement q(
            impl_->db, "DELETE FROM txs WHERE nonce = ? AND open = 1 AND phase IN ('claimed', 'abandoned')");
        q.bind(1, signed_of(nonce.value));
        if (q.exec() != 1) {
            return impl_->refused(fmt::format("give back nonce {}", nonce.value), "it is not claimed");
        }
        t.commit();
        return {};
    });
}

Result<void> Journal::finish(Nonce nonce, bool verified, const std::string& note, double gas_usd) {
    return impl_->guarded("close a decision", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        SQLite::Statement d(impl_->db,
                            "UPDATE decisions SET verified = ?, note = ?, gas_usd = ? WHERE nonce = ?");
        d.bind(1, verified ? 1 : 0);
        d.bind(2, note);
        d.bind(3, gas_usd);
        d.bind(4, signed_of(nonce.value));
        d.exec();
        SQLite::Statement q(impl_->db,
                            "UPDATE txs SET open = 0 WHERE nonce = ? AND open = 1 "
                            "AND phase IN ('confirmed', 'failed', 'abandoned') "
                            "AND EXISTS (SELECT 1 FROM versions v WHERE v.nonce = txs.nonce)");
        q.bind(1, signed_of(nonce.value));
        if (q.exec() != 1) {
            return impl_->refused(
                fmt::format("close nonce {}", nonce.value),
                "it is not one whose end is saved (a nonce never signed is released instead)");
        }
        t.commit();
        return {};
    });
}

}  // namespace outrigger
