// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/client.hpp"

#include <fmt/format.h>

namespace outrigger::signer {

namespace {

constexpr std::chrono::milliseconds kPatience{5000};

Result<Answer> ask_over(const Descriptor& channel, const Request& request) {
    OR_TRY(send_message(channel, encode(request), kPatience));
    return decode_answer(OR_TRY(receive_message(channel, kPatience)));
}

}  // namespace

Result<std::unique_ptr<ProcessSigner>> ProcessSigner::connect(const std::string& socket, ChainId chain) {
    Descriptor channel = OR_TRY(connect_to(socket));
    auto answer = OR_TRY(ask_over(channel, AskIdentity{}));
    auto* identity = std::get_if<Identity>(&answer);
    if (identity == nullptr)
        return fail(Errc::decode, socket + ": what listens there does not say who it signs for");
    if (identity->chain != chain)
        return fail(Errc::config, fmt::format("{}: the signer signs for chain {}, the configuration says {}",
                                              socket, identity->chain.value, chain.value));
    return std::unique_ptr<ProcessSigner>(
        new ProcessSigner(socket, std::move(channel), std::move(*identity)));
}

/// One more connection where the old one broke: a signer may have been started anew.
Result<Answer> ProcessSigner::ask(const Request& request) {
    auto answer = ask_over(channel_, request);
    if (answer) return answer;
    const Errc code = answer.error().code;
    if (code != Errc::transport && code != Errc::not_found) return answer;
    auto again = connect(socket_, identity_.chain);
    if (!again) return tl::unexpected(again.error());
    if ((*again)->identity_.address != identity_.address)
        return fail(Errc::key, socket_ + ": the signer now signs for another account");
    channel_ = std::move((*again)->channel_);
    return ask_over(channel_, request);
}

Result<tx::SignedTx> ProcessSigner::sign(const tx::Approved<tx::UnsignedTx>& tx, const tx::MarketWord& word) {
    auto answer = OR_TRY(ask(AskSignature{tx.get(), word.price_usd, word.chain_time}));
    if (const auto* refusal = std::get_if<Refusal>(&answer))
        return fail(refusal->code == Errc::storage ? Errc::key : refusal->code,
                    "the signer: " + refusal->why);
    auto* signed_tx = std::get_if<tx::SignedTx>(&answer);
    if (signed_tx == nullptr)
        return fail(Errc::decode, "the signer answered something else than a signature");
    return tx::as_approved(std::move(*signed_tx), tx.get(), identity_.address);
}

}  // namespace outrigger::signer
