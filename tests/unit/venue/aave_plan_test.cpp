// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/unit/venue/simulate.hpp"
#include "tests/unit/venue/toy_aave.hpp"

namespace outrigger::venue_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

U256 dollars(double n) {
    return *quantize(n, 6, Rounding::down);
}
U256 ether(double n) {
    return *quantize(n, 18, Rounding::down);
}

const auto kCalm = [](ToyAave& toy) {
    toy.pass(std::chrono::seconds(12));
    return true;
};

void expect_healthy(const ToyAave& before, const ToyAave& after) {
    const double floor = aave_params().health_factor_floor;
    EXPECT_GE(after.health(), std::min(floor, before.health() * (1 - 1e-9)))
        << "health fell from " << before.health() << " to " << after.health();
}

std::optional<Step> step(const ToyAave& toy, double delta, double limit, double ours = 3000) {
    const auto venue = aave();
    const auto planned = venue->next_step(order(*venue, delta, limit), *read(*venue, toy), context(ours));
    EXPECT_TRUE(planned.has_value()) << planned.error().what;
    return planned ? *planned : std::nullopt;
}

Error refusal(const ToyAave& toy, double delta, double limit, double ours = 3000) {
    const auto venue = aave();
    const auto planned = venue->next_step(order(*venue, delta, limit), *read(*venue, toy), context(ours));
    EXPECT_FALSE(planned.has_value()) << (*planned ? (**planned).label : "done");
    return planned ? Error{} : planned.error();
}

