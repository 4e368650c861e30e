// SPDX-License-Identifier: Apache-2.0
// New heads over a WebSocket: whatever the other end does, it is woken for a notification of its own
// subscription and for nothing else, and ends when told to.
#include "chain/rpc/ws_heads.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "chain/rpc/ws_url.hpp"
#include "tests/support/ws_server.hpp"

namespace outrigger {
namespace {

using namespace std::chrono_literals;
using test::ws_frame;
using test::WsPeer;
using test::WsServer;
using ::testing::HasSubstr;
using ::testing::Not;

/// Counts, and lets a test wait for a count.
class Counter {
  public:
    void add() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    bool reaches(int wanted, std::chrono::milliseconds within = 10s) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, within, [&] { return count_ >= wanted; });
    }
    int count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

class MemorySink final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    std::string text() {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        text_ += fmt::format("{} {}\n", static_cast<int>(message.level),
                             std::string_view(message.payload.data(), message.payload.size()));
    }
    void flush_() override {}

  private:
    std::string text_;
};

/// The log of a test, and the default logger back at its end.
class LogCapture {
  public:
    LogCapture() : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink_));
    }
    ~LogCapture() { spdlog::set_default_logger(before_); }
    std::string text() const { return sink_->text(); }

  private:
    std::shared_ptr<MemorySink> sink_ = std::make_shared<MemorySink>();
    std::shared_ptr<spdlog::logger> before_;
};

struct WsHeadsTest : ::testing::Test {
    LogCapture log;
    Counter woken;
    Counter served;  // connections whose script has come to its end

    static WsOptions options(const std::string& url) {
        WsOptions o;
        o.url = url;
        o.handshake = 2s;
        o.idle = 2s;
        o.retry_min = 1ms;
        o.retry_max = 4ms;
        return o;
    }
    std::unique_ptr<WsHeads> open(WsOptions o) {
        auto heads = WsHeads::open(std::move(o), [this] { woken.add(); });
        EXPECT_TRUE(heads) << heads.error().what;
        return *std::move(heads);
    }
    std::unique_ptr<WsHeads> open(const std::string& url) { return open(options(url)); }
};

TEST_F(WsHeadsTest, ANotificationWakes) {
    std::string asked;
    Counter go;
    WsServer server([&](WsPeer& peer, int) {
        if (!peer.upgrade()) return;
        asked = peer.read_frame().value_or("");
        peer.send_text(R"({"jsonrpc":"2.0","id":1,"result":"0xabc"})");
        go.reaches(1);
        peer.notify("0xabc");
        go.reaches(2);
        peer.notify("0xabc");
        peer.wait_gone();
    });
    const auto heads = open(server.url("/v2/secret?key=secret"));
    ASSERT_TRUE(woken.reaches(1)) << "once it is subscribed: a head may have come before";
    EXPECT_TRUE(heads->live());
    EXPECT_THAT(asked, HasSubstr("eth_subscribe"));
    EXPECT_THAT(asked, HasSubstr("newHeads"));
    go.add();
    ASSERT_TRUE(woken.reaches(2));
    go.add();
    ASSERT_TRUE(woken.reaches(3));
    EXPECT_EQ(server.connections(), 1);
    EXPECT_THAT(log.text(), HasSubstr("listening for new heads"));
    EXPECT_THAT(log.text(), Not(HasSubstr("secret"))) << "an access key";
}

TEST_F(WsHeadsTest, PartsOfAMessageAndPingsBetweenThemAreUnderstood) {
    WsServer server([&](WsPeer& peer, int) {
        if (!peer.subscribe()) return;
        peer.send(ws_frame(R"({"jsonrpc":"2.0","method":"eth_subscription",)", 1, false) + ws_frame("hi", 9) +
                  ws_frame(R"("params":{"subscription":"0x9","result":{}}})", 0, true));
        EXPECT_EQ(peer.read_frame(), "hi") << "the pong";
        served.add();
        peer.wait_gone();
    });
    const auto heads = open(server.url());
    EXPECT_TRUE(served.reaches(1));
    EXPECT_TRUE(woken.reaches(2));
}

