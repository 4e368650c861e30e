// SPDX-License-Identifier: Apache-2.0
#include "chain/tx/fees.hpp"

#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace outrigger::tx {
namespace {

[[maybe_unused]] const int kSeeded = setenv("RC_PARAMS", "seed=1559 max_success=1000", 0);

constexpr std::uint64_t kGwei = 1'000'000'000;

FeePolicy policy_of(const U256& max_fee_cap, const U256& tip_cap) {
    FeePolicy policy;
    policy.max_fee_cap = max_fee_cap;
    policy.tip_cap = tip_cap;
    return policy;
}
const FeePolicy kUncapped = policy_of(U256::max(), U256::max());

TEST(NextBaseFee, FollowsTheRule) {
    struct Case {
        std::uint64_t base_fee, gas_limit, gas_used, expected;
    };
    // The first three: go-ethereum consensus/misc/eip1559 TestCalcBaseFee. The others by hand.
    for (const auto& c :
         {Case{kGwei, 20'000'000, 10'000'000, kGwei}, Case{kGwei, 20'000'000, 9'000'000, 987'500'000},
          Case{kGwei, 20'000'000, 11'000'000, 1'012'500'000},
          Case{kGwei, 20'000'000, 20'000'000, 1'125'000'000}, Case{kGwei, 20'000'000, 0, 875'000'000},
          Case{7, 20'000'000, 20'000'000, 8},  // 7/8 rounds to 0, but a fuller block raises by one
          Case{7, 20'000'000, 0, 7},           // an emptier one need not lower it
          Case{0, 20'000'000, 20'000'000, 1}, Case{0, 20'000'000, 0, 0}}) {
        const auto next = next_base_fee({U256(c.base_fee), c.gas_used, c.gas_limit});
        ASSERT_TRUE(next.has_value()) << next.error().what;
        EXPECT_EQ(next->to_decimal(), std::to_string(c.expected)) << c.base_fee << " " << c.gas_used;
    }
}

TEST(NextBaseFee, RefusesWhatIsNoBlock) {
    for (const auto& parent :
         {ParentBlock{U256(kGwei), 0, 0}, ParentBlock{U256(kGwei), 1, 1},
          ParentBlock{U256(kGwei), 30'000'001, 30'000'000}, ParentBlock{U256::max(), 30'000'000, 30'000'000},
          ParentBlock{U256::max(), 0, 30'000'000}}) {
        const auto next = next_base_fee(parent);
        ASSERT_FALSE(next.has_value());
        EXPECT_EQ(next.error().code, Errc::decode);
    }
}

TEST(InitialFees, LeaveRoomForTheBaseFeeToDouble) {
    EXPECT_EQ(initial_fees(U256(100), U256(5), kUncapped).value(), (Fees{U256(205), U256(5)}));
    EXPECT_EQ(initial_fees(U256(0), U256(0), kUncapped).value(), (Fees{U256(0), U256(0)}));
    // Each cap by itself.
    EXPECT_EQ(initial_fees(U256(100), U256(5), policy_of(U256(150), U256(99))).value(),
              (Fees{U256(150), U256(5)}));
    EXPECT_EQ(initial_fees(U256(100), U256(5), policy_of(U256(999), U256(2))).value(),
              (Fees{U256(202), U256(2)}));
    EXPECT_EQ(initial_fees(U256(100), U256(500), policy_of(U256(150), U256(999))).value(),
              (Fees{U256(150), U256(150)}))
        << "a tip above the fee would be invalid";
    EXPECT_EQ(initial_fees(U256(100), U256::max(), policy_of(U256(100), U256(3))).value(),
              (Fees{U256(100), U256(3)}));
    EXPECT_EQ(initial_fees(U256::max(), U256::max(), kUncapped).value(), (Fees{U256::max(), U256::max()}));
}

TEST(InitialFees, ParkAboveTheCap) {
    const auto parked = initial_fees(U256(101 * kGwei), U256(1), policy_of(U256(100 * kGwei), U256(kGwei)));
    ASSERT_FALSE(parked.has_value());
    EXPECT_EQ(parked.error().code, Errc::rejected);
    EXPECT_TRUE(parked.error().what.starts_with("parked: the base fee of 101 gwei")) << parked.error().what;
    EXPECT_TRUE(
        initial_fees(U256(100 * kGwei), U256(1), policy_of(U256(100 * kGwei), U256(kGwei))).has_value());
}

TEST(Bump, RaisesBothByTheShareRoundedUpAndAtLeastOneWei) {
    struct Case {
        std::uint64_t fee, tip, new_fee, new_tip;
    };
    for (const auto& c :
         {Case{1000, 80, 1125, 90}, Case{1001, 81, 1127, 92},  // 1126.125 and 91.125, rounded up
          Case{1, 1, 2, 2}, Case{0, 0, 1, 1}, Case{7, 0, 8, 1}, Case{9, 8, 11, 9}}) {
        EXPECT_EQ(bump({U256(c.fee), U256(c.tip)}, {U256(0), {}}, kUncapped),
                  (Fees{U256(c.new_fee), U256(c.new_tip)}))
            << c.fee;
    }
}

TEST(Bump, RisesToTheMarketWhereTheCapsAllowIt) {
    const Fees previous{U256(100), U256(10)};
    EXPECT_EQ(bump(previous, {U256(300), U256(40)}, kUncapped), (Fees{U256(640), U256(40)}));
    EXPECT_EQ(bump(previous, {U256(300), {}}, kUncapped), (Fees{U256(612), U256(12)}))
        << "an unknown tip is not zero";
    EXPECT_EQ(bump(previous, {U256(300), U256(40)}, policy_of(U256(500), U256(20))),
              (Fees{U256(500), U256(20)}));
    EXPECT_EQ(bump(previous, {U256(10), U256(1)}, kUncapped), (Fees{U256(113), U256(12)}))
        << "a market below us";
    EXPECT_EQ(bump(previous, {U256::max(), U256::max()}, policy_of(U256(500), U256(500))),
              (Fees{U256(500), U256(500)}));
}

TEST(Bump, IsNothingWhenTheLeastRiseDoesNotFit) {
    const Fees previous{U256(100), U256(10)};
    EXPECT_TRUE(bump(previous, {}, policy_of(U256(113), U256(12))).has_value());
    EXPECT_FALSE(bump(previous, {}, policy_of(U256(112), U256(12))).has_value());
    EXPECT_FALSE(bump(previous, {}, policy_of(U256(113), U256(11))).has_value());
    EXPECT_FALSE(bump({U256::max(), U256(0)}, {}, kUncapped).has_value());
    EXPECT_FALSE(bump({U256::max(), U256::max()}, {}, kUncapped).has_value());
}

TEST(CancelFees, AreTheCapsWhenTheLeastRiseDoesNotFit) {
    const Fees previous{U256(100), U256(10)};
    EXPECT_EQ(cancel_fees(previous, {}, policy_of(U256(200), U256(50))), bump(previous, {}, kUncapped));
    EXPECT_EQ(cancel_fees(previous, {}, policy_of(U256(105), U256(50))), (Fees{U256(105), U256(50)}));
    EXPECT_EQ(cancel_fees(previous, {}, policy_of(U256(100), U256(10))), previous);
    EXPECT_EQ(cancel_fees(previous, {}, policy_of(U256(99), U256(50))), std::nullopt)
        << "the caps were lowered";
    EXPECT_EQ(cancel_fees(previous, {}, policy_of(U256(200), U256(9))), std::nullopt);
}

namespace gen {
rc::Gen<U256> wei() {
    return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0, 200)),
                        [](const std::pair<std::uint64_t, int>& v) {
                            return wrapping_shl(U256(v.first), static_cast<unsigned>(v.second)) >> 40;
                        });
}
}  // namespace gen

