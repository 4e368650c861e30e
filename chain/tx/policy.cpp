// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "chain/base/hex.hpp"

namespace outrigger::tx {
namespace {

/// All a rule may look at.
struct Case {
    const PolicyLimits& limits;
    const UnsignedTx& tx;
    const Evidence& evidence;
    const PolicyGate::FileExists& file_exists;
};

/// The reason a rule says no, or nothing.
using Verdict = std::optional<std::string>;

/// Whether a number is a usable amount. Not-a-number and infinity are never within a limit.
bool is_amount(double value) {
    return std::isfinite(value) && value >= 0;
}

/// A no unless value + spent <= limit; the comparison is written so that not-a-number refuses.
Verdict within(double value, double spent, double limit, const char* limit_name) {
    if (!is_amount(value) || !is_amount(spent)) return "the amount or what was spent so far is unknown";
    if (value + spent <= limit) return std::nullopt;
    if (spent == 0) return fmt::format("{:.2f} USD is over {} of {:.2f} USD", value, limit_name, limit);
    return fmt::format("{:.2f} USD on top of {:.2f} USD is over {} of {:.2f} USD", value, spent, limit_name,
                       limit);
}

Verdict kill_switch(const Case& c) {
    const std::string& file = c.limits.kill_switch_file;
    if (file.empty() || !c.file_exists(file)) return std::nullopt;
    return fmt::format("{} exists; remove it to trade again", file);
}

Verdict chain_id(const Case& c) {
    if (c.tx.call.chain == c.limits.chain) return std::nullopt;
    return fmt::format("the call is for chain {}, configured is {}", c.tx.call.chain.value,
                       c.limits.chain.value);
}

Verdict native_value(const Case& c) {
    if (c.tx.call.value.is_zero()) return std::nullopt;
    return fmt::format("the call sends {} wei of the native token", c.tx.call.value.to_decimal());
}

Verdict target(const Case& c) {
    const auto& allow = c.limits.allow;
    const Address& to = c.tx.call.to;
    if (std::any_of(allow.begin(), allow.end(), [&](const auto& entry) { return entry.first == to; })) {
        return std::nullopt;
    }
    return fmt::format("{} is not a contract of a configured venue", checksum_address(to));
}

Verdict selector(const Case& c) {
    const auto& call = c.tx.call;
    Selector wanted;
    if (call.data.size() < wanted.data.size()) return "the call names no function";
    std::copy_n(call.data.begin(), wanted.data.size(), wanted.data.begin());
    const auto& allow = c.limits.allow;
    if (std::find(allow.begin(), allow.end(), std::pair(call.to, wanted)) != allow.end()) return std::nullopt;
    return fmt::format("function {} of {} is not one the venue uses", to_hex(wanted),
                       checksum_address(call.to));
}

Verdict beneficiary(const Case& c) {
    const Reading& reading = c.evidence.reading;
    if (reading.beneficiary_is_spender) return std::nullopt;
    if (reading.beneficiary == c.limits.self && c.limits.self != Address{}) return std::nullopt;
    return fmt::format("'{}' benefits {}, not ourselves", reading.what,
                       checksum_address(reading.beneficiary));
}

Verdict spender(const Case& c) {
    const Reading& reading = c.evidence.reading;
    if (!reading.beneficiary_is_spender) return std::nullopt;
    const auto& known = c.limits.spenders;
    if (std::find(known.begin(), known.end(), reading.beneficiary) != known.end()) return std::nullopt;
    return fmt::format("'{}' lets {} take tokens, which is not a contract of a configured venue",
                       reading.what, checksum_address(reading.beneficiary));
}

/// "Everything" is an amount only when it repays or withdraws; an approval always names a number.
Verdict unlimited(const Case& c) {
    const Reading& reading = c.evidence.reading;
    if (!reading.unlimited) return std::nullopt;
    if (reading.reduces && !reading.beneficiary_is_spender) return std::nullopt;
    return fmt::format("'{}' has no limit on its amount", reading.what);
}

Verdict notional_tx(const Case& c) {
    return within(c.evidence.reading.notional_usd, 0, c.limits.max_tx_usd, "the limit per transaction");
}

Verdict notional_hour(const Case& c) {
    return within(c.evidence.reading.notional_usd, c.evidence.spent_hour_usd, c.limits.max_hour_usd,
                  "the limit per hour");
}

Verdict notional_day(const Case& c) {
    return within(c.evidence.reading.notional_usd, c.evidence.spent_day_usd, c.limits.max_day_usd,
                  "the limit per day");
}

Verdict fee_cap_of(const PolicyLimits& limits, const U256& max_fee, const U256& tip) {
    if (max_fee > limits.max_fee_cap) {
        return fmt::format("{} wei per gas is over the cap of {}", max_fee.to_decimal(),
                           limits.max_fee_cap.to_decimal());
    }
    if (max_fee.is_zero()) return "the fee is zero: no block takes it";
    if (tip > max_fee) return "the tip is above the fee";
    return std::nullopt;
}

Verdict fee_cap(const Case& c) {
    return fee_cap_of(c.limits, c.tx.max_fee, c.tx.tip);
}

Verdict gas_limit(const Case& c) {
    const std::uint64_t limit = c.tx.call.gas_limit.value;
    const std::uint64_t estimate = c.evidence.gas_estimate.value;
    if (limit == 0 || estimate == 0) return "the gas was not estimated";
    if (limit < estimate)
        return fmt::format("{} gas is less than the {} it is estimated to need", limit, estimate);
    if (limit <= c.limits.gas_limit_max) return std::nullopt;
    return fmt::format("{} gas is over the limit of {}", limit, c.limits.gas_limit_max);
}

/// The worst case: all gas at the whole fee.
Verdict gas_usd(const Case& c) {
    if (!is_amount(c.evidence.native_usd) || c.evidence.native_usd == 0) {
        return "the price of the gas token is unknown";
    }
    const double usd = gas_cost_usd(c.tx.call.gas_limit, c.tx.max_fee, c.evidence.native_usd);
    if (auto no = within(usd, 0, c.limits.max_gas_usd_per_tx, "the gas limit per transaction")) return no;
    return within(usd, c.evidence.gas_day_usd, c.limits.max_gas_usd_per_day, "the gas limit per day");
}

Verdict price_limit(const Case& c) {
    const Reading& reading = c.evidence.reading;
    if (!reading.has_price) return std::nullopt;
    if (!reading.has_limit) return fmt::format("'{}' trades at any price", reading.what);
    if (std::isfinite(reading.limit_deviation) && reading.limit_deviation <= c.limits.max_slippage_ratio) {
        return std::nullopt;
    }
    return fmt::format("'{}' accepts a price {:.4f} worse than the market's, allowed is {:.4f}", reading.what,
                       reading.limit_deviation, c.limits.max_slippage_ratio);
}

/// A call that carries a deadline has a near one; a trade always carries one.
Verdict deadline(const Case& c) {
    const Reading& reading = c.evidence.reading;
    if (reading.deadline == TimePoint::max()) {
        if (!reading.has_price) return std::nullopt;
        return fmt::format("'{}' can be executed at any later time", reading.what);
    }
    if (reading.deadline <= c.evidence.now) return fmt::format("'{}' is past its deadline", reading.what);
    if (reading.deadline - c.evidence.now <= c.limits.deadline_max) return std::nullopt;
    return fmt::format("'{}' can be executed for {} s, allowed are {} s", reading.what,
                       (reading.deadline - c.evidence.now).count(), c.limits.deadline_max.count());
}

Verdict simulation(const Case& c) {
    if (c.evidence.simulated_ok) return std::nullopt;
    return fmt::format("'{}' was not simulated successfully at the pinned block", c.evidence.reading.what);
}

struct Rule {
    const char* name;
    Verdict (*judge)(const Case&);
};

constexpr std::array<Rule, 17> kRules{{{"kill_switch", kill_switch},
                                       {"chain_id", chain_id},
                                       {"native_value", native_value},
                                       {"target", target},
                                       {"selector", selector},
                                       {"beneficiary", beneficiary},
                                       {"spender", spender},
                                       {"unlimited", unlimited},
                                       {"notional_tx", notional_tx},
                                       {"notional_hour", notional_hour},
                                       {"notional_day", notional_day},
                                       {"fee_cap", fee_cap},
                                       {"gas_limit", gas_limit},
                                       {"gas_usd", gas_usd},
                                       {"price_limit", price_limit},
                                       {"deadline", deadline},
                                       {"simulation", simulation}}};

}  // namespace

double gas_cost_usd(Gas gas, const U256& fee, double native_usd) {
    return static_cast<double>(gas.value) * fee.to_double() * 1e-18 * native_usd;
}

PolicyGate::PolicyGate(PolicyLimits limits, FileExists file_exists)
    : limits_(std::move(limits)), file_exists_(std::move(file_exists)) {
    OR_ASSERT(file_exists_ != nullptr);
}

Result<Approved<UnsignedTx>> PolicyGate::approve(UnsignedTx tx, const Evidence& evidence) const {
    const Case c{limits_, tx, evidence, file_exists_};
    for (const auto& rule : kRules) {
        if (const Verdict no = rule.judge(c))
            return fail(Errc::rejected, fmt::format("{}: {}", rule.name, *no));
    }
    return Approved<UnsignedTx>(std::move(tx));
}

Result<Approved<UnsignedTx>> PolicyGate::approve_bump(UnsignedTx tx, const UnsignedTx& previous) const {
    if (!limits_.kill_switch_file.empty() && file_exists_(limits_.kill_switch_file)) {
        return fail(Errc::rejected, fmt::format("kill_switch: {} exists; remove it to trade again",
                                                limits_.kill_switch_file));
    }
    if (tx.nonce != previous.nonce || tx.call != previous.call || tx.call.chain != limits_.chain) {
        return fail(Errc::rejected, "same_call: a dearer version may change nothing but its fees");
    }
    if (const Verdict no = fee_cap_of(limits_, tx.max_fee, tx.tip)) {
        return fail(Errc::rejected, fmt::format("fee_cap: {}", *no));
    }
    return Approved<UnsignedTx>(std::move(tx));
}

Result<Approved<UnsignedTx>> PolicyGate::approve_cancel(Nonce nonce, U256 max_fee, U256 tip) const {
    if (const Verdict no = fee_cap_of(limits_, max_fee, tip)) {
        return fail(Errc::rejected, fmt::format("fee_cap: {}", *no));
    }
    return Approved<UnsignedTx>(cancellation(limits_.chain, limits_.self, nonce, {max_fee, tip}));
}

}  // namespace outrigger::tx
