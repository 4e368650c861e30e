// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/curl_transport.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <utility>

#include "chain/base/assert.hpp"
#include "chain/rpc/address_class.hpp"

namespace outrigger {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct MultiDeleter {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

/// One request on its way. Declared so that the easy handle goes before what it points to.
struct Transfer {
    const HttpRequest* request = nullptr;
    bool check_address = true;
    bool allow_plain_http_public = false;
    HttpResponse response;
    std::size_t header_bytes = 0;
    bool body_too_large = false;
    bool headers_too_large = false;
    bool headers_complete = false;
    bool address_refused = false;
    bool plain_http_refused = false;
    HeaderList headers;
    Easy easy;
    CURLcode code = CURLE_OK;
    bool done = false;
};

// libcurl before 8.4 does not stop a body of unknown length at its own size limit, so it is counted here.
std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& t = *static_cast<Transfer*>(user);
    const std::size_t bytes = size * count;
    if (bytes > t.request->max_bytes - t.response.body.size()) {
        t.body_too_large = true;
        return 0;
    }
    t.response.body.append(data, bytes);
    return bytes;
}

/// Keeps the value of a header line of that name, which is in lower case.
void keep_header(std::string_view line, std::string_view name, std::string& value) {
    if (line.size() <= name.size() || line[name.size()] != ':') return;
    const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char wanted, char c) {
        return wanted == (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    });
    if (!same) return;
    line.remove_prefix(name.size() + 1);
    const auto from = line.find_first_not_of(" \t\r\n");
    const auto to = line.find_last_not_of(" \t\r\n");
    value = from == std::string_view::npos ? "" : line.substr(from, std::min<std::size_t>(to - from + 1, 64));
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto& t = *static_cast<Transfer*>(user);
    t.header_bytes += size * count;
    if (t.header_bytes > kMaxHeaderBytes) {
        t.headers_too_large = true;
        return 0;
    }
    // libcurl takes the end of the connection for the end of the headers; only an empty line is that.
    const std::string_view line(data, size * count);
    if (line.rfind("HTTP/", 0) == 0) t.headers_complete = false;
    if (line == "\r\n" || line == "\n") t.headers_complete = true;
    keep_header(line, "retry-after", t.response.retry_after);
    keep_header(line, "date", t.response.date);
    return size * count;
}

AddressClass class_of(const curl_sockaddr& to) {
    if (to.family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &to.addr, sizeof v4);
        std::array<std::uint8_t, 4> bytes{};
        std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
        return classify_address(bytes);
    }
    if (to.family == AF_INET6) {
        sockaddr_in6 v6{};
        static_assert(sizeof v6 <= sizeof(sockaddr_storage));
        std::memcpy(&v6, &to.addr, std::min<std::size_t>(sizeof v6, to.addrlen));
        std::array<std::uint8_t, 16> bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return classify_address(bytes);
    }
    return AddressClass::link_local;
}

