// SPDX-License-Identifier: Apache-2.0
#include "tests/faultproxy/wire_faults.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "tests/faultproxy/exchange.hpp"

namespace outrigger::test::faults {

using nlohmann::json;
using Then = HttpAction::Then;

namespace {

const std::string kStart = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

Fault always(HttpAction action) {
    return [=](const json&, json&) { return action; };
}

/// The answer's text, put on the wire by f.
template <class F>
Fault rewritten(F f) {
    return [=](const json&, json& answered) { return f(answered.dump()); };
}

/// Bits as deflate packs them: the first goes lowest. Source: RFC 1951, section 3.1.1.
class Bits {
  public:
    void put(std::uint32_t bits, unsigned count) {
        for (unsigned i = 0; i < count; ++i) {
            if (used_ == 8) flush();
            byte_ |= ((bits >> i) & 1U) << used_++;
        }
    }
    /// A Huffman code, whose first bit is its highest.
    void put_code(std::uint32_t code, unsigned count) {
        for (unsigned i = count; i-- > 0;) put((code >> i) & 1U, 1);
    }
    std::string take() {
        flush();
        return std::move(bytes_);
    }

  private:
    void flush() {
        bytes_ += static_cast<char>(static_cast<unsigned char>(byte_));
        byte_ = 0;
        used_ = 0;
    }
    std::string bytes_;
    std::uint32_t byte_ = 0;
    unsigned used_ = 0;
};

/// Zeros, packed with the fixed codes: one literal, then copies of 258 bytes at distance one.
/// Source: RFC 1951, section 3.2.6; RFC 1952, section 2.3.
std::string packed_zeros(std::size_t bytes) {
    Bits bits;
    bits.put(1, 1);                // the last block
    bits.put(1, 2);                // of fixed codes
    bits.put_code(0b00110000, 8);  // the byte 0
    for (std::size_t done = 1; done < bytes; done += 258) {
        bits.put_code(0b11000101, 8);  // length 258
        bits.put_code(0, 5);           // distance 1
    }
    bits.put_code(0, 7);  // the end
    return std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10) + bits.take() + std::string(8, '\0');
}

}  // namespace

Fault trickle() {
    return always({kStart + "Content-Length: 1000000\r\n\r\n", Then::trickle, std::string(1'000'000, ' ')});
}

Fault endless() {
    return always({kStart + "\r\n", Then::endless, std::string(65536, ' ')});
}

Fault huge(std::size_t mebibytes) {
    return always({kStart + "\r\n", Then::endless, std::string(1024UL * 1024, ' '), mebibytes});
}

Fault gzip_bomb(std::size_t mebibytes) {
    return always(http_reply(packed_zeros(mebibytes * 1024 * 1024), 200, "Content-Encoding: gzip\r\n"));
}

Fault reset() {
    return rewritten([](const std::string& text) {
        return HttpAction{kStart + fmt::format("Content-Length: {}\r\n\r\n{}", text.size(),
                                               text.substr(0, text.size() / 2)),
                          Then::reset,
                          {}};
    });
}

Fault framing(const std::string& how) {
    return rewritten([=](const std::string& text) {
        const std::string chunked = kStart + "Transfer-Encoding: chunked\r\n\r\n";
        std::string bytes;
        if (how == "chunk-size") bytes = chunked + "zz\r\n" + text + "\r\n0\r\n\r\n";
        if (how == "chunk-cut") bytes = chunked + fmt::format("{:x}\r\n{}", text.size() + 10, text);
        if (how == "two-lengths")
            bytes =
                kStart + fmt::format("Content-Length: {}\r\nContent-Length: 3\r\n\r\n{}", text.size(), text);
        if (how == "length-negative") bytes = kStart + "Content-Length: -1\r\n\r\n" + text;
        if (how == "no-status") bytes = text;
        if (how == "header-cut") bytes = kStart + "Content-Len";
        return HttpAction{bytes, Then::close, {}};
    });
}

Fault second_copy() {
    return rewritten([](const std::string& text) {
        HttpAction action = http_reply(text);
        action.bytes += action.bytes;
        return action;
    });
}

Fault one_late() {
    const auto before = std::make_shared<std::string>("{}");
    return rewritten([=](std::string text) { return http_reply(std::exchange(*before, std::move(text))); });
}

Fault redirect(std::string location) {
    return status(307, "", "Location: " + location + "\r\n");
}

Fault prefixed(std::string bytes) {
    return rewritten([=](const std::string& text) { return http_reply(bytes + text); });
}

Fault suffixed(std::string bytes) {
    return rewritten([=](const std::string& text) { return http_reply(text + bytes); });
}

Fault content_type(std::string type) {
    return rewritten([=](const std::string& text) {
        return HttpAction{fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                                      type, text.size(), text),
                          Then::keep_open,
                          {}};
    });
}

Fault rate_limit(const std::string& how) {
    if (how == "seconds") return status(429, "slow down", "Retry-After: 3600\r\n");
    if (how == "date") {
        return status(429, "slow down",
                      "Date: Wed, 01 Jan 2025 12:00:00 GMT\r\n"
                      "Retry-After: Wed, 01 Jan 2025 13:00:00 GMT\r\n");
    }
    if (how == "json") {
        return [](const json& asked, json& answered) -> std::optional<HttpAction> {
            each_call(asked, answered, [](const json&, json& answer) {
                answer.erase("result");
                answer["error"] = {{"code", -32005}, {"message", "rate limit exceeded"}};
            });
            return std::nullopt;
        };
    }
    return status(429, "<html><body>Too many requests</body></html>");
}

}  // namespace outrigger::test::faults
