// SPDX-License-Identifier: Apache-2.0
#include "oracle/price_csv.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace outrigger {

namespace {

template <class T>
Result<T> number(std::string_view text) {
    T out{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return fail(Errc::decode, fmt::format("'{}' is not a number", text));
    return out;
}

std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> out;
    while (true) {
        const auto comma = line.find(',');
        out.push_back(line.substr(0, comma));
        if (comma == std::string_view::npos) return out;
        line.remove_prefix(comma + 1);
    }
}

struct Line {
    std::string asset;
    PriceTick tick;
};

Result<Line> read_line(std::string_view text, bool with_asset, std::string_view asset) {
    const auto cells = cells_of(text);
    const std::size_t first = with_asset ? 1 : 0;
    if (cells.size() != first + 2) return fail(Errc::decode, fmt::format("it has {} cells", cells.size()));
    Line out{std::string(with_asset ? cells[0] : asset), {}};
    const bool named = !out.asset.empty() && std::all_of(out.asset.begin(), out.asset.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    });
    if (!named) return fail(Errc::decode, fmt::format("'{}' is no asset's symbol", out.asset));
    out.tick.at = OR_TRY(parse_time(cells[first]));
    out.tick.usd = OR_TRY(number<double>(cells[first + 1]));
    if (!std::isfinite(out.tick.usd) || out.tick.usd <= 0)
        return fail(Errc::decode, fmt::format("{} is no price", cells[first + 1]));
    return out;
}

/// By time, each once. Errors: Errc::decode for two prices at one time
Result<void> in_order(const std::string& asset, std::vector<PriceTick>& ticks) {
    std::sort(ticks.begin(), ticks.end(), [](const PriceTick& l, const PriceTick& r) {
        return l.at != r.at ? l.at < r.at : l.usd < r.usd;
    });
    ticks.erase(std::unique(ticks.begin(), ticks.end()), ticks.end());
    const auto twice = std::adjacent_find(
        ticks.begin(), ticks.end(), [](const PriceTick& l, const PriceTick& r) { return l.at == r.at; });
    if (twice == ticks.end()) return {};
    return fail(Errc::decode, fmt::format("{} has two prices at {:%FT%TZ}: {} and {}", asset, twice->at,
                                          twice->usd, std::next(twice)->usd));
}

}  // namespace

Result<TimePoint> parse_time(std::string_view text) {
    const auto wrong = fail(Errc::decode, fmt::format("'{}' is neither seconds since 1970 nor a time like "
                                                      "2026-11-27T10:00:00Z",
                                                      text));
    if (const auto seconds = number<std::int64_t>(text)) {
        if (*seconds < 0 || *seconds > 253'402'300'799) return wrong;
        return TimePoint{std::chrono::seconds{*seconds}};
    }
    if (text.size() != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
        text[16] != ':' || text[19] != 'Z')
        return wrong;
    const auto part = [&](std::size_t at, std::size_t size) {
        return number<unsigned>(text.substr(at, size));
    };
    const auto y = part(0, 4);
    const auto mo = part(5, 2);
    const auto d = part(8, 2);
    const auto h = part(11, 2);
    const auto mi = part(14, 2);
    const auto s = part(17, 2);
    if (!y || !mo || !d || !h || !mi || !s || *h > 23 || *mi > 59 || *s > 59 || *y < 1970) return wrong;
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*y)}, std::chrono::month{*mo},
                                           std::chrono::day{*d}};
    if (!date.ok()) return wrong;
    return std::chrono::sys_days{date} + std::chrono::hours{*h} + std::chrono::minutes{*mi} +
           std::chrono::seconds{*s};
}

Result<std::map<std::string, std::vector<PriceTick>>> parse_price_csv(std::string_view text,
                                                                      std::string_view asset) {
    std::map<std::string, std::vector<PriceTick>> out;
    std::size_t number_of_line = 0;
    std::optional<bool> with_asset;
    while (!text.empty()) {
        ++number_of_line;
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (line.empty()) continue;
        if (!with_asset) {
            if (line != "time,price" && line != "asset,time,price")
                return fail(Errc::decode, fmt::format("line {}: the columns must be time,price or "
                                                      "asset,time,price",
                                                      number_of_line));
            with_asset = line.starts_with("asset");
            if (!*with_asset && asset.empty())
                return fail(Errc::decode,
                            fmt::format("line {}: whose prices these are is not said", number_of_line));
            continue;
        }
        auto read = read_line(line, *with_asset, asset);
        if (!read) return fail(Errc::decode, fmt::format("line {}: {}", number_of_line, read.error().what));
        out[read->asset].push_back(read->tick);
    }
    if (!with_asset) return fail(Errc::decode, "it is empty");
    for (auto& [symbol, ticks] : out) OR_TRY(in_order(symbol, ticks));
    return out;
}

std::string to_price_csv(const std::map<std::string, std::vector<PriceTick>>& prices) {
    std::string out = "asset,time,price\n";
    for (const auto& [symbol, ticks] : prices) {
        for (const PriceTick& tick : ticks)
            fmt::format_to(std::back_inserter(out), "{},{:%FT%TZ},{}\n", symbol, tick.at, tick.usd);
    }
    return out;
}

}  // namespace outrigger
