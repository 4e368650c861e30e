// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/unit/venue/simulate.hpp"
#include "tests/unit/venue/toy_perp.hpp"

namespace outrigger::venue_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

U256 dollars(double n) {
    return *quantize(n, 6, Rounding::down);
}
I256 ether(double n) {
    return *I256::from_parts(*quantize(std::fabs(n), 18, Rounding::down), n < 0);
}

const auto kCalm = [](ToyPerp& toy) {
    toy.pass(std::chrono::seconds(12));
    return true;
};

void expect_margin(const ToyPerp& before, const ToyPerp& after) {
    const double limit = perp_params().max_leverage;
    EXPECT_LE(after.leverage(), std::max(limit, before.leverage()) * 1.01)
        << "leverage rose from " << before.leverage() << " to " << after.leverage();
}

ToyPerp with_short(double units, double margin_usd, double wallet_usd) {
    ToyPerp toy;
    toy.usdc = dollars(wallet_usd);
    toy.margin = *I256::from_parts(dollars(margin_usd), false);
    toy.size = ether(units);
    toy.open_notional = ether(-units * toy.eth_usd);
    return toy;
}

std::string plan(const ToyPerp& toy, double delta, double limit, double ours = 3000) {
    const auto venue = perp();
    const auto planned = venue->next_step(order(*venue, delta, limit), *read(*venue, toy), context(ours));
    if (!planned) return "refused: " + planned.error().what;
    return *planned ? (**planned).label : "done";
}

