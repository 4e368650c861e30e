// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "chain/tx/signer.hpp"
#include "keeper/signer/channel.hpp"
#include "keeper/signer/message.hpp"

namespace outrigger::signer {

/// A signer in another process. What it answers is decoded and compared with what was asked before it is
/// believed.
class ProcessSigner final : public tx::Signer {
  public:
    /// Errors:  Errc::transport when nobody listens; Errc::config when it signs for another chain
    static Result<std::unique_ptr<ProcessSigner>> connect(const std::string& socket, ChainId chain);

    Address address() const override { return identity_.address; }
    /// Errors:  the signer's own refusal; Errc::transport, Errc::timeout; Errc::key for an answer that is not
    /// what
    ///          was asked for
    Result<tx::SignedTx> sign(const tx::Approved<tx::UnsignedTx>& tx, const tx::MarketWord& word) override;
    const std::string& policy() const { return identity_.policy; }

  private:
    ProcessSigner(std::string socket, Descriptor channel, Identity identity)
        : socket_(std::move(socket)), channel_(std::move(channel)), identity_(std::move(identity)) {}
    Result<Answer> ask(const Request& request);

    std::string socket_;
    Descriptor channel_;
    Identity identity_;
};

}  // namespace outrigger::signer