// Judges the address really connected to, so a name that resolves differently the second time gains nothing.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* to) {
    auto& t = *static_cast<Transfer*>(user);
    if (t.check_address) {
        const AddressClass where = class_of(*to);
        const bool plain = t.request->url.rfind("http://", 0) == 0;
        if (where == AddressClass::link_local) {
            t.address_refused = true;
            return CURL_SOCKET_BAD;
        }
        if (plain && where == AddressClass::public_net && !t.allow_plain_http_public) {
            t.plain_http_refused = true;
            return CURL_SOCKET_BAD;
        }
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

template <class Value>
void set(Transfer& t, CURLoption option, Value value) {
    const CURLcode code = curl_easy_setopt(t.easy.get(), option, value);
    if (t.code == CURLE_OK) t.code = code;
}

void set_security(Transfer& t, const CurlOptions& options) {
    set(t, CURLOPT_PROTOCOLS_STR, "http,https");
    set(t, CURLOPT_FOLLOWLOCATION, 0L);
    set(t, CURLOPT_SSL_VERIFYPEER, 1L);
    set(t, CURLOPT_SSL_VERIFYHOST, 2L);
    set(t, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    if (!options.ca_file.empty()) set(t, CURLOPT_CAINFO, options.ca_file.c_str());
    set(t, CURLOPT_PROXY, options.proxy.c_str());  // empty also switches off the environment's proxies
    set(t, CURLOPT_NOPROXY, "");
    set(t, CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
    set(t, CURLOPT_HTTP09_ALLOWED, 0L);
    // A function and a data pointer for each way libcurl calls back.
    set(t, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
    set(t, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&t));
    t.check_address = options.proxy.empty();
    t.allow_plain_http_public = options.allow_plain_http_public;
}

void set_request(Transfer& t) {
    const HttpRequest& r = *t.request;
    set(t, CURLOPT_URL, r.url.c_str());
    set(t, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
    set(t, CURLOPT_NOSIGNAL, 1L);
    set(t, CURLOPT_TIMEOUT_MS, static_cast<long>(r.timeout.count()));
    set(t, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(r.timeout.count()));
    set(t, CURLOPT_QUICK_EXIT, 1L);  // a hanging name lookup may not outlive the deadline
    set(t, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(r.max_bytes));
    set(t, CURLOPT_TCP_KEEPALIVE, 1L);
    set(t, CURLOPT_USERAGENT, "outrigger");
    set(t, CURLOPT_WRITEFUNCTION, &on_body);
    set(t, CURLOPT_WRITEDATA, static_cast<void*>(&t));
    set(t, CURLOPT_HEADERFUNCTION, &on_header);
    set(t, CURLOPT_HEADERDATA, static_cast<void*>(&t));
    set(t, CURLOPT_PRIVATE, static_cast<void*>(&t));
    curl_slist* list = curl_slist_append(nullptr, "Accept: application/json");
    if (r.method == HttpMethod::post) {
        list = curl_slist_append(list, ("Content-Type: " + r.content_type).c_str());
        list = curl_slist_append(list, "Expect:");  // no 100-continue round trip
        set(t, CURLOPT_POST, 1L);
        set(t, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
        set(t, CURLOPT_POSTFIELDS, r.body.c_str());
    } else {
        set(t, CURLOPT_HTTPGET, 1L);
    }
    t.headers.reset(list);
    set(t, CURLOPT_HTTPHEADER, list);
}

bool has_http_scheme(std::string_view url) {
    return url.rfind("http://", 0) == 0 || url.rfind("https://", 0) == 0;
}

Error error_of(const Transfer& t) {
    const std::string where = origin_of(t.request->url);
    if (t.body_too_large || t.code == CURLE_FILESIZE_EXCEEDED) {
        return {Errc::decode,
                fmt::format("{}: the answer is larger than {} bytes", where, t.request->max_bytes)};
    }
    if (t.headers_too_large) {
        return {Errc::decode, fmt::format("{}: more than {} bytes of HTTP headers", where, kMaxHeaderBytes)};
    }
    if (t.address_refused) {
        return {Errc::config,
                fmt::format("{}: resolves to a link-local or reserved address, where cloud metadata "
                            "lives and no node does; check the host in this URL",
                            where)};
    }
    if (t.plain_http_refused) {
        return {Errc::config,
                fmt::format("{}: plain http to a public address can be read and changed on the way; "
                            "use https://",
                            where)};
    }
    switch (t.code) {
        case CURLE_OPERATION_TIMEDOUT:
            return {Errc::timeout,
                    fmt::format("{}: no complete answer within {} ms", where, t.request->timeout.count())};
        case CURLE_URL_MALFORMAT:
            return {Errc::config, fmt::format("{}: {}", where, curl_easy_strerror(t.code))};
        case CURLE_UNSUPPORTED_PROTOCOL:  // of the URL, or of what came back
            if (has_http_scheme(t.request->url)) return {Errc::transport, where + ": does not speak HTTP"};
            return {Errc::config, where + ": a URL must begin with https:// or http://"};
        default: return {Errc::transport, fmt::format("{}: {}", where, curl_easy_strerror(t.code))};
    }
}

Result<HttpResponse> outcome(Transfer& t) {
    if (t.code == CURLE_OK && !t.headers_complete) t.code = CURLE_PARTIAL_FILE;
    if (t.code != CURLE_OK) return tl::unexpected(error_of(t));
    curl_easy_getinfo(t.easy.get(), CURLINFO_RESPONSE_CODE, &t.response.status);
    const char* type = nullptr;
    curl_easy_getinfo(t.easy.get(), CURLINFO_CONTENT_TYPE, &type);
    if (type != nullptr) t.response.content_type = type;
    return std::move(t.response);
}

}  // namespace

struct CurlTransport::Impl {
    CurlOptions options;
    Multi multi;

    void open() {
        multi.reset(curl_multi_init());
        OR_ASSERT(multi != nullptr);
        curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, 16L);
        curl_multi_setopt(multi.get(), CURLMOPT_MAX_HOST_CONNECTIONS, 8L);
        curl_multi_setopt(multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, 32L);
    }

    void start(Transfer& t) {
        if (!has_http_scheme(t.request->url)) {
            t.code = CURLE_UNSUPPORTED_PROTOCOL;  // libcurl would guess one
        } else {
            t.easy.reset(curl_easy_init());
            OR_ASSERT(t.easy != nullptr);
            set_security(t, options);
            set_request(t);
        }
        if (t.code == CURLE_OK && curl_multi_add_handle(multi.get(), t.easy.get()) == CURLM_OK) return;
        if (t.code == CURLE_OK) t.code = CURLE_FAILED_INIT;
        t.done = true;
    }

    /// Moves every transfer on, waiting until one is done, or that long. False when libcurl itself has
    /// failed.
    bool turn(std::chrono::milliseconds wait) {
        int running = 0;
        if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return false;
        if (collect()) return true;
        const int ms = static_cast<int>(std::clamp<std::int64_t>(wait.count(), 0, 1000));
        if (ms > 0 && running > 0 && curl_multi_poll(multi.get(), nullptr, 0, ms, nullptr) != CURLM_OK)
            return false;
        return true;
    }

    Result<HttpResponse> end(Transfer& t) {
        auto out = outcome(t);
        if (t.easy) curl_multi_remove_handle(multi.get(), t.easy.get());
        return out;
    }

    /// Every transfer carries its own deadline, which libcurl keeps, so this ends.
    void run() {
        int running = 0;
        do {
            if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
            collect();
            if (running > 0 && curl_multi_poll(multi.get(), nullptr, 0, 1000, nullptr) != CURLM_OK) break;
        } while (running > 0);
        collect();
    }

    bool collect() {
        bool any = false;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            void* user = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &user);
            auto& t = *static_cast<Transfer*>(user);
            t.code = message->data.result;
            t.done = true;
            any = true;
        }
        return any;
    }
};

CurlTransport::CurlTransport(CurlOptions options) : impl_(std::make_unique<Impl>()) {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    OR_ASSERT(initialised == CURLE_OK);
    impl_->options = std::move(options);
    impl_->open();
}

CurlTransport::~CurlTransport() = default;

void CurlTransport::drop_connections() {
    impl_->open();
}

std::vector<Result<HttpResponse>> CurlTransport::perform(std::span<const HttpRequest> requests) {
    std::deque<Transfer> transfers;  // libcurl keeps pointers to them
    for (const HttpRequest& request : requests) {
        transfers.emplace_back().request = &request;
        impl_->start(transfers.back());
    }
    impl_->run();
    std::vector<Result<HttpResponse>> out;
    out.reserve(transfers.size());
    for (Transfer& t : transfers) {
        if (!t.done) t.code = CURLE_RECV_ERROR;  // the multi handle itself failed
        out.push_back(impl_->end(t));
    }
    return out;
}

/// Lanes on their way, and when the next one is due.
struct CurlTransport::Heat {
    using Clock = std::chrono::steady_clock;
    struct Lane {
        std::deque<Transfer> transfers{};  // libcurl keeps pointers to them
        LaneOutcome outcome{};
        bool done = false;
    };

    CurlTransport::Impl& impl;
    std::span<const std::vector<HttpRequest>> asked;
    const Race& rules;
    std::deque<Lane> lanes{};
    std::size_t good = 0;
    std::size_t failed = 0;
    Clock::time_point next_due{};
    Clock::time_point give_up = Clock::time_point::max();

    void start_one() {
        Lane& lane = lanes.emplace_back();
        lane.outcome.started = true;
        for (const HttpRequest& request : asked[lanes.size() - 1]) {
            lane.transfers.emplace_back().request = &request;
            impl.start(lane.transfers.back());
        }
        next_due = Clock::now() + rules.next_after;
    }
    bool may_start() const { return lanes.size() < asked.size() && good < rules.enough; }
    void start_due() {
        const auto live = [this] { return lanes.size() - failed - good; };
        while (may_start() && (live() == 0 || live() + good < rules.at_once)) start_one();
        if (may_start() && rules.next_after.count() > 0 && Clock::now() >= next_due) start_one();
    }
    void close(Lane& lane) {
        for (Transfer& t : lane.transfers) {
            if (t.done) {
                lane.outcome.answers.push_back(impl.end(t));
                continue;
            }
            if (t.easy) curl_multi_remove_handle(impl.multi.get(), t.easy.get());
            lane.outcome.answers.push_back(fail(
                Errc::timeout,
                fmt::format("{}: no answer by the time the others had answered", origin_of(t.request->url))));
        }
        lane.done = true;
        (all_answered(lane.outcome.answers) ? good : failed) += 1;
    }
    void close_finished() {
        for (Lane& lane : lanes) {
            const bool finished = std::all_of(lane.transfers.begin(), lane.transfers.end(),
                                              [](const Transfer& t) { return t.done; });
            if (!lane.done && finished) close(lane);
        }
        if (good >= rules.enough && give_up == Clock::time_point::max()) give_up = Clock::now() + rules.grace;
    }
    bool over() const { return !may_start() && (good + failed == lanes.size() || Clock::now() >= give_up); }
    std::chrono::milliseconds patience() const {
        auto until = give_up;
        if (may_start() && rules.next_after.count() > 0) until = std::min(until, next_due);
        if (until == Clock::time_point::max()) return std::chrono::milliseconds{1000};
        return std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    }
};

std::vector<LaneOutcome> CurlTransport::race(std::span<const std::vector<HttpRequest>> lanes,
                                             const Race& rules) {
    Heat heat{*impl_, lanes, rules};
    heat.start_due();
    while (!heat.over() && impl_->turn(heat.patience())) {
        heat.close_finished();
        heat.start_due();
    }
    std::vector<LaneOutcome> out(lanes.size());
    for (std::size_t i = 0; i < heat.lanes.size(); ++i) {
        if (!heat.lanes[i].done) heat.close(heat.lanes[i]);
        out[i] = std::move(heat.lanes[i].outcome);
    }
    return out;
}

}  // namespace outrigger
