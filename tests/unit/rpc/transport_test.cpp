// SPDX-License-Identifier: Apache-2.0
// The HTTP client against a server that misbehaves in every way we know of: each misbehaviour has its error,
// and neither time nor memory grows beyond what the request allows.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <string>

#include "chain/rpc/address_class.hpp"
#include "chain/rpc/curl_transport.hpp"
#include "tests/support/http_server.hpp"

namespace outrigger {
namespace {

using std::chrono::milliseconds;
using test::http_reply;
using test::HttpAction;
using test::HttpSeen;
using test::HttpServer;

HttpRequest post(const std::string& url, const std::string& body = "{}") {
    HttpRequest r;
    r.url = url;
    r.body = body;
    r.timeout = milliseconds{5000};
    return r;
}

Result<HttpResponse> one(CurlTransport& transport, const HttpRequest& request) {
    return std::move(transport.perform(std::span(&request, 1)).front());
}

Result<HttpResponse> against(const HttpAction& action, milliseconds timeout = milliseconds{5000},
                             std::size_t max_bytes = 1024) {
    HttpServer server([&](const HttpSeen&) { return action; });
    CurlTransport transport;
    HttpRequest request = post(server.url());
    request.timeout = timeout;
    request.max_bytes = max_bytes;
    return one(transport, request);
}

TEST(CurlTransport, PostsTheBodyAndReadsTheAnswer) {
    HttpServer server([](const HttpSeen& seen) { return http_reply("echo " + seen.body, 201); });
    CurlTransport transport;
    const auto r = one(transport, post(server.url("/v2/key"), R"({"a":1})"));
    ASSERT_TRUE(r) << r.error().what;
    EXPECT_EQ(r->status, 201);
    EXPECT_EQ(r->body, R"(echo {"a":1})");
    EXPECT_EQ(r->content_type, "application/json");
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].method, "POST");
    EXPECT_EQ(seen[0].target, "/v2/key");
    EXPECT_EQ(seen[0].headers.at("content-type"), "application/json");
    EXPECT_EQ(seen[0].headers.count("accept-encoding"), 0U) << "a compressed answer could be a bomb";
    EXPECT_EQ(seen[0].headers.count("expect"), 0U);
}

TEST(CurlTransport, GetsWithoutABody) {
    HttpServer server([](const HttpSeen&) { return http_reply("ok"); });
    CurlTransport transport;
    HttpRequest request = post(server.url("/world"), "ignored");
    request.method = HttpMethod::get;
    ASSERT_TRUE(one(transport, request));
    EXPECT_EQ(server.seen().at(0).method, "GET");
    EXPECT_EQ(server.seen().at(0).body, "");
}

TEST(CurlTransport, ReusesOneConnectionUntilToldNotTo) {
    HttpServer server([](const HttpSeen&) { return http_reply("ok"); });
    CurlTransport transport;
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(one(transport, post(server.url())));
    EXPECT_EQ(server.connections(), 1);
    transport.drop_connections();
    ASSERT_TRUE(one(transport, post(server.url())));
    EXPECT_EQ(server.connections(), 2);
}

TEST(CurlTransport, OutlivesAServerThatClosesAnIdleConnection) {
    HttpServer server([](const HttpSeen&) {
        HttpAction action = http_reply("ok");
        action.then = HttpAction::Then::close;
        return action;
    });
    CurlTransport transport;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(one(transport, post(server.url()))) << i;
}

TEST(CurlTransport, RunsRequestsAtTheSameTimeAndKeepsTheirOrder) {
    // No server answers before both have been asked: run one after the other, this would time out.
    std::atomic<int> asked{0};
    const auto script = [&](const HttpSeen& seen) {
        ++asked;
        while (asked < 2) std::this_thread::yield();
        return http_reply(seen.target);
    };
    HttpServer a(script);
    HttpServer b(script);
    CurlTransport transport;
    const std::vector<HttpRequest> requests{post(a.url("/a")), post(b.url("/b"))};
    const auto answers = transport.perform(requests);
    ASSERT_EQ(answers.size(), 2U);
    ASSERT_TRUE(answers[0] && answers[1]);
    EXPECT_EQ(answers[0]->body, "/a");
    EXPECT_EQ(answers[1]->body, "/b");
}

