// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chain/abi/query.hpp"
#include "hedge/account.hpp"

namespace outrigger {

/// What one write does, read back from its bytes alone.
enum class EffectKind : std::uint8_t { approve, fund, defund, borrow, repay, swap, open, close };

struct Inspection {
    EffectKind kind{};
    std::string token;       // symbol of the token or market the amount is counted in
    U256 amount;             // base units of that token; U256::max() means "all of it"
    Address beneficiary{};   // who receives, is credited, or may spend; zero: the bytes name nobody, the
                             // effect is the sender's own (Perp v2 margin and positions)
    double delta_units = 0;  // change of the hedge in whole units of `asset`, signed; 0 when none
    std::optional<AssetId> asset;
    double limit_usd = 0;  // worst price per unit the bytes allow, one quote token counted as 1 USD; 0 when
                           // the kind has no price
    std::optional<TimePoint> deadline;
};

/// A fact of the account (VenueAccount::facts) and the range it must be in once a write is mined.
struct Expectation {
    std::string fact;
    I256 min;
    I256 max;
};

/// A contract function this venue may ask to be called: what a policy's allow-list is made of.
struct AllowedCall {
    Address target{};
    Selector selector{};
    std::string name;  // "supply"
    friend bool operator==(const AllowedCall&, const AllowedCall&) = default;
};

/// One write, and how to know that it worked.
struct Step {
    TxCall call;
    std::string label;                // "borrow 0.603 WETH"
    double delta_units = 0;           // part of the order this write itself fills
    double notional_usd = 0;          // money moved, for the policy's windows
    std::vector<Expectation> expect;  // verified by reading the account back
};

/// What a plan may rely on besides the account: all of it comes from the same snapshot.
struct PlanContext {
    Address account{};  // our own address
    TimePoint now{};
    TimePoint deadline{};
    std::map<AssetId, double> price_usd;  // aggregated prices
};

/// A protocol the hedge lives on. Pure: reads and writes are values.
/// A new venue is one .cpp, one line in registry.cpp, one test.
class Venue {
  public:
    virtual ~Venue() = default;
    virtual VenueId id() const = 0;
    virtual const std::string& name() const = 0;  // from the configuration: "aave"
    virtual std::string_view kind() const = 0;    // "aave-v3"
    /// Assets that can be shorted here.
    virtual std::vector<AssetId> instruments() const = 0;
    /// Expected cost of a trade as a fraction of its notional (fees and half spread).
    virtual double cost_ratio() const = 0;
    /// Gas that a change of the hedge takes, all its transactions together; of a typical one.
    virtual double hedge_gas() const = 0;
    virtual Query<VenueAccount> account(const Address& owner) const = 0;
    /// The next single write towards the order from this account, or nothing when the order is done.
    /// The order is what is still to change from this account, so it is called again with a fresh account and
    /// what remains of the order after each write: every step stands on what the chain says.
    /// Sizes round toward the smaller trade.
    /// Errors: Errc::rejected with the reason (cap, paused, margin) when it cannot be done here.
    virtual Result<std::optional<Step>> next_step(const HedgeOrder& order, const VenueAccount& account,
                                                  const PlanContext& context) const = 0;
    /// The next write that tidies up (repay with what is left, top up thin collateral), or nothing.
    virtual Result<std::optional<Step>> upkeep(const VenueAccount& account,
                                               const PlanContext& context) const = 0;
    /// Reads a write back: what these bytes would do. Written apart from next_step; the policy gate judges
    /// this. Errors: Errc::rejected when the target, selector or any argument is not one this venue uses.
    virtual Result<Inspection> inspect(const TxCall& call) const = 0;
    /// Every function this venue's writes call, and nothing else.
    virtual std::vector<AllowedCall> allowed_calls() const = 0;
    /// Who this venue's writes approve to take tokens, and nobody else.
    virtual std::vector<Address> spenders() const = 0;
};

}  // namespace outrigger
