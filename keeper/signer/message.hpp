// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <variant>

#include "chain/tx/types.hpp"

/// What the keeper and its signer say to each other: fixed binary messages over a Unix socket, each preceded
/// by its length. Neither side believes the other's lengths or values.
namespace outrigger::signer {

inline constexpr std::size_t kMaxMessage = 64UL * 1024;

/// Who are you?
struct AskIdentity {
    friend bool operator==(const AskIdentity&, const AskIdentity&) = default;
};

/// Sign this. Which of its nonce's versions it is follows from what was signed before.
struct AskSignature {
    tx::UnsignedTx tx;
    std::map<std::string, double> price_usd;  // by asset: what the keeper's oracles agree on
    TimePoint chain_time{};                   // the head's; believed only where the configuration says so
    friend bool operator==(const AskSignature&, const AskSignature&) = default;
};

using Request = std::variant<AskIdentity, AskSignature>;

struct Identity {
    Address address{};
    ChainId chain;
    std::string policy;  // fingerprint of the limits it judges by
    friend bool operator==(const Identity&, const Identity&) = default;
};

struct Refusal {
    Errc code = Errc::rejected;
    std::string why;
    friend bool operator==(const Refusal&, const Refusal&) = default;
};

using Answer = std::variant<Identity, tx::SignedTx, Refusal>;

[[nodiscard]] Bytes encode(const Request& request);
[[nodiscard]] Bytes encode(const Answer& answer);
/// Errors:  Errc::decode for anything that encode would not have written
[[nodiscard]] Result<Request> decode_request(ByteView message);
[[nodiscard]] Result<Answer> decode_answer(ByteView message);

}  // namespace outrigger::signer
