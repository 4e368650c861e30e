// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/scrypt.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <new>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "chain/crypto/secret.hpp"

namespace outrigger {
namespace {

using Words = std::span<std::uint32_t>;

/// The Salsa20/8 core, in place. Source: RFC 7914, section 3.
void salsa20_8(std::uint32_t* block) {
    std::uint32_t x[16];
    std::copy(block, block + 16, x);
    const auto quarter = [&x](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
        x[b] ^= std::rotl(x[a] + x[d], 7);
        x[c] ^= std::rotl(x[b] + x[a], 9);
        x[d] ^= std::rotl(x[c] + x[b], 13);
        x[a] ^= std::rotl(x[d] + x[c], 18);
    };
    for (int round = 0; round < 8; round += 2) {
        quarter(0, 4, 8, 12);
        quarter(5, 9, 13, 1);
        quarter(10, 14, 2, 6);
        quarter(15, 3, 7, 11);
        quarter(0, 1, 2, 3);
        quarter(5, 6, 7, 4);
        quarter(10, 11, 8, 9);
        quarter(15, 12, 13, 14);
    }
    for (std::size_t i = 0; i < 16; ++i) block[i] += x[i];
}

/// scryptBlockMix: `in` to `out`, both 2r blocks. Source: RFC 7914, section 4.
void block_mix(std::span<const std::uint32_t> in, Words out) {
    const std::size_t blocks = in.size() / 16;
    const std::uint32_t* const from = in.data();
    std::uint32_t x[16];
    std::copy(from + 16 * (blocks - 1), from + 16 * blocks, x);
    for (std::size_t i = 0; i < blocks; ++i) {
        for (std::size_t k = 0; k < 16; ++k) x[k] ^= from[16 * i + k];
        salsa20_8(x);
        // Even blocks fill the first half, odd ones the second.
        std::copy(x, x + 16, out.data() + 16 * (i / 2 + (i % 2) * (blocks / 2)));
    }
}

/// scryptROMix on one lane of 32r words. `table` holds n lanes, `scratch` one. Source: RFC 7914, section 5.
void ro_mix(Words lane, Words table, Words scratch, std::uint64_t n) {
    const std::size_t width = lane.size();
    for (std::size_t i = 0; i < n; ++i) {
        std::copy(lane.begin(), lane.end(), table.data() + i * width);
        block_mix(lane, scratch);
        std::copy(scratch.begin(), scratch.end(), lane.begin());
    }
    for (std::uint64_t i = 0; i < n; ++i) {
        // n is at most 2^20, so the low word of Integerify is enough.
        const std::size_t j = lane[width - 16] & (n - 1);
        const std::uint32_t* const saved = table.data() + j * width;
        for (std::size_t k = 0; k < width; ++k) lane[k] ^= saved[k];
        block_mix(lane, scratch);
        std::copy(scratch.begin(), scratch.end(), lane.begin());
    }
}

bool pbkdf2_once(std::string_view password, ByteView salt, std::span<std::uint8_t> out) {
    return PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt.data(),
                             static_cast<int>(salt.size()), 1, EVP_sha256(), static_cast<int>(out.size()),
                             out.data()) == 1;
}

Error out_of_memory(const ScryptCost& cost) {
    return Error{Errc::key, fmt::format("scrypt failed: it needs {} MiB of memory for n={} r={} p={}",
                                        scrypt_memory_bytes(cost) >> 20, cost.n, cost.r, cost.p)};
}

}  // namespace

Result<void> check_cost(const ScryptCost& cost) {
    if (cost.n < 2 || cost.n > (1ULL << 20) || !std::has_single_bit(cost.n)) {
        return fail(Errc::key, fmt::format("scrypt n={} is not a power of two from 2 to 1048576", cost.n));
    }
    if (cost.r < 1 || cost.r > 64)
        return fail(Errc::key, fmt::format("scrypt r={} is not from 1 to 64", cost.r));
    if (cost.p < 1 || cost.p > 64)
        return fail(Errc::key, fmt::format("scrypt p={} is not from 1 to 64", cost.p));
    if (128 * cost.n * cost.r > kScryptMemoryMax) {
        return fail(Errc::key,
                    fmt::format("scrypt n={} r={} needs {} MiB of memory, more than the {} MiB allowed",
                                cost.n, cost.r, (128 * cost.n * cost.r) >> 20, kScryptMemoryMax >> 20));
    }
    if (cost.n * cost.r * cost.p > (1ULL << 24)) {
        return fail(Errc::key,
                    fmt::format("scrypt n={} r={} p={} is more work than allowed (n r p over 2^24)", cost.n,
                                cost.r, cost.p));
    }
    return {};
}

std::uint64_t scrypt_memory_bytes(const ScryptCost& cost) {
    return 128 * cost.r * (cost.n + cost.p + 2);
}

Result<void> scrypt(std::string_view password, ByteView salt, const ScryptCost& cost,
                    std::span<std::uint8_t> out) {
    OR_TRY(check_cost(cost));
    // OpenSSL wants n < 2^(16 r), as RFC 7914 has it; geth and others accept any.
    if (cost.r < 2 && cost.n >= (1ULL << 16)) return detail::scrypt_any(password, salt, cost, out);
    // Without an explicit limit OpenSSL stops at 32 MiB and refuses geth's own files (256 MiB).
    const std::uint64_t limit = scrypt_memory_bytes(cost) / 10 * 11 + (1U << 20);
    if (EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), cost.n, cost.r, cost.p,
                       limit, out.data(), out.size()) != 1) {
        return tl::unexpected(out_of_memory(cost));
    }
    return {};
}

Result<void> detail::scrypt_any(std::string_view password, ByteView salt, const ScryptCost& cost,
                                std::span<std::uint8_t> out) {
    const std::size_t width = 32 * cost.r;  // words in a lane
    const std::size_t table_words = width * cost.n;
    const std::unique_ptr<std::uint32_t[]> memory(new (std::nothrow) std::uint32_t[table_words + 2 * width]);
    if (!memory) return tl::unexpected(out_of_memory(cost));
    const Words table(memory.get(), table_words);
    const Words lane(memory.get() + table_words, width);
    const Words scratch(memory.get() + table_words + width, width);
    Bytes lanes(4 * width * cost.p);
    bool ok = pbkdf2_once(password, salt, lanes);
    for (std::size_t i = 0; ok && i < cost.p; ++i) {
        std::uint8_t* const bytes = lanes.data() + 4 * width * i;
        for (std::size_t k = 0; k < width; ++k) {
            lane[k] = static_cast<std::uint32_t>(bytes[4 * k]) |
                      static_cast<std::uint32_t>(bytes[4 * k + 1]) << 8 |
                      static_cast<std::uint32_t>(bytes[4 * k + 2]) << 16 |
                      static_cast<std::uint32_t>(bytes[4 * k + 3]) << 24;
        }
        ro_mix(lane, table, scratch, cost.n);
        for (std::size_t k = 0; k < 4 * width; ++k) {
            bytes[k] = static_cast<std::uint8_t>(lane[k / 4] >> (8 * (k % 4)));
        }
    }
    ok = ok && pbkdf2_once(password, lanes, out);
    wipe(lanes);
    wipe(std::span(reinterpret_cast<std::uint8_t*>(memory.get()), 4 * (table_words + 2 * width)));
    if (!ok) return fail(Errc::key, "scrypt failed: PBKDF2 was refused");
    return {};
}

}  // namespace outrigger
