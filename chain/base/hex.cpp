// SPDX-License-Identifier: Apache-2.0
#include "chain/base/hex.hpp"

#include "chain/base/keccak.hpp"

namespace outrigger {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

/// 0..15, or -1 when not a hex digit.
constexpr int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr std::size_t kShown = 80;  // of a text in an error message

std::string quoted(std::string_view text) {
    std::string shown(text.substr(0, kShown));
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + shown + (text.size() > kShown ? "...'" : "'");
}

/// The digits after 0x. Errors: Errc::decode without the prefix or with anything but hex digits after it.
Result<std::string_view> digits_of(std::string_view text) {
    if (!text.starts_with("0x")) return fail(Errc::decode, quoted(text) + " does not start with 0x");
    const auto digits = text.substr(2);
    const auto bad = std::find_if(digits.begin(), digits.end(), [](char c) { return nibble(c) < 0; });
    if (bad != digits.end()) {
        return fail(Errc::decode, quoted(text) + ": " + quoted({&*bad, 1}) + " at position " +
                                      std::to_string(2 + (bad - digits.begin())) + " is not a hex digit");
    }
    return digits;
}

/// Pre: digits are hex and twice as many as bytes.
void fill(std::string_view digits, std::span<std::uint8_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::uint8_t>(nibble(digits[2 * i]) * 16 + nibble(digits[2 * i + 1]));
    }
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string out(2 + 2 * bytes.size(), '0');
    out[1] = 'x';
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        out[2 + 2 * i] = kDigits[bytes[i] >> 4];
        out[3 + 2 * i] = kDigits[bytes[i] & 15];
    }
    return out;
}

Result<Bytes> parse_hex(std::string_view text) {
    const auto digits = OR_TRY(digits_of(text));
    if (digits.size() % 2 != 0) {
        return fail(Errc::decode, quoted(text) + " has an odd number of hex digits: half a byte is missing");
    }
    Bytes out(digits.size() / 2);
    fill(digits, out);
    return out;
}

Result<void> detail::parse_hex_into(std::string_view text, std::span<std::uint8_t> out) {
    const auto digits = OR_TRY(digits_of(text));
    if (digits.size() != 2 * out.size()) {
        return fail(Errc::decode, quoted(text) + " has " + std::to_string(digits.size()) +
                                      " hex digits, expected " + std::to_string(2 * out.size()));
    }
    fill(digits, out);
    return {};
}

Result<U256> parse_quantity(std::string_view text) {
    const auto digits = OR_TRY(digits_of(text));
    if (digits.empty()) return fail(Errc::decode, "'0x' is not a quantity: zero is written 0x0");
    if (digits.size() > 1 && digits.front() == '0') {
        return fail(Errc::decode, quoted(text) + " is not a quantity: it has leading zeros");
    }
    if (digits.size() > 64) return fail(Errc::decode, quoted(text) + " does not fit in 256 bits");
    U256 r;
    for (const char c : digits) r = (r << 4) | static_cast<std::uint64_t>(nibble(c));
    return r;
}

Result<std::uint64_t> parse_quantity_u64(std::string_view text) {
    const U256 value = OR_TRY(parse_quantity(text));
    if (!value.fits_u64()) return fail(Errc::decode, quoted(text) + " does not fit in 64 bits");
    return value.as_u64();
}

std::string to_quantity(const U256& value) {
    const unsigned count = std::max(1U, (value.bit_length() + 3) / 4);
    std::string out = "0x";
    for (unsigned i = count; i-- > 0;) out.push_back(kDigits[(value >> (4 * i)).limbs()[0] & 15]);
    return out;
}

std::string checksum_address(const Address& address) {
    std::string text = to_hex(address);
    const auto hash = keccak256(std::string_view(text).substr(2));
    for (std::size_t i = 0; i < 40; ++i) {
        const int bits = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        char& c = text[2 + i];
        if (bits >= 8 && c >= 'a') c = static_cast<char>(c - 'a' + 'A');
    }
    return text;
}

Result<Address> parse_address(std::string_view text) {
    const auto address = parse_fixed<Address>(text);
    if (!address) return fail(Errc::decode, "not an address: " + address.error().what);
    const auto digits = text.substr(2);
    const auto has = [digits](char first, char last) {
        return std::any_of(digits.begin(), digits.end(), [=](char c) { return c >= first && c <= last; });
    };
    const bool mixed = has('a', 'f') && has('A', 'F');
    if (mixed && checksum_address(*address) != text) {
        return fail(Errc::decode,
                    "checksum of " + std::string(text) + " does not match: one character is wrong");
    }
    return *address;
}

}  // namespace outrigger
