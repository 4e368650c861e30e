// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/secret.hpp"

#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <type_traits>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__has_feature)
#define OR_HAS_FEATURE(x) __has_feature(x)
#else
#define OR_HAS_FEATURE(x) 0
#endif

namespace outrigger {
namespace {

#if defined(__SANITIZE_ADDRESS__) || OR_HAS_FEATURE(address_sanitizer)
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
    out << value;
};

// Printing a key does not compile.
static_assert(!fmt::is_formattable<Secret<32>>::value);
static_assert(fmt::is_formattable<int>::value);
static_assert(!Streamable<Secret<32>>);
static_assert(Streamable<int>);
// Copying one does not either, and it turns into nothing else by itself.
static_assert(!std::is_copy_constructible_v<Secret<32>> && !std::is_copy_assignable_v<Secret<32>>);
static_assert(std::is_nothrow_move_constructible_v<Secret<32>> &&
              std::is_nothrow_move_assignable_v<Secret<32>>);
static_assert(!std::is_convertible_v<Secret<32>, Bytes> && !std::is_convertible_v<Secret<32>, ByteView>);

std::array<std::uint8_t, 32> counting() {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i + 1);
    return bytes;
}

TEST(Secret, TakesTheBytesAndWipesTheirSource) {
    auto source = counting();
    const auto secret = Secret<32>::take(source);
    const auto expected = counting();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), secret.reveal().begin()));
    EXPECT_EQ(source, (std::array<std::uint8_t, 32>{}));
}

TEST(Secret, MovingMovesTheOwnerNotTheBytes) {
    auto source = counting();
    auto first = Secret<32>::take(source);
    const std::uint8_t* const place = first.reveal().data();
    Secret<32> second = std::move(first);
    EXPECT_EQ(second.reveal().data(), place);
    EXPECT_DEATH((void)first.reveal(), "page_");  // NOLINT(bugprone-use-after-move): that is the test
    Secret<32> third;
    third = std::move(second);
    EXPECT_EQ(third.reveal().data(), place);
}

TEST(Secret, ADuplicateIsEqualAndElsewhere) {
    auto source = counting();
    const auto secret = Secret<32>::take(source);
    auto copy = secret.duplicate();
    EXPECT_TRUE(copy == secret);
    EXPECT_NE(copy.reveal().data(), secret.reveal().data());
    copy.writable()[31] ^= 1;
    EXPECT_FALSE(copy == secret);
}

TEST(Secret, ReadingPastThePageKillsTheProcess) {
    const Secret<32> secret;
    const volatile std::uint8_t* const page = secret.reveal().data();
    EXPECT_DEATH((void)page[-1], "");
    EXPECT_DEATH((void)page[sysconf(_SC_PAGESIZE)], "");
}

/// The VmFlags of the mapping that begins at `address`, from the kernel.
std::optional<std::string> vm_flags(const void* address) {
    std::ifstream smaps("/proc/self/smaps");
    const std::string wanted = fmt::format("{:x}-", reinterpret_cast<std::uintptr_t>(address));
    bool inside = false;
    for (std::string line; std::getline(smaps, line);) {
        if (line.find('-') != std::string::npos && line.find(' ') > line.find('-')) {
            inside =
                line.starts_with(wanted) || (inside && !std::isxdigit(static_cast<unsigned char>(line[0])));
        }
        if (inside && line.starts_with("VmFlags:")) return line + " ";
    }
    return std::nullopt;
}

TEST(Secret, StaysOutOfCoreDumpsForksAndSwap) {
    const Secret<32> secret;
    const auto flags = vm_flags(secret.reveal().data());
    ASSERT_TRUE(flags.has_value());
    EXPECT_NE(flags->find(" dd "), std::string::npos) << *flags;  // not in a core dump
    EXPECT_NE(flags->find(" dc "), std::string::npos) << *flags;  // not in a forked child
    if (kAddressSanitizer) GTEST_SKIP() << "AddressSanitizer turns mlock off";
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
    if (limit.rlim_cur < 65536) GTEST_SKIP() << "memory may not be locked here";
    EXPECT_NE(flags->find(" lo "), std::string::npos) << *flags;  // not in swap
}

TEST(ConstantTimeEqual, ComparesEveryByteAndTheLength) {
    const Bytes a{1, 2, 3, 4};
    EXPECT_TRUE(constant_time_equal(a, Bytes{1, 2, 3, 4}));
    for (std::size_t i = 0; i < a.size(); ++i) {
        Bytes b = a;
        b[i] ^= 0x80;
        EXPECT_FALSE(constant_time_equal(a, b)) << i;
    }
    EXPECT_FALSE(constant_time_equal(a, Bytes{1, 2, 3}));
    EXPECT_TRUE(constant_time_equal(Bytes{}, Bytes{}));
}

TEST(Wipe, ZeroesBytesAndEmptiesTexts) {
    std::array<std::uint8_t, 4> bytes{1, 2, 3, 4};
    wipe(bytes);
    EXPECT_EQ(bytes, (std::array<std::uint8_t, 4>{}));
    std::string text(64, 'x');
    const volatile char* const first = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(first[0], '\0');
}

}  // namespace
}  // namespace outrigger
