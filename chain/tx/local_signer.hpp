// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/chain_types.hpp"
#include "chain/crypto/secp256k1.hpp"
#include "chain/tx/signer.hpp"

namespace outrigger::tx {

/// A signer that holds its key in this process, for one chain.
class LocalSigner final : public Signer {
  public:
    LocalSigner(KeyPair key, ChainId chain) : key_(std::move(key)), chain_(chain) {}

    Address address() const override { return key_.address(); }
    ChainId chain() const { return chain_; }

    /// The signed bytes, decoded again and found to say exactly what was approved, signed by this key.
    /// Errors: Errc::rejected for another chain, or as sign_transaction; Errc::key when what was signed does
    /// not read back as what was approved.
    Result<SignedTx> sign(const Approved<UnsignedTx>& tx, const MarketWord& word) override;

  private:
    KeyPair key_;
    ChainId chain_;
};

}  // namespace outrigger::tx
