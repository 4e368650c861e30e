// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "chain/abi/query.hpp"
#include "oracle/feed.hpp"

namespace outrigger {

/// One configured Pyth price, before anything is known about it.
struct PythSpec {
    std::string name;  // "ETH/USD", for messages
    ChainId chain;
    Address contract;
    Hash32 id;
    AssetId asset;
    double max_confidence_ratio = 0;  // confidence over price; a wider one is no price. No default protects
};

/// A price as Pyth publishes it: price * 10^exponent, give or take confidence * 10^exponent.
struct PythPrice {
    std::int64_t price = 0;
    std::uint64_t confidence = 0;
    std::int32_t exponent = 0;
    TimePoint published{};
    friend bool operator==(const PythPrice&, const PythPrice&) = default;
};

/// A Pyth price as a source. One read a round.
///
/// Pyth is pulled: the chain holds what somebody last paid to post, however old. getPriceUnsafe is asked for
/// all the same, so that an old price is said to be old rather than absent; age is judged by the aggregate.
/// Errors of a read: Errc::decode for a price that is not positive, an exponent outside -18..0, a publication
/// time that is none; Errc::rejected for a confidence wider than allowed; Errc::reverted for an unknown id.
/// Source: pyth-sdk-solidity IPyth.getPriceUnsafe, PythStructs.Price
class PythFeed final : public PriceFeed {
  public:
    /// Errors: Errc::config for a confidence limit outside (0, 1)
    static Result<PythFeed> make(PythSpec spec);

    [[nodiscard]] AssetId asset() const override { return spec_.asset; }
    [[nodiscard]] Query<Price> latest() const override;
    /// The price as published, checked for form only.
    [[nodiscard]] Query<PythPrice> raw() const;
    [[nodiscard]] const PythSpec& spec() const { return spec_; }

  private:
    explicit PythFeed(PythSpec spec) : spec_(std::move(spec)) {}
    PythSpec spec_;
};

}  // namespace outrigger
