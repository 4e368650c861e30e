// SPDX-License-Identifier: Apache-2.0
#include "keeper/base/universe.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "hedge/venue/aave_v3.hpp"
#include "hedge/venue/perp_v2.hpp"

namespace outrigger {

namespace {

/// The strictest price age any position asks for.
std::chrono::seconds price_age(const config::Settings& settings, const config::Feed& feed) {
    auto age = std::chrono::seconds::max();
    for (const auto& position : settings.positions)
        age = std::min(age, config::price_age_max(position.oracle, feed));
    return age;
}

Result<VenueToken> venue_token(const Universe& universe, const config::Token& token) {
    return VenueToken{token.address, token.decimals, token.symbol, OR_TRY(universe.find(token.asset))};
}

Result<VenueToken> quote_token(const config::Settings& settings, const Universe& universe) {
    const auto* token = settings.chain.network.token(settings.quote);
    if (token == nullptr)
        return fail(Errc::config,
                    fmt::format("the network has no {} token (defaults.quote)", settings.quote));
    return venue_token(universe, *token);
}

/// The tier of the Uniswap pool a hedge token is swapped in against the collateral. Units: hundredths of a
/// bp.
std::uint32_t swap_fee(std::string_view symbol) {
    return symbol == "WBTC" ? 3000 : 500;
}

Result<std::unique_ptr<Venue>> make_aave(const config::Settings& settings, const config::VenueSettings& venue,
                                         VenueId id, const Universe& universe) {
    const auto& network = settings.chain.network;
    if (!network.aave_v3)
        return fail(Errc::config, fmt::format("venue {}: Aave V3 is not on {}", venue.name, network.name));
    AaveV3Params p;
    p.id = id;
    p.name = venue.name;
    p.chain = network.chain_id;
    p.pool = network.aave_v3->pool;
    p.data_provider = network.aave_v3->data_provider;
    p.oracle = network.aave_v3->oracle;
    p.router = network.uniswap_v3.router;
    p.collateral = OR_TRY(quote_token(settings, universe));
    p.health_factor_floor = venue.health_factor_floor;
    p.health_factor_target = venue.health_factor_target;
    p.health_factor_panic = venue.health_factor_panic;
    p.max_borrow_apr = venue.max_borrow_apr;
    for (const auto* symbol : {"WETH", "WBTC"}) {
        const auto* token = network.token(symbol);
        if (token == nullptr) continue;
        BorrowToken borrow;
        static_cast<VenueToken&>(borrow) = OR_TRY(venue_token(universe, *token));
        borrow.swap_fee_pips = swap_fee(symbol);
        p.tokens.push_back(borrow);
    }
    return make_aave_v3(std::move(p));
}

Result<std::unique_ptr<Venue>> make_perp(const config::Settings& settings, const config::VenueSettings& venue,
                                         VenueId id, const Universe& universe) {
    const auto& network = settings.chain.network;
    if (!network.perp_v2)
        return fail(Errc::config,
                    fmt::format("venue {}: Perpetual Protocol v2 is not on {}", venue.name, network.name));
    PerpV2Params p;
    p.id = id;
    p.name = venue.name;
    p.chain = network.chain_id;
    p.clearing_house = network.perp_v2->clearing_house;
    p.vault = network.perp_v2->vault;
    p.account_balance = network.perp_v2->account_balance;
    p.exchange = network.perp_v2->exchange;
    p.market_registry = network.perp_v2->market_registry;
    p.collateral = OR_TRY(quote_token(settings, universe));
    p.max_leverage = venue.max_leverage;
    p.target_leverage = std::min(2.0, venue.max_leverage);
    for (const auto& [asset, base] : network.perp_v2->base) {
        p.markets.push_back({base, asset, OR_TRY(universe.find(asset))});
    }
    return make_perp_v2(std::move(p));
}

bool has(const std::vector<AssetId>& assets, AssetId asset) {
    return std::find(assets.begin(), assets.end(), asset) != assets.end();
}

PipelineParams pipeline_params(const config::PositionSettings& position) {
    const auto& model = position.model;
    PipelineParams p;
    p.bar = model.usual_bar();
    p.short_half_life = model.half_life;
    p.long_half_life = model.long_half_life;
    p.alarmed_half_life = model.alarm_half_life;
    p.constant_correlation = model.correlation_shrink;
    p.ridge = model.ridge;
    p.min_bars = model.min_bars;
    p.drift_inflation = model.drift_inflation;
    p.min_variance_removed = model.min_variance_removed;
    p.hold_days = std::chrono::duration<double, std::ratio<86400>>(model.hold).count();
    p.relative_risk_aversion = model.risk_aversion;
    p.legs = model.legs;
    p.realised_breaks = position.stability.realised_breaks;
    p.loss_limit = position.stability.max_bar_loss;
    // The two enumerations have the same order; universe_test holds them to it.
    p.on_decorrelated = static_cast<Reaction>(position.stability.on_decorrelated);
    p.on_vol_stress = static_cast<Reaction>(position.stability.on_vol_stress);
    p.on_broken = static_cast<Reaction>(position.stability.on_broken);
    return p;
}

}  // namespace

Result<AssetId> Universe::find(const std::string& symbol) const {
    for (std::size_t i = 0; i < assets.size(); ++i) {
        if (assets[i].symbol == symbol) return AssetId(static_cast<std::uint16_t>(i));
    }
    return fail(Errc::config, fmt::format("the network has no asset {}", symbol));
}

const config::Token* Universe::token(const std::string& symbol) const {
    const auto found =
        std::find_if(tokens.begin(), tokens.end(), [&](const auto& t) { return t.symbol == symbol; });
    return found == tokens.end() ? nullptr : &*found;
}

Universe make_universe(const config::Settings& settings) {
    Universe out;
    out.tokens = settings.chain.network.tokens;
    for (const auto& token : settings.chain.network.tokens) {
        if (out.find(token.asset)) continue;
        AssetParams asset{token.asset, config::is_quote_asset(token.asset), std::chrono::seconds{0}};
        if (const auto* feed = settings.chain.network.feed(token.asset))
            asset.price_age_max = price_age(settings, *feed);
        out.assets.push_back(asset);
    }
    return out;
}

Result<TokenTable> make_token_table(const config::Network& network, const Universe& universe) {
    std::vector<TokenInfo> tokens;
    for (const auto& token : network.tokens) {
        tokens.push_back({token.address, token.decimals, OR_TRY(universe.find(token.asset)), token.symbol});
    }
    // Uniswap v4 pools hold the native currency itself, under the zero address.
    if (network.token_at(Address{}) == nullptr)
        tokens.push_back({Address{}, 18, OR_TRY(universe.find("ETH")), "ETH"});
    return TokenTable::make(std::move(tokens));
}

Result<std::vector<std::unique_ptr<Venue>>> make_venues(const config::Settings& settings,
                                                        const Universe& universe) {
    std::vector<std::unique_ptr<Venue>> out;
    for (std::size_t i = 0; i < settings.venues.size(); ++i) {
        const auto& venue = settings.venues[i];
        const VenueId id(static_cast<std::uint8_t>(i));
        switch (venue.kind) {
            case config::VenueKind::aave_v3:
                out.push_back(OR_TRY(make_aave(settings, venue, id, universe)));
                break;
            case config::VenueKind::perp_v2:
                out.push_back(OR_TRY(make_perp(settings, venue, id, universe)));
                break;
        }
    }
    return out;
}

std::vector<LegParams> choose_legs(const config::PositionSettings& position, const std::vector<AssetId>& held,
                                   const Universe& universe,
                                   const std::vector<std::unique_ptr<Venue>>& venues) {
    std::vector<AssetId> uncovered;
    for (const auto asset : held) {
        if (universe.assets.at(asset.value).is_quote) continue;
        const bool covered = std::any_of(position.venues.begin(), position.venues.end(), [&](VenueId v) {
            return has(venues.at(v.value)->instruments(), asset);
        });
        if (!covered) uncovered.push_back(asset);
    }
    const auto& proxies = position.model.proxies;
    const auto wanted = [&](AssetId asset) {
        if (has(held, asset)) return true;
        if (uncovered.empty()) return false;
        return proxies.empty() ||
               std::find(proxies.begin(), proxies.end(), universe.symbol(asset)) != proxies.end();
    };
    std::vector<LegParams> legs;
    const auto add = [&](VenueId id, AssetId asset, bool reserve) {
        const auto& venue = *venues.at(id.value);
        legs.push_back(
            {id, asset, position.limits.max_hedge_usd, venue.cost_ratio(), venue.hedge_gas(), reserve});
    };
    for (const auto id : position.venues) {
        for (const auto asset : venues.at(id.value)->instruments())
            if (wanted(asset)) add(id, asset, false);
    }
    for (const auto id : position.fallback_venues) {
        for (const auto asset : venues.at(id.value)->instruments())
            if (has(uncovered, asset)) add(id, asset, true);
    }
    return legs;
}

PositionParams make_position_params(const config::PositionSettings& position,
                                    const std::vector<AssetId>& held, const Universe& universe,
                                    const std::vector<std::unique_ptr<Venue>>& venues) {
    PositionParams p;
    p.name = position.name;
    p.enabled = position.enabled;
    p.when_gone = position.when_gone == config::WhenGone::hold ? WhenGone::hold : WhenGone::unwind;
    p.fees_in_exposure = position.fees_in_exposure;
    p.legs = choose_legs(position, held, universe, venues);
    p.delta_band_ratio = position.thresholds.delta_band_ratio;
    p.delta_band_usd = position.thresholds.delta_band_usd;
    p.rehedge_cooldown = position.thresholds.rehedge_cooldown;
    p.force_after = position.thresholds.force_after;
    p.min_trade_usd = position.limits.min_trade_usd;
    p.max_trade_usd = position.limits.max_trade_usd;
    p.max_trades_per_day = position.limits.max_trades_per_day;
    p.max_slippage_ratio = position.limits.max_slippage_ratio;
    p.max_pool_gap_ratio = position.oracle.max_pool_gap_ratio;
    p.max_mean_gap_ratio = position.oracle.mean_window ? position.oracle.max_mean_gap_ratio : 0;
    p.delta_horizon = position.model.delta_horizon;
    p.max_abs_ratio = position.model.max_abs_ratio;
    p.estimator = static_cast<Estimator>(position.model.estimator);  // likewise
    p.pipeline = pipeline_params(position);
    return p;
}

}  // namespace outrigger
