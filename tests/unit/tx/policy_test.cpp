// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/policy.hpp"

#include <cmath>
#include <functional>
#include <limits>

#include <gtest/gtest.h>

namespace outrigger::tx {
namespace {

using std::chrono::seconds;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr Address address(std::uint8_t n) {
    Address a;
    a.data.fill(n);
    return a;
}
constexpr Address kSelf = address(0x11);
constexpr Address kVenue = address(0x22);
constexpr Address kToken = address(0x33);
constexpr Address kStranger = address(0x99);
constexpr Selector kSwap{{1, 2, 3, 4}};
constexpr Selector kApprove{{5, 6, 7, 8}};
constexpr TimePoint kNow{seconds(1'800'000'000)};

/// All that approve() looks at, in a state that passes.
struct Wish {
    PolicyLimits limits;
    UnsignedTx tx;
    Evidence evidence;
    bool kill_file = false;
};

Wish swap() {
    Wish w;
    w.limits.chain = ChainId(31337);
    w.limits.self = kSelf;
    w.limits.allow = {{kVenue, kSwap}, {kToken, kApprove}};
    w.limits.spenders = {kVenue};
    w.limits.max_tx_usd = 1000;
    w.limits.max_hour_usd = 1500;
    w.limits.max_day_usd = 2000;
    w.limits.max_slippage_ratio = 0.01;
    w.limits.max_gas_usd_per_tx = 100;
    w.limits.max_gas_usd_per_day = 150;
    w.limits.max_fee_cap = U256(100'000'000'000);
    w.limits.gas_limit_max = 1'000'000;
    w.limits.deadline_max = seconds(120);
    w.limits.kill_switch_file = "STOP";
    w.tx.nonce = Nonce(3);
    w.tx.call = {ChainId(31337), kVenue, U256(), {1, 2, 3, 4, 0xff}, Gas(500'000)};
    w.tx.max_fee = U256(100'000'000'000);  // 500,000 gas at 100 gwei and 2,000 USD: exactly 100 USD
    w.tx.tip = U256(1'000'000'000);
    w.evidence.reading = {.what = "swap 0.5 WETH",
                          .beneficiary = kSelf,
                          .notional_usd = 1000,
                          .limit_deviation = 0.01,
                          .has_price = true,
                          .has_limit = true,
                          .deadline = kNow + seconds(120)};
    w.evidence.simulated_ok = true;
    w.evidence.gas_estimate = Gas(500'000);
    w.evidence.spent_hour_usd = 500;
    w.evidence.spent_day_usd = 1000;
    w.evidence.gas_day_usd = 50;
    w.evidence.native_usd = 2000;
    w.evidence.now = kNow;
    return w;
}

Wish approval() {
    Wish w = swap();
    w.tx.call.to = kToken;
    w.tx.call.data = {5, 6, 7, 8};
    w.evidence.reading = {.what = "approve 0.5 WETH",
                          .beneficiary = kVenue,
                          .beneficiary_is_spender = true,
                          .notional_usd = 1000,
                          .deadline = TimePoint::max()};
    return w;
}

/// The rule that said no, or "" when none did.
std::string judge(const Wish& w) {
    const PolicyGate gate(w.limits, [&](const std::string& name) { return name == "STOP" && w.kill_file; });
    const auto answer = gate.approve(w.tx, w.evidence);
    if (answer) {
        EXPECT_EQ(answer->get(), w.tx) << "what is approved is what was asked";
        return "";
    }
    EXPECT_EQ(answer.error().code, Errc::rejected);
    EXPECT_GT(answer.error().what.size(), answer.error().what.find(": ") + 2)
        << "a reason follows the rule's name";
    return answer.error().what.substr(0, answer.error().what.find(':'));
}

TEST(PolicyGate, AllowsGoodCasesAtTheirLimits) {
    EXPECT_EQ(judge(swap()), "");
    EXPECT_EQ(judge(approval()), "");
}

struct Mutation {
    const char* rule;
    const char* what;
    std::function<void(Wish&)> change;
};

const Mutation kSwapMutations[] = {
    {"kill_switch", "the file exists", [](Wish& w) { w.kill_file = true; }},
    {"chain_id", "another chain", [](Wish& w) { w.tx.call.chain = ChainId(1); }},
    {"native_value", "one wei", [](Wish& w) { w.tx.call.value = U256(1); }},
    {"target", "a stranger", [](Wish& w) { w.tx.call.to = kStranger; }},
    {"target", "ourselves", [](Wish& w) { w.tx.call.to = kSelf; }},
    {"selector", "another function", [](Wish& w) { w.tx.call.data[0] = 9; }},
    {"selector", "another target's function",
     [](Wish& w) {
         w.tx.call.data = {5, 6, 7, 8};
     }},
    {"selector", "three bytes",
     [](Wish& w) {
         w.tx.call.data = {1, 2, 3};
     }},
    {"selector", "no bytes", [](Wish& w) { w.tx.call.data.clear(); }},
    {"beneficiary", "a stranger", [](Wish& w) { w.evidence.reading.beneficiary = kStranger; }},
    {"beneficiary", "the venue itself", [](Wish& w) { w.evidence.reading.beneficiary = kVenue; }},
    {"beneficiary", "nobody", [](Wish& w) { w.evidence.reading.beneficiary = Address{}; }},
    {"beneficiary", "nobody, and we are nobody",
     [](Wish& w) { w.limits.self = w.evidence.reading.beneficiary = Address{}; }},
    {"unlimited", "everything", [](Wish& w) { w.evidence.reading.unlimited = true; }},
    {"notional_tx", "a cent too much", [](Wish& w) { w.limits.max_tx_usd = 999.99; }},
    {"notional_tx", "negative", [](Wish& w) { w.evidence.reading.notional_usd = -1; }},
    {"notional_tx", "not a number", [](Wish& w) { w.evidence.reading.notional_usd = kNan; }},
    {"notional_tx", "infinite",
     [](Wish& w) { w.evidence.reading.notional_usd = w.limits.max_tx_usd = kInfinity; }},
    {"notional_tx", "no limit set", [](Wish& w) { w.limits.max_tx_usd = 0; }},
    {"notional_tx", "a limit that is no number", [](Wish& w) { w.limits.max_tx_usd = kNan; }},
    {"notional_hour", "a cent too much", [](Wish& w) { w.evidence.spent_hour_usd = 500.01; }},
    {"notional_hour", "spending unknown", [](Wish& w) { w.evidence.spent_hour_usd = kNan; }},
    {"notional_hour", "spending negative", [](Wish& w) { w.evidence.spent_hour_usd = -1e6; }},
    {"notional_day", "a cent too much", [](Wish& w) { w.evidence.spent_day_usd = 1000.01; }},
    {"notional_day", "spending unknown", [](Wish& w) { w.evidence.spent_day_usd = kNan; }},
    {"fee_cap", "a wei too much", [](Wish& w) { w.limits.max_fee_cap = U256(99'999'999'999); }},
    {"fee_cap", "absurd", [](Wish& w) { w.tx.max_fee = U256::max(); }},
    {"fee_cap", "tip above fee", [](Wish& w) { w.tx.tip = w.tx.max_fee + 1; }},
    {"fee_cap", "zero", [](Wish& w) { w.tx.max_fee = w.tx.tip = U256(); }},
    {"gas_limit", "over the limit", [](Wish& w) { w.limits.gas_limit_max = 499'999; }},
    {"gas_limit", "below the estimate", [](Wish& w) { w.evidence.gas_estimate = Gas(500'001); }},
    {"gas_limit", "not estimated", [](Wish& w) { w.evidence.gas_estimate = Gas(0); }},
    {"gas_limit", "zero", [](Wish& w) { w.tx.call.gas_limit = Gas(0); }},
    {"gas_usd", "a cent too much", [](Wish& w) { w.limits.max_gas_usd_per_tx = 99.99; }},
    {"gas_usd", "a cent too much today", [](Wish& w) { w.evidence.gas_day_usd = 50.01; }},
    {"gas_usd", "price unknown", [](Wish& w) { w.evidence.native_usd = 0; }},
    {"gas_usd", "price not a number", [](Wish& w) { w.evidence.native_usd = kNan; }},
    {"gas_usd", "spending unknown", [](Wish& w) { w.evidence.gas_day_usd = kNan; }},
    {"price_limit", "too far", [](Wish& w) { w.evidence.reading.limit_deviation = 0.0101; }},
    {"price_limit", "not a number", [](Wish& w) { w.evidence.reading.limit_deviation = kNan; }},
    {"price_limit", "minus infinity", [](Wish& w) { w.evidence.reading.limit_deviation = -kInfinity; }},
    {"price_limit", "none", [](Wish& w) { w.evidence.reading.has_limit = false; }},
    {"deadline", "a second too far", [](Wish& w) { w.evidence.reading.deadline = kNow + seconds(121); }},
    {"deadline", "now", [](Wish& w) { w.evidence.reading.deadline = kNow; }},
    {"deadline", "past", [](Wish& w) { w.evidence.reading.deadline = TimePoint{}; }},
    {"deadline", "none, with a price", [](Wish& w) { w.evidence.reading.deadline = TimePoint::max(); }},
    {"deadline", "as good as none",
     [](Wish& w) { w.evidence.reading.deadline = TimePoint::max() - seconds(1); }},
    {"simulation", "failed", [](Wish& w) { w.evidence.simulated_ok = false; }}};

const Mutation kApprovalMutations[] = {
    {"spender", "a stranger", [](Wish& w) { w.evidence.reading.beneficiary = kStranger; }},
    {"spender", "ourselves", [](Wish& w) { w.evidence.reading.beneficiary = kSelf; }},
    {"spender", "nobody known", [](Wish& w) { w.limits.spenders.clear(); }},
    {"unlimited", "everything", [](Wish& w) { w.evidence.reading.unlimited = true; }},
    {"unlimited", "everything, said to reduce",
     [](Wish& w) { w.evidence.reading.unlimited = w.evidence.reading.reduces = true; }},
    {"deadline", "past", [](Wish& w) { w.evidence.reading.deadline = kNow - seconds(1); }}};

TEST(PolicyGate, EveryMutationIsRefusedByItsRule) {
    for (const auto& m : kSwapMutations) {
        Wish w = swap();
        m.change(w);
        EXPECT_EQ(judge(w), m.rule) << m.what;
    }
    for (const auto& m : kApprovalMutations) {
        Wish w = approval();
        m.change(w);
        EXPECT_EQ(judge(w), m.rule) << m.what;
    }
}

TEST(PolicyGate, AllowsWhatItShouldBesides) {
    const std::pair<const char*, std::function<void(Wish&)>> changes[] = {
        {"repaying everything",
         [](Wish& w) { w.evidence.reading.unlimited = w.evidence.reading.reduces = true; }},
        {"no kill switch configured", [](Wish& w) { w.limits.kill_switch_file.clear(), w.kill_file = true; }},
        {"a limit better than the price", [](Wish& w) { w.evidence.reading.limit_deviation = -0.5; }},
        {"no deadline where there is no price",
         [](Wish& w) {
             w.evidence.reading.has_price = w.evidence.reading.has_limit = false;
             w.evidence.reading.deadline = TimePoint::max();
         }},
        {"nothing spent, nothing moved",
         [](Wish& w) {
             w.evidence.reading.notional_usd = w.evidence.spent_hour_usd = w.evidence.spent_day_usd = 0;
         }},
        {"a gas limit with a margin", [](Wish& w) { w.evidence.gas_estimate = Gas(400'000); }}};
    for (const auto& [what, change] : changes) {
        Wish w = swap();
        change(w);
        EXPECT_EQ(judge(w), "") << what;
    }
}

TEST(PolicyGate, CancelsWithinTheFeeCapEvenUnderTheKillSwitch) {
    Wish w = swap();
    const PolicyGate gate(w.limits, [](const std::string&) { return true; });
    const auto cancel = gate.approve_cancel(Nonce(3), w.limits.max_fee_cap, U256(7));
    ASSERT_TRUE(cancel.has_value()) << cancel.error().what;
    EXPECT_EQ(
        cancel->get(),
        (UnsignedTx{
            Nonce(3), {ChainId(31337), kSelf, U256(), {}, Gas(21'000)}, w.limits.max_fee_cap, U256(7)}));
    for (const auto& [fee, tip] :
         {std::pair{w.limits.max_fee_cap + 1, U256(0)}, {U256(5), U256(6)}, {U256(), U256()}}) {
        const auto refused = gate.approve_cancel(Nonce(3), fee, tip);
        ASSERT_FALSE(refused.has_value());
        EXPECT_EQ(refused.error().code, Errc::rejected);
        EXPECT_TRUE(refused.error().what.starts_with("fee_cap: ")) << refused.error().what;
    }
}

TEST(PolicyGate, ADearerVersionChangesNothingButItsFees) {
    const Wish w = swap();
    bool stopped = false;
    const PolicyGate gate(w.limits, [&](const std::string&) { return stopped; });
    UnsignedTx previous = w.tx;
    previous.max_fee = U256(80'000'000'000);
    const auto rule = [&](const UnsignedTx& tx) -> std::string {
        const auto answer = gate.approve_bump(tx, previous);
        if (answer) {
            EXPECT_EQ(answer->get(), tx);
            return "";
        }
        EXPECT_EQ(answer.error().code, Errc::rejected);
        return answer.error().what.substr(0, answer.error().what.find(':'));
    };
    EXPECT_EQ(rule(w.tx), "");
    const std::pair<const char*, std::function<void(UnsignedTx&)>> changes[] = {
        {"same_call", [](UnsignedTx& tx) { tx.nonce = Nonce(4); }},
        {"same_call", [](UnsignedTx& tx) { tx.call.to = kStranger; }},
        {"same_call", [](UnsignedTx& tx) { tx.call.value = U256(1); }},
        {"same_call", [](UnsignedTx& tx) { tx.call.data.back() ^= 1; }},
        {"same_call", [](UnsignedTx& tx) { tx.call.gas_limit = Gas(500'001); }},
        {"same_call", [](UnsignedTx& tx) { tx.call.chain = ChainId(1); }},
        {"fee_cap", [](UnsignedTx& tx) { tx.max_fee = tx.max_fee + 1; }},
        {"fee_cap", [](UnsignedTx& tx) { tx.tip = tx.max_fee + 1; }}};
    for (const auto& [expected, change] : changes) {
        UnsignedTx tx = w.tx;
        change(tx);
        EXPECT_EQ(rule(tx), expected);
    }
    previous.call.chain = ChainId(1);
    UnsignedTx elsewhere = w.tx;
    elsewhere.call.chain = ChainId(1);
    EXPECT_EQ(rule(elsewhere), "same_call") << "not even when the version before was for another chain";
    previous = w.tx;
    stopped = true;
    EXPECT_EQ(rule(w.tx), "kill_switch");
}

TEST(PolicyGate, WithoutAWayToLookForTheFileThereIsNoGate) {
    EXPECT_DEATH(PolicyGate(PolicyLimits{}, nullptr), "file_exists_");
}

}  // namespace
}  // namespace outrigger::tx
