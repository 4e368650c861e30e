// SPDX-License-Identifier: Apache-2.0
// The only file that knows Boost.Beast.
#include "chain/rpc/ws_heads.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "chain/rpc/address_class.hpp"
#include "chain/rpc/json_text.hpp"
#include "chain/rpc/transport.hpp"
#include "chain/rpc/ws_url.hpp"

namespace outrigger {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Code = boost::system::error_code;
using PlainSocket = websocket::stream<beast::tcp_stream>;
using TlsSocket = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;

constexpr std::string_view kSubscribe =
    R"({"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]})";

Errc errc_of(const Code& code) {
    return code == beast::error::timeout ? Errc::timeout : Errc::transport;
}

AddressClass class_of(const asio::ip::address& address) {
    if (address.is_v4()) return classify_address(address.to_v4().to_bytes());
    return classify_address(address.to_v6().to_bytes());
}

/// The addresses that may be connected to; the same rules as for HTTP.
Result<std::vector<Tcp::endpoint>> permitted(const Tcp::resolver::results_type& found, const WsUrl& url,
                                             bool allow_plain_public) {
    std::vector<Tcp::endpoint> out;
    bool plain = false;
    for (const auto& entry : found) {
        const AddressClass where = class_of(entry.endpoint().address());
        if (where == AddressClass::link_local) continue;
        if (!url.tls && where == AddressClass::public_net && !allow_plain_public) {
            plain = true;
            continue;
        }
        out.push_back(entry.endpoint());
    }
    if (!out.empty()) return out;
    if (plain) return fail(Errc::config, "plain ws to a public address can be read on the way; use wss://");
    return fail(Errc::config, "resolves to a link-local or reserved address, where no node is");
}

/// What a message is to us.
enum class Heard : std::uint8_t { subscribed, head, other };

/// Reads one message; `subscription` is ours once it is known. Errors: Errc::decode, Errc::rpc.
Result<Heard> understand(std::string_view text, std::string& subscription) {
    const auto message = OR_TRY(parse_json(text));
    if (!message.is_object()) return fail(Errc::decode, "a message that is not an object");
    const auto text_in = [](const nlohmann::json& object, const char* name) {
        const auto at = object.find(name);
        return at != object.end() && at->is_string() ? at->get<std::string>() : std::string{};
    };
    if (subscription.empty() && message.contains("id") && message["id"] == 1) {
        if (message.contains("error")) return fail(Errc::rpc, "refuses: " + shown(message["error"].dump()));
        subscription = text_in(message, "result");
        if (subscription.empty() || subscription.size() > 128)
            return fail(Errc::decode, "an answer without a subscription");
        return Heard::subscribed;
    }
    const auto params = message.find("params");
    const bool ours = !subscription.empty() && text_in(message, "method") == "eth_subscription" &&
                      params != message.end() && params->is_object() &&
                      text_in(*params, "subscription") == subscription && params->contains("result");
    return ours ? Heard::head : Heard::other;
}

}  // namespace

/// Shared by the listener and its thread: a name lookup cannot be interrupted, so the thread may have to be
/// left behind.
struct WsHeads::Impl {
    WsOptions options;
    WsUrl url;
    std::string origin;
    std::atomic<bool> live{false};
    std::thread thread{};

    std::mutex mutex{};
    std::condition_variable changed{};
    std::function<void()> wake{};  // guarded; empty once nobody listens
    bool stopping = false;         // guarded
    bool ended = false;            // guarded; the thread has nothing left to do

    asio::io_context io{1};
    std::optional<bool> said_live{};  // what the log said last; only on the thread
    std::function<void()> cut{};      // only on the thread: closes the socket at work

    bool stop_asked() {
        const std::lock_guard lock(mutex);
        return stopping;
    }
    void call_wake() {
        const std::lock_guard lock(mutex);
        if (wake) wake();
    }
    /// Waits for one operation that `start` begins, and that ends by its own deadline or when it is cut.
    template <class Start>
    Code finish(Start start) {
        std::optional<Code> outcome;
        start([&outcome](const Code& code, auto&&...) { outcome = code; });
        while (!outcome) {
            io.restart();
            io.run_one();
        }
        return stop_asked() ? Code(asio::error::operation_aborted) : *outcome;
    }

