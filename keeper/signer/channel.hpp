// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"

/// Whole messages over a Unix stream socket.
namespace outrigger::signer {

/// A descriptor that closes itself.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool open() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// A listening socket at `path`, which must be in a directory of ours closed to others; a stale one is
/// replaced.
///
/// Errors:  Errc::storage, with the path
[[nodiscard]] Result<Descriptor> listen_at(const std::string& path);
/// Errors:  Errc::transport when nobody listens there
[[nodiscard]] Result<Descriptor> connect_to(const std::string& path);
/// The next connection of a process of that user; others are turned away. Errors: Errc::transport
[[nodiscard]] Result<Descriptor> accept_from(const Descriptor& listening, uid_t user);

/// Errors:  Errc::transport, Errc::timeout
[[nodiscard]] Result<void> send_message(const Descriptor& to, ByteView message,
                                        std::chrono::milliseconds patience);
/// The next message. Errors: Errc::not_found when the other side has gone; Errc::decode for a length beyond
/// kMaxMessage; Errc::transport, Errc::timeout. Patience below zero waits for ever.
[[nodiscard]] Result<Bytes> receive_message(const Descriptor& from, std::chrono::milliseconds patience);

}  // namespace outrigger::signer
