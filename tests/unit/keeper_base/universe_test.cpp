// SPDX-License-Identifier: Apache-2.0
#include "keeper/base/universe.hpp"

#include <gtest/gtest.h>

#include "config/fields.hpp"
#include "hedge/estimator.hpp"
#include "tests/unit/shell/fake_venue.hpp"

namespace outrigger {
namespace {

using shell_test::FakeVenue;

constexpr AssetId kUsdc{0}, kEth{1}, kBtc{2}, kArb{3};
constexpr VenueId kAave{0}, kPerp{1}, kOther{2};

class ChooseLegs : public testing::Test {
  protected:
    ChooseLegs() {
        for (const auto* symbol : {"USDC", "ETH", "BTC", "ARB"})
            universe_.assets.push_back({symbol, std::string(symbol) == "USDC", {}});
        venues_.push_back(std::make_unique<FakeVenue>(kAave, "aave", std::vector{kEth, kBtc}, 0.0005));
        venues_.push_back(std::make_unique<FakeVenue>(kPerp, "perp", std::vector{kBtc, kEth}, 0.001));
        venues_.push_back(std::make_unique<FakeVenue>(kOther, "other", std::vector{kBtc}));
        position_.name = "a";
        position_.limits.max_hedge_usd = 4321;
    }
    using Pairs = std::vector<std::pair<VenueId, AssetId>>;
    Pairs legs(std::vector<VenueId> venues, const std::vector<AssetId>& held,
               std::vector<std::string> proxies = {}) {
        position_.venues = std::move(venues);
        position_.model.proxies = std::move(proxies);
        Pairs out;
        for (const auto& leg : choose_legs(position_, held, universe_, venues_))
            out.emplace_back(leg.venue, leg.asset);
        return out;
    }

    Universe universe_;
    std::vector<std::unique_ptr<Venue>> venues_;
    config::PositionSettings position_;
};

TEST_F(ChooseLegs, HedgeAnAssetInItselfWhereItCanBe) {
    EXPECT_EQ(legs({kAave}, {kEth, kUsdc}), (Pairs{{kAave, kEth}}));
    EXPECT_EQ(legs({kAave}, {kUsdc, kEth}, {"BTC"}), (Pairs{{kAave, kEth}})) << "a proxy nobody needs";
    EXPECT_EQ(legs({kAave}, {kBtc, kEth}), (Pairs{{kAave, kEth}, {kAave, kBtc}}));
}

TEST_F(ChooseLegs, KeepAReserveOnlyForWhatAProxyStandsInFor) {
    position_.fallback_venues = {kPerp};
    EXPECT_EQ(legs({kAave}, {kEth, kUsdc}), (Pairs{{kAave, kEth}})) << "nothing to fall back from";
    position_.venues.clear();
    position_.model.proxies.clear();
    const auto found = choose_legs(position_, {kEth, kUsdc}, universe_, venues_);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].asset, kEth);
    EXPECT_TRUE(found[0].reserve);
}

TEST_F(ChooseLegs, KeepTheOrderOfTheVenues) {
    EXPECT_EQ(legs({kAave, kPerp}, {kEth, kUsdc}), (Pairs{{kAave, kEth}, {kPerp, kEth}}));
    EXPECT_EQ(legs({kPerp, kAave}, {kEth, kUsdc}), (Pairs{{kPerp, kEth}, {kAave, kEth}}));
    EXPECT_EQ(legs({kPerp, kAave}, {kBtc, kEth}),
              (Pairs{{kPerp, kBtc}, {kPerp, kEth}, {kAave, kEth}, {kAave, kBtc}}));
}

