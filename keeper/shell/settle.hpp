// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "keeper/shell/link.hpp"
#include "keeper/shell/observer.hpp"
#include "keeper/store/journal.hpp"

namespace outrigger {

/// What became of a transaction this round.
struct Settled {
    OpenTx tx;
    bool verified = false;
    std::string note;  // "verified", "reverted", "cancelled", or what the venue shows instead
    double gas_usd = 0;
};

/// A wish of the lifecycle that needs a signature or the network: carried out by the actuator.
struct Upkeep {
    OpenTx tx;
    std::vector<tx::Effect> effects;
};

struct SettleReport {
    std::vector<Settled> settled;
    std::vector<Upkeep> upkeep;
    std::vector<InFlight> in_flight;
    std::vector<std::string> alarms;
};

/// Learns from the chain what became of every open transaction, moves its record, and closes the ones that
/// are final, each with a look at the venue's account: success is the position, not the receipt. `dropped`
/// are blocks that left the chain since the last round. Errors: Errc::storage; whatever cannot be read leaves
/// the record as it is.
Result<SettleReport> settle(Journal& journal, ChainLink& link, const Market& market, const Reading& reading,
                            const std::vector<BlockRef>& dropped, const tx::FeePolicy& fees, TimePoint now);

}  // namespace outrigger
