// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/tx/lifecycle.hpp"
#include "tests/unit/store/ledger.hpp"

namespace outrigger::test {

inline tx::FeePolicy fee_policy() {
    tx::FeePolicy p;
    p.max_fee_cap = U256(500'000'000'000ULL);
    p.tip_cap = U256(50'000'000'000ULL);
    return p;
}

/// A record as the keeper carries it, moved by tx::step and never by hand: the journal's independent opinion.
class Life {
  public:
    explicit Life(const ClaimRequest& claim) {
        record.tx = claim.tx;
        record.deadline = claim.deadline;
    }
    tx::StepResult apply(const tx::Event& event, TimePoint now = at(1)) {
        auto result = tx::step(record, event, fee_policy(), now);
        record = result.next;
        return result;
    }
    /// Signs version `n` with these fees, in the record and in the journal.
    Result<void> sign(Journal& journal, std::uint8_t n, std::uint64_t fee_factor = 1) {
        auto tx = record.tx;
        tx.max_fee = U256(30'000'000'000ULL * fee_factor);
        tx.tip = U256(1'500'000'000ULL * fee_factor);
        const auto bytes = version(tx.nonce.value, n);
        OR_TRY(journal.add_version(tx.nonce, bytes, tx, false));
        apply(tx::Signed{tx, bytes.hash, false});
        return {};
    }
    Result<void> sign_cancellation(Journal& journal, std::uint8_t n, std::uint64_t fee_factor) {
        const auto tx =
            tx::cancellation(ChainId(31337), address_of(1), record.tx.nonce,
                             {U256(30'000'000'000ULL * fee_factor), U256(1'500'000'000ULL * fee_factor)});
        const auto bytes = version(tx.nonce.value, n);
        OR_TRY(journal.add_version(tx.nonce, bytes, tx, true));
        apply(tx::Signed{tx, bytes.hash, true});
        return {};
    }
    tx::Receipt receipt(std::uint8_t n, bool success, std::uint64_t number) const {
        return {version(record.tx.nonce.value, n).hash, block(number), success, Gas(210'000),
                U256(25'000'000'000ULL)};
    }
    tx::NewHead head(std::uint64_t number, std::uint64_t mined_txs) const {
        return {block(number), U256(10'000'000'000ULL), mined_txs, std::nullopt};
    }

    tx::Record record;
};

/// Takes a claimed nonce to its end on chain, finished in the journal.
inline void live_through(Journal& journal, const ClaimRequest& claim, bool success, bool verified,
                         double gas_usd) {
    Life life(claim);
    const auto nonce = claim.tx.nonce;
    expect_ok(life.sign(journal, 1));
    life.apply(tx::Submitted{BlockNumber(101)});
    life.apply(tx::Included{life.receipt(1, success, 102)});
    life.apply(life.head(102, nonce.value + 1));
    ASSERT_TRUE(tx::is_final(life.record.phase));
    expect_ok(journal.save(nonce, life.record));
    expect_ok(journal.finish(nonce, verified, success ? "verified" : "reverted", gas_usd));
}

}  // namespace outrigger::test
