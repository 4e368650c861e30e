// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/tx/policy.hpp"
#include "chain/tx/types.hpp"

namespace outrigger::tx {

/// Holds a key and signs only what the policy has approved: the type says so.
class Signer {
  public:
    virtual ~Signer() = default;
    virtual Address address() const = 0;
    virtual Result<SignedTx> sign(const Approved<UnsignedTx>& tx) = 0;
};

}  // namespace outrigger::tx
