// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chain/tx/policy.hpp"
#include "keeper/base/limits.hpp"
#include "keeper/base/universe.hpp"
#include "keeper/signer/ledger.hpp"
#include "keeper/signer/message.hpp"

namespace outrigger::signer {

/// How far a price may have moved since it was last believed: so much within a minute, and with the square
/// root of the time beyond.
struct PriceLimits {
    double max_jump_ratio = 0;
    double max_depeg_ratio = 0;  // of what counts as a dollar
};

/// Errors:  Errc::rejected for a price that the market cannot have made since, or a dollar that is none
[[nodiscard]] Result<void> believe_price(const std::string& asset, double usd, bool is_quote,
                                         const std::optional<BelievedPrice>& last, TimePoint now,
                                         const PriceLimits& limits);

/// What is wanted of a signer, judged by the signer: from the bytes alone, by its own copy of the limits and
/// its own ledger. Of what the keeper says beside the bytes only prices are used, inside their bands.
class Judge {
  public:
    /// Errors:  Errc::config when the configuration names a venue that is not on the chain
    static Result<Judge> make(const config::Settings& settings, const Address& self);

    /// The transaction, allowed, and bound in the ledger: it may be signed now.
    /// Errors:  Errc::rejected "rule: why"; Errc::storage
    [[nodiscard]] Result<tx::Approved<tx::UnsignedTx>> judge(const AskSignature& ask, Ledger& ledger,
                                                             TimePoint now) const;
    /// Names the limits: another configuration, another fingerprint.
    const std::string& policy() const { return policy_; }

  private:
    Judge(Universe universe, std::vector<std::unique_ptr<Venue>> venues, tx::PolicyGate gate,
          PriceLimits prices);
    Result<tx::Evidence> evidence(const AskSignature& ask, const Ledger& ledger, TimePoint now) const;
    Result<tx::Reading> read(const TxCall& call, const std::map<AssetId, double>& prices) const;
    Result<void> bind_version(const tx::UnsignedTx& tx, const Purpose& purpose, Ledger& ledger,
                              TimePoint now) const;

    Universe universe_;
    std::vector<std::unique_ptr<Venue>> venues_;
    tx::PolicyGate gate_;
    PriceLimits prices_;
    std::string policy_;
};

}  // namespace outrigger::signer
