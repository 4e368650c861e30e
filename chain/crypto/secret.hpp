// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "chain/base/assert.hpp"
#include "chain/base/bytes.hpp"

namespace outrigger {

/// Overwrites bytes in a way the compiler may not remove.
void wipe(std::span<std::uint8_t> bytes);
/// Overwrites a text with zeros and empties it: for a password once it is used.
void wipe(std::string& text);

/// Whether both are equal, in a time that depends on their lengths only.
bool constant_time_equal(ByteView a, ByteView b);

namespace detail {

/// A memory page of its own between two forbidden ones: locked into memory (best effort), left out of core
/// dumps and of forked children, wiped before it is given back.
class LockedPage {
  public:
    /// Pre: 0 < size <= the page size. Aborts when the kernel gives no page.
    explicit LockedPage(std::size_t size);
    ~LockedPage();
    LockedPage(LockedPage&& other) noexcept
        : mapping_(std::exchange(other.mapping_, nullptr)), data_(std::exchange(other.data_, nullptr)) {}
    LockedPage& operator=(LockedPage&& other) noexcept {
        std::swap(mapping_, other.mapping_);
        std::swap(data_, other.data_);
        return *this;
    }
    LockedPage(const LockedPage&) = delete;
    LockedPage& operator=(const LockedPage&) = delete;

    std::uint8_t* data() const { return data_; }

  private:
    void* mapping_ = nullptr;
    std::uint8_t* data_ = nullptr;
};

}  // namespace detail

/// N secret bytes. Moves but does not copy, stays out of swap and core dumps, is wiped at its end, and
/// cannot be printed: neither fmt nor a stream accepts it. Moving moves the owner; the bytes stay in place.
template <std::size_t N>
class Secret {
  public:
    /// All zeros, to be filled through writable().
    Secret() : page_(N) {}
    /// The bytes of `source`, which is wiped.
    static Secret take(std::span<std::uint8_t, N> source) {
        Secret secret;
        std::copy(source.begin(), source.end(), secret.page_.data());
        wipe(source);
        return secret;
    }
    Secret(Secret&&) noexcept = default;
    Secret& operator=(Secret&&) noexcept = default;
    ~Secret() = default;

    /// The bytes. Pre: not moved from. Never copy them into anything that is not wiped.
    std::span<const std::uint8_t, N> reveal() const {
        OR_ASSERT(page_.data() != nullptr);
        return std::span<const std::uint8_t, N>(page_.data(), N);
    }
    /// The bytes, to be filled. Pre: not moved from.
    std::span<std::uint8_t, N> writable() {
        OR_ASSERT(page_.data() != nullptr);
        return std::span<std::uint8_t, N>(page_.data(), N);
    }
    /// A second secret with the same bytes; copying is said out loud.
    Secret duplicate() const {
        Secret copy;
        const auto bytes = reveal();
        std::copy(bytes.begin(), bytes.end(), copy.page_.data());
        return copy;
    }
    friend bool operator==(const Secret& a, const Secret& b) {
        return constant_time_equal(a.reveal(), b.reveal());
    }

  private:
    detail::LockedPage page_;
};

template <std::size_t N>
std::ostream& operator<<(std::ostream&, const Secret<N>&) = delete;

}  // namespace outrigger

template <std::size_t N, class Char>
struct fmt::formatter<outrigger::Secret<N>, Char> {
    formatter() = delete;
};