TEST(PerpPlan, OpensAShortInThreeWrites) {
    ToyPerp toy;
    toy.usdc = dollars(20'000);
    const Outcome out = settle<ToyPerp>(*perp(), toy, -2, 10, kCalm, expect_margin);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_THAT(out.log, ElementsAre("let the vault take 3000 USDC", "deposit 3000 USDC to sell 2 WETH",
                                     "sell 2 WETH for at least 5940 USD"));
    EXPECT_EQ(toy.size, ether(-2));  // to the last unit
}

TEST(PerpPlan, ReducesByExactlyTheOrder) {
    ToyPerp toy = with_short(-2, 5000, 0);
    const Outcome out = settle<ToyPerp>(*perp(), toy, -1.25, 10, kCalm, expect_margin);
    EXPECT_THAT(out.log, ElementsAre("buy 0.75 WETH for at most 2272.5 USD"));
    EXPECT_EQ(toy.size, ether(-1.25));
}

TEST(PerpPlan, ClosesInAsManyPartsAsTheMarketAllows) {
    ToyPerp toy = with_short(-10, 20'000, 0);
    toy.close_cap = U256::pow10(18) * 4;
    const Outcome out = settle<ToyPerp>(*perp(), toy, 0, 10, kCalm, expect_margin);
    EXPECT_TRUE(out.settled) << out.text();
    EXPECT_THAT(out.log,
                ElementsAre("close 10 WETH for at most 30300 USD", "close 6 WETH for at most 18180 USD",
                            "close 2 WETH for at most 6060 USD"));
    EXPECT_TRUE(toy.size.is_zero());
}

TEST(PerpPlan, ALongPositionIsClosedBeforeAShortIsOpened) {
    ToyPerp toy = with_short(1, 5000, 0);
    const Outcome out = settle<ToyPerp>(*perp(), toy, -1, 10, kCalm, expect_margin);
    EXPECT_THAT(out.log,
                ElementsAre("close 1 WETH for at least 2970 USD", "sell 1 WETH for at least 2970 USD"));
    EXPECT_EQ(toy.size, ether(-1));
    EXPECT_EQ(plan(with_short(1, 5000, 0), -0.4, 2970), "sell 0.4 WETH for at least 1188 USD");
}

TEST(PerpPlan, KeepsMarginAndBringsItBackOnlyWhenAsked) {
    ToyPerp toy = with_short(-2, 3000, 5000);
    toy.eth_usd = toy.index_usd = 3800;  // 1400 of margin left for 7600 of position
    EXPECT_TRUE(read(*perp(), toy)->untidy);
    const Outcome out = settle<ToyPerp>(*perp(), toy, -2, 10, kCalm, expect_margin);
    EXPECT_THAT(out.log, ElementsAre("let the vault take 2400 USDC",
                                     "deposit 2400 USDC to keep the position's margin"));
    EXPECT_NEAR(toy.leverage(), 2, 1e-6);

    ToyPerp flat;
    flat.margin = *I256::from_parts(dollars(700), false);
    EXPECT_FALSE(read(*perp(), flat)->untidy);
    auto params = perp_params();
    params.withdraw_when_flat = true;
    const auto venue = make(params);
    const Outcome back = settle<ToyPerp>(*venue, flat, 0, 5, kCalm, expect_margin);
    EXPECT_THAT(back.log, ElementsAre("withdraw 700 USDC"));
    EXPECT_EQ(flat.usdc, dollars(700));
}

TEST(PerpPlan, RefusalsSayWhy) {
    const auto with = [&](auto change, double delta = -1) {
        ToyPerp toy = with_short(-2, 10'000, 10'000);
        change(toy);
        return plan(toy, delta, delta < 0 ? 2970 : 3030);
    };
    EXPECT_THAT(with([](ToyPerp& t) { t.open = false; }), HasSubstr("paused or closed"));
    EXPECT_THAT(with([](ToyPerp& t) { t.open = false; }, 1), HasSubstr("paused or closed"));
    EXPECT_THAT(with([](ToyPerp& t) { t.max_tick = 0; }), HasSubstr("suspended"));
    EXPECT_THAT(with([](ToyPerp& t) { t.max_tick = 0; }, 2), HasSubstr("suspended"));
    EXPECT_THAT(with([](ToyPerp& t) { t.over_spread = true; }), HasSubstr("too far from its index"));
    EXPECT_THAT(with([](ToyPerp& t) { t.over_spread = true; }, 1),
                HasSubstr("buy 1 WETH"));  // getting out is free
    EXPECT_THAT(with([](ToyPerp& t) { t.index_usd = 3300; }),
                HasSubstr("its index is 3300 USD, our price 3000"));
    EXPECT_THAT(with([](ToyPerp& t) { t.liquidity = ether(1); }), HasSubstr("provides liquidity"));
    EXPECT_THAT(
        with([](ToyPerp& t) {
            t.margin = 1'000'000'000;
            t.usdc = dollars(100);
        }),
        HasSubstr("needs 3500 USDC more margin and the wallet has 100 USDC; fund the account with USDC"));
    EXPECT_THAT(with([](ToyPerp&) {}, 3), HasSubstr("short only 2"));
    EXPECT_THAT(with([](ToyPerp& t) { t.size = 0; }, 1), HasSubstr("never long"));
    const ToyPerp toy = with_short(-2, 10'000, 10'000);
    for (const double limit : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity(), 1e30}) {
        EXPECT_THAT(plan(toy, -1, limit), HasSubstr("price limit")) << limit;
    }
    EXPECT_EQ(plan(toy, 0, 3000), "done");
    EXPECT_EQ(plan(toy, -1e-19, 3000), "done");
}

TEST(PerpPlan, RecordedScenesPlanAsExpected) {
    const auto venue = perp();
    const auto at_scene = [&](const char* name, double delta, double limit) {
        const auto account = *venue_test::account(*venue, scene("perp", name));
        const auto planned = venue->next_step(order(*venue, delta, limit), account, context());
        return planned ? (*planned ? (**planned).label : "done") : planned.error().what;
    };
    EXPECT_EQ(at_scene("funded", -4, 2970), "let the vault take 6000 USDC");
    EXPECT_EQ(at_scene("deposited", -4, 2970), "sell 4 WETH for at least 11880 USD");
    EXPECT_EQ(at_scene("short", 1, 3030), "buy 1 WETH for at most 3030 USD");
    EXPECT_EQ(at_scene("short", 4, 3030), "close 4 WETH for at most 12120 USD");
    EXPECT_THAT(at_scene("suspended", 4, 3030), HasSubstr("suspended"));
    EXPECT_THAT(at_scene("paused", 4, 3030), HasSubstr("paused or closed"));
}

TEST(PerpPlan, FromAnyStateReachesTheTarget) {
    std::mt19937_64 rng(20'260'103);
    std::uniform_real_distribution<double> u(0, 1);
    const auto venue = perp();
    int refused = 0;
    std::size_t writes = 0;
    for (int run = 0; run < 1000; ++run) {
        const bool rich = u(rng) < 0.6;
        ToyPerp toy;
        toy.eth_usd = toy.index_usd = std::exp(std::log(500.0) + u(rng) * std::log(20.0));
        toy.size = u(rng) < 0.7 ? ether(-5 * u(rng)) : (u(rng) < 0.3 ? ether(u(rng)) : I256());
        toy.open_notional = ether(-to_units(toy.size, 18) * toy.eth_usd);
        toy.margin = *I256::from_parts(
            dollars(to_units(toy.size.magnitude(), 18) * toy.eth_usd / (1 + 3 * u(rng))), false);
        toy.usdc = rich ? dollars(200'000) : dollars(3000 * u(rng));
        toy.allowance = u(rng) < 0.3 ? dollars(20'000 * u(rng)) : U256();
        toy.close_cap = *quantize(0.5 + 5 * u(rng), 18, Rounding::down);
        const double target = u(rng) < 0.3 ? 0 : -6 * u(rng);
        const Outcome out = settle<ToyPerp>(
            *venue, toy, target, 60,
            [&](ToyPerp& t) {
                t.pass(std::chrono::seconds(30));
                if (u(rng) < 0.3) t.eth_usd = t.index_usd = t.eth_usd * (1 + 0.004 * (u(rng) - 0.5));
                return u(rng) > 0.15;
            },
            expect_margin);
        ASSERT_FALSE(HasFailure()) << "run " << run << "\n" << out.text();
        ASSERT_TRUE(out.settled || (out.refused && !rich)) << "run " << run << " to " << target << "\n"
                                                           << out.text();
        if (out.settled) {
            EXPECT_FALSE(read(*venue, toy)->untidy);
        }
        if (out.refused) {
            EXPECT_THAT(out.refused->what, HasSubstr("fund the account with USDC"));
        }
        refused += out.refused ? 1 : 0;
        writes += out.writes;
    }
    EXPECT_GT(writes, 1500U);
    EXPECT_GT(refused, 30);
    EXPECT_LT(refused, 500);
}

}  // namespace
}  // namespace outrigger::venue_test
