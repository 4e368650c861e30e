// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "hedge/venue/token.hpp"
#include "hedge/venue/venue.hpp"

/// What both venues' inspect needs to read bytes back. Planning uses none of it: the two must not agree by
/// construction.
namespace outrigger::reading {

/// Errc::rejected: "aave: why".
tl::unexpected<Error> no(const std::string& venue, std::string_view why);

/// The token at an address among `known`, or nothing.
const VenueToken* find_token(std::initializer_list<const VenueToken*> known, const Address& address);

/// Errors: Errc::rejected when it is zero, or everything when that is not allowed.
Result<void> check_amount(const std::string& venue, const U256& amount, bool everything_allowed);
Result<void> check_party(const std::string& venue, const Address& party);
/// Errors: Errc::rejected when it is zero or beyond the year 9999.
Result<TimePoint> read_deadline(const std::string& venue, const U256& seconds);

/// USD per whole token of `quote` base units for `amount` base units, with one whole quote token counted as 1
/// USD.
double price_of(const U256& quote, unsigned quote_decimals, const U256& amount, unsigned decimals);

/// Reads an ERC-20 approval back. Errors: Errc::rejected unless exact and for one of the spenders.
Result<Inspection> read_approval(const std::string& venue, const VenueToken& token,
                                 const std::vector<Address>& spenders, ByteView data);

}  // namespace outrigger::reading
