// SPDX-License-Identifier: Apache-2.0
#include "hedge/venue/reading.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "chain/base/hex.hpp"
#include "chain/base/quantize.hpp"
#include "hedge/venue/contracts.hpp"

namespace outrigger::reading {
namespace {

constexpr std::uint64_t kYear9999 = 253'402'300'799;  // its last second

}  // namespace

tl::unexpected<Error> no(const std::string& venue, std::string_view why) {
    return fail(Errc::rejected, fmt::format("{}: {}", venue, why));
}

const VenueToken* find_token(std::initializer_list<const VenueToken*> known, const Address& address) {
    const auto* const found =
        std::find_if(known.begin(), known.end(), [&](const VenueToken* t) { return t->address == address; });
    return found == known.end() ? nullptr : *found;
}

Result<void> check_amount(const std::string& venue, const U256& amount, bool everything_allowed) {
    if (amount.is_zero()) return no(venue, "an amount of zero");
    if (amount == U256::max() && everything_allowed) return {};
    if (amount.bit_length() > 112) return no(venue, "an unlimited amount");
    return {};
}

Result<void> check_party(const std::string& venue, const Address& party) {
    // Routers give meaning to small addresses (1: the sender, 2: the router); ours are always spelled out.
    if (U256::from_be(party.data).bit_length() > 16) return {};
    return no(venue, "nobody at " + checksum_address(party));
}

Result<TimePoint> read_deadline(const std::string& venue, const U256& seconds) {
    if (seconds.is_zero() || seconds > kYear9999) return no(venue, "a deadline that is none");
    return TimePoint(std::chrono::seconds(static_cast<std::int64_t>(seconds.as_u64())));
}

double price_of(const U256& quote, unsigned quote_decimals, const U256& amount, unsigned decimals) {
    return to_units(quote, quote_decimals) / to_units(amount, decimals);
}

Result<Inspection> read_approval(const std::string& venue, const VenueToken& token,
                                 const std::vector<Address>& spenders, ByteView data) {
    const auto args = erc20::Approve::decode_call(data);
    if (!args) return no(venue, args.error().what);
    const auto& [spender, amount] = *args;
    OR_TRY(check_amount(venue, amount, false));
    if (std::find(spenders.begin(), spenders.end(), spender) == spenders.end()) {
        return no(venue,
                  fmt::format("{} may not be approved to take {}", checksum_address(spender), token.symbol));
    }
    Inspection seen;
    seen.kind = EffectKind::approve;
    seen.token = token.symbol;
    seen.amount = amount;
    seen.beneficiary = spender;
    return seen;
}

}  // namespace outrigger::reading