    Result<void> converse();
    Result<std::vector<Tcp::endpoint>> look_up();
    Result<void> over_plain(const std::vector<Tcp::endpoint>& to);
    Result<void> over_tls(const std::vector<Tcp::endpoint>& to);
    Result<void> dial(beast::tcp_stream& stream, const std::vector<Tcp::endpoint>& to);
    template <class Socket>
    Result<void> listen(Socket& socket);
    void work();
    void attempt();
    void say_live();
    void say_lost(const Error& why);
    void pause(std::uint32_t failures, std::minstd_rand& dice);
};

Result<std::vector<Tcp::endpoint>> WsHeads::Impl::look_up() {
    Code code;
    Tcp::resolver resolver(io);
    const auto found = resolver.resolve(url.host, url.port, code);
    if (code) return fail(Errc::transport, "name lookup: " + code.message());
    return permitted(found, url, options.allow_plain_ws_public);
}

Result<void> WsHeads::Impl::dial(beast::tcp_stream& stream, const std::vector<Tcp::endpoint>& to) {
    cut = [&stream] { stream.close(); };
    stream.expires_after(options.handshake);
    const Code code = finish([&](auto done) { stream.async_connect(to, done); });
    if (code) return fail(errc_of(code), "connecting: " + code.message());
    return {};
}

/// From the upgrade to the end of the conversation: it only ends with an error.
template <class Socket>
Result<void> WsHeads::Impl::listen(Socket& socket) {
    beast::get_lowest_layer(socket).expires_never();  // the WebSocket's own deadlines take over
    // Until it is subscribed, answering pings is not enough.
    socket.set_option(websocket::stream_base::timeout{options.handshake, options.handshake, false});
    socket.set_option(websocket::stream_base::decorator(
        [](websocket::request_type& request) { request.set(beast::http::field::user_agent, "outrigger"); }));
    socket.read_message_max(options.max_bytes);
    const std::string host = url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    const auto fallen = [](const char* doing, const Code& code) {
        return fail(errc_of(code), fmt::format("{}: {}", doing, code.message()));
    };
    if (const Code code =
            finish([&](auto done) { socket.async_handshake(host + ":" + url.port, url.target, done); }))
        return fallen("upgrading", code);
    if (const Code code = finish([&](auto done) { socket.async_write(asio::buffer(kSubscribe), done); }))
        return fallen("subscribing", code);
    const auto subscribe_by = Clock::now() + options.handshake;
    std::string subscription;
    beast::flat_buffer buffer;
    while (true) {
        buffer.clear();
        if (const Code code = finish([&](auto done) { socket.async_read(buffer, done); }))
            return fallen("listening", code);
        const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
        switch (OR_TRY(understand(text, subscription))) {
            case Heard::subscribed:
                socket.set_option(websocket::stream_base::timeout{options.handshake, options.idle, true});
                live = true;
                call_wake();  // a head may have come before the subscription
                say_live();
                break;
            case Heard::head: call_wake(); break;
            case Heard::other:
                if (!live && Clock::now() > subscribe_by)
                    return fail(Errc::timeout, "talks of other things than the subscription");
                break;
        }
    }
}

Result<void> WsHeads::Impl::over_plain(const std::vector<Tcp::endpoint>& to) {
    PlainSocket socket(io);
    OR_TRY(dial(beast::get_lowest_layer(socket), to));
    return listen(socket);
}

