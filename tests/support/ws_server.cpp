// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ws_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "chain/base/assert.hpp"

namespace outrigger::test {
namespace {

/// Source: RFC 6455, section 4.2.2.
std::string accept_key(const std::string& key) {
    const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 64> out{};
    const int length = EVP_EncodeBlock(out.data(), digest.data(), static_cast<int>(digest.size()));
    return {out.begin(), out.begin() + length};
}

}  // namespace

std::string ws_frame(std::string_view payload, std::uint8_t opcode, bool final) {
    std::string out(1, static_cast<char>((final ? 0x80 : 0) | opcode));
    if (payload.size() < 126) {
        out += static_cast<char>(payload.size());
    } else {
        const bool two_bytes = payload.size() < 65536;
        out += static_cast<char>(two_bytes ? 126 : 127);
        for (int shift = two_bytes ? 8 : 56; shift >= 0; shift -= 8)
            out += static_cast<char>(payload.size() >> shift);
    }
    return out.append(payload);
}

bool WsPeer::fill() {
    if (session_ == nullptr || SSL_pending(session_) == 0) {
        std::array<pollfd, 2> fds{{{fd_, POLLIN, 0}, {stop_, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 || fds[1].revents != 0) return false;
    }
    std::array<char, 4096> chunk{};
    const auto n = session_ != nullptr ? SSL_read(session_, chunk.data(), static_cast<int>(chunk.size()))
                                       : static_cast<int>(::recv(fd_, chunk.data(), chunk.size(), 0));
    if (n <= 0) return false;
    buffer_.append(chunk.data(), static_cast<std::size_t>(n));
    return true;
}

std::optional<std::string> WsPeer::read_bytes(std::size_t count) {
    while (buffer_.size() < count) {
        if (!fill()) return std::nullopt;
    }
    std::string out = buffer_.substr(0, count);
    buffer_.erase(0, count);
    return out;
}

bool WsPeer::upgrade() {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
        if (!fill()) return false;
    }
    const auto end = buffer_.find("\r\n\r\n") + 4;
    request_ = buffer_.substr(0, end);
    buffer_.erase(0, end);
    const std::string name = "Sec-WebSocket-Key: ";
    const auto at = request_.find(name);
    if (at == std::string::npos) return false;
    const auto from = at + name.size();
    return send(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        accept_key(request_.substr(from, request_.find("\r\n", from) - from)) + "\r\n\r\n");
}

std::optional<std::string> WsPeer::read_frame() {
    const auto head = read_bytes(2);
    if (!head) return std::nullopt;
    std::size_t length = static_cast<unsigned char>((*head)[1]) & 0x7fU;
    if (length >= 126) {
        const auto more = read_bytes(length == 126 ? 2 : 8);
        if (!more) return std::nullopt;
        length = 0;
        for (const char c : *more) length = length << 8 | static_cast<unsigned char>(c);
    }
    const auto mask = read_bytes(4);
    auto payload = mask ? read_bytes(length) : std::nullopt;
    if (!payload) return std::nullopt;
    for (std::size_t i = 0; i < length; ++i)
        (*payload)[i] = static_cast<char>((*payload)[i] ^ (*mask)[i % 4]);
    return payload;
}

bool WsPeer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = session_ != nullptr ? SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                                           : static_cast<int>(::send(fd_, bytes.data(), bytes.size(), 0));
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

void WsPeer::wait_gone() {
    while (fill()) buffer_.clear();
}

bool WsPeer::subscribe(std::string_view id) {
    return upgrade() && read_frame() &&
           send_text(R"({"jsonrpc":"2.0","id":1,"result":")" + std::string(id) + "\"}");
}

bool WsPeer::notify(std::string_view id) {
    return send_text(R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")" +
                     std::string(id) + R"(","result":{"number":"0x1"}}})");
}

WsServer::WsServer(Script script, const char* tls_name) : script_(std::move(script)) {
    if (tls_name != nullptr) {
        key_.reset(EVP_EC_gen("P-256"));
        certificate_ = make_certificate(key_.get(), tls_name, -3600, 86400);
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    }
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    OR_ASSERT(::bind(listener_, generic, length) == 0 && ::listen(listener_, 8) == 0);
    ::getsockname(listener_, generic, &length);
    port_ = ntohs(address.sin_port);
    std::array<int, 2> ends{};
    OR_ASSERT(::pipe(ends.data()) == 0);
    stop_read_ = ends[0];
    stop_write_ = ends[1];
    acceptor_ = std::thread([this] { accept_loop(); });
}

WsServer::~WsServer() {
    ::close(stop_write_);
    acceptor_.join();
    for (auto& worker : workers_) worker.join();
    ::close(stop_read_);
    ::close(listener_);
}

std::string WsServer::url(std::string_view path, std::string_view host) const {
    return std::string(context_ ? "wss://" : "ws://") + std::string(host) + ":" + std::to_string(port_) +
           std::string(path);
}

void WsServer::accept_loop() {
    // A client that hangs up must not end the test; masked in these threads only.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (true) {
        std::array<pollfd, 2> fds{{{listener_, POLLIN, 0}, {stop_read_, POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), -1) < 0 || fds[1].revents != 0) return;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int number = connections_++;
        workers_.emplace_back([this, fd, number] { serve(fd, number); });
    }
}

void WsServer::serve(int fd, int connection) {
    Session session;
    if (context_) {
        session.reset(SSL_new(context_.get()));
        SSL_set_fd(session.get(), fd);
    }
    if (!session || SSL_accept(session.get()) == 1) {
        WsPeer peer(fd, stop_read_, session.get());
        script_(peer, connection);
    }
    ::close(fd);
}

}  // namespace outrigger::test
