// SPDX-License-Identifier: Apache-2.0
// The PriceStore port, and what a dry-run pretends to have traded.
#include "chain/base/hex.hpp"
#include "keeper/store/journal_impl.hpp"

namespace outrigger {

using store::at_seconds;
using store::seconds;
using store::signed_of;
using store::unsigned_of;

namespace {

/// Of one publication time the price stored last counts. A price that was seen keeps its earliest evidence,
/// until it is settled.
void insert_ticks(SQLite::Database& db, std::string_view asset, std::span<const RecordedTick> ticks) {
    SQLite::Statement q(db,
                        "INSERT INTO ticks (asset, published, usd, chain, block_number, block_hash) "
                        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (asset, published) DO UPDATE SET "
                        "chain = CASE WHEN excluded.usd <> usd OR excluded.chain IS NULL THEN excluded.chain "
                        "ELSE chain END, "
                        "block_number = CASE WHEN excluded.usd <> usd OR excluded.chain IS NULL "
                        "THEN excluded.block_number ELSE block_number END, "
                        "block_hash = CASE WHEN excluded.usd <> usd OR excluded.chain IS NULL "
                        "THEN excluded.block_hash ELSE block_hash END, "
                        "usd = excluded.usd");
    for (const auto& [tick, seen] : ticks) {
        q.reset();
        q.clearBindings();
        q.bind(1, std::string(asset));
        q.bind(2, seconds(tick.at));
        q.bind(3, tick.usd);
        if (seen) {
            q.bind(4, signed_of(seen->chain.value));
            q.bind(5, signed_of(seen->number.value));
            q.bind(6, to_hex(seen->hash));
        }
        q.exec();
    }
}

}  // namespace

Result<void> Journal::append(std::string_view asset, std::span<const RecordedTick> ticks) {
    return impl_->guarded("store prices", [&] {
        SQLite::Transaction t(impl_->db);
        insert_ticks(impl_->db, asset, ticks);
        t.commit();
    });
}

Result<void> Journal::append_page(std::string_view asset, std::string_view source,
                                  std::span<const RecordedTick> ticks, std::span<const Coverage> covered) {
    return impl_->guarded("store a page of prices", [&] {
        SQLite::Transaction t(impl_->db);
        insert_ticks(impl_->db, asset, ticks);
        SQLite::Statement d(impl_->db, "DELETE FROM coverage WHERE asset = ? AND source = ?");
        d.bind(1, std::string(asset));
        d.bind(2, std::string(source));
        d.exec();
        SQLite::Statement q(impl_->db,
                            "INSERT INTO coverage (asset, source, since, until, next, stopped) "
                            "VALUES (?, ?, ?, ?, ?, ?)");
        for (const Coverage& c : covered) {
            q.reset();
            q.bind(1, std::string(asset));
            q.bind(2, std::string(source));
            q.bind(3, seconds(c.since));
            q.bind(4, seconds(c.until));
            q.bind(5, c.next);
            q.bind(6, c.stopped);
            q.exec();
        }
        t.commit();
    });
}

Result<std::vector<Coverage>> Journal::coverage(std::string_view asset, std::string_view source) {
    return impl_->guarded("read what prices are stored", [&] {
        std::vector<Coverage> out;
        SQLite::Statement q(impl_->db,
                            "SELECT since, until, next, stopped FROM coverage WHERE asset = ? AND source = ? "
                            "ORDER BY until DESC");
        q.bind(1, std::string(asset));
        q.bind(2, std::string(source));
        while (q.executeStep())
            out.push_back({at_seconds(q.getColumn(0).getInt64()), at_seconds(q.getColumn(1).getInt64()),
                           q.getColumn(2).getString(), q.getColumn(3).getString()});
        return out;
    });
}

Result<std::vector<std::string>> Journal::price_sources(std::string_view asset) const {
    return impl_->guarded("read where prices are from", [&] {
        std::vector<std::string> out;
        SQLite::Statement q(impl_->db,
                            "SELECT DISTINCT source FROM coverage WHERE asset = ? ORDER BY source");
        q.bind(1, std::string(asset));
        while (q.executeStep()) out.push_back(q.getColumn(0).getString());
        return out;
    });
}

Result<std::vector<std::string>> Journal::priced_assets() const {
    return impl_->guarded("read which prices are stored", [&] {
        std::vector<std::string> out;
        SQLite::Statement q(impl_->db, "SELECT DISTINCT asset FROM ticks ORDER BY asset");
        while (q.executeStep()) out.push_back(q.getColumn(0).getString());
        return out;
    });
}

namespace {

/// The row's tick; columns published, usd, chain, block_number, block_hash from `first` on.
Result<RecordedTick> tick_row(const SQLite::Statement& q, int first) {
    RecordedTick out{{at_seconds(q.getColumn(first).getInt64()), q.getColumn(first + 1).getDouble()},
                     std::nullopt};
    if (!q.getColumn(first + 2).isNull()) {
        out.seen = SeenAt{ChainId(unsigned_of(q.getColumn(first + 2).getInt64())),
                          BlockNumber(unsigned_of(q.getColumn(first + 3).getInt64())),
                          OR_TRY(parse_fixed<BlockHash>(q.getColumn(first + 4).getString()))};
    }
    return out;
}

}  // namespace

Result<std::vector<RecordedTick>> Journal::load(std::string_view asset, TimePoint from) {
    return impl_->guarded("read prices", [&]() -> Result<std::vector<RecordedTick>> {
        std::vector<RecordedTick> out;
        SQLite::Statement q(impl_->db,
                            "SELECT published, usd, chain, block_number, block_hash FROM ticks "
                            "WHERE asset = ? AND published >= ? ORDER BY published");
        q.bind(1, std::string(asset));
        q.bind(2, seconds(from));
        while (q.executeStep()) out.push_back(OR_TRY(tick_row(q, 0)));
        return out;
    });
}

Result<void> Journal::drop_after(const BlockRef& ancestor) {
    return impl_->guarded("drop prices a reorganisation took away", [&]() -> Result<void> {
        SQLite::Transaction t(impl_->db);
        // The rule itself lives in one place, lost_in_reorg; the database only offers the candidates.
        std::vector<std::pair<std::string, std::int64_t>> lost;
        SQLite::Statement q(impl_->db,
                            "SELECT asset, published, usd, chain, block_number, block_hash FROM ticks "
                            "WHERE block_number > ?");
        q.bind(1, signed_of(ancestor.number.value));
        while (q.executeStep()) {
            const auto tick = OR_TRY(tick_row(q, 1));
            if (lost_in_reorg(tick, ancestor))
                lost.emplace_back(q.getColumn(0).getString(), q.getColumn(1).getInt64());
        }
        SQLite::Statement d(impl_->db, "DELETE FROM ticks WHERE asset = ? AND published = ?");
        for (const auto& [asset, published] : lost) {
            d.reset();
            d.bind(1, asset);
            d.bind(2, published);
            d.exec();
        }
        for (const char* clip :
             {"DELETE FROM coverage WHERE since > ?", "UPDATE coverage SET until = ?1 WHERE until > ?1"}) {
            SQLite::Statement c(impl_->db, clip);
            c.bind(1, seconds(ancestor.timestamp));
            c.exec();
        }
        t.commit();
        return {};
    });
}

Result<void> Journal::add_virtual_fill(const std::string& venue, const std::string& asset, double units,
                                       double usd) {
    return impl_->guarded("book a simulated fill", [&] {
        SQLite::Statement q(impl_->db,
                            "INSERT INTO virtual_fills (venue, asset, units, usd) VALUES (?, ?, ?, ?)");
        q.bind(1, venue);
        q.bind(2, asset);
        q.bind(3, units);
        q.bind(4, usd);
        q.exec();
    });
}

Result<std::map<std::string, double>> Journal::virtual_position(const std::string& venue) const {
    return impl_->guarded("read the simulated position", [&] {
        std::map<std::string, double> out;
        SQLite::Statement q(impl_->db,
                            "SELECT asset, sum(units) FROM virtual_fills WHERE venue = ? GROUP BY asset");
        q.bind(1, venue);
        while (q.executeStep()) out[q.getColumn(0).getString()] = q.getColumn(1).getDouble();
        return out;
    });
}

}  // namespace outrigger