TEST(CurlTransport, OneFailureLeavesTheOthersAlone) {
    HttpServer good([](const HttpSeen&) { return http_reply("ok"); });
    HttpServer hanging([](const HttpSeen&) { return HttpAction{"", HttpAction::Then::stall, {}}; });
    CurlTransport transport;
    std::vector<HttpRequest> requests{post(hanging.url()), post(good.url()), post("ftp://127.0.0.1/x")};
    requests[0].timeout = milliseconds{100};
    const auto answers = transport.perform(requests);
    EXPECT_EQ(answers[0].error().code, Errc::timeout);
    EXPECT_TRUE(answers[1]);
    EXPECT_EQ(answers[2].error().code, Errc::config);
}

struct Misbehaviour {
    const char* name;
    HttpAction action;
    Errc expected;
};

class RudeServer : public ::testing::TestWithParam<Misbehaviour> {};

TEST_P(RudeServer, HasItsError) {
    // Only a server that must run into the deadline gets a short one: the others must not, however busy the
    // machine.
    const auto r =
        against(GetParam().action, milliseconds{GetParam().expected == Errc::timeout ? 150 : 20000});
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, GetParam().expected) << r.error().what;
    EXPECT_EQ(r.error().what.rfind("http://127.0.0.1:", 0), 0U) << r.error().what;
}

constexpr auto kClose = HttpAction::Then::close;
constexpr auto kStall = HttpAction::Then::stall;

