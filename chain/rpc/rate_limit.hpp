// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace outrigger {

/// A moment of a clock that only goes forward, counted from any beginning.
using Instant = std::chrono::milliseconds;

/// So many tokens a second, saved up to `burst`. Whoever may not wait takes more than there are, and the next
/// ones wait for it.
class TokenBucket {
  public:
    /// Full. Pre: both positive.
    TokenBucket(double per_second, double burst);
    /// How long until that many are there. More than a full bucket holds are there when it is full.
    std::chrono::milliseconds wait(Instant now, double tokens) const;
    void take(Instant now, double tokens);

  private:
    double level(Instant now) const;

    double per_second_;
    double burst_;
    double level_;
    Instant as_of_{0};
};

/// Ever longer pauses, each a random part of itself so that many keepers do not return at once.
class Backoff {
  public:
    explicit Backoff(std::uint64_t seed) : state_(seed) {}
    /// Between half and all of 1 s, 2 s, 4 s ... 60 s.
    std::chrono::milliseconds next();
    void reset() { doublings_ = 0; }

  private:
    std::uint64_t state_;
    unsigned doublings_ = 0;
};

/// How long a Retry-After header asks us to wait, at most 60 s: a number of seconds, or a date, which is
/// compared with the date of the answer it came with. Nothing when it says neither. Source: RFC 9110,
/// sections 5.6.7 and 10.2.3.
std::optional<std::chrono::seconds> retry_after(std::string_view header, std::string_view date);

}  // namespace outrigger
