// SPDX-License-Identifier: Apache-2.0
#include "chain/pool/nft_record.hpp"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "chain/base/hex.hpp"

namespace outrigger {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (true) {
        const auto end = text.find(' ');
        out.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return out;
        text.remove_prefix(end + 1);
    }
}

template <class T>
Result<T> integer(std::string_view word) {
    T out{};
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), out);
    if (error != std::errc{} || end != word.data() + word.size() || word.empty())
        return fail(Errc::decode, fmt::format("'{}' is not a number", word));
    return out;
}

}  // namespace

std::string to_text(const NftRecord& r) {
    return fmt::format("{} {} {} {} {} {} {} {}", to_hex(r.owner), to_hex(r.token0), to_hex(r.token1),
                       r.fee_pips, r.tick_spacing, to_hex(r.hooks), r.range.lower.value, r.range.upper.value);
}

Result<NftRecord> parse_nft_record(std::string_view text) {
    const auto words = words_of(text);
    if (words.size() != 8) return fail(Errc::decode, fmt::format("'{}' has not eight fields", text));
    NftRecord r;
    r.owner = OR_TRY(parse_address(words[0]));
    r.token0 = OR_TRY(parse_address(words[1]));
    r.token1 = OR_TRY(parse_address(words[2]));
    r.fee_pips = OR_TRY(integer<std::uint32_t>(words[3]));
    r.tick_spacing = OR_TRY(integer<std::int32_t>(words[4]));
    r.hooks = OR_TRY(parse_address(words[5]));
    r.range = {Tick(OR_TRY(integer<std::int32_t>(words[6]))), Tick(OR_TRY(integer<std::int32_t>(words[7])))};
    const bool ticks_ok =
        r.range.lower >= kMinTick && r.range.lower < r.range.upper && r.range.upper <= kMaxTick;
    if (!ticks_ok || r.token0 >= r.token1)
        return fail(Errc::decode, fmt::format("'{}' is not a position", text));
    return r;
}

Result<std::optional<NftRecord>> recorded_nft(std::string_view text) {
    if (text.empty()) return std::optional<NftRecord>();
    const auto record = parse_nft_record(text);
    if (!record)
        return fail(record.error().code, "the journal's record of it is damaged: " + record.error().what);
    return std::optional(*record);
}

}  // namespace outrigger
