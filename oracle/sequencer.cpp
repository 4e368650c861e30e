// SPDX-License-Identifier: Apache-2.0
#include "oracle/sequencer.hpp"

#include <fmt/core.h>

#include "chain/abi/call.hpp"
#include "chain/base/hex.hpp"
#include "oracle/chainlink_abi.hpp"

namespace outrigger {
namespace {

/// Seconds since 1970 beyond this are no time of this chain (the year 4147).
constexpr std::uint64_t kLatestTime = std::uint64_t{1} << 36;
/// Clocks of feed and head may differ by this much.
constexpr std::chrono::seconds kFutureSlack{15};

Result<SequencerStatus> status_of(const chainlink::RoundReturn& raw, const Address& feed) {
    const auto& [id, answer, started_at, updated_at, answered_in] = raw;
    const auto bad = [&](const std::string& why) {
        return fail(Errc::decode, fmt::format("sequencer feed {}: {}", checksum_address(feed), why));
    };
    if (started_at.is_zero()) return bad("it has no round yet (startedAt is 0)");
    if (started_at > kLatestTime) return bad("startedAt " + started_at.to_decimal() + " is no time");
    const bool up = answer.is_zero();
    if (!up && (answer.is_negative() || answer.magnitude() != U256(1)))
        return bad("it answers " + answer.to_decimal() + ", neither 0 (up) nor 1 (down)");
    return SequencerStatus{up,
                           TimePoint(std::chrono::seconds(static_cast<std::int64_t>(started_at.as_u64())))};
}

}  // namespace

Query<SequencerStatus> sequencer_status(ChainId chain, const Address& feed) {
    return map(eth_query<chainlink::LatestRoundData>(chain, feed),
               [feed](const chainlink::RoundReturn& raw) { return status_of(raw, feed); });
}

Result<void> sequencer_usable(const SequencerStatus& status, std::chrono::seconds grace, TimePoint now) {
    const auto lasted = now - status.since;
    if (lasted < -kFutureSlack) {
        return fail(Errc::decode,
                    fmt::format("the sequencer's status is from {} s in the future", -lasted.count()));
    }
    if (!status.up) {
        return fail(Errc::stale, fmt::format("the chain's sequencer has been down for {} s; its prices stand "
                                             "still",
                                             lasted.count()));
    }
    if (lasted < grace) {
        return fail(Errc::stale, fmt::format("the chain's sequencer is back since {} s only; its prices are "
                                             "believed after {} s",
                                             lasted.count(), grace.count()));
    }
    return {};
}

}  // namespace outrigger
