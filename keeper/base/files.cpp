// SPDX-License-Identifier: Apache-2.0
#include "keeper/base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "chain/crypto/keystore.hpp"

namespace outrigger {

namespace {

/// Memory this process may still take: the tightest of its cgroup's limits, or nothing when there is none.
std::optional<std::uint64_t> memory_limit() {
    std::ifstream in("/sys/fs/cgroup/memory.max");
    std::uint64_t bytes = 0;
    if (in >> bytes) return bytes;  // "max" does not parse: no limit
    return std::nullopt;
}

/// Errors: Errc::key unless it is a regular file of ours, closed to others.
Result<void> check_private(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) != 0) {
        return fail(Errc::key, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    if (!S_ISREG(info.st_mode))
        return fail(Errc::key, path + " is not a regular file (symbolic links are refused)");
    if (info.st_uid != geteuid()) return fail(Errc::key, path + " belongs to another user");
    if ((info.st_mode & 0077) != 0)
        return fail(Errc::key, fmt::format("{} is open to other users; run: chmod 600 {}", path, path));
    return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t max_bytes) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(Errc::not_found, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    std::string text(max_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_bytes)
        return fail(Errc::storage, path + " is larger than a file of its kind can be");
    return text;
}

Result<void> write_file(const std::string& path, const std::string& text) {
    const std::string temporary = path + ".new";
    const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return fail(Errc::storage, fmt::format("cannot write {}: {}", temporary, std::strerror(errno)));
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
    ::close(file);
    if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
        return fail(Errc::storage, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
    }
    return {};
}

Result<void> make_private_directory(const std::string& path) {
    std::error_code problem;
    const bool existed = std::filesystem::exists(path, problem);
    std::filesystem::create_directories(path, problem);
    if (problem) return fail(Errc::storage, fmt::format("cannot create {}: {}", path, problem.message()));
    if (!existed && ::chmod(path.c_str(), 0700) != 0) {
        return fail(Errc::storage, fmt::format("cannot close {} to others: {}", path, std::strerror(errno)));
    }
    return {};
}

std::string expand_home(const std::string& path) {
    const char* home = std::getenv("HOME");
    if (path.empty() || path.front() != '~' || home == nullptr) return path;
    return std::string(home) + path.substr(1);
}

Result<std::string> read_password(const std::string& path) {
    OR_TRY(check_private(path));
    auto text = read_file(path, 4096);
    if (!text) return fail(Errc::key, text.error().what);
    if (!text->empty() && text->back() == '\n') text->pop_back();
    if (!text->empty() && text->back() == '\r') text->pop_back();
    return text;
}

Result<KeyPair> open_keystore(const std::string& path, const std::string& password) {
    OR_TRY(check_private(path));
    const auto text = read_file(path, 64UL * 1024);
    if (!text) return fail(Errc::key, text.error().what);
    const auto name = std::filesystem::path(path).filename().string();
    const auto needed = OR_TRY(keystore_memory_bytes(*text, name));
    if (const auto limit = memory_limit(); limit && needed > *limit) {
        return fail(
            Errc::key,
            fmt::format("unlocking {} needs {} MiB, this process may use {} MiB; raise the memory limit",
                        name, needed >> 20, *limit >> 20));
    }
    return KeyPair::create(OR_TRY(decrypt_keystore(*text, password, name)));
}

Result<FileLock> FileLock::acquire(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(Errc::storage, fmt::format("cannot open {}: {}", path, std::strerror(errno)));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor);
        return fail(Errc::rejected, "another keeper holds " + path);
    }
    return FileLock(descriptor);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(other.descriptor_) {
    other.descriptor_ = -1;
}
FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace outrigger
