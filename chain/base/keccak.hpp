// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace outrigger {
namespace detail {

inline constexpr std::array<std::uint64_t, 24> kKeccakRound{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

inline constexpr std::size_t kKeccakRate = 136;     // bytes absorbed between permutations
using KeccakState = std::array<std::uint64_t, 25>;  // lane (x, y) is at x + 5 * y

// rho and pi are one chain through all lanes but (0, 0): each moves to the next of these, rotated on the way.
inline constexpr std::array<std::size_t, 24> kKeccakLane{10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                                         15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
inline constexpr std::array<int, 24> kKeccakRotation{1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                                     27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

/// One round. Written with fold expressions, not loops, so that every index is a constant and the state can
/// live in registers: well under half the time of the loops at -O2.
template <std::size_t... X, std::size_t... Chain>
constexpr void keccak_round(KeccakState& a, std::uint64_t constant, std::index_sequence<X...> /*0..4*/,
                            std::index_sequence<Chain...> /*0..23*/) {
    const std::array<std::uint64_t, 5> column{(a[X] ^ a[X + 5] ^ a[X + 10] ^ a[X + 15] ^ a[X + 20])...};
    const std::array<std::uint64_t, 5> d{(column[(X + 4) % 5] ^ std::rotl(column[(X + 1) % 5], 1))...};
    ((a[X] ^= d[X], a[X + 5] ^= d[X], a[X + 10] ^= d[X], a[X + 15] ^= d[X], a[X + 20] ^= d[X]), ...);
    std::uint64_t moving = a[1];
    ((moving = std::exchange(a[kKeccakLane[Chain]], std::rotl(moving, kKeccakRotation[Chain]))), ...);
    for (std::size_t y = 0; y < 25; y += 5) {
        const std::array<std::uint64_t, 5> row{a[y + X]...};
        ((a[y + X] = row[X] ^ (~row[(X + 1) % 5] & row[(X + 2) % 5])), ...);
    }
    a[0] ^= constant;
}

/// The permutation keccak-f[1600]. Source: FIPS 202, section 3.2.
constexpr void keccak_f(KeccakState& a) {
    for (const std::uint64_t constant : kKeccakRound) {
        keccak_round(a, constant, std::make_index_sequence<5>(), std::make_index_sequence<24>());
    }
}

}  // namespace detail

/// The 256-bit sponge over keccak-f. Pad 0x01 is Ethereum's Keccak-256, 0x06 is SHA3-256.
/// Byte may be char or std::uint8_t: text is hashed at compile time without a copy.
template <std::uint8_t Pad, class Byte>
constexpr std::array<std::uint8_t, 32> sponge256(std::span<const Byte> data) {
    detail::KeccakState state{};
    const auto absorb = [&state](std::size_t at, std::uint8_t byte) {
        state[at / 8] ^= std::uint64_t{byte} << (8 * (at % 8));
    };
    while (data.size() >= detail::kKeccakRate) {
        for (std::size_t i = 0; i < detail::kKeccakRate; ++i) absorb(i, static_cast<std::uint8_t>(data[i]));
        detail::keccak_f(state);
        data = data.subspan(detail::kKeccakRate);
    }
    for (std::size_t i = 0; i < data.size(); ++i) absorb(i, static_cast<std::uint8_t>(data[i]));
    absorb(data.size(), Pad);
    absorb(detail::kKeccakRate - 1, 0x80);
    detail::keccak_f(state);
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)));
    return out;
}

/// The Keccak-256 hash of bytes.
constexpr std::array<std::uint8_t, 32> keccak256(std::span<const std::uint8_t> data) {
    return sponge256<0x01>(data);
}
/// The Keccak-256 hash of text.
constexpr std::array<std::uint8_t, 32> keccak256(std::string_view text) {
    return sponge256<0x01>(std::span<const char>(text.data(), text.size()));
}

}  // namespace outrigger
