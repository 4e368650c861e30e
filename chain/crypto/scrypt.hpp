// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"

namespace outrigger {

/// The cost of scrypt: n the number of blocks, r their size in 128-byte units, p how often it is all done.
struct ScryptCost {
    std::uint64_t n = 0;
    std::uint64_t r = 0;
    std::uint64_t p = 0;
    friend bool operator==(const ScryptCost&, const ScryptCost&) = default;
};

inline constexpr std::uint64_t kScryptMemoryMax = 512ULL << 20;

/// Whether a cost may be paid: n a power of two from 2 to 2^20, r and p from 1 to 64, 128 n r within
/// kScryptMemoryMax, and n r p within 2^24 (eight times geth's own cost).
/// Errors: Errc::key saying which bound is broken.
Result<void> check_cost(const ScryptCost& cost);

/// Bytes of memory the derivation needs at its peak, 128 (n + p + 2) r. Pre: check_cost passed.
std::uint64_t scrypt_memory_bytes(const ScryptCost& cost);

/// Fills `out` with the key derived from the password.
/// Errors: Errc::key when check_cost refuses or there is not enough memory.
/// Source: RFC 7914.
Result<void> scrypt(std::string_view password, ByteView salt, const ScryptCost& cost,
                    std::span<std::uint8_t> out);

namespace detail {
/// scrypt without OpenSSL's limit of n < 2^(16 r), which refuses the published keystore vector (n 2^18, r 1).
/// Pre: check_cost passed. Errors: Errc::key when there is not enough memory.
Result<void> scrypt_any(std::string_view password, ByteView salt, const ScryptCost& cost,
                        std::span<std::uint8_t> out);
}  // namespace detail

}  // namespace outrigger
