// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http_server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

#include "chain/base/assert.hpp"

namespace outrigger::test {
namespace {

/// All of it, or false when the peer is gone.
bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

/// The first complete request in the buffer, taken out of it.
std::optional<HttpSeen> take_request(std::string& buffer) {
    const auto head_end = buffer.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    HttpSeen out;
    const std::string head = buffer.substr(0, head_end + 2);
    std::size_t at = head.find("\r\n");
    const std::string first = head.substr(0, at);
    out.method = first.substr(0, first.find(' '));
    out.target = first.substr(out.method.size() + 1);
    out.target = out.target.substr(0, out.target.find(' '));
    for (at += 2; at < head.size();) {
        const auto end = head.find("\r\n", at);
        const std::string line = head.substr(at, end - at);
        if (const auto colon = line.find(':'); colon != std::string::npos) {
            const auto value = line.find_first_not_of(' ', colon + 1);
            out.headers[lower(line.substr(0, colon))] = value == std::string::npos ? "" : line.substr(value);
        }
        at = end + 2;
    }
    const auto length = out.headers.find("content-length");
    const std::size_t body = length == out.headers.end() ? 0 : std::stoul(length->second);
    if (buffer.size() < head_end + 4 + body) return std::nullopt;
    out.body = buffer.substr(head_end + 4, body);
    buffer.erase(0, head_end + 4 + body);
    return out;
}

}  // namespace

HttpAction http_reply(std::string_view body, int status, std::string_view extra_headers) {
    return {fmt::format("HTTP/1.1 {} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
                        status, body.size(), extra_headers, body),
            HttpAction::Then::keep_open,
            {}};
}

HttpServer::HttpServer(Script script, std::uint16_t port) : script_(std::move(script)) {
    std::array<int, 2> pipe_ends{};
    OR_ASSERT(::pipe(pipe_ends.data()) == 0);
    stop_read_ = pipe_ends[0];
    stop_write_ = pipe_ends[1];
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OR_ASSERT(listener_ >= 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    OR_ASSERT(::bind(listener_, generic, length) == 0);
    OR_ASSERT(::listen(listener_, 64) == 0);
    OR_ASSERT(::getsockname(listener_, generic, &length) == 0);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_loop(); });
}

HttpServer::~HttpServer() {
    ::close(stop_write_);  // wakes every thread
    acceptor_.join();
    for (std::thread& worker : workers_) worker.join();
    ::close(listener_);
    ::close(stop_read_);
}

std::string HttpServer::url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<HttpSeen> HttpServer::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

/// True when the descriptor has something (data, or the end); false when the server stops or time is up.
bool HttpServer::wait_readable(int fd, int timeout_ms) const {
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {stop_read_, POLLIN, 0}}};
    const int n = ::poll(fds.data(), fds.size(), timeout_ms);
    return n > 0 && fds[1].revents == 0 && fds[0].revents != 0;
}

void HttpServer::accept_loop() {
    while (wait_readable(listener_, -1)) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) continue;
        const int connection = connections_++;
        workers_.emplace_back([this, fd, connection] { serve(fd, connection); });
    }
}

void HttpServer::serve(int fd, int connection) {
    std::string buffer;
    std::array<char, 65536> chunk{};
    while (wait_readable(fd, -1)) {
        const auto n = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (n <= 0) break;
        buffer.append(chunk.data(), static_cast<std::size_t>(n));
        auto request = take_request(buffer);
        if (!request) continue;
        request->connection = connection;
        HttpAction action;
        {
            const std::lock_guard lock(mutex_);
            seen_.push_back(*request);
            action = script_(*request);
        }
        if (!act(fd, action)) break;
    }
    ::close(fd);
}

/// True when the connection stays open for the next request.
bool HttpServer::act(int fd, const HttpAction& action) {
    if (!write_all(fd, action.bytes)) return false;
    switch (action.then) {
        case HttpAction::Then::keep_open: return true;
        case HttpAction::Then::close: return false;
        case HttpAction::Then::stall: wait_readable(fd, -1); return false;
        case HttpAction::Then::trickle:
            for (const char c : action.more) {
                // The wait ends early when the client hangs up or the server stops.
                std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {stop_read_, POLLIN, 0}}};
                if (::poll(fds.data(), fds.size(), 5) != 0 || !write_all(fd, std::string_view(&c, 1)))
                    return false;
                ++poured_;
            }
            return false;
        case HttpAction::Then::endless:
            for (std::size_t n = 0; action.times == 0 || n < action.times; ++n) {
                if (!write_all(fd, action.more)) break;
                poured_ += action.more.size();
            }
            return false;
        case HttpAction::Then::reset: {
            const linger at_once{1, 0};
            ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            return false;
        }
    }
    return false;
}

}  // namespace outrigger::test
