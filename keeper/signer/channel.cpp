// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/channel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "keeper/signer/message.hpp"

namespace outrigger::signer {

namespace {

using Clock = std::chrono::steady_clock;

tl::unexpected<Error> failure(Errc code, const std::string& what) {
    return fail(code, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un out{};
    out.sun_family = AF_UNIX;
    if (path.size() >= sizeof(out.sun_path))
        return fail(Errc::storage,
                    fmt::format("{} is longer than a socket's path may be ({} bytes). Fix: a shorter "
                                "storage.datadir",
                                path, sizeof(out.sun_path) - 1));
    std::memcpy(out.sun_path, path.c_str(), path.size() + 1);
    return out;
}

/// Waits until the descriptor is ready. Errors: Errc::timeout.
Result<void> ready(const Descriptor& d, short events, Clock::time_point until, bool for_ever) {
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        if (!for_ever && left <= 0)
            return fail(Errc::timeout, "the other side of the signer's socket is silent");
        pollfd one{d.get(), events, 0};
        const int n = ::poll(&one, 1, for_ever ? -1 : static_cast<int>(left));
        if (n > 0) return {};
        if (n < 0 && errno != EINTR) return failure(Errc::transport, "the signer's socket");
    }
}

}  // namespace

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Result<Descriptor> listen_at(const std::string& path) {
    struct stat directory {};
    const auto parent = std::filesystem::path(path).parent_path().string();
    if (::stat(parent.c_str(), &directory) != 0) return failure(Errc::storage, parent);
    if (directory.st_uid != ::geteuid() || (directory.st_mode & 0077) != 0)
        return fail(Errc::storage,
                    fmt::format("{} must belong to this user and be closed to others. Fix: chmod 700 {}",
                                parent, parent));
    const auto address = OR_TRY(address_of(path));
    Descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!out.open()) return failure(Errc::storage, "a socket cannot be made");
    ::unlink(path.c_str());
    if (::bind(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::chmod(path.c_str(), 0600) != 0 || ::listen(out.get(), 4) != 0)
        return failure(Errc::storage, path);
    return out;
}

Result<Descriptor> connect_to(const std::string& path) {
    const auto address = OR_TRY(address_of(path));
    Descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!out.open()) return failure(Errc::transport, "a socket cannot be made");
    if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        return failure(Errc::transport, "no signer listens at " + path);
    return out;
}

Result<Descriptor> accept_from(const Descriptor& listening, uid_t user) {
    for (;;) {
        Descriptor out(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!out.open()) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            return failure(Errc::transport, "the signer's socket");
        }
        ucred peer{};
        socklen_t size = sizeof(peer);
        if (::getsockopt(out.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == user)
            return out;
    }
}

Result<void> send_message(const Descriptor& to, ByteView message, std::chrono::milliseconds patience) {
    const auto until = Clock::now() + patience;
    Bytes framed;
    for (int shift = 24; shift >= 0; shift -= 8)
        framed.push_back(static_cast<std::uint8_t>(message.size() >> shift));
    framed.insert(framed.end(), message.begin(), message.end());
    for (std::size_t sent = 0; sent < framed.size();) {
        OR_TRY(ready(to, POLLOUT, until, false));
        const auto n =
            ::send(to.get(), framed.data() + sent, framed.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            sent += static_cast<std::size_t>(n);
        } else if (errno != EINTR && errno != EAGAIN) {
            return failure(Errc::transport, "the signer's socket");
        }
    }
    return {};
}

Result<Bytes> receive_message(const Descriptor& from, std::chrono::milliseconds patience) {
    const bool for_ever = patience.count() < 0;
    const auto until = Clock::now() + patience;
    const auto read_all = [&](std::uint8_t* into, std::size_t count) -> Result<void> {
        for (std::size_t got = 0; got < count;) {
            OR_TRY(ready(from, POLLIN, until, for_ever));
            const auto n = ::recv(from.get(), into + got, count - got, MSG_DONTWAIT);
            if (n > 0) {
                got += static_cast<std::size_t>(n);
            } else if (n == 0) {
                return fail(Errc::not_found, "the other side of the signer's socket has gone");
            } else if (errno != EINTR && errno != EAGAIN) {
                return failure(Errc::transport, "the signer's socket");
            }
        }
        return {};
    };
    std::array<std::uint8_t, 4> head{};
    OR_TRY(read_all(head.data(), head.size()));
    const std::size_t size = std::size_t{head[0]} << 24 | std::size_t{head[1]} << 16 |
                             std::size_t{head[2]} << 8 | std::size_t{head[3]};
    if (size > kMaxMessage) return fail(Errc::decode, "a message longer than any there is");
    Bytes out(size);
    OR_TRY(read_all(out.data(), out.size()));
    return out;
}

}  // namespace outrigger::signer
