// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "chain/tx/policy.hpp"
#include "chain/tx/signer.hpp"
#include "keeper/base/limits.hpp"
#include "keeper/shell/settle.hpp"

namespace outrigger {

/// What acting on a decision led to.
struct Acted {
    enum class What { nothing, sent, simulated, refused } what = What::nothing;
    std::string label;   // the step: "borrow 0.603 WETH"
    std::string reason;  // why it was refused
    std::string hash;    // of what was sent
    double delta_units = 0;
};

/// Plans the next step, judges it, and in live mode signs and sends it: record, claim, sign, store, send, in
/// that order, each durable before the next.
class Actuator {
  public:
    struct Options {
        Mode mode = Mode::dry_run;
        Address account{};  // whose positions at the venues are hedged
        tx::FeePolicy fees;
        std::uint64_t gas_limit_max = 0;
    };

    /// `signer` is null in a dry run.
    Actuator(Options options, Journal& journal, ChainLink& link, const Market& market, tx::PolicyGate gate,
             tx::Signer* signer);

    /// Carries out what the lifecycle asked for: rebroadcasts, dearer versions, cancellations.
    /// Errors: Errc::storage.
    Result<void> upkeep(const SettleReport& settled, const Reading& reading, TimePoint now);

    /// The one thing the decision wants done now. Errors: Errc::storage.
    Result<Acted> act(std::int64_t round, const Snapshot& seen, const Decision& decision,
                      const Reading& reading);

    const tx::FeePolicy& fees() const { return options_.fees; }

  private:
    struct Wish;  // which venue, which position, what for
    Result<Acted> take_step(std::int64_t round, const Snapshot& seen, const Wish& wish, const Step& step,
                            const Reading& reading);
    Result<tx::Evidence> evidence(const Snapshot& seen, const Venue& venue, const Step& step,
                                  const Reading& reading);
    Result<Acted> commit(std::int64_t round, const Snapshot& seen, const Wish& wish, const Step& step,
                         const Reading& reading, const tx::Approved<tx::UnsignedTx>& approved,
                         const tx::Evidence& evidence);
    Result<void> send_version(Nonce nonce, tx::Record& record, const tx::Approved<tx::UnsignedTx>& approved,
                              bool cancellation, BlockNumber head, TimePoint now, const tx::MarketWord& word);
    Result<void> give_back(tx::Record& record, const Error& why, const Reading& reading, TimePoint now);
    void offer(const Bytes& raw);

    Options options_;
    Journal& journal_;
    ChainLink& link_;
    const Market& market_;
    tx::PolicyGate gate_;
    tx::Signer* signer_;
};

}  // namespace outrigger
