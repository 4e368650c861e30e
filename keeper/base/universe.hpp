// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chain/pool/tokens.hpp"
#include "config/settings.hpp"
#include "hedge/venue/venue.hpp"
#include "keeper/decide/params.hpp"

namespace outrigger {

/// The assets of a network, numbered. AssetId is the index.
struct Universe {
    std::vector<AssetParams> assets;
    std::vector<config::Token> tokens;  // what the assets are held as

    /// Errors: Errc::config when the network has no such asset.
    Result<AssetId> find(const std::string& symbol) const;
    const std::string& symbol(AssetId asset) const { return assets.at(asset.value).symbol; }
    /// The token of that symbol, or null.
    const config::Token* token(const std::string& symbol) const;
};

/// Every asset the network's tokens stand for, each with the price age to believe.
Universe make_universe(const config::Settings& settings);

/// The network's tokens with their assets. Errors: Errc::config.
Result<TokenTable> make_token_table(const config::Network& network, const Universe& universe);

/// The configured venues, in the order of the configuration: VenueId is the index.
/// Errors: Errc::config when a venue's protocol is not on this chain.
Result<std::vector<std::unique_ptr<Venue>>> make_venues(const config::Settings& settings,
                                                        const Universe& universe);

/// The instruments that hedge a position holding these assets, in order of preference: its own assets where a
/// venue has them; other assets only when some asset has no instrument anywhere.
std::vector<LegParams> choose_legs(const config::PositionSettings& position, const std::vector<AssetId>& held,
                                   const Universe& universe,
                                   const std::vector<std::unique_ptr<Venue>>& venues);

/// What decide needs to know of one position. `held` is what its pool consists of.
PositionParams make_position_params(const config::PositionSettings& position,
                                    const std::vector<AssetId>& held, const Universe& universe,
                                    const std::vector<std::unique_ptr<Venue>>& venues);

}  // namespace outrigger