TEST(AavePlan, OpensAShortInFiveWrites) {
    ToyAave toy;
    toy.usdc = dollars(20'000);
    const auto venue = aave();
    const Outcome out = settle<ToyAave>(*venue, toy, -2, 20, kCalm, expect_healthy);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_THAT(out.log, ElementsAre("let the pool take 15000 USDC", "supply 15000 USDC to borrow 2 WETH",
                                     "borrow 2 WETH", "let the router take 2 WETH",
                                     "sell 2 WETH for at least 5940 USDC"));
    EXPECT_NEAR(toy.health(), 2.0, 1e-4);
}

TEST(AavePlan, ReducesThenRepays) {
    ToyAave toy;
    toy.usdc = dollars(20'000);
    toy.supplied = dollars(15'000);
    toy.debt = ether(2);
    const Outcome out = settle<ToyAave>(*aave(), toy, -1.5, 20, kCalm, expect_healthy);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_THAT(out.log, ElementsAre("let the router take 1515 USDC", "buy 0.5 WETH for at most 1515 USDC",
                                     "let the pool take 0.5 WETH", "repay 0.5 WETH"));
}

TEST(AavePlan, ClosesEverythingAlthoughInterestRuns) {
    ToyAave toy;
    toy.apr = 0.45;
    toy.usdc = dollars(20'000);
    toy.supplied = dollars(15'000);
    toy.debt = ether(2);
    const Outcome out = settle<ToyAave>(*aave(), toy, 0, 20, kCalm, expect_healthy);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_TRUE(toy.debt.is_zero());
    EXPECT_EQ(out.writes, 4U) << out.text();
    EXPECT_LT(to_units(toy.weth, 18), 2 * 1e-4);
}

TEST(AavePlan, BringsCollateralBackOnlyWhenAsked) {
    ToyAave toy;
    toy.supplied = dollars(15'000);
    EXPECT_FALSE(read(*aave(), toy)->untidy);
    auto params = aave_params();
    params.withdraw_when_flat = true;
    const auto venue = make(params);
    EXPECT_TRUE(read(*venue, toy)->untidy);
    const Outcome out = settle<ToyAave>(*venue, toy, 0, 5, kCalm, expect_healthy);
    EXPECT_THAT(out.log, ElementsAre("withdraw all 15000 USDC"));
    EXPECT_EQ(toy.usdc, dollars(15'000));
}

TEST(AavePlan, SellsWhatTheWalletHoldsBeforeBorrowing) {
    ToyAave toy;
    toy.weth = ether(1);
    toy.weth_for_router = ether(10);
    EXPECT_EQ(step(toy, -0.4, 2970)->label, "sell 0.4 WETH for at least 1188 USDC");
    EXPECT_EQ(step(toy, -3, 2970)->label, "sell 1 WETH for at least 2970 USDC");
    EXPECT_DOUBLE_EQ(step(toy, -3, 2970)->delta_units, -1);
}

TEST(AavePlan, MissingMoneyIsRaisedWithoutGoingBelowTheFloor) {
    ToyAave
        toy;  // health 1.6, no money: what was bought before goes into the debt first, which frees collateral
    toy.debt = ether(2);
    toy.supplied = dollars(12'000);
    toy.weth = ether(0.5);
    toy.weth_for_pool = ether(0.5);
    EXPECT_EQ(step(toy, 1, 3030)->label, "repay 0.5 WETH");
    toy.weth = U256();
    EXPECT_THAT(refusal(toy, 1, 3030).what,
                HasSubstr("no more collateral can be spared; fund the account with USDC"));
    toy.usdc = dollars(1000);
    toy.usdc_for_router = dollars(5000);
    EXPECT_EQ(step(toy, 1, 3030)->label, "buy 0.330033 WETH for at most 1000 USDC");  // the part it can pay
    toy.supplied = dollars(20'000);
    EXPECT_EQ(step(toy, 1, 3030)->label, "withdraw 2060.3 USDC");  // and 1 % for the interest
}

TEST(AavePlan, DustInTheWalletIsSoldTogetherWithTheLoan) {
    ToyAave toy;
    toy.usdc = dollars(20'000);
    toy.weth = ether(0.001);
    const Outcome out = settle<ToyAave>(*aave(), toy, -2, 20, kCalm, expect_healthy);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_EQ(out.log.back(), "sell 2.001 WETH for at least 5942.97 USDC");
}

TEST(AavePlan, ShortageOfAllowanceByAHairIsALittleLessNotAnotherApproval) {
    ToyAave toy;
    toy.weth = ether(1);
    toy.weth_for_router = ether(0.99);
    EXPECT_EQ(step(toy, -1, 3000)->label, "sell 0.99 WETH for at least 2970 USDC");
    toy.weth_for_router = ether(0.9);
    EXPECT_EQ(step(toy, -1, 3000)->label, "let the router take 1 WETH");
}

TEST(AavePlan, TopsUpThinCollateralFromTheWallet) {
    ToyAave toy;
    toy.supplied = dollars(10'000);
    toy.debt = ether(2);  // health 1.33
    toy.usdc = dollars(1'000'000);
    const auto account = *read(*aave(), toy);
    EXPECT_TRUE(account.untidy);
    const auto planned = *aave()->upkeep(account, context());
    EXPECT_EQ(planned->label, "let the pool take 5000 USDC");
    const Outcome out = settle<ToyAave>(*aave(), toy, -2, 10, kCalm, expect_healthy);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_EQ(out.log.back(), "supply 5000 USDC to keep the loan healthy");
    EXPECT_GE(toy.health(), 1.999);
    toy.eth_usd = 5200;  // health 1.15
    EXPECT_THAT((*aave()->upkeep(*read(*aave(), toy), context(5200)))->label, HasSubstr("let the pool take"));
    toy.usdc_for_pool = dollars(1'000'000);
    EXPECT_THAT((*aave()->upkeep(*read(*aave(), toy), context(5200)))->label, HasSubstr("(urgent)"));
    toy.usdc = dollars(0.5);  // nothing worth a transaction
    EXPECT_FALSE(read(*aave(), toy)->untidy);
}

TEST(AavePlan, AStrangersDustIsNotWorthATransaction) {
    ToyAave toy;
    toy.supplied = dollars(15'000);
    toy.debt = ether(2);
    toy.weth = 1;
    EXPECT_FALSE(read(*aave(), toy)->untidy);
    EXPECT_FALSE((*aave()->upkeep(*read(*aave(), toy), context())).has_value());
}

TEST(AavePlan, AnOrderOfNothingIsDone) {
    ToyAave toy;
    EXPECT_FALSE(step(toy, 0, 3000).has_value());
    EXPECT_FALSE(step(toy, -1e-19, 3000).has_value());
    toy.debt = ether(1);
    toy.supplied = dollars(20'000);
    EXPECT_FALSE(step(toy, 1e-16, 3000).has_value());  // would cost less than the smallest USDC
}

TEST(AavePlan, RefusalsSayWhy) {
    ToyAave rich;
    rich.usdc = dollars(1'000'000);
    const auto with = [&](auto change) {
        ToyAave toy = rich;
        change(toy);
        return refusal(toy, -2, 2970).what;
    };
    EXPECT_THAT(with([](ToyAave& t) { t.paused = true; }), HasSubstr("paused"));
    EXPECT_THAT(with([](ToyAave& t) { t.active = false; }), HasSubstr("not active"));
    EXPECT_THAT(with([](ToyAave& t) { t.frozen = true; }), HasSubstr("frozen"));
    EXPECT_THAT(with([](ToyAave& t) { t.borrowing = false; }), HasSubstr("cannot be borrowed"));
    EXPECT_THAT(with([](ToyAave& t) { t.borrow_cap = 1; }), HasSubstr("borrow cap"));
    EXPECT_THAT(with([](ToyAave& t) { t.eth_supply = ether(1.9); }), HasSubstr("too little left to lend"));
    EXPECT_THAT(with([](ToyAave& t) { t.apr = 0.6; }), HasSubstr("60.0 % a year"));
    EXPECT_THAT(with([](ToyAave& t) { t.e_mode = 1; }), HasSubstr("e-mode"));
    EXPECT_THAT(with([](ToyAave& t) { t.stable_debt = 5; }), HasSubstr("stable-rate debt"));
    EXPECT_THAT(with([](ToyAave& t) { t.supply_cap = 1'000'000; }), HasSubstr("supply cap"));
    EXPECT_THAT(with([](ToyAave& t) { t.usdc = dollars(100); }),
                HasSubstr("needs 15000 USDC more collateral"));
    EXPECT_THAT(with([](ToyAave& t) { t.usdc = 0; }), HasSubstr("fund the account with USDC"));
    EXPECT_THAT(with([](ToyAave& t) {
                    t.supplied = dollars(1);
                    t.as_collateral = false;
                }),
                HasSubstr("not enabled as collateral"));
    EXPECT_THAT(refusal(rich, -2, 2970, 3500).what, HasSubstr("Aave prices it at 3000 USD, we at 3500"));
    EXPECT_THAT(refusal(rich, 0.5, 3030).what, HasSubstr("never long"));
    EXPECT_THAT(refusal(rich, -1e40, 2970).what, HasSubstr("not a size"));
    for (const double limit : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e30}) {
        EXPECT_THAT(refusal(rich, -2, limit).what, HasSubstr("price limit")) << limit;
    }
}

TEST(AavePlan, ReasonsFromTheContextAreRefusalsToo) {
    ToyAave toy;
    toy.usdc = dollars(1'000'000);
    const auto venue = aave();
    const auto account = *read(*venue, toy);
    HedgeOrder o = order(*venue, -1, 2970);
    PlanContext c = context();
    c.price_usd.erase(kEth);
    EXPECT_THAT(venue->next_step(o, account, c).error().what, HasSubstr("no price of our own"));
    c = context();
    c.price_usd[kUsd] = 0.95;
    EXPECT_THAT(venue->next_step(o, account, c).error().what, HasSubstr("USDC is at 0.9500 USD"));
    c = context();
    c.now = c.deadline;
    EXPECT_THAT(venue->next_step(o, account, c).error().what, HasSubstr("deadline has passed"));
    o.asset = kBtc;
    EXPECT_THAT(venue->next_step(o, account, context()).error().what, HasSubstr("not here"));
    o = order(*venue, -1, 2970);
    o.venue = VenueId(7);
    EXPECT_THAT(venue->next_step(o, account, context()).error().what, HasSubstr("not here"));
    // Reducing needs no comparison of prices: getting out is never blocked by it.
    toy.supplied = dollars(15'000);
    toy.debt = ether(1);
    EXPECT_TRUE(venue->next_step(order(*venue, 0.5, 3030), *read(*venue, toy), context(9999)).has_value());
}

TEST(AavePlan, RecordedScenesPlanAsExpected) {
    const auto venue = aave();
    const auto plan = [&](const char* name, double delta, double limit) {
        const auto account = *venue_test::account(*venue, scene("aave", name));
        const auto planned = venue->next_step(order(*venue, delta, limit), account, context());
        return planned ? (*planned ? (**planned).label : "done") : planned.error().what;
    };
    EXPECT_EQ(plan("funded", -2.5, 2970), "let the pool take 18750 USDC");
    EXPECT_EQ(plan("supplied", -2.5, 2970), "borrow 2.5 WETH");
    EXPECT_EQ(plan("borrowed", -2.5, 2970), "let the router take 2.5 WETH");
    EXPECT_EQ(plan("may_sell", -2.5, 2970), "sell 2.5 WETH for at least 7425 USDC");
    EXPECT_EQ(plan("short_a_month", 1, 3030), "let the router take 3030 USDC");
    EXPECT_EQ(plan("bought_back_some", 0.5, 3030), "buy 0.5 WETH for at most 1515 USDC");
    EXPECT_EQ(plan("frozen", -2, 2970),
              "let the router take 1 WETH");  // what the wallet has can still be sold
    EXPECT_THAT(plan("paused", 0.5, 3030), HasSubstr("Aave has paused the reserve"));
}

/// A random account in any state a crash could leave, with collateral for it.
ToyAave any_state(std::mt19937_64& rng, bool rich) {
    std::uniform_real_distribution<double> u(0, 1);
    const auto maybe = [&](double p, const U256& amount) { return u(rng) < p ? amount : U256(); };
    ToyAave toy;
    toy.eth_usd = std::exp(std::log(500.0) + u(rng) * std::log(20.0));
    toy.apr = 0.4 * u(rng);
    toy.debt = maybe(0.6, ether(5 * u(rng)));
    toy.weth = maybe(0.5, ether(u(rng) < 0.3 ? 1e-6 * u(rng) : 5 * u(rng)));
    const double health = 1.62 + 2 * u(rng);
    toy.supplied =
        dollars(to_units(toy.debt, 18) * toy.eth_usd * health / 0.8 + (u(rng) < 0.5 ? 0 : 5000 * u(rng)));
    toy.usdc = rich ? dollars(200'000 + 1e5 * u(rng)) : dollars(3000 * u(rng) * u(rng));
    for (U256* a : {&toy.usdc_for_pool, &toy.usdc_for_router}) *a = maybe(0.3, dollars(20'000 * u(rng)));
    for (U256* a : {&toy.weth_for_pool, &toy.weth_for_router}) *a = maybe(0.3, ether(5 * u(rng)));
    return toy;
}

/// Time, prices and lost transactions: whatever happens between planning and mining.
bool weather(ToyAave& toy, std::mt19937_64& rng) {
    std::uniform_real_distribution<double> u(0, 1);
    toy.pass(std::chrono::seconds(static_cast<int>(1 + 100 * u(rng))));
    if (u(rng) < 0.3) toy.eth_usd *= 1 + 0.004 * (u(rng) - 0.5);
    if (u(rng) < 0.2) {  // a stranger's dust must not read as a failed write
        toy.weth += 1;
        toy.usdc += 1;
    }
    return u(rng) > 0.15;
}

TEST(AavePlan, FromAnyStateReachesTheTargetWithMoney) {
    std::mt19937_64 rng(20'260'101);
    std::uniform_real_distribution<double> u(0, 1);
    const auto venue = aave();
    std::size_t writes = 0;
    for (int run = 0; run < 500; ++run) {
        ToyAave toy = any_state(rng, true);
        const double target = u(rng) < 0.25 ? 0 : -6 * u(rng);
        const Outcome out = settle<ToyAave>(
            *venue, toy, target, 60, [&](ToyAave& t) { return weather(t, rng); }, expect_healthy);
        ASSERT_TRUE(out.settled) << "run " << run << " to " << target << "\n" << out.text();
        ASSERT_FALSE(HasFailure()) << "run " << run << "\n" << out.text();
        EXPECT_FALSE(read(*venue, toy)->untidy) << out.text();
        writes += out.writes;
    }
    EXPECT_GT(writes, 1500U);
}

TEST(AavePlan, WithoutMoneyItStopsButNeverFallsBelowTheFloor) {
    std::mt19937_64 rng(20'260'102);
    std::uniform_real_distribution<double> u(0, 1);
    const auto venue = aave();
    int refused = 0;
    int settled = 0;
    for (int run = 0; run < 500; ++run) {
        ToyAave toy = any_state(rng, false);
        const double held = read(*venue, toy)->position.at(kEth);
        const double target = u(rng) < 0.5 ? std::min(0.0, held) * u(rng) : -6 * u(rng);
        const Outcome out = settle<ToyAave>(
            *venue, toy, target, 120, [&](ToyAave& t) { return weather(t, rng); }, expect_healthy);
        ASSERT_FALSE(HasFailure()) << "run " << run << "\n" << out.text();
        ASSERT_TRUE(out.settled || out.refused) << "run " << run << " to " << target << "\n" << out.text();
        if (out.refused) {
            EXPECT_THAT(out.refused->what, HasSubstr("fund the account with USDC"));
        }
        (out.settled ? settled : refused)++;
    }
    EXPECT_GT(refused, 50);
    EXPECT_GT(settled, 50);
}

}  // namespace
}  // namespace outrigger::venue_test
