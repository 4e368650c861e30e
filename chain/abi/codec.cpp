// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/codec.hpp"

#include <algorithm>

namespace outrigger::abi::detail {
namespace {

bool all_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

std::size_t padding_of(std::size_t size) {
    return (kWord - size % kWord) % kWord;
}

}  // namespace

void put_word(Bytes& out, const U256& word) {
    const auto be = word.to_be();
    out.insert(out.end(), be.begin(), be.end());
}

void set_word(Bytes& out, std::size_t at, const U256& word) {
    const auto be = word.to_be();
    std::copy(be.begin(), be.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_padded(Bytes& out, ByteView bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.resize(out.size() + padding_of(bytes.size()));
}

tl::unexpected<Error> fail_at(std::size_t at, const std::string& what) {
    return fail(Errc::decode, "byte " + std::to_string(at) + ": " + what);
}

// Positions stay below data.size() plus a few heads, so the sums here cannot wrap.
Result<U256> get_word(ByteView data, std::size_t at) {
    if (at > data.size() || data.size() - at < kWord) {
        return fail_at(at, "a word is expected, but the data end at " + std::to_string(data.size()));
    }
    return U256::from_be(data.subspan(at, kWord));
}

Result<void> get_aligned(ByteView data, std::size_t at, bool left, const char* type,
                         std::span<std::uint8_t> out) {
    OR_TRY(get_word(data, at));
    const ByteView word = data.subspan(at, kWord);
    const ByteView value = left ? word.first(out.size()) : word.last(out.size());
    const ByteView rest = left ? word.subspan(out.size()) : word.first(kWord - out.size());
    if (!all_zero(rest)) return fail_at(at, std::string(type) + " with padding that is not zero");
    std::copy(value.begin(), value.end(), out.begin());
    return {};
}

Result<std::size_t> get_length(ByteView data, std::size_t at, std::size_t unit) {
    const U256 length = OR_TRY(get_word(data, at));
    const std::size_t room = (data.size() - at - kWord) / unit;
    if (length > room) {
        return fail_at(at, "a length of " + length.to_decimal() + " where at most " + std::to_string(room) +
                               " can follow");
    }
    return static_cast<std::size_t>(length.as_u64());
}

Result<void> check_offset(ByteView data, std::size_t at, std::size_t expected) {
    const U256 offset = OR_TRY(get_word(data, at));
    if (offset == expected) return {};
    return fail_at(at, "an offset of " + offset.to_decimal() + " where " + std::to_string(expected) +
                           " is the only canonical one");
}

Result<ByteView> get_padded(ByteView data, std::size_t& at) {
    const std::size_t size = OR_TRY(get_length(data, at, 1));
    const std::size_t begin = at + kWord;
    const std::size_t padding = padding_of(size);
    if (data.size() - begin - size < padding) return fail_at(begin + size, "padding is missing");
    if (!all_zero(data.subspan(begin + size, padding))) {
        return fail_at(begin + size, "padding that is not zero");
    }
    at = begin + size + padding;
    return data.subspan(begin, size);
}

}  // namespace outrigger::abi::detail