TEST_F(ChooseLegs, UseProxiesOnlyForWhatHasNoInstrument) {
    EXPECT_EQ(legs({kAave}, {kArb, kUsdc}), (Pairs{{kAave, kEth}, {kAave, kBtc}}))
        << "any, when none is named";
    EXPECT_EQ(legs({kAave}, {kArb, kUsdc}, {"ETH"}), (Pairs{{kAave, kEth}}));
    EXPECT_EQ(legs({kAave}, {kArb, kUsdc}, {"BTC"}), (Pairs{{kAave, kBtc}}));
    EXPECT_EQ(legs({kAave}, {kArb, kEth}, {"BTC"}), (Pairs{{kAave, kEth}, {kAave, kBtc}}))
        << "its own asset always";
    // ETH cannot be shorted at `other`: there it is hedged through BTC.
    EXPECT_EQ(legs({kOther}, {kEth, kUsdc}), (Pairs{{kOther, kBtc}}));
    // One venue that has it is enough.
    EXPECT_EQ(legs({kOther, kAave}, {kEth, kUsdc}), (Pairs{{kAave, kEth}}));
}

TEST_F(ChooseLegs, MayFindNone) {
    EXPECT_EQ(legs({}, {kEth, kUsdc}), Pairs{});
    EXPECT_EQ(legs({kAave}, {kArb, kUsdc}, {"SOL"}), Pairs{});
    EXPECT_EQ(legs({kAave}, {kUsdc}), Pairs{}) << "nothing at risk, nothing to hedge";
}

TEST_F(ChooseLegs, CarryTheLimitAndTheCost) {
    position_.venues = {kPerp, kAave};
    const auto out = choose_legs(position_, {kEth, kUsdc}, universe_, venues_);
    ASSERT_EQ(out.size(), 2U);
    EXPECT_EQ(out[0].max_usd, 4321);
    EXPECT_EQ(out[0].cost_ratio, 0.001);
    EXPECT_EQ(out[1].cost_ratio, 0.0005);
}

TEST_F(ChooseLegs, ArePartOfThePositionsParameters) {
    position_.venues = {kAave};
    position_.enabled = false;
    position_.thresholds = {0.07, 12, std::chrono::seconds(90), std::chrono::seconds(3600)};
    position_.limits.min_trade_usd = 11;
    position_.limits.max_trade_usd = 22;
    position_.limits.max_trades_per_day = 33;
    position_.limits.max_slippage_ratio = 0.0044;
    position_.oracle.max_pool_gap_ratio = 0.0055;
    position_.model.estimator = config::CovarianceEstimator::oas;
    position_.model.half_life = std::chrono::seconds(66);
    position_.model.long_half_life = std::chrono::seconds(67);
    position_.model.alarm_half_life = std::chrono::seconds(65);
    position_.model.min_bars = 77;
    position_.model.ridge = 0.5;
    position_.model.hold = std::chrono::hours(36);
    position_.model.min_variance_removed = 0.88;
    position_.model.legs = 3;
    position_.stability.on_decorrelated = config::StressReaction::shrink;
    position_.stability.on_broken = config::StressReaction::freeze;
    position_.model.max_abs_ratio = 0.99;
    const auto p = make_position_params(position_, {kEth, kUsdc}, universe_, venues_);
    EXPECT_EQ(p.name, "a");
    EXPECT_FALSE(p.enabled);
    ASSERT_EQ(p.legs.size(), 1U);
    EXPECT_EQ(p.legs[0].asset, kEth);
    EXPECT_EQ(p.delta_band_ratio, 0.07);
    EXPECT_EQ(p.delta_band_usd, 12);
    EXPECT_EQ(p.rehedge_cooldown, std::chrono::seconds(90));
    EXPECT_EQ(p.force_after, std::chrono::seconds(3600));
    EXPECT_EQ(p.min_trade_usd, 11);
    EXPECT_EQ(p.max_trade_usd, 22);
    EXPECT_EQ(p.max_trades_per_day, 33U);
    EXPECT_EQ(p.max_slippage_ratio, 0.0044);
    EXPECT_EQ(p.max_pool_gap_ratio, 0.0055);
    EXPECT_EQ(p.estimator, Estimator::oas);
    EXPECT_EQ(p.pipeline.short_half_life, std::chrono::seconds(66));
    EXPECT_EQ(p.pipeline.long_half_life, std::chrono::seconds(67));
    EXPECT_EQ(p.pipeline.alarmed_half_life, std::chrono::seconds(65));
    EXPECT_EQ(p.pipeline.min_bars, 77U);
    EXPECT_EQ(p.pipeline.ridge, 0.5);
    EXPECT_EQ(p.pipeline.hold_days, 1.5);
    EXPECT_EQ(p.pipeline.min_variance_removed, 0.88);
    EXPECT_EQ(p.pipeline.legs, 3U);
    EXPECT_EQ(p.pipeline.on_decorrelated, Reaction::shrink);
    EXPECT_EQ(p.pipeline.on_broken, Reaction::freeze);
    EXPECT_EQ(p.max_abs_ratio, 0.99);
}

