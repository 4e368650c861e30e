// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/market.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "chain/pool/registry.hpp"

namespace outrigger {

namespace {

PoolSpec pool_spec(const config::Network& network, const std::string& name, const config::PositionRef& ref) {
    const config::PositionKind* kind = config::position_kind(ref.kind);
    OR_ASSERT(kind != nullptr);  // the configuration knows no other
    PoolSpec spec;
    spec.kind = ref.kind;
    spec.name = name;
    spec.chain = network.chain_id;
    spec.position_manager = network.address(kind->manager).value_or(Address{});
    spec.token_id = U256(ref.id);
    spec.pair = ref.pair;
    spec.owner = ref.owner;
    spec.staked_in = ref.staked_in;
    if (network.uniswap_v4) spec.state_view = network.uniswap_v4->state_view;
    spec.hooks_allowed = ref.hooks_allowed;
    return spec;
}

Result<void> open_pools(const config::Settings& settings, BatchReader& reader, const Pins& pins,
                        const TokenTable& tokens, PositionRecords& known, Market& out) {
    const auto& network = settings.chain.network;
    for (const auto& position : settings.positions) {
        PoolSpec spec = pool_spec(network, position.name, position.ref);
        const std::string key = position_key(spec);
        if (const auto record = known.find(key); record != known.end()) spec.record = record->second;
        auto pool = open_pool(reader, pins, spec, tokens);
        if (!pool)
            return fail(pool.error().code, fmt::format("position {} ({}): {}", position.name,
                                                       describe(position.ref), pool.error().what));
        if (const auto record = (*pool)->record(); !record.empty()) known.insert_or_assign(key, record);
        out.pools.push_back(*std::move(pool));
    }
    return {};
}

/// Each position, from one first reading.
Result<std::vector<LpView>> first_views(BatchReader& reader, const Pins& pins, const Market& market) {
    std::vector<Query<LpView>> queries;
    for (const auto& pool : market.pools) queries.push_back(pool->position());
    const auto views = OR_TRY(reader.read(pins, each(std::move(queries))));
    std::vector<LpView> out;
    for (std::size_t i = 0; i < views.size(); ++i) {
        if (!views[i])
            return fail(views[i].error().code,
                        fmt::format("position {}: {}", market.pools[i]->name(), views[i].error().what));
        out.push_back(*views[i]);
    }
    return out;
}

/// How to ask a position's pool for its own mean price, where the configuration wants it.
Result<std::optional<TwapSpec>> mean_of(const config::PositionSettings& position, const Pool& pool,
                                        ChainId chain, const LpView& view) {
    const auto& window = position.oracle.mean_window;
    if (!window) return std::optional<TwapSpec>();
    const auto address = pool.observed_pool();
    if (!address) {
        return fail(Errc::config,
                    fmt::format("position {}: its pool keeps no observations; set oracle.mean_window = "
                                "\"off\" for it",
                                position.name));
    }
    return std::optional(TwapSpec{.name = position.name,
                                  .chain = chain,
                                  .pool = *address,
                                  .decimals0 = view.decimals0,
                                  .decimals1 = view.decimals1,
                                  .window = *window});
}

/// A hedged position without any instrument can only be watched; better said at start than at the first move.
Result<void> check_hedgeable(const Params& params) {
    for (const auto& position : params.positions) {
        if (position.enabled && position.legs.empty()) {
            return fail(
                Errc::config,
                fmt::format("position {}: none of its venues can short one of its assets or a proxy; name "
                            "another venue, or set enabled = false to watch it only",
                            position.name));
        }
    }
    return {};
}

}  // namespace

Result<Market> open_market(const config::Settings& settings, BatchReader& reader, const Pins& pins,
                           PositionRecords& known) {
    Market out;
    out.universe = make_universe(settings);
    const TokenTable tokens = OR_TRY(make_token_table(settings.chain.network, out.universe));
    out.native = OR_TRY(out.universe.find("ETH"));
    OR_TRY(open_pools(settings, reader, pins, tokens, known, out));
    const auto views = OR_TRY(first_views(reader, pins, out));
    out.venues = OR_TRY(make_venues(settings, out.universe));

    out.params.assets = out.universe.assets;
    for (const auto& venue : out.venues) out.params.venues.push_back(venue->name());
    std::set<AssetId> assets{out.native, OR_TRY(out.universe.find(settings.quote))};
    for (std::size_t i = 0; i < settings.positions.size(); ++i) {
        const std::vector<AssetId> held{views[i].curve.asset0, views[i].curve.asset1};
        out.means.push_back(
            OR_TRY(mean_of(settings.positions[i], *out.pools[i], settings.chain.network.chain_id, views[i])));
        out.params.positions.push_back(
            make_position_params(settings.positions[i], held, out.universe, out.venues));
        assets.insert(held.begin(), held.end());
        for (const auto& leg : out.params.positions.back().legs) assets.insert(leg.asset);
    }
    OR_TRY(check_hedgeable(out.params));
    out.prices = OR_TRY(open_price_sources(settings, reader, pins, assets, out.universe));
    // Each source is judged by its own age; the agreed price is as old as the oldest of them may be.
    for (const auto& source : out.prices.seconds) {
        auto& limit = out.params.assets.at(source.feed->asset().value).price_age_max;
        limit = std::max(limit, source.max_age);
    }

    out.params.data_age_max = settings.guard.max_data_age;
    out.params.blind_rounds_max = settings.guard.blind_rounds_max;
    // One panel serves all positions: the finest bar anyone asks for; the strictest limit counts for all.
    out.params.failed_tx_max = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t i = 0; i < settings.positions.size(); ++i) {
        const auto& position = settings.positions[i];
        const auto bar = position.model.usual_bar();
        out.params.bar = i == 0 ? bar : std::min(out.params.bar, bar);
        out.params.failed_tx_max = std::min(out.params.failed_tx_max, position.limits.max_failed_tx_in_a_row);
    }
    for (const auto& venue : settings.venues) {
        if (venue.kind == config::VenueKind::aave_v3)
            out.params.health_floor = std::max(out.params.health_floor, venue.health_factor_floor);
    }
    return out;
}

}  // namespace outrigger
