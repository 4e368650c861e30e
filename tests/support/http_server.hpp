// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace outrigger::test {

struct HttpSeen {
    std::string method;
    std::string target;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    int connection = 0;  // which connection it came by, counted from zero
};

/// What the server does with one request: some bytes, and then something.
struct HttpAction {
    enum class Then : std::uint8_t {
        keep_open,  // wait for the next request
        close,
        stall,    // neither send nor close, until the client gives up
        trickle,  // send `more` byte by byte, slowly, until the client gives up
        endless,  // send `more` over and over, `times` times or until the client gives up
        reset,    // break the connection off, without the end that TCP has for it
    };
    std::string bytes;
    Then then = Then::keep_open;
    std::string more;
    std::size_t times = 0;  // 0: for ever
};

/// A well-formed response.
HttpAction http_reply(std::string_view body, int status = 200, std::string_view extra_headers = {});

/// An HTTP server in this process, on that port of 127.0.0.1 or a free one, that does what the script says,
/// however rude. The script is called from the server's threads, one call at a time.
class HttpServer {
  public:
    using Script = std::function<HttpAction(const HttpSeen&)>;
    explicit HttpServer(Script script, std::uint16_t port = 0);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    std::string url(std::string_view path = "/") const;
    std::uint16_t port() const { return port_; }
    std::vector<HttpSeen> seen() const;
    int connections() const { return connections_.load(); }
    /// Bytes written by an endless or trickling action so far.
    std::uint64_t bytes_poured() const { return poured_.load(); }

  private:
    void accept_loop();
    void serve(int fd, int connection);
    bool act(int fd, const HttpAction& action);
    bool wait_readable(int fd, int timeout_ms) const;

    Script script_;
    int listener_ = -1;
    int stop_read_ = -1;
    int stop_write_ = -1;
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::vector<HttpSeen> seen_;
    std::atomic<int> connections_{0};
    std::atomic<std::uint64_t> poured_{0};
    std::vector<std::thread> workers_;
    std::thread acceptor_;
};

}  // namespace outrigger::test
