// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

namespace outrigger {

/// The bytes as lower-case hex with 0x.
std::string to_hex(ByteView bytes);
template <class Tag, std::size_t N>
std::string to_hex(const FixedBytes<Tag, N>& value) {
    return to_hex(ByteView(value.data));
}

/// The bytes of 0x-prefixed hex of even length. Errors: Errc::decode.
Result<Bytes> parse_hex(std::string_view text);

namespace detail {
/// Fills `out` from 0x-prefixed hex of exactly that many bytes. Errors: Errc::decode.
Result<void> parse_hex_into(std::string_view text, std::span<std::uint8_t> out);
}  // namespace detail

/// A hash or selector from 0x-prefixed hex of exactly its length. Not for addresses, which have a checksum:
/// parse_address. Errors: Errc::decode.
template <class Fixed>
Result<Fixed> parse_fixed(std::string_view text) {
    Fixed out;
    OR_TRY(detail::parse_hex_into(text, out.data));
    return out;
}

/// A JSON-RPC quantity: 0x, at least one digit, no leading zeros. Errors: Errc::decode.
Result<U256> parse_quantity(std::string_view text);
/// The same, when it fits in 64 bits. Errors: Errc::decode.
Result<std::uint64_t> parse_quantity_u64(std::string_view text);
/// The JSON-RPC quantity of a number: "0x0" for zero, no leading zeros.
std::string to_quantity(const U256& value);

/// The address as people write it: hex whose capitals carry a checksum. Source: EIP-55.
std::string checksum_address(const Address& address);
/// An address: 0x and 40 hex digits, all lower case, all upper case, or with the right checksum.
/// Errors: Errc::decode; a wrong checksum says so, because it means a mistyped character.
Result<Address> parse_address(std::string_view text);

}  // namespace outrigger