RC_GTEST_PROP(Fees, AnyBumpIsTakenByAnyPoolAndNeverPassesACap, ()) {
    FeePolicy policy = policy_of(*gen::wei(), *gen::wei());
    policy.bump_bps = *rc::gen::inRange<std::uint32_t>(1000, 3000);
    const U256 fee = *gen::wei();
    const Fees previous{fee, std::min(*gen::wei(), fee)};
    Market market{*gen::wei(), std::nullopt};
    if (*rc::gen::arbitrary<bool>()) market.tip = *gen::wei();
    const auto next = bump(previous, market, policy);
    if (!next) {
        // Only a cap can forbid it.
        const bool fee_fits = previous.max_fee <= policy.max_fee_cap / 2 && policy.max_fee_cap > U256(1);
        const bool tip_fits = previous.tip <= std::min(policy.tip_cap, policy.max_fee_cap) / 2 &&
                              std::min(policy.tip_cap, policy.max_fee_cap) > U256(1);
        RC_ASSERT(!(fee_fits && tip_fits));
        return;
    }
    // geth: new * 100 >= old * (100 + bump), both, and both strictly more.
    const auto enough = [&](const U256& before, const U256& after) {
        return after > before && after * U256(10'000) >= before * U256(10'000 + policy.bump_bps);
    };
    RC_ASSERT(enough(previous.max_fee, next->max_fee));
    RC_ASSERT(enough(previous.tip, next->tip));
    RC_ASSERT(next->tip <= next->max_fee);
    RC_ASSERT(next->max_fee <= policy.max_fee_cap);
    RC_ASSERT(next->tip <= policy.tip_cap);
    RC_ASSERT(next->tip >= std::min({market.tip.value_or(U256()), policy.tip_cap, policy.max_fee_cap}));
    RC_ASSERT(next->max_fee >= std::min(market.base_fee * U256(2) + next->tip, policy.max_fee_cap));
}

}  // namespace
}  // namespace outrigger::tx