INSTANTIATE_TEST_SUITE_P(
    E, RudeServer,
    ::testing::Values(
        Misbehaviour{"never_answers", {"", kStall, {}}, Errc::timeout},
        Misbehaviour{"stalls_in_headers", {"HTTP/1.1 200 OK\r\nContent-", kStall, {}}, Errc::timeout},
        Misbehaviour{
            "stalls_in_body", {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", kStall, {}}, Errc::timeout},
        Misbehaviour{"trickles",
                     {"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", HttpAction::Then::trickle,
                      std::string(900, ' ')},
                     Errc::timeout},
        Misbehaviour{"closes_at_once", {"", kClose, {}}, Errc::transport},
        Misbehaviour{"closes_in_headers", {"HTTP/1.1 200 OK\r\nContent-", kClose, {}}, Errc::transport},
        Misbehaviour{"cuts_the_body",
                     {"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", kClose, {}},
                     Errc::transport},
        Misbehaviour{"breaks_chunking",
                     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", kClose, {}},
                     Errc::transport},
        Misbehaviour{"speaks_no_http", {"SSH-2.0-OpenSSH_9.2\r\n", kClose, {}}, Errc::transport},
        Misbehaviour{"negative_length",
                     {"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", kClose, {}},
                     Errc::transport},
        Misbehaviour{"announces_too_much",
                     {"HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n", kStall, {}},
                     Errc::decode},
        Misbehaviour{
            "sends_too_much", {"HTTP/1.1 200 OK\r\n\r\n" + std::string(1025, 'x'), kClose, {}}, Errc::decode},
        Misbehaviour{"endless_body",
                     {"HTTP/1.1 200 OK\r\n\r\n", HttpAction::Then::endless, std::string(4096, 'x')},
                     Errc::decode},
        Misbehaviour{
            "endless_headers",
            {"HTTP/1.1 200 OK\r\n", HttpAction::Then::endless, "X-Fill: " + std::string(900, 'x') + "\r\n"},
            Errc::decode},
        Misbehaviour{"one_endless_header",
                     {"HTTP/1.1 200 OK\r\nX: ", HttpAction::Then::endless, std::string(4096, 'x')},
                     Errc::transport}),
    [](const auto& test_info) { return test_info.param.name; });

TEST(CurlTransport, AFullSizeAnswerIsStillRead) {
    const auto r = against(http_reply(std::string(1024, 'x')));
    ASSERT_TRUE(r);
    EXPECT_EQ(r->body.size(), 1024U);
}

TEST(CurlTransport, AnEndlessBodyCostsNoMoreThanTheLimitAllows) {
    HttpServer server([](const HttpSeen&) {
        return HttpAction{"HTTP/1.1 200 OK\r\n\r\n", HttpAction::Then::endless, std::string(65536, 'x')};
    });
    CurlTransport transport;
    HttpRequest request = post(server.url());
    request.max_bytes = 1 << 20;
    ASSERT_FALSE(one(transport, request));
    // What was in flight when the client hung up sits in socket buffers; a client that reads on has no such
    // bound.
    EXPECT_LT(server.bytes_poured(), 32U << 20);
}

TEST(CurlTransport, AGzipAnswerStaysWhatItIs) {
    const auto r = against(http_reply("\x1f\x8b\x08 not unpacked", 200, "Content-Encoding: gzip\r\n"));
    ASSERT_TRUE(r);
    EXPECT_EQ(r->body, "\x1f\x8b\x08 not unpacked");
}

TEST(CurlTransport, FollowsNoRedirect) {
    HttpServer trap([](const HttpSeen&) { return http_reply("trapped"); });
    HttpServer server(
        [&](const HttpSeen&) { return http_reply("", 307, "Location: " + trap.url() + "\r\n"); });
    CurlTransport transport;
    const auto r = one(transport, post(server.url()));
    ASSERT_TRUE(r);
    EXPECT_EQ(r->status, 307);
    EXPECT_TRUE(trap.seen().empty());
}

TEST(CurlTransport, RefusesAConnectionNobodyAccepts) {
    std::string url;
    {
        HttpServer gone([](const HttpSeen&) { return http_reply(""); });
        url = gone.url();
    }
    CurlTransport transport;
    EXPECT_EQ(one(transport, post(url)).error().code, Errc::transport);
}

TEST(CurlTransport, RefusesOtherSchemesAndNonsense) {
    CurlTransport transport;
    for (const char* url : {"", "localhost:8545", "127.0.0.1", "file:///etc/passwd", "ftp://127.0.0.1/",
                            "gopher://x/", "HTTP//x", "http://", "https://exa mple/"}) {
        const auto r = one(transport, post(url));
        ASSERT_FALSE(r) << url;
        EXPECT_EQ(r.error().code, Errc::config) << url << " " << r.error().what;
    }
}

TEST(CurlTransport, IgnoresTheEnvironmentsProxies) {
    HttpServer proxy([](const HttpSeen&) { return http_reply("from the proxy"); });
    HttpServer server([](const HttpSeen&) { return http_reply("from the server"); });
    ::setenv("http_proxy", proxy.url().c_str(), 1);
    ::setenv("all_proxy", proxy.url().c_str(), 1);
    CurlTransport plain;
    const auto direct = one(plain, post(server.url()));
    CurlOptions with_proxy;
    with_proxy.proxy = proxy.url();
    CurlTransport configured(with_proxy);
    const auto proxied = one(configured, post(server.url()));
    ::unsetenv("http_proxy");
    ::unsetenv("all_proxy");
    ASSERT_TRUE(direct && proxied);
    EXPECT_EQ(direct->body, "from the server");
    EXPECT_EQ(proxied->body, "from the proxy");
}

TEST(CurlTransport, NeverConnectsToMetadataAddressesNorPlainlyToPublicOnes) {
    CurlTransport transport;
    for (const char* url :
         {"http://169.254.169.254/latest/meta-data/", "https://169.254.169.254/", "http://[fe80::1]/",
          "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://192.0.2.1:8545/"}) {
        HttpRequest request = post(url);
        request.timeout = milliseconds{300};
        const auto r = one(transport, request);
        ASSERT_FALSE(r) << url;
        EXPECT_EQ(r.error().code, Errc::config) << url << ": " << r.error().what;
    }
}

TEST(CurlTransport, ErrorsNeverShowMoreOfAUrlThanItsOrigin) {
    CurlTransport transport;
    HttpServer hanging([](const HttpSeen&) { return HttpAction{"", HttpAction::Then::close, {}}; });
    std::string url = hanging.url("/v2/SECRETKEY?token=SECRETKEY");
    url.insert(7, "user:SECRETKEY@");
    const auto r = one(transport, post(url));
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().what.find("SECRETKEY"), std::string::npos) << r.error().what;
}

TEST(Origin, ShowsSchemeHostAndPortOnly) {
    EXPECT_EQ(origin_of("https://eth.example.org/v2/KEY"), "https://eth.example.org");
    EXPECT_EQ(origin_of("https://user:KEY@host:8545/x@y"), "https://host:8545");
    EXPECT_EQ(origin_of("http://host?key=KEY"), "http://host");
    EXPECT_EQ(origin_of("http://host#KEY"), "http://host");
    EXPECT_EQ(origin_of("http://[::1]:8545/KEY"), "http://[::1]:8545");
    EXPECT_EQ(origin_of("http://ho\x1b[31mst/"), "http://ho?[31mst");
    EXPECT_EQ(origin_of("no url"), "(not a url)");
    EXPECT_EQ(origin_of(""), "(not a url)");
}

Bytes v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {a, b, c, d};
}

