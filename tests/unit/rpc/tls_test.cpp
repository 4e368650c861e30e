// SPDX-License-Identifier: Apache-2.0
// Certificates are always checked: against an HTTPS server in this process with a certificate made on the
// spot.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "chain/rpc/curl_transport.hpp"
#include "tests/support/certificate.hpp"

namespace outrigger {
namespace {

using test::Certificate;
using test::Context;
using test::Key;
using test::make_certificate;
using test::Session;

struct TlsOptions {
    const char* name = "IP:127.0.0.1";
    int highest_version = TLS1_3_VERSION;
    long valid_from = -3600;
    long valid_to = 86400;
};

/// Answers each connection with one empty 200, if it gets through the handshake.
class TlsServer {
  public:
    explicit TlsServer(const TlsOptions& options) {
        key_.reset(EVP_EC_gen("P-256"));
        certificate_ = make_certificate(key_.get(), options.name, options.valid_from, options.valid_to);
        context_.reset(SSL_CTX_new(TLS_server_method()));
        SSL_CTX_use_certificate(context_.get(), certificate_.get());
        SSL_CTX_use_PrivateKey(context_.get(), key_.get());
        SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context_.get(), options.highest_version);
        SSL_CTX_set_cipher_list(context_.get(), "DEFAULT:@SECLEVEL=0");
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_, generic, length), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        ::getsockname(listener_, generic, &length);
        port_ = ntohs(address.sin_port);
        EXPECT_EQ(::pipe(stop_.data()), 0);
        thread_ = std::thread([this] { serve(); });
    }
    ~TlsServer() {
        ::close(stop_[1]);
        thread_.join();
        ::close(stop_[0]);
        ::close(listener_);
    }
    std::string url(const std::string& host) const {
        return "https://" + host + ":" + std::to_string(port_) + "/";
    }
    /// The certificate in a file of its own, for ca_file.
    std::string certificate_file() const {
        const std::string path = ::testing::TempDir() + "outrigger_tls_" + std::to_string(port_) + ".pem";
        test::write_certificate(path, certificate_.get());
        return path;
    }

  private:
    void serve() {
        // A client that hangs up during the handshake must not end the test; masked in this thread only, so
        // that the client under test stays as vulnerable as it is.
        sigset_t broken_pipe;
        sigemptyset(&broken_pipe);
        sigaddset(&broken_pipe, SIGPIPE);
        pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
        while (true) {
            std::array<pollfd, 2> fds{{{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}}};
            if (::poll(fds.data(), fds.size(), -1) < 0 || fds[1].revents != 0) return;
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            Session session(SSL_new(context_.get()));
            SSL_set_fd(session.get(), fd);
            if (SSL_accept(session.get()) == 1) {
                std::array<char, 4096> request{};
                SSL_read(session.get(), request.data(), static_cast<int>(request.size()));
                const std::string reply =
                    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret";
                SSL_write(session.get(), reply.data(), static_cast<int>(reply.size()));
                SSL_shutdown(session.get());
            }
            ::close(fd);
        }
    }

    Key key_;
    Certificate certificate_;
    Context context_;
    int listener_ = -1;
    int port_ = 0;
    std::array<int, 2> stop_{};
    std::thread thread_;
};

Result<HttpResponse> ask(const TlsServer& server, const std::string& host, bool trusted) {
    CurlOptions options;
    if (trusted) options.ca_file = server.certificate_file();
    CurlTransport transport(options);
    HttpRequest request;
    request.url = server.url(host);
    auto answer = std::move(transport.perform(std::span(&request, 1)).front());
    if (trusted) std::remove(options.ca_file.c_str());
    return answer;
}

TEST(Tls, ACertificateWeTrustForTheRightHostIsAccepted) {
    TlsServer server({});
    const auto r = ask(server, "127.0.0.1", true);
    ASSERT_TRUE(r) << r.error().what;
    EXPECT_EQ(r->body, "secret");
}

TEST(Tls, ASelfSignedCertificateIsRefused) {
    TlsServer server({});
    EXPECT_EQ(ask(server, "127.0.0.1", false).error().code, Errc::transport);
}

TEST(Tls, ACertificateForAnotherHostIsRefused) {
    TlsOptions options;
    options.name = "DNS:example.invalid";
    TlsServer server(options);
    EXPECT_EQ(ask(server, "127.0.0.1", true).error().code, Errc::transport);
}

TEST(Tls, AnExpiredCertificateIsRefused) {
    TlsOptions options;
    options.valid_from = -7200;
    options.valid_to = -3600;
    TlsServer server(options);
    EXPECT_EQ(ask(server, "127.0.0.1", true).error().code, Errc::transport);
}

TEST(Tls, TlsOlderThan12IsRefused) {
    TlsOptions options;
    options.highest_version = TLS1_1_VERSION;
    TlsServer server(options);
    EXPECT_EQ(ask(server, "127.0.0.1", true).error().code, Errc::transport);
    options.highest_version = TLS1_2_VERSION;
    TlsServer newer(options);
    EXPECT_TRUE(ask(newer, "127.0.0.1", true));
}

}  // namespace
}  // namespace outrigger
