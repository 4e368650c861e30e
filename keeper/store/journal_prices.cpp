// SPDX-License-Identifier: Apache-2.0
// The PriceStore port, and what a dry-run pretends to have traded.
#include "chain/base/hex.hpp"
#include "keeper/store/journal_impl.hpp"

namespace outrigger {

using store::at_seconds;
using store::seconds;
using store::signed_of;
using store::unsigned_of;

Result<void> Journal::append(std::string_view asset, std::span<const RecordedTick> ticks) {
    return impl_->guarded("store prices", [&] {
        SQLite::Transaction t(impl_->db);
        SQLite::Statement q(impl_->db,
                            "INSERT OR REPLACE INTO ticks (asset, published, usd, chain, block_number, "
                            "block_hash) VALUES (?, ?, ?, ?, ?, ?)");
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
        t.commit();
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
                            "WHERE block_number IS NOT NULL");
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