TEST(AddressClass, FollowsTheRegistries) {
    using enum AddressClass;
    EXPECT_EQ(classify_address(v4(127, 0, 0, 1)), loopback);
    EXPECT_EQ(classify_address(v4(127, 255, 0, 1)), loopback);
    EXPECT_EQ(classify_address(v4(10, 1, 2, 3)), private_net);
    EXPECT_EQ(classify_address(v4(172, 16, 0, 1)), private_net);
    EXPECT_EQ(classify_address(v4(172, 31, 255, 255)), private_net);
    EXPECT_EQ(classify_address(v4(172, 32, 0, 1)), public_net);
    EXPECT_EQ(classify_address(v4(172, 15, 0, 1)), public_net);
    EXPECT_EQ(classify_address(v4(192, 168, 0, 1)), private_net);
    EXPECT_EQ(classify_address(v4(192, 169, 0, 1)), public_net);
    EXPECT_EQ(classify_address(v4(100, 64, 0, 1)), private_net);
    EXPECT_EQ(classify_address(v4(100, 128, 0, 1)), public_net);
    EXPECT_EQ(classify_address(v4(169, 254, 169, 254)), link_local);
    EXPECT_EQ(classify_address(v4(100, 100, 100, 200)), link_local);
    EXPECT_EQ(classify_address(v4(224, 0, 0, 1)), link_local);
    EXPECT_EQ(classify_address(v4(255, 255, 255, 255)), link_local);
    EXPECT_EQ(classify_address(v4(8, 8, 8, 8)), public_net);
    Bytes v6(16, 0);
    EXPECT_EQ(classify_address(v6), loopback);
    v6[15] = 1;
    EXPECT_EQ(classify_address(v6), loopback);
    v6[0] = 0x20;
    EXPECT_EQ(classify_address(v6), public_net);
    v6[0] = 0xfc;
    EXPECT_EQ(classify_address(v6), private_net);
    v6[0] = 0xfe;
    v6[1] = 0x80;
    EXPECT_EQ(classify_address(v6), link_local);
    const Bytes mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
    EXPECT_EQ(classify_address(mapped), private_net);
    EXPECT_EQ(classify_address(Bytes(5, 0)), link_local);
}

}  // namespace
}  // namespace outrigger
