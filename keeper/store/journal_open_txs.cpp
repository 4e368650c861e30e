// SPDX-License-Identifier: Apache-2.0
// Reading back what is in flight: where recovery starts.
#include "chain/base/hex.hpp"
#include "keeper/store/journal_impl.hpp"
#include "keeper/store/text.hpp"

namespace outrigger {

using store::at_seconds;
using store::signed_of;
using store::unsigned_of;

namespace {

constexpr const char* kSelectOpen =
    "SELECT t.nonce, t.phase, t.to_address, t.value, t.data, t.gas_limit, t.max_fee, t.tip, t.deadline, "  // 0..8
    "t.first_sent, t.last_sent, t.bumps, t.cancelling, t.lost_nonce, "  // 9..13
    "t.mined_hash, t.mined_block, t.mined_block_hash, t.mined_time, t.success, t.gas_used, t.gas_price, "  // 14..20
    "t.decision, d.hedge, d.position, d.venue, d.label, d.delta_units, d.expect "  // 21..27
    "FROM txs t JOIN decisions d ON d.id = t.decision WHERE t.open = 1 ORDER BY t.nonce";

std::uint64_t u64(const SQLite::Statement& q, int column) {
    return unsigned_of(q.getColumn(column).getInt64());
}

Result<tx::UnsignedTx> unsigned_tx(const SQLite::Statement& q, ChainId chain) {
    tx::UnsignedTx out;
    out.nonce = Nonce(u64(q, 0));
    out.call.chain = chain;
    out.call.to = OR_TRY(parse_address(q.getColumn(2).getString()));
    out.call.value = OR_TRY(U256::from_decimal(q.getColumn(3).getString()));
    out.call.data = OR_TRY(parse_hex(q.getColumn(4).getString()));
    out.call.gas_limit = Gas(u64(q, 5));
    out.max_fee = OR_TRY(U256::from_decimal(q.getColumn(6).getString()));
    out.tip = OR_TRY(U256::from_decimal(q.getColumn(7).getString()));
    return out;
}

Result<std::optional<tx::Receipt>> receipt(const SQLite::Statement& q, ChainId chain) {
    if (q.getColumn(14).isNull()) return std::nullopt;
    tx::Receipt out;
    out.hash = OR_TRY(parse_fixed<TxHash>(q.getColumn(14).getString()));
    out.block.chain = chain;
    out.block.number = BlockNumber(u64(q, 15));
    out.block.hash = OR_TRY(parse_fixed<BlockHash>(q.getColumn(16).getString()));
    out.block.timestamp = at_seconds(q.getColumn(17).getInt64());
    out.success = q.getColumn(18).getInt() != 0;
    out.gas_used = Gas(u64(q, 19));
    out.effective_gas_price = OR_TRY(U256::from_decimal(q.getColumn(20).getString()));
    return out;
}

Result<OpenTx> open_tx(const SQLite::Statement& q, ChainId chain) {
    OpenTx out;
    auto& record = out.record;
    const auto phase = tx::phase_from_string(q.getColumn(1).getString());
    if (!phase) return fail(Errc::storage, "journal: unknown transaction phase");
    record.phase = *phase;
    record.tx = OR_TRY(unsigned_tx(q, chain));
    record.deadline = at_seconds(q.getColumn(8).getInt64());
    record.first_sent = BlockNumber(u64(q, 9));
    record.last_sent = BlockNumber(u64(q, 10));
    record.bumps = static_cast<std::uint32_t>(q.getColumn(11).getInt());
    record.cancelling = q.getColumn(12).getInt() != 0;
    record.lost_nonce = q.getColumn(13).getInt() != 0;
    record.receipt = OR_TRY(receipt(q, chain));
    out.decision = q.getColumn(21).getInt64();
    if (!q.getColumn(22).isNull()) out.hedge = q.getColumn(22).getInt64();
    out.position = q.getColumn(23).getString();
    out.venue = q.getColumn(24).getString();
    out.label = q.getColumn(25).getString();
    out.delta_units = q.getColumn(26).getDouble();
    out.expect = OR_TRY(store::expectations_from(q.getColumn(27).getString()));
    return out;
}

/// Adds everything ever signed for it, in signing order.
Result<void> add_versions(const SQLite::Database& db, OpenTx& tx) {
    SQLite::Statement q(db, "SELECT hash, raw, cancellation FROM versions WHERE nonce = ? ORDER BY seq");
    q.bind(1, signed_of(tx.record.tx.nonce.value));
    while (q.executeStep()) {
        tx.record.attempts.push_back(OR_TRY(parse_fixed<TxHash>(q.getColumn(0).getString())));
        tx.raws.push_back(OR_TRY(parse_hex(q.getColumn(1).getString())));
        if (q.getColumn(2).getInt() != 0) ++tx.record.cancellations;
    }
    return {};
}

}  // namespace

Result<std::vector<OpenTx>> Journal::open_txs() const {
    return impl_->guarded("read the open transactions", [&]() -> Result<std::vector<OpenTx>> {
        const ChainId chain(std::stoull(impl_->meta("chain").value_or("0")));
        SQLite::Transaction one_view(impl_->db);
        std::vector<OpenTx> out;
        SQLite::Statement q(impl_->db, kSelectOpen);
        while (q.executeStep()) {
            auto tx = OR_TRY(open_tx(q, chain));
            OR_TRY(add_versions(impl_->db, tx));
            out.push_back(std::move(tx));
        }
        return out;
    });
}

}  // namespace outrigger
