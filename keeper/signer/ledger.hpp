// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "chain/tx/types.hpp"
#include "keeper/store/database.hpp"

namespace SQLite {
class Database;
}

namespace outrigger::signer {

/// What a nonce was given for, and the dearest of its versions.
struct Purpose {
    Hash32 call{};  // of chain, recipient, value, gas and data
    tx::Fees fees;
    bool cancelled = false;
    friend bool operator==(const Purpose&, const Purpose&) = default;
};

/// What one version costs at most, for the windows.
struct Debit {
    double notional_usd = 0;
    double gas_usd = 0;
};

/// What was debited in the last hour and day.
struct Windows {
    double hour_usd = 0;
    double day_usd = 0;
    double gas_day_usd = 0;
};

/// A price that was believed, and when.
struct BelievedPrice {
    double usd = 0;
    TimePoint at{};
};

/// The signer's own memory, which shares nothing with the keeper's journal: which nonce serves what, what was
/// debited, which prices were believed, and every signature. SQLite, WAL, synchronous=FULL; what a method
/// that returns success wrote is on the disk. Errors: Errc::storage, after which nothing may be signed.
class Ledger {
  public:
    /// The ledger at `path`, created if absent, for its owner's eyes only.
    /// Errors:  Errc::storage for damage, another owner, or another signer having it open
    static Result<std::unique_ptr<Ledger>> open(const std::string& path, const Address& signer,
                                                ChainId chain);

    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    Result<std::optional<Purpose>> purpose_of(Nonce nonce) const;
    Result<Windows> windows(TimePoint now) const;
    Result<std::map<std::string, BelievedPrice>> prices() const;
    /// The newest moment anything was written: time never goes back behind it.
    Result<TimePoint> newest() const;

    /// One more version of a nonce, before it is signed: purpose, debit and prices in one durable write. The
    /// first version binds the nonce; later ones may only raise its fees or cancel it.
    /// Errors:  Errc::rejected when the nonce serves another purpose, was cancelled, or the version is
    /// cheaper
    Result<void> bind(Nonce nonce, const Purpose& purpose, const Debit& debit,
                      const std::map<std::string, double>& prices, const std::string& policy, TimePoint now);

    const std::string& path() const { return path_; }

  private:
    Ledger(std::string path, store::WriterLock lock);
    Result<void> prepare(const Address& signer, ChainId chain);

    std::string path_;
    store::WriterLock lock_;
    std::unique_ptr<SQLite::Database> db_;
};

}  // namespace outrigger::signer
