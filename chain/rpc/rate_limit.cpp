// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/rate_limit.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "chain/base/assert.hpp"

namespace outrigger {
namespace {

constexpr std::chrono::seconds kLongest{60};

/// A decimal number and nothing else.
std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t out = 0;
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) return std::numeric_limits<std::int64_t>::max();
    return out;
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", the one form that may still be sent.
std::optional<std::chrono::sys_seconds> http_date(std::string_view text) {
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
    const auto month = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
    const auto day = number(text.substr(5, 2));
    const auto year = number(text.substr(12, 4));
    const auto hour = number(text.substr(17, 2));
    const auto minute = number(text.substr(20, 2));
    const auto second = number(text.substr(23, 2));
    if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date{
        std::chrono::year{static_cast<int>(*year)},
        std::chrono::month{static_cast<unsigned>(month - kMonths.begin()) + 1},
        std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second};
}

}  // namespace

TokenBucket::TokenBucket(double per_second, double burst)
    : per_second_(per_second), burst_(std::max(burst, 1.0)), level_(burst_) {
    OR_ASSERT(per_second > 0);
}

double TokenBucket::level(Instant now) const {
    const std::chrono::duration<double> passed = std::max(now - as_of_, Instant{0});
    return std::min(burst_, level_ + passed.count() * per_second_);
}

std::chrono::milliseconds TokenBucket::wait(Instant now, double tokens) const {
    const double missing = std::min(tokens, burst_) - level(now);
    if (missing <= 0) return std::chrono::milliseconds{0};
    return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(missing / per_second_ * 1000))};
}

void TokenBucket::take(Instant now, double tokens) {
    level_ = level(now) - tokens;
    as_of_ = std::max(as_of_, now);
}

std::chrono::milliseconds Backoff::next() {
    const std::chrono::milliseconds whole =
        std::min<std::chrono::milliseconds>(std::chrono::seconds{std::int64_t{1} << doublings_}, kLongest);
    if (whole < kLongest) ++doublings_;
    // SplitMix64
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    z ^= z >> 31U;
    const auto half = static_cast<std::uint64_t>(whole.count()) / 2;
    return std::chrono::milliseconds{static_cast<std::int64_t>(half + z % (half + 1))};
}

std::optional<std::chrono::seconds> retry_after(std::string_view header, std::string_view date) {
    const auto bounded = [](std::int64_t seconds) {
        return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, kLongest.count())};
    };
    if (const auto seconds = number(header)) return bounded(*seconds);
    const auto until = http_date(header);
    const auto from = http_date(date);
    if (!until || !from) return std::nullopt;
    return bounded((*until - *from).count());
}

}  // namespace outrigger