/// The configuration names what the hedge library does; both lists are in the same order.
TEST(Universe, TheConfigurationsWordsAreTheLibrarys) {
    const auto& fields = config::fields();
    const auto words = [&](std::string_view path) {
        for (const auto& field : fields)
            if (field.path == path) return std::string(field.choices);
        return std::string("no such key");
    };
    std::string names;
    for (const auto& e : estimators()) {
        EXPECT_EQ(static_cast<std::size_t>(e.id), static_cast<std::size_t>(&e - estimators().data()));
        names += (names.empty() ? "" : "|") + std::string(e.name);
    }
    EXPECT_EQ(words("model.estimator"), names);
    std::string reactions;
    for (int i = 0; i < 6; ++i)
        reactions += (i == 0 ? "" : "|") + std::string(to_string(static_cast<Reaction>(i)));
    for (const char* path : {"stability.on_decorrelated", "stability.on_vol_stress", "stability.on_broken"})
        EXPECT_EQ(words(path), reactions) << path;
}

TEST(Universe, NumbersEveryAssetOnce) {
    config::Settings settings;
    settings.chain.network.tokens = {{"WETH", Address{{1}}, 18, "ETH"},
                                     {"USDC", Address{{2}}, 6, "USDC"},
                                     {"USDC.e", Address{{3}}, 6, "USDC"},
                                     {"WBTC", Address{{4}}, 8, "BTC"}};
    const auto universe = make_universe(settings);
    ASSERT_EQ(universe.assets.size(), 3U);
    EXPECT_EQ(universe.find("ETH").value(), AssetId(0));
    EXPECT_EQ(universe.find("USDC").value(), AssetId(1));
    EXPECT_EQ(universe.find("BTC").value(), AssetId(2));
    EXPECT_TRUE(universe.assets[1].is_quote);
    EXPECT_FALSE(universe.assets[0].is_quote);
    EXPECT_EQ(universe.assets[0].price_age_max.count(), 0) << "no feed, no age to believe";
    ASSERT_FALSE(universe.find("WETH"));
    EXPECT_EQ(universe.find("WETH").error().code, Errc::config);
    EXPECT_NE(universe.find("WETH").error().what.find("WETH"), std::string::npos);
    ASSERT_NE(universe.token("WBTC"), nullptr);
    EXPECT_EQ(universe.token("WBTC")->decimals, 8);
    EXPECT_EQ(universe.token("BTC"), nullptr);
}

TEST(Universe, BelievesTheStrictestPriceAgeAnyPositionAsksFor) {
    config::Settings settings;
    settings.chain.network.tokens = {{"WETH", Address{{1}}, 18, "ETH"}};
    config::Feed feed;
    feed.asset = "ETH";
    feed.heartbeat = std::chrono::seconds(3600);
    settings.chain.network.feeds = {feed};
    settings.positions.resize(2);
    EXPECT_EQ(make_universe(settings).assets[0].price_age_max, std::chrono::seconds(4320));
    settings.positions[1].oracle.max_age = std::chrono::seconds(100);
    EXPECT_EQ(make_universe(settings).assets[0].price_age_max, std::chrono::seconds(100));
}

}  // namespace
}  // namespace outrigger
