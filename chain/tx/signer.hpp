// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "chain/tx/policy.hpp"
#include "chain/tx/types.hpp"

namespace outrigger::tx {

/// What a signer that judges for itself is told beside the bytes. It believes none of it beyond its own
/// bounds.
struct MarketWord {
    std::map<std::string, double> price_usd;  // by asset
    TimePoint chain_time{};
};

/// Holds a key and signs only what the policy has approved: the type says so.
class Signer {
  public:
    virtual ~Signer() = default;
    virtual Address address() const = 0;
    virtual Result<SignedTx> sign(const Approved<UnsignedTx>& tx, const MarketWord& word) = 0;
};

/// The signed bytes, once they have been read back as exactly what was approved, signed by `by`. Reading
/// shares nothing with writing but the RLP rules: a mistake in one shows in the other.
///
/// Errors:  Errc::key; the bytes must then be discarded
Result<SignedTx> as_approved(SignedTx made, const UnsignedTx& wanted, const Address& by);

}  // namespace outrigger::tx
