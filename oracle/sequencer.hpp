// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "chain/abi/query.hpp"
#include "chain/base/chain_types.hpp"

namespace outrigger {

/// What an L2's sequencer-uptime feed says of the sequencer, and since when.
struct SequencerStatus {
    bool up = false;
    TimePoint since{};
    friend bool operator==(const SequencerStatus&, const SequencerStatus&) = default;
};

/// The status at the pinned block. While a sequencer is down prices on its chain stand still, and when it
/// returns they are the last to catch up.
///
/// Errors: Errc::decode for an answer that is neither up nor down, or a feed without a round (startedAt 0)
/// Source: Chainlink, L2 Sequencer Uptime Feeds
[[nodiscard]] Query<SequencerStatus> sequencer_status(ChainId chain, const Address& feed);

/// Nothing when the chain's prices may be used. Errors: Errc::stale while the sequencer is down and for
/// `grace` after its return; Errc::decode for a status from the future.
[[nodiscard]] Result<void> sequencer_usable(const SequencerStatus& status, std::chrono::seconds grace,
                                            TimePoint now);

}  // namespace outrigger
