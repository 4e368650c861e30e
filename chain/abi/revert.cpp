// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/revert.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "chain/abi/function.hpp"

namespace outrigger::abi {
namespace {

constexpr std::size_t kLongest = 200;
constexpr Selector kError = selector_of("Error(string)");
constexpr Selector kPanic = selector_of("Panic(uint256)");

struct PanicMeaning {
    std::uint64_t code;
    std::string_view meaning;
};
// Source: Solidity documentation, "Panic via assert and Error via require".
constexpr std::array<PanicMeaning, 10> kPanics{{{0x00, "generic compiler panic"},
                                                {0x01, "assertion failed"},
                                                {0x11, "arithmetic overflow or underflow"},
                                                {0x12, "division by zero"},
                                                {0x21, "invalid enum value"},
                                                {0x22, "corrupt storage byte array"},
                                                {0x31, "pop of an empty array"},
                                                {0x32, "array index out of bounds"},
                                                {0x41, "out of memory"},
                                                {0x51, "call of an uninitialised function"}}};

/// The text of an encoded string. Laxer than the codec on purpose (offset and padding as they come, nothing
/// beyond the data): contracts that build their reasons in assembly are not tidy, and this is only shown.
std::optional<std::string> lax_string(ByteView body) {
    if (body.size() < 2 * kWord) return std::nullopt;
    const U256 offset = U256::from_be(body.first(kWord));
    if (offset > body.size() - kWord) return std::nullopt;
    const auto at = static_cast<std::size_t>(offset.as_u64());
    const U256 length = U256::from_be(body.subspan(at, kWord));
    const ByteView rest = body.subspan(at + kWord);
    if (length > rest.size()) return std::nullopt;
    const ByteView text = rest.first(static_cast<std::size_t>(length.as_u64()));
    return std::string(text.begin(), text.end());
}

std::string panic_text(const U256& code) {
    const auto* known =
        std::find_if(kPanics.begin(), kPanics.end(), [&](const PanicMeaning& p) { return code == p.code; });
    return "panic " + to_quantity(code) +
           (known == kPanics.end() ? std::string() : ": " + std::string(known->meaning));
}

std::string presentable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    if (text.size() > kLongest) text = text.substr(0, kLongest - 3) + "...";
    return text;
}

}  // namespace

std::string revert_reason(ByteView returned) {
    if (returned.empty()) return "no reason given";
    if (returned.size() < 4) return "malformed reason " + to_hex(returned);
    const Selector selector{{returned[0], returned[1], returned[2], returned[3]}};
    const ByteView body = returned.subspan(4);
    if (selector == kError) {
        if (const auto text = lax_string(body)) return text->empty() ? "empty reason" : presentable(*text);
    }
    if (selector == kPanic && body.size() == kWord) return panic_text(U256::from_be(body));
    return "custom error " + to_hex(selector) + " with " + std::to_string(body.size()) +
           " bytes of arguments";
}

}  // namespace outrigger::abi
