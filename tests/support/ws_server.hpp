// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/certificate.hpp"

namespace outrigger::test {

/// One frame as a server sends it. Source: RFC 6455, section 5.2.
std::string ws_frame(std::string_view payload, std::uint8_t opcode = 1, bool final = true);

/// A client as the server's script sees it. Whatever waits ends when the client or the server goes.
class WsPeer {
  public:
    WsPeer(int fd, int stop, SSL* session) : fd_(fd), stop_(stop), session_(session) {}
    /// Reads the client's request and answers that it may speak; false when it did not ask.
    bool upgrade();
    /// The payload of its next frame of any kind, unmasked.
    std::optional<std::string> read_frame();
    bool send(std::string_view bytes);
    bool send_text(std::string_view payload) { return send(ws_frame(payload)); }
    /// Takes what it says and answers nothing, until it goes.
    void wait_gone();
    /// upgrade(), its subscription taken, and the answer with that id.
    bool subscribe(std::string_view id = "0x9");
    /// What a node says of a new head.
    bool notify(std::string_view id = "0x9");
    const std::string& request() const { return request_; }

  private:
    std::optional<std::string> read_bytes(std::size_t count);
    bool fill();

    int fd_;
    int stop_;
    SSL* session_;  // null without TLS
    std::string request_;
    std::string buffer_;
};

/// A WebSocket server in this process, made without the library under test: plain frames over a socket on a
/// free port of 127.0.0.1. The script is called on a thread of its own for every connection, with its number.
class WsServer {
  public:
    using Script = std::function<void(WsPeer&, int connection)>;
    explicit WsServer(Script script, const char* tls_name = nullptr);
    ~WsServer();
    WsServer(const WsServer&) = delete;
    WsServer& operator=(const WsServer&) = delete;

    std::string url(std::string_view path = "/", std::string_view host = "127.0.0.1") const;
    int connections() const { return connections_; }
    X509* certificate() const { return certificate_.get(); }

  private:
    void accept_loop();
    void serve(int fd, int connection);

    Script script_;
    Key key_;
    Certificate certificate_;
    Context context_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    int port_ = 0;
    std::atomic<int> connections_{0};
    std::vector<std::thread> workers_;
    std::thread acceptor_;
};

}  // namespace outrigger::test
