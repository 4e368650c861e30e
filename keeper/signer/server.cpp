// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/server.hpp"

#include <algorithm>

namespace outrigger::signer {

namespace {

TimePoint wall_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Answer refusal(const Error& error) {
    return Refusal{error.code, error.what};
}

}  // namespace

SigningDesk::SigningDesk(tx::LocalSigner key, Judge judge, std::unique_ptr<Ledger> ledger, bool chain_clock)
    : key_(std::move(key)),
      judge_(std::move(judge)),
      ledger_(std::move(ledger)),
      chain_clock_(chain_clock),
      started_(wall_clock()),
      started_mono_(std::chrono::steady_clock::now()) {}

Identity SigningDesk::identity() const {
    return {key_.address(), key_.chain(), judge_.policy()};
}

/// A clock that is set back frees no window, and one that is set forward while we run none either.
Result<TimePoint> SigningDesk::now(const AskSignature& ask) const {
    const auto passed =
        std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - started_mono_);
    const TimePoint own = chain_clock_ ? ask.chain_time : started_ + passed;
    return std::max(own, OR_TRY(ledger_->newest()));
}

Answer SigningDesk::sign(const AskSignature& ask) {
    const auto at = now(ask);
    if (!at) return refusal(at.error());
    const auto approved = judge_.judge(ask, *ledger_, *at);
    if (!approved) return refusal(approved.error());
    auto signed_tx = key_.sign(*approved, {});
    if (!signed_tx) return refusal(signed_tx.error());
    return *std::move(signed_tx);
}

Bytes SigningDesk::answer(ByteView message) {
    const auto request = decode_request(message);
    if (!request) return encode(refusal(request.error()));
    if (std::holds_alternative<AskIdentity>(*request)) return encode(Answer(identity()));
    return encode(sign(std::get<AskSignature>(*request)));
}

Result<void> serve(const Descriptor& listening, SigningDesk& desk, const ServeOptions& options) {
    constexpr std::chrono::milliseconds kForEver{-1};
    constexpr std::chrono::milliseconds kPatience{2000};
    for (;;) {
        const Descriptor client = OR_TRY(accept_from(listening, options.user));
        for (;;) {
            const auto message = receive_message(client, kForEver);
            if (!message) {
                if (message.error().code != Errc::not_found) options.log(message.error().what);
                break;
            }
            if (const auto sent = send_message(client, desk.answer(*message), kPatience); !sent) {
                options.log(sent.error().what);
                break;
            }
        }
        if (options.once) return {};
    }
}

}  // namespace outrigger::signer