Result<void> WsHeads::Impl::over_tls(const std::vector<Tcp::endpoint>& to) {
    namespace ssl = asio::ssl;
    ssl::context context(ssl::context::tls_client);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    Code code;
    if (options.ca_file.empty()) {
        context.set_default_verify_paths(code);
    } else {
        context.load_verify_file(options.ca_file, code);
    }
    if (code) return fail(Errc::config, "certificates: " + code.message());
    context.set_verify_mode(ssl::verify_peer);
    context.set_verify_callback(ssl::host_name_verification(url.host));
    TlsSocket socket(io, context);
    asio::ip::make_address(url.host, code);
    std::string name = url.host;  // SNI, which is for names only
    if (code && SSL_ctrl(socket.next_layer().native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME,
                         TLSEXT_NAMETYPE_host_name, name.data()) != 1)
        return fail(Errc::config, "the host's name does not fit into TLS");
    beast::tcp_stream& below = beast::get_lowest_layer(socket);
    OR_TRY(dial(below, to));
    below.expires_after(options.handshake);
    code = finish([&](auto done) { socket.next_layer().async_handshake(ssl::stream_base::client, done); });
    if (code) return fail(errc_of(code), "TLS: " + code.message());
    return listen(socket);
}

Result<void> WsHeads::Impl::converse() {
    const auto to = OR_TRY(look_up());
    if (stop_asked()) return {};
    return url.tls ? over_tls(to) : over_plain(to);
}

void WsHeads::Impl::say_live() {
    if (said_live != true) spdlog::info("ws: {}: listening for new heads", origin);
    said_live = true;
}

void WsHeads::Impl::say_lost(const Error& why) {
    if (said_live != false) {
        spdlog::warn("ws {}: {}: {}; heads are polled until it is back", to_string(why.code), origin,
                     why.what);
    }
    said_live = false;
}

/// Waits longer after every failure, and never as long as its neighbours.
void WsHeads::Impl::pause(std::uint32_t failures, std::minstd_rand& dice) {
    const auto doubled = options.retry_min * (1U << std::min<std::uint32_t>(failures, 16));
    const auto most = std::min<std::chrono::milliseconds>(doubled, options.retry_max).count();
    const std::chrono::milliseconds wait{std::uniform_int_distribution<std::int64_t>(
        std::max<std::int64_t>(most / 2, 1), std::max<std::int64_t>(most, 1))(dice)};
    std::unique_lock lock(mutex);
    changed.wait_for(lock, wait, [this] { return stopping; });
}

void WsHeads::Impl::work() {
    std::minstd_rand dice(static_cast<std::uint32_t>(Clock::now().time_since_epoch().count()) | 1U);
    std::uint32_t failures = 0;
    while (!stop_asked()) {
        const auto since = Clock::now();
        const auto ended_by = converse();
        cut = nullptr;
        const bool was_live = live.exchange(false);
        if (stop_asked()) break;
        if (was_live && Clock::now() - since >= options.steady) failures = 0;
        say_lost(ended_by.error());
        pause(failures++, dice);
    }
}

void WsHeads::Impl::attempt() {
    try {
        work();
    } catch (const std::exception& error) {  // Boost's, out of memory or descriptors
        spdlog::error("ws: {}: {}; heads are polled from now on", origin, error.what());
    }
    live = false;
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
}

WsHeads::WsHeads(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<WsHeads>> WsHeads::open(WsOptions options, std::function<void()> wake) {
    auto impl = std::make_shared<Impl>();
    impl->url = OR_TRY(parse_ws_url(options.url));
    impl->origin = origin_of(options.url);
    impl->options = std::move(options);
    impl->wake = std::move(wake);
    // Signals are the main thread's: a thread inherits what is blocked where it starts.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    impl->thread = std::thread([impl] { impl->attempt(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return std::unique_ptr<WsHeads>(new WsHeads(std::move(impl)));
}

WsHeads::~WsHeads() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->stopping = true;
        impl_->wake = nullptr;
    }
    impl_->changed.notify_all();
    asio::post(impl_->io, [impl = impl_.get()] {
        if (impl->cut) impl->cut();
    });
    std::unique_lock lock(impl_->mutex);
    // Everything but a name lookup ends at once.
    const bool ended =
        impl_->changed.wait_for(lock, std::chrono::milliseconds{500}, [this] { return impl_->ended; });
    lock.unlock();
    if (ended) {
        impl_->thread.join();
    } else {
        impl_->thread.detach();
    }
}

bool WsHeads::live() const {
    return impl_->live;
}

}  // namespace outrigger