// What is not a notification of our subscription is not a wake-up, and none of it is believed.
TEST_F(WsHeadsTest, OtherMessagesDoNotWake) {
    WsServer server([&](WsPeer& peer, int) {
        if (!peer.subscribe("0x9")) return;
        peer.notify("0x8");  // another subscription's
        peer.send_text(R"({"jsonrpc":"2.0","id":1,"result":"0x8"})");
        peer.notify("0x8");
        peer.send_text(R"({"jsonrpc":"2.0","method":"eth_subscription","params":["0x9"]})");
        peer.send_text(
            R"({"jsonrpc":"2.0","method":"eth_other","params":{"subscription":"0x9","result":{}}})");
        peer.send_text(
            R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":9,"result":{}}})");
        peer.send_text("{}");
        peer.notify("0x9");  // the last one is ours: by then all others have been read
        peer.wait_gone();
    });
    const auto heads = open(server.url());
    ASSERT_TRUE(woken.reaches(2));
    EXPECT_EQ(woken.count(), 2);
    EXPECT_EQ(server.connections(), 1);
}

struct Rude {
    const char* name;
    std::function<void(WsPeer&)> say;  // before or after the subscription
    const char* logged;
};

std::vector<Rude> before_it_is_subscribed() {
    return {
        {"closes", [](WsPeer&) {}, "upgrading"},
        {"not_http", [](WsPeer& p) { p.send("SSH-2.0-OpenSSH\r\n\r\n"); }, "upgrading"},
        {"redirects",
         [](WsPeer& p) {
             p.send("HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
         },
         "upgrading"},
        {"endless_header",
         [](WsPeer& p) {
             p.send("HTTP/1.1 101 Switching Protocols\r\nX: ");
             while (p.send(std::string(4096, 'x'))) {
             }
         },
         "upgrading"},
        {"closes_after_upgrade", [](WsPeer& p) { p.upgrade(); }, "listening"},
        {"no_subscriptions",
         [](WsPeer& p) {
             p.upgrade();
             p.read_frame();
             p.send_text(R"({"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such\nmethod"}})");
             p.wait_gone();
         },
         "no such"},
        {"answers_without_id",
         [](WsPeer& p) {
             p.upgrade();
             p.read_frame();
             p.send_text(R"({"jsonrpc":"2.0","id":1,"result":{}})");
             p.wait_gone();
         },
         "without a subscription"},
    };
}

std::vector<Rude> once_it_is_subscribed() {
    return {
        {"garbage",
         [](WsPeer& p) {
             p.subscribe();
             p.send_text("<html>busy</html>");
             p.wait_gone();
         },
         "decode"},
        {"an_array",
         [](WsPeer& p) {
             p.subscribe();
             p.send_text("[1,2]");
             p.wait_gone();
         },
         "not an object"},
        {"deep",
         [](WsPeer& p) {
             p.subscribe();
             p.send_text(std::string(10'000, '['));
             p.wait_gone();
         },
         "decode"},
        {"not_utf8",
         [](WsPeer& p) {
             p.subscribe();
             p.send_text("\xff\xfe");
             p.wait_gone();
         },
         "listening"},
        {"oversized",
         [](WsPeer& p) {
             p.subscribe();
             p.send_text(std::string(64 * 1024 + 1, ' '));
             p.wait_gone();
         },
         "listening"},
        {"oversized_in_parts",
         [](WsPeer& p) {
             p.subscribe();
             p.send(ws_frame(" ", 1, false));
             while (p.send(ws_frame(std::string(1024, ' '), 0, false))) {
             }
         },
         "listening"},
        {"claims_an_exabyte",
         [](WsPeer& p) {
             p.subscribe();
             p.send(std::string("\x81\x7f\x0f\xff\xff\xff\xff\xff\xff\xff", 10));
             p.wait_gone();
         },
         "listening"},
        {"masked",
         [](WsPeer& p) {
             p.subscribe();
             p.send(std::string("\x81\x82", 2) + "abcdef");
             p.wait_gone();
         },
         "listening"},
        {"closes_politely",
         [](WsPeer& p) {
             p.subscribe();
             p.send(ws_frame(std::string("\x03\xe8", 2), 8));
             p.wait_gone();
         },
         "listening"},
        {"closes_within_a_frame",
         [](WsPeer& p) {
             p.subscribe();
             p.send(ws_frame("{}").substr(0, 3));
         },
         "listening"},
    };
}

class RudeServer : public WsHeadsTest, public ::testing::WithParamInterface<Rude> {};

// It hangs up, says so once, comes back, and hears the next notification.
TEST_P(RudeServer, IsLeftAndTriedAgain) {
    std::atomic<int> before = 0;
    Counter fourth;
    WsServer server([&](WsPeer& peer, int connection) {
        if (connection < 3) return GetParam().say(peer);
        before = woken.count();
        peer.subscribe();
        peer.notify();
        fourth.add();
        peer.wait_gone();
    });
    WsOptions o = options(server.url());
    o.max_bytes = 64 * 1024;
    o.handshake = 300ms;  // a rude server does not say goodbye either
    const auto heads = open(o);
    ASSERT_TRUE(fourth.reaches(1));
    ASSERT_TRUE(woken.reaches(before + 2)) << "for the subscription, and for the head";
    EXPECT_TRUE(heads->live());
    EXPECT_THAT(log.text(), HasSubstr(GetParam().logged));
    EXPECT_THAT(log.text(), HasSubstr("heads are polled"));
    EXPECT_THAT(log.text(), Not(HasSubstr("busy")));
}
const auto kName = [](const auto& rude) { return rude.param.name; };
INSTANTIATE_TEST_SUITE_P(First, RudeServer, ::testing::ValuesIn(before_it_is_subscribed()), kName);
INSTANTIATE_TEST_SUITE_P(Later, RudeServer, ::testing::ValuesIn(once_it_is_subscribed()), kName);

TEST_F(WsHeadsTest, ServersThatHangAreLeftAfterTheDeadline) {
    // Before the upgrade, before the subscription's answer, and after it, where pings are not answered.
    for (const int hangs_at : {0, 1, 2}) {
        WsServer server([&](WsPeer& peer, int) {
            if (hangs_at == 1) peer.upgrade();
            if (hangs_at == 2) peer.subscribe();
            peer.wait_gone();
            served.add();
        });
        WsOptions o = options(server.url());
        o.handshake = 50ms;
        o.idle = 50ms;
        const int before = served.count();
        const auto heads = open(o);
        EXPECT_TRUE(served.reaches(before + 2)) << hangs_at;
    }
    EXPECT_THAT(log.text(), HasSubstr("timeout"));
}

TEST_F(WsHeadsTest, ASilentSocketThatAnswersPingsIsKept) {
    WsServer server([&](WsPeer& peer, int) {
        if (!peer.subscribe()) return;
        for (int i = 0; i < 5; ++i) {
            const auto ping = peer.read_frame();
            if (!ping) return;
            peer.send(ws_frame(*ping, 10));
            served.add();
        }
        peer.notify();
        peer.wait_gone();
    });
    WsOptions o = options(server.url());
    o.idle = 100ms;
    const auto heads = open(o);
    ASSERT_TRUE(served.reaches(5));
    ASSERT_TRUE(woken.reaches(2));
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(WsHeadsTest, EndsPromptlyWhateverTheServerDoes) {
    for (const int state : {0, 1, 2, 3}) {
        Counter there;
        WsServer server([&](WsPeer& peer, int) {
            if (state == 1) peer.upgrade();
            if (state >= 2) peer.subscribe();
            there.add();
            if (state == 3) {
                while (peer.notify()) {
                }
            }
            peer.wait_gone();
        });
        WsOptions o = options(server.url());
        o.handshake = 60s;
        o.idle = 60s;
        auto heads = open(o);
        ASSERT_TRUE(there.reaches(1));
        const auto before = std::chrono::steady_clock::now();
        heads.reset();
        EXPECT_LT(std::chrono::steady_clock::now() - before, 400ms) << state;
    }
    // While it waits for its next attempt.
    WsOptions o = options("ws://127.0.0.1:1");
    o.retry_min = o.retry_max = 60s;
    auto heads = open(o);
    const auto before = std::chrono::steady_clock::now();
    heads.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 400ms);
}

TEST_F(WsHeadsTest, ADeadServerIsMentionedOnce) {
    const auto heads = open("ws://127.0.0.1:1/secret");
    WsServer clock([](WsPeer&, int) {});
    // Another listener's many attempts pass the time.
    const auto other = open(clock.url());
    while (clock.connections() < 20) ASSERT_FALSE(woken.reaches(1, 5ms));
    const std::string text = log.text();
    const std::string who = "127.0.0.1:1:";
    ASSERT_THAT(text, HasSubstr(who));
    EXPECT_EQ(text.find(who), text.rfind(who)) << text;
    EXPECT_FALSE(heads->live());
    EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(WsHeadsTest, TlsIsVerified) {
    struct Case {
        const char* name;  // in the certificate
        const char* host;  // asked for
        bool trusted;
        bool heard;
    };
    for (const Case& c :
         {Case{"IP:127.0.0.1", "127.0.0.1", true, true}, Case{"IP:127.0.0.1", "127.0.0.1", false, false},
          Case{"DNS:localhost", "localhost", true, true},
          Case{"DNS:example.invalid", "127.0.0.1", true, false},
          Case{"DNS:example.invalid", "localhost", true, false}}) {
        WsServer server(
            [&](WsPeer& peer, int) {
                peer.subscribe();
                peer.wait_gone();
            },
            c.name);
        const std::string file = ::testing::TempDir() + "outrigger_ws.pem";
        test::write_certificate(file, server.certificate());
        WsOptions o = options(server.url("/", c.host));
        if (c.trusted) o.ca_file = file;
        Counter live;
        {
            const auto heads = *WsHeads::open(o, [&] { live.add(); });
            if (c.heard) {
                EXPECT_TRUE(live.reaches(1)) << c.name << " " << log.text();
            } else {
                while (server.connections() < 3) ASSERT_FALSE(live.reaches(1, 5ms)) << c.name;
                EXPECT_EQ(live.count(), 0) << c.name;
            }
        }
        std::remove(file.c_str());
    }
    EXPECT_THAT(log.text(), HasSubstr("TLS: certificate verify failed"));
}

// The same rules as for HTTP, judged at the address that is connected to.
TEST_F(WsHeadsTest, AddressesWhereNoNodeIsAreRefused) {
    for (const auto& [url, why] : {std::pair{"ws://169.254.169.254/", "link-local"},
                                   {"wss://[fe80::1]/", "link-local"},
                                   {"ws://[::ffff:169.254.169.254]/", "link-local"},
                                   {"ws://192.0.2.1/", "wss://"}}) {
        WsOptions o = options(url);
        o.retry_min = o.retry_max = 1ms;
        const auto heads = open(o);
        while (log.text().find(why) == std::string::npos) ASSERT_FALSE(woken.reaches(1, 5ms));
        EXPECT_FALSE(heads->live());
    }
}

TEST(WsUrl, IsTakenApart) {
    EXPECT_EQ(parse_ws_url("ws://node"), (WsUrl{false, "node", "80", "/"}));
    EXPECT_EQ(parse_ws_url("wss://node"), (WsUrl{true, "node", "443", "/"}));
    EXPECT_EQ(parse_ws_url("wss://a.example:8546/v2/k?x=1#part"),
              (WsUrl{true, "a.example", "8546", "/v2/k?x=1"}));
    EXPECT_EQ(parse_ws_url("ws://127.0.0.1:8545?k=1"), (WsUrl{false, "127.0.0.1", "8545", "/?k=1"}));
    EXPECT_EQ(parse_ws_url("ws://[::1]:8545/"), (WsUrl{false, "::1", "8545", "/"}));
    EXPECT_EQ(parse_ws_url("ws://[::1]"), (WsUrl{false, "::1", "80", "/"}));
    for (const char* bad :
         {"", "node", "http://node", "ws://", "ws://:80", "ws:///x", "ws://a:", "ws://a:0", "ws://a:65536",
          "ws://a:8x", "ws://u:secret@a/", "ws://a/b c", "ws://a/b\r\nX: y", "ws://a\r\nX/", "ws://[::1",
          "ws://[]/", "ws://[::1]x", "ws://a:80:80", "ws://\xc3\xa4/"}) {
        const auto refused = parse_ws_url(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, Errc::config);
        EXPECT_THAT(refused.error().what, Not(HasSubstr("secret")));
        EXPECT_FALSE(WsHeads::open({bad}, [] {})) << bad;
    }
}

}  // namespace
}  // namespace outrigger
