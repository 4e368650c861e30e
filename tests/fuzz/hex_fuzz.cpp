// SPDX-License-Identifier: Apache-2.0
// Whatever hex is accepted is written again as it was read: nothing else than the one spelling passes.
#include <algorithm>
#include <cctype>
#include <string>

#include "chain/base/assert.hpp"
#include "chain/base/hex.hpp"

namespace {

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace outrigger;
    const std::string text(data, data + size);
    if (const auto bytes = parse_hex(text)) OR_ASSERT(to_hex(*bytes) == lower(text));
    if (const auto quantity = parse_quantity(text)) OR_ASSERT(to_quantity(*quantity) == lower(text));
    if (const auto small = parse_quantity_u64(text)) OR_ASSERT(to_quantity(U256(*small)) == lower(text));
    if (const auto hash = parse_fixed<Hash32>(text)) OR_ASSERT(to_hex(*hash) == lower(text));
    if (const auto address = parse_address(text)) OR_ASSERT(lower(checksum_address(*address)) == lower(text));
    if (const auto number =
            U256::from_decimal(text)) {  // leading zeros are allowed where people write numbers
        const auto first = std::min(text.find_first_not_of('0'), text.size() - 1);
        OR_ASSERT(number->to_decimal() == text.substr(first));
    }
    return 0;
}
