// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/local_signer.hpp"

#include <fmt/format.h>

#include "chain/tx/encode.hpp"

namespace outrigger::tx {

Result<SignedTx> as_approved(SignedTx made, const UnsignedTx& wanted, const Address& by) {
    const auto read = decode_transaction(made.raw);
    if (!read || read->tx != to_transaction(wanted) || read->from != by || read->hash != made.hash) {
        return fail(Errc::key,
                    "a signed transaction does not read back as what was approved and was discarded: a "
                    "fault in this program, this machine, or the signer. Nothing was sent");
    }
    return made;
}

Result<SignedTx> LocalSigner::sign(const Approved<UnsignedTx>& tx, const MarketWord&) {
    if (tx.get().call.chain != chain_) {
        return fail(Errc::rejected,
                    fmt::format("not signed: this signer is for chain {}, the transaction for chain {}",
                                chain_.value, tx.get().call.chain.value));
    }
    return as_approved(OR_TRY(sign_transaction(to_transaction(tx.get()), key_)), tx.get(), address());
}

}  // namespace outrigger::tx
