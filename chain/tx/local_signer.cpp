// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/local_signer.hpp"

#include <fmt/format.h>

#include "chain/tx/encode.hpp"

namespace outrigger::tx {

Result<SignedTx> LocalSigner::sign(const Approved<UnsignedTx>& tx) {
    if (tx.get().call.chain != chain_) {
        return fail(Errc::rejected,
                    fmt::format("not signed: this signer is for chain {}, the transaction for chain {}",
                                chain_.value, tx.get().call.chain.value));
    }
    const Transaction wanted = to_transaction(tx.get());
    SignedTx made = OR_TRY(sign_transaction(wanted, key_));
    // Decoding shares nothing with encoding but the RLP rules: a mistake in one shows in the other.
    const auto read = decode_transaction(made.raw);
    if (!read || read->tx != wanted || read->from != address() || read->hash != made.hash) {
        return fail(Errc::key,
                    "a signed transaction does not read back as what was approved and was discarded: a "
                    "fault in this program or this machine. Nothing was sent");
    }
    return made;
}

}  // namespace outrigger::tx
