// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gmock/gmock.h>

#include "tests/unit/venue/fixture.hpp"

namespace outrigger::venue_test {
namespace {

std::unique_ptr<Venue> venue_of(const nlohmann::json& scene) {
    return scene["venue"] == "aave" ? aave() : perp();
}

/// Our allowances stop at 2^112: an unlimited one is reported as that.
I256 expected_fact(const std::string& text) {
    const U256 ceiling = U256::pow2(112) - 1;
    if (text.front() == '-') return *I256::from_decimal(text);
    return *I256::from_parts(std::min(*U256::from_decimal(text), ceiling), false);
}

TEST(VenueAccount, RecordedAnswersReadAsEthersReadsThem) {
    ASSERT_EQ(recorded()["scenes"].size(), 16U);
    for (const auto& s : recorded()["scenes"]) {
        SCOPED_TRACE(s["venue"].get<std::string>() + " " + s["name"].get<std::string>());
        const auto account = venue_test::account(*venue_of(s), s);
        ASSERT_TRUE(account.has_value()) << account.error().what;
        const auto& e = s["expect"];
        std::size_t compared = 0;
        for (const auto& [name, value] : e.items()) {
            if (name.find(':') == std::string::npos && name != "free_collateral") continue;
            ASSERT_TRUE(account->facts.contains(name)) << name;
            EXPECT_EQ(account->facts.at(name).to_decimal(),
                      expected_fact(value.get<std::string>()).to_decimal())
                << name;
            ++compared;
        }
        EXPECT_EQ(account->facts.size(), compared);
        EXPECT_NEAR(account->position.at(kEth), e["position"].get<double>(), 1e-12);
        EXPECT_NEAR(account->equity_usd, e["equity_usd"].get<double>(), 1e-6);
        EXPECT_NEAR(account->available_usd, e["available_usd"].get<double>(), 1e-6);
        if (e["health"] == "inf") {
            EXPECT_TRUE(std::isinf(account->health));
        } else {
            EXPECT_NEAR(account->health, e["health"].get<double>(), 1e-9);
        }
    }
}

TEST(VenueAccount, UntidyIsWhatUpkeepWouldFinish) {
    for (const auto& s : recorded()["scenes"]) {
        SCOPED_TRACE(s["venue"].get<std::string>() + " " + s["name"].get<std::string>());
        const auto venue = venue_of(s);
        const auto account = *venue_test::account(*venue, s);
        const auto step = venue->upkeep(account, context());
        ASSERT_TRUE(step.has_value()) << step.error().what;
        EXPECT_EQ(step->has_value(), account.untidy);
    }
    EXPECT_TRUE(venue_test::account(*aave(), scene("aave", "borrowed"))->untidy);     // tokens beside a debt
    EXPECT_TRUE(venue_test::account(*aave(), scene("aave", "price_spike"))->untidy);  // thin collateral
    EXPECT_FALSE(venue_test::account(*aave(), scene("aave", "short"))->untidy);
    EXPECT_FALSE(venue_test::account(*aave(), scene("aave", "paused"))->untidy);  // nothing can be done
}

// Unreadable is never zero: each single read that fails, or answers nothing, or too much, fails the account.
TEST(VenueAccount, EveryReadIsNeeded) {
    for (const auto* name : {"short", "funded"}) {
        for (const auto& s : {scene("aave", name), scene("perp", name)}) {
            const auto venue = venue_of(s);
            const auto query = venue->account(at("keeper"));
            const auto good = answers(query, s);
            ASSERT_TRUE(query.decode(good).has_value());
            for (std::size_t i = 0; i < good.size(); ++i) {
                auto bad = good;
                if (!good[i]) continue;  // what it can do without, and these recordings do not hold
                bad[i] = fail(Errc::timeout, "no answer in 3 s");
                const auto timed_out = query.decode(bad);
                ASSERT_FALSE(timed_out.has_value()) << i;
                EXPECT_EQ(timed_out.error().code, Errc::timeout);
                EXPECT_THAT(timed_out.error().what, testing::HasSubstr(": no answer in 3 s"));
                bad[i] = Bytes{};
                EXPECT_EQ(query.decode(bad).error().code, Errc::decode) << i;
                bad[i] = *good[i];
                bad[i]->resize(bad[i]->size() - 1);
                EXPECT_EQ(query.decode(bad).error().code, Errc::decode) << i;
                bad[i] = *good[i];
                bad[i]->insert(bad[i]->end(), 32, 0);
                EXPECT_EQ(query.decode(bad).error().code, Errc::decode) << i;
            }
            auto missing = good;
            missing.pop_back();
            EXPECT_EQ(query.decode(missing).error().code, Errc::decode);
        }
    }
}

// A node that lies with enormous numbers gets an error, not an overflow.
TEST(VenueAccount, ImplausibleNumbersAreErrorsOrHarmless) {
    for (const auto& s : {scene("aave", "short"), scene("perp", "short")}) {
        const auto venue = venue_of(s);
        const auto query = venue->account(at("keeper"));
        const auto good = answers(query, s);
        for (std::size_t i = 0; i < good.size(); ++i) {
            if (!good[i]) continue;
            for (std::size_t word = 0; word + 32 <= good[i]->size(); word += 32) {
                for (const std::uint8_t byte : {std::uint8_t{0xff}, std::uint8_t{0x7f}, std::uint8_t{0}}) {
                    auto bad = good;
                    std::fill_n(bad[i]->begin() + static_cast<std::ptrdiff_t>(word), 32, byte);
                    const auto account = query.decode(bad);
                    if (!account) continue;
                    for (const double delta : {-1.0, -1e-6, 0.5, 2.5}) {
                        static_cast<void>(venue->next_step(order(*venue, delta, 3000), *account, context()));
                    }
                    static_cast<void>(venue->upkeep(*account, context()));
                }
            }
        }
    }
}

TEST(VenueAccount, DecimalsAreCheckedAgainstTheChain) {
    auto params = aave_params();
    params.collateral.decimals = 18;
    const auto account = venue_test::account(*make(params), scene("aave", "short"));
    ASSERT_FALSE(account.has_value());
    EXPECT_EQ(account.error().code, Errc::config);
    EXPECT_THAT(account.error().what, testing::HasSubstr("USDC has 6 decimals"));
}

TEST(VenueAccount, PlanningRefusesAnotherVenuesOrOwnersAccount) {
    const auto a = aave();
    const auto p = perp();
    const auto mine = *venue_test::account(*a, scene("aave", "short"));
    EXPECT_EQ(p->next_step(order(*p, -1, 3000), mine, context()).error().code, Errc::rejected);
    EXPECT_EQ(p->upkeep(mine, context()).error().code, Errc::rejected);
    EXPECT_EQ(a->next_step(order(*a, -1, 3000), VenueAccount{}, context()).error().code, Errc::rejected);
    auto elsewhere = context();
    elsewhere.account = at("usdc");
    EXPECT_EQ(a->next_step(order(*a, -1, 2900), mine, elsewhere).error().code, Errc::rejected);
}

}  // namespace
}  // namespace outrigger::venue_test
