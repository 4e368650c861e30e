// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"
#include "config/fields.hpp"
#include "config/settings.hpp"

namespace outrigger::config {

/// A value with where it stands, before it is known whether it counts.
struct Candidate {
    Value value;
    std::string where;   // for an error: "outrigger.toml:37:20"
    std::string origin;  // for a person: "outrigger.toml:37 [defaults.thresholds]"
    Place place;
};

/// Candidates by full path: "position.eth-usdc.thresholds.delta_band_ratio".
using Layer = std::map<std::string, Candidate>;

/// The named things the file holds; they decide which paths exist.
struct Names {
    std::vector<std::string> positions;
    std::vector<std::string> venues;
    std::vector<std::string> profiles;
    std::size_t rpcs = 0;
    std::vector<bool> rpc_dropped;  // url was empty after interpolation
    std::vector<Place> position_places;
};

/// Everything said about the configuration, by how strongly it is said.
struct Layers {
    Layer preset;  // weakest but for the built-in defaults
    Layer file;
    Layer environment;
    Layer set;  // strongest
    Names names;
    ConfigErrors errors;
};

/// Reads the document's values into Layers::file and the names it defines.
void read_file_layer(const Document& document, const Sources& sources, Layers& to);

/// Reads OUTRIGGER__ variables and --set. Pre: the names are known.
void read_override_layers(const Sources& sources, Layers& to);

/// Reads a preset's settings and what stands in for keys nobody gave: ETH_RPC_URL, ETH_KEYSTORE and their
/// kin.
void read_preset_layer(const Network& preset, const Sources& sources, Layers& to);

/// The venues that need no table of their own.
struct BuiltInVenue {
    std::string_view name;
    VenueKind kind;
};
inline constexpr std::array kBuiltInVenues{BuiltInVenue{"aave", VenueKind::aave_v3},
                                           BuiltInVenue{"perp", VenueKind::perp_v2}};

/// One field at one place.
struct Path {
    std::string path;
    const Field* field;
};
/// Every path that exists given these names.
std::vector<Path> all_paths(const Names& names);

/// The path prefix of a section's instance: "position.eth-usdc.".
std::string prefix_of(Section section, std::string_view name);

/// Finishes what depends on the surroundings: paths become absolute, secrets become references. What is
/// wrong, if anything.
std::optional<Problem> settle(const Field& field, std::string_view path, const Sources& sources, bool in_file,
                              Value& value);

/// A field's candidate from text that is not in the file. Errors: as a four-part error.
tl::expected<Candidate, ConfigError> candidate_of_text(const Field& field, std::string_view path,
                                                       std::string_view text, std::string_view origin,
                                                       const Sources& sources);

}  // namespace outrigger::config
