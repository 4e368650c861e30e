// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain/abi/query.hpp"
#include "oracle/feed.hpp"

namespace outrigger {

/// A round of a Chainlink proxy: which aggregator (phase), and which of its rounds. On chain: phase << 64 |
/// round.
struct RoundId {
    std::uint16_t phase = 0;
    std::uint64_t round = 0;
    /// The parts of an on-chain id. Pre: id < 2^80, which the ABI guarantees.
    static RoundId from_u256(const U256& id);
    [[nodiscard]] U256 to_u256() const;
    friend bool operator==(const RoundId&, const RoundId&) = default;
    friend auto operator<=>(const RoundId&, const RoundId&) = default;
};

/// A complete, valid round.
struct Round {
    RoundId id;
    U256 answer;  // positive, in units of 10^-decimals
    TimePoint updated_at{};
    friend bool operator==(const Round&, const Round&) = default;
};

/// Smallest and largest answer an aggregator publishes. A price at one of them is a clamp, not a price.
struct AnswerBounds {
    U256 min;
    U256 max;
    friend bool operator==(const AnswerBounds&, const AnswerBounds&) = default;
};

/// One configured feed, before anything is known about it.
struct ChainlinkSpec {
    std::string name;  // "ETH/USD", for messages
    ChainId chain;
    Address proxy;
    AssetId asset;
    double deviation_ratio = 0;  // a new round at this relative move; half the width of what is not seen
    std::optional<std::uint8_t> decimals;  // when configured, the feed must agree
};

/// What is read once and pinned: a feed that later differs is not believed until the next start.
struct ChainlinkIdentity {
    Address aggregator;
    std::string description;  // "ETH / USD", as the feed has it
    std::uint8_t decimals = 0;
    std::uint16_t phase = 0;
    std::optional<AnswerBounds> bounds;  // not every aggregator tells
};

/// First question: everything but the bounds.
/// Errors: Errc::config when decimals differ from the specification; Errc::decode when the latest round is
/// unusable
[[nodiscard]] Query<ChainlinkIdentity> identify_chainlink(const ChainlinkSpec& spec);
/// Second question, to the aggregator itself: minAnswer and maxAnswer; nothing when it has no such functions.
[[nodiscard]] Query<std::optional<AnswerBounds>> chainlink_bounds(ChainId chain, const Address& aggregator);

/// A Chainlink proxy as a price source. One read a round.
///
/// Errors of a read: Errc::decode for a zero or negative answer, an incomplete round, or one answered in an
/// earlier round; Errc::rejected when the aggregator behind the proxy was replaced since the start, or the
/// answer is within 1 % of the aggregator's bounds. Age is judged by the aggregate.
class ChainlinkFeed final : public PriceFeed {
  public:
    /// Errors: Errc::config for a deviation outside (0, 1)
    static Result<ChainlinkFeed> make(ChainlinkSpec spec, ChainlinkIdentity identity);

    [[nodiscard]] AssetId asset() const override { return spec_.asset; }
    [[nodiscard]] Query<Price> latest() const override;
    /// The latest round itself: where a backfill starts, and what tells two readings apart.
    [[nodiscard]] Query<Round> latest_round() const;
    /// The price a round of this feed stands for.
    [[nodiscard]] Price to_price(const Round& round) const;

    [[nodiscard]] const ChainlinkSpec& spec() const { return spec_; }
    [[nodiscard]] const ChainlinkIdentity& identity() const { return identity_; }

  private:
    ChainlinkFeed(ChainlinkSpec spec, ChainlinkIdentity identity);
    ChainlinkSpec spec_;
    ChainlinkIdentity identity_;
};

/// Both identity questions at the pinned block, then the feed.
[[nodiscard]] Result<ChainlinkFeed> open_chainlink(BatchReader& reader, const Pins& pins,
                                                   const ChainlinkSpec& spec);

/// Part of a feed's past, oldest first.
struct RoundHistory {
    std::vector<Round> rounds;
    std::size_t missing = 0;         // rounds that were never completed or are no longer kept
    std::size_t invalid = 0;         // rounds that exist and break a rule of validity
    std::optional<RoundId> earlier;  // where the next page ends; nothing at the start of the phase
};

/// The `count` rounds that end at `last`, within its phase. Pre: count > 0.
///
/// Missing and invalid rounds are left out and counted. Any other failure fails the whole page: an unread
/// round is not a missing one. Errors: as the reads; Errc::decode when an answer is for another round
[[nodiscard]] Query<RoundHistory> chainlink_history(const ChainlinkSpec& spec, RoundId last,
                                                    std::size_t count);

/// The aggregator of the phase before `phase`: first half of going further back than its first round.
/// Errors: Errc::not_found when there is none; Errc::unsupported when the proxy keeps no list of phases
[[nodiscard]] Query<Address> chainlink_previous_aggregator(const ChainlinkSpec& spec, std::uint16_t phase);
/// The last round of a retired aggregator, as the proxy numbers it: second half.
/// Errors: Errc::unsupported when the aggregator does not let itself be read; the history then ends at the
/// phase
[[nodiscard]] Query<RoundId> chainlink_last_round(const ChainlinkSpec& spec, const Address& aggregator,
                                                  std::uint16_t phase);

/// One page of a feed's past, and where the next one ends: in an earlier phase if need be.
struct RoundPage {
    RoundHistory history;
    std::optional<RoundId> next;
    std::string stopped;  // why there is no next page; empty when there is
};
/// The `count` rounds that end at `last`, and the way on. Pre: count > 0. Errors: any failed read; what a
/// feed cannot give is no failure, see `stopped`
[[nodiscard]] Result<RoundPage> chainlink_page(BatchReader& reader, const Pins& pins,
                                               const ChainlinkSpec& spec, RoundId last, std::size_t count);

/// Up to `wanted` rounds before and including the feed's latest, page by page, across phases where the feed
/// allows.
struct Backfill {
    std::vector<Round> rounds;  // oldest first
    std::size_t missing = 0;
    std::size_t invalid = 0;
    std::string stopped;  // why it holds fewer than wanted; empty when it does not
};
/// The search ends with the last round published before `from`: it is still the price at `from`. `page`
/// rounds are asked for at once. Errors: any failed read; what a feed cannot give is no failure, see
/// `stopped`. Pre: page > 0.
[[nodiscard]] Result<Backfill> chainlink_backfill(BatchReader& reader, const Pins& pins,
                                                  const ChainlinkFeed& feed, TimePoint from,
                                                  std::size_t wanted, std::size_t page);

}  // namespace outrigger
