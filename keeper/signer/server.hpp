// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "chain/tx/local_signer.hpp"
#include "keeper/signer/channel.hpp"
#include "keeper/signer/judge.hpp"

namespace outrigger::signer {

/// The signer itself: key, judge and ledger behind one function from messages to messages.
class SigningDesk {
  public:
    /// `chain_clock`: time is the keeper's word for the chain's (a devnet's), not this machine's.
    SigningDesk(tx::LocalSigner key, Judge judge, std::unique_ptr<Ledger> ledger, bool chain_clock);

    /// The answer to a message; a message that is none is refused. Never throws, never ends the process.
    [[nodiscard]] Bytes answer(ByteView message);
    [[nodiscard]] Identity identity() const;

  private:
    Answer sign(const AskSignature& ask);
    Result<TimePoint> now(const AskSignature& ask) const;

    tx::LocalSigner key_;
    Judge judge_;
    std::unique_ptr<Ledger> ledger_;
    bool chain_clock_;
    TimePoint started_;  // by the wall clock; what has passed since is the monotonic one's
    std::chrono::steady_clock::time_point started_mono_;
};

struct ServeOptions {
    uid_t user = 0;     // whose connections are taken
    bool once = false;  // ends when its first client has gone
    std::function<void(const std::string&)> log = [](const std::string&) {};
};

/// Answers one client after the other. Returns when a client of `once` has gone.
/// Errors:  Errc::transport when nobody can be waited for any more
[[nodiscard]] Result<void> serve(const Descriptor& listening, SigningDesk& desk, const ServeOptions& options);

}  // namespace outrigger::signer
