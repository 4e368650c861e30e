// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "chain/tx/types.hpp"

namespace outrigger::tx {

/// What the bytes of a call would do, as the venue that owns them reads it back (hedge/venue). Repeated here
/// in the policy's own words so that the gate depends on no venue.
struct Reading {
    std::string what;  // "borrow 0.603 WETH", for the refusal and the journal
    Address beneficiary{};
    bool beneficiary_is_spender = false;  // an approval: the beneficiary is a contract that may take tokens
    double notional_usd = 0;
    double limit_deviation =
        0;  // how far the price limit is worse than the aggregated price; 0 when no price
    bool has_price = false;
    bool has_limit = false;
    bool unlimited = false;  // amount is "everything"
    bool reduces = false;    // repays, closes or reduces risk
    TimePoint deadline{};    // max() when the call carries none

    /// What the windows are debited: an approval moves nothing yet.
    double moved_usd() const { return beneficiary_is_spender ? 0 : notional_usd; }
};

/// What all of that gas costs at that fee. Units: wei per gas; USD per native token
[[nodiscard]] double gas_cost_usd(Gas gas, const U256& fee, double native_usd);

struct Evidence {
    Reading reading;
    bool simulated_ok = false;  // eth_call at the pinned block succeeded
    Gas gas_estimate;
    double spent_hour_usd = 0;  // from the journal, worst case, this hour and day
    double spent_day_usd = 0;
    double gas_day_usd = 0;
    double native_usd = 0;  // price of the gas token
    TimePoint now{};
};

/// Something the policy has allowed. Only PolicyGate can make one.
template <class T>
class Approved {
  public:
    const T& get() const { return item_; }

  private:
    friend class PolicyGate;
    explicit Approved(T item) : item_(std::move(item)) {}
    T item_;
};

struct PolicyLimits {
    ChainId chain;
    Address self{};
    std::vector<std::pair<Address, Selector>> allow;  // target and selector
    std::vector<Address> spenders;                    // who may be approved
    double max_tx_usd = 0;
    double max_hour_usd = 0;
    double max_day_usd = 0;
    double max_slippage_ratio = 0;
    double max_gas_usd_per_tx = 0;
    double max_gas_usd_per_day = 0;
    U256 max_fee_cap;  // wei per gas
    std::uint64_t gas_limit_max = 0;
    std::chrono::seconds deadline_max{0};  // a call's deadline may not be further away than this
    std::string kill_switch_file;          // present: nothing is signed
};

/// The firewall between a wish and a signature. Judges bytes read back, never intentions.
class PolicyGate {
  public:
    using FileExists = std::function<bool(const std::string&)>;
    PolicyGate(PolicyLimits limits, FileExists file_exists);

    /// The transaction, allowed. Errors: Errc::rejected, "rule: why" with the name of the rule that said no.
    [[nodiscard]] Result<Approved<UnsignedTx>> approve(UnsignedTx tx, const Evidence& evidence) const;
    /// A dearer version of a transaction that was approved before: the same nonce and the very same call,
    /// nothing but the fees changed, within the cap. Errors: Errc::rejected, "rule: why"; the kill switch
    /// stops this too.
    [[nodiscard]] Result<Approved<UnsignedTx>> approve_bump(UnsignedTx tx, const UnsignedTx& previous) const;
    /// A cancellation: to ourselves, no value, no data. Always allowed within the fee cap, kill switch or
    /// not.
    [[nodiscard]] Result<Approved<UnsignedTx>> approve_cancel(Nonce nonce, U256 max_fee, U256 tip) const;

    const PolicyLimits& limits() const { return limits_; }

  private:
    PolicyLimits limits_;
    FileExists file_exists_;
};

}  // namespace outrigger::tx
