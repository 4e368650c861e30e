// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "hedge/venue/aave_v3.hpp"
#include "hedge/venue/perp_v2.hpp"

namespace outrigger {

/// The parameters of any venue.
using VenueSpec = std::variant<AaveV3Params, PerpV2Params>;

/// A venue of the given kind. Errors: Errc::config when there is no such kind, the parameters are another
/// kind's, or one of them cannot be.
Result<std::unique_ptr<Venue>> make_venue(std::string_view kind, const VenueSpec& spec);

/// The kinds make_venue knows, in the order of the table.
std::vector<std::string_view> venue_kinds();

}  // namespace outrigger
