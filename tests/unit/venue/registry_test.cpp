// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include <gmock/gmock.h>

#include "chain/abi/codec.hpp"
#include "hedge/venue/revert.hpp"
#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {
namespace {

TEST(VenueRegistry, MakesEachKindAndRefusesTheRest) {
    EXPECT_THAT(venue_kinds(), testing::ElementsAre("aave-v3", "perp-v2"));
    const auto a = make_venue("aave-v3", aave_params());
    ASSERT_TRUE(a.has_value());
    EXPECT_EQ((*a)->kind(), "aave-v3");
    EXPECT_EQ((*a)->name(), "aave");
    EXPECT_EQ((*a)->id(), VenueId(0));
    EXPECT_THAT((*a)->instruments(), testing::ElementsAre(kEth));
    EXPECT_DOUBLE_EQ((*a)->cost_ratio(), 0.0005);
    const auto p = make_venue("perp-v2", perp_params());
    ASSERT_TRUE(p.has_value());
    EXPECT_EQ((*p)->kind(), "perp-v2");
    EXPECT_DOUBLE_EQ((*p)->cost_ratio(), 0.0015);
    EXPECT_EQ(make_venue("perp-v2", aave_params()).error().code, Errc::config);
    const auto unknown = make_venue("gmx-v2", perp_params());
    EXPECT_EQ(unknown.error().code, Errc::config);
    EXPECT_THAT(unknown.error().what, testing::HasSubstr("aave-v3, perp-v2"));
}

template <class Params, class Change>
void expect_config_error(Params params, Change change, std::string_view kind, const char* why) {
    change(params);
    const auto venue = make_venue(kind, params);
    ASSERT_FALSE(venue.has_value()) << why;
    EXPECT_EQ(venue.error().code, Errc::config);
    EXPECT_THAT(venue.error().what, testing::HasSubstr(why));
}

TEST(VenueRegistry, AaveParametersAreChecked) {
    const auto bad = [](auto change, const char* why) {
        expect_config_error(aave_params(), change, "aave-v3", why);
    };
    bad([](AaveV3Params& p) { p.tokens.clear(); }, "no token");
    bad([](AaveV3Params& p) { p.router = Address{}; }, "missing or given twice");
    bad([](AaveV3Params& p) { p.oracle = p.pool; }, "missing or given twice");
    bad([](AaveV3Params& p) { p.tokens[0].address = p.collateral.address; }, "missing or given twice");
    bad([](AaveV3Params& p) { p.tokens[0].asset = p.collateral.asset; }, "already listed");
    bad([](AaveV3Params& p) { p.tokens[0].swap_fee_pips = 0; }, "swap fee tier");
    bad([](AaveV3Params& p) { p.tokens[0].decimals = 30; }, "too many decimals");
    bad([](AaveV3Params& p) { p.health_factor_panic = 1; }, "panic");
    bad([](AaveV3Params& p) { p.health_factor_floor = 1.2; }, "floor");
    bad([](AaveV3Params& p) { p.health_factor_target = p.health_factor_floor; }, "target");
    bad([](AaveV3Params& p) { p.health_factor_target = std::numeric_limits<double>::quiet_NaN(); }, "target");
    bad([](AaveV3Params& p) { p.max_borrow_apr = 0; }, "must be positive");
}

TEST(VenueRegistry, PerpParametersAreChecked) {
    const auto bad = [](auto change, const char* why) {
        expect_config_error(perp_params(), change, "perp-v2", why);
    };
    bad([](PerpV2Params& p) { p.markets.clear(); }, "no market");
    bad([](PerpV2Params& p) { p.vault = Address{}; }, "missing or given twice");
    bad([](PerpV2Params& p) { p.markets.push_back(p.markets[0]); }, "missing or given twice");
    bad([](PerpV2Params& p) { p.target_leverage = 3; }, "target");
    bad([](PerpV2Params& p) { p.max_leverage = 5; }, "top-up");
    bad([](PerpV2Params& p) { p.top_up_leverage = 10; }, "top-up");
    bad([](PerpV2Params& p) { p.target_leverage = std::numeric_limits<double>::quiet_NaN(); }, "target");
    bad([](PerpV2Params& p) { p.collateral.decimals = 19; }, "18 decimals");
}

TEST(VenueRevert, CodesBecomeWordsAndKeepTheCode) {
    EXPECT_EQ(explain_revert("36"), "the collateral at Aave does not cover this loan (36)");
    EXPECT_EQ(explain_revert("execution reverted: 28"),
              "the Aave reserve is frozen: no new supply or loan (28)");
    EXPECT_EQ(explain_revert("ReserveFrozen()"),
              "the Aave reserve is frozen: no new supply or loan (ReserveFrozen())");
    EXPECT_EQ(explain_revert("ReservePaused"), "the Aave reserve is paused (ReservePaused)");
    EXPECT_THAT(explain_revert("execution reverted: CH_NEFCI"), testing::HasSubstr("initial margin"));
    EXPECT_THAT(explain_revert("EX_OPLAS"), testing::HasSubstr("in one block"));
    EXPECT_THAT(explain_revert("Too little received"), testing::HasSubstr("price limit"));
    EXPECT_EQ(explain_revert("360"), "360");  // no other code's beginning
    EXPECT_EQ(explain_revert("something new"), "something new");
    EXPECT_EQ(explain_revert("execution reverted"), "no reason given");
}

// Selectors as Aave 3.6's own ABI has them (computed with ethers' id()).
TEST(VenueRevert, BytesOfBothGenerationsAreUnderstood) {
    const auto from_hex = [](const char* text) { return explain_revert(ByteView(*parse_hex(text))); };
    EXPECT_THAT(from_hex("0x6d305815"), testing::HasSubstr("ReserveFrozen()"));
    EXPECT_THAT(from_hex("0x6679996d"), testing::HasSubstr("health factor would be below 1"));
    Bytes numeric = *parse_hex("0x08c379a0");
    const Bytes body = abi::encode<std::string>("36");
    numeric.insert(numeric.end(), body.begin(), body.end());
    EXPECT_EQ(explain_revert(ByteView(numeric)), "the collateral at Aave does not cover this loan (36)");
    EXPECT_THAT(from_hex("0x12345678"), testing::HasSubstr("0x12345678"));
    EXPECT_EQ(explain_revert(ByteView()), "no reason given");
}

}  // namespace
}  // namespace outrigger::venue_test
