// SPDX-License-Identifier: Apache-2.0
#include "chain/crypto/secret.hpp"

#include <cstring>

#include <sys/mman.h>
#include <unistd.h>

namespace outrigger {

void wipe(std::span<std::uint8_t> bytes) {
    if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
    if (!text.empty()) ::explicit_bzero(text.data(), text.size());
    text.clear();
}

bool constant_time_equal(ByteView a, ByteView b) {
    if (a.size() != b.size()) return false;
    volatile std::uint8_t difference = 0;  // volatile: the loop may not stop early
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    }
    return difference == 0;
}

namespace detail {
namespace {

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

}  // namespace

LockedPage::LockedPage(std::size_t size) {
    const std::size_t page = page_size();
    OR_ASSERT(size > 0 && size <= page);
    mapping_ = ::mmap(nullptr, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    OR_ASSERT(mapping_ != MAP_FAILED);
    data_ = static_cast<std::uint8_t*>(mapping_) + page;
    OR_ASSERT(::mprotect(data_, page, PROT_READ | PROT_WRITE) == 0);
    // Best effort: RLIMIT_MEMLOCK may be zero, and an old kernel may not know the advice.
    static_cast<void>(::mlock(data_, page));
    static_cast<void>(::madvise(data_, page, MADV_DONTDUMP));
    static_cast<void>(::madvise(data_, page, MADV_DONTFORK));
}

LockedPage::~LockedPage() {
    if (mapping_ == nullptr) return;
    const std::size_t page = page_size();
    ::explicit_bzero(data_, page);
    static_cast<void>(::munlock(data_, page));
    static_cast<void>(::munmap(mapping_, 3 * page));
}

}  // namespace detail
}  // namespace outrigger
