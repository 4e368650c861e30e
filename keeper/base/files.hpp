// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "chain/base/result.hpp"
#include "chain/crypto/secp256k1.hpp"

namespace outrigger {

/// The whole of a small file. Errors: Errc::not_found, Errc::storage.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes = 1 << 20);

/// Replaces a file in one step, so that a reader sees the old text or the new. Errors: Errc::storage.
Result<void> write_file(const std::string& path, const std::string& text);

/// Creates a directory and its parents, the last with mode 0700. Errors: Errc::storage.
Result<void> make_private_directory(const std::string& path);

/// The path with a leading ~ replaced by the home directory.
std::string expand_home(const std::string& path);

/// A password as it was meant: the file's text without one trailing newline. The file must be ours and closed
/// to others. Errors: Errc::key.
Result<std::string> read_password(const std::string& path);

/// The key pair of a V3 keystore file of geth or cast. The file must be a regular file of ours that nobody
/// else may write; the memory scrypt needs is compared with what this process may have before it is tried.
/// Errors: Errc::key.
Result<KeyPair> open_keystore(const std::string& path, const std::string& password);

/// Held for as long as it lives; another process asking for the same file is refused.
class FileLock {
  public:
    /// Errors: Errc::rejected when another process holds it, Errc::storage when the file cannot be made.
    static Result<FileLock> acquire(const std::string& path);
    FileLock(FileLock&& other) noexcept;
    FileLock& operator=(FileLock&&) = delete;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock();

  private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

}  // namespace outrigger
