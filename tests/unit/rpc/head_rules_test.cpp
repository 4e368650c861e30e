// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/head_rules.hpp"

#include <gtest/gtest.h>

namespace outrigger {
namespace {

using std::chrono::seconds;
constexpr HeadRules kEthereum{true, 12};

Head block(std::uint64_t number, std::int64_t time, std::uint64_t base_fee, std::uint64_t used,
           std::uint64_t limit = 30'000'000) {
    Head h;
    h.block.number = BlockNumber{number};
    h.block.timestamp = TimePoint{seconds{time}};
    h.base_fee = U256(base_fee);
    h.gas_used = Gas{used};
    h.gas_limit = Gas{limit};
    return h;
}

/// As explorers show them.
TEST(HeadRules, BaseFeesAsMainnetHadThem) {
    // London's first blocks: 12,965,000 to 12,965,004.
    const std::vector<Head> london{block(12965000, 0, 1'000'000'000, 30'025'257, 30'029'122),
                                   block(12965001, 13, 1'124'967'822, 0)};
    EXPECT_EQ(next_base_fee(london[0]), london[1].base_fee);
}

TEST(HeadRules, BaseFeesAtTheCorners) {
    EXPECT_EQ(next_base_fee(block(1, 0, 1000, 15'000'000)), U256(1000)) << "exactly on target";
    EXPECT_EQ(next_base_fee(block(1, 0, 1000, 30'000'000)), U256(1125)) << "full";
    EXPECT_EQ(next_base_fee(block(1, 0, 1000, 0)), U256(875)) << "empty";
    EXPECT_EQ(next_base_fee(block(1, 0, 7, 30'000'000)), U256(8)) << "rises by one wei at least";
    EXPECT_EQ(next_base_fee(block(1, 0, 7, 0)), U256(7)) << "and need not fall";
    EXPECT_EQ(next_base_fee(block(1, 0, 0, 30'000'000)), U256(1));
}

TEST(HeadRules, WhatCannotFollowItsParent) {
    const Head parent = block(10, 100, 1000, 15'000'000);
    const HeadRules other{};
    const auto ok = [&](const Head& child, const HeadRules& rules) {
        return check_child(parent, child, rules).has_value();
    };
    EXPECT_TRUE(ok(block(11, 112, 1000, 30'000'000), kEthereum));
    EXPECT_FALSE(ok(block(12, 112, 1000, 0), kEthereum)) << "height";
    EXPECT_FALSE(ok(block(11, 99, 1000, 0), kEthereum)) << "back in time";
    EXPECT_FALSE(ok(block(11, 99, 1000, 0), other)) << "on any chain";
    EXPECT_FALSE(ok(block(11, 100, 1000, 0), kEthereum)) << "no time between";
    EXPECT_TRUE(ok(block(11, 100, 1000, 0), other)) << "which layer 2s allow";
    EXPECT_FALSE(ok(block(11, 112, 1001, 0), kEthereum)) << "one wei";
    EXPECT_TRUE(ok(block(11, 112, 5, 0), other)) << "other chains have other rules";
    EXPECT_FALSE(ok(block(11, 112, 1000, 30'000'001), other)) << "more gas than there is";
    Head rich = parent;
    rich.base_fee = ~U256();
    EXPECT_FALSE(check_child(rich, block(11, 112, 1000, 0), kEthereum));
    Head none = parent;
    none.gas_limit = Gas{0};
    none.gas_used = Gas{0};
    EXPECT_FALSE(check_child(none, block(11, 112, 1000, 0), kEthereum));
}

TEST(HeadRules, AJumpIsMeasuredByOurClock) {
    const Head before = block(1000, 0, 1, 0);
    const auto ok = [&](std::uint64_t to, std::int64_t elapsed, double block_time) {
        return check_growth(before, block(to, 0, 1, 0), seconds{elapsed}, {false, block_time}).has_value();
    };
    EXPECT_TRUE(ok(1001, 12, 12));
    EXPECT_TRUE(ok(1060, 0, 12)) << "a burst";
    EXPECT_FALSE(ok(1100, 12, 12));
    EXPECT_FALSE(ok(1'000'000, 12, 12));
    EXPECT_TRUE(ok(1300, 3600, 12)) << "after an hour's sleep";
    EXPECT_TRUE(ok(1'000'000, 12, 0)) << "unknown block time";
    EXPECT_TRUE(ok(900, 12, 12)) << "not a jump";
    EXPECT_TRUE(ok(1240, 60, 0.25)) << "Arbitrum's pace";
}

}  // namespace
}  // namespace outrigger
