// SPDX-License-Identifier: Apache-2.0
#include "chain/abi/rlp.hpp"

#include <algorithm>

namespace outrigger::rlp {
namespace {

constexpr std::uint8_t kString = 0x80;
constexpr std::uint8_t kList = 0xc0;
constexpr std::size_t kShort = 55;  // longest payload whose length is in the prefix byte itself

/// Big-endian without leading zeros.
Bytes minimal(const U256& value) {
    const auto be = value.to_be();
    return Bytes(std::find_if(be.begin(), be.end(), [](std::uint8_t b) { return b != 0; }), be.end());
}

Bytes with_prefix(std::uint8_t kind, ByteView payload) {
    Bytes out;
    out.reserve(payload.size() + 9);
    if (payload.size() <= kShort) {
        out.push_back(static_cast<std::uint8_t>(kind + payload.size()));
    } else {
        const Bytes length = minimal(payload.size());
        out.push_back(static_cast<std::uint8_t>(kind + kShort + length.size()));
        out.insert(out.end(), length.begin(), length.end());
    }
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

Bytes encode_at(const Item& item, unsigned depth) {
    if (const auto* bytes = std::get_if<Bytes>(&item.value)) return encode_bytes(*bytes);
    OR_ASSERT(depth < kMaxDepth);
    Bytes payload;
    for (const Item& element : std::get<std::vector<Item>>(item.value)) {
        const Bytes encoded = encode_at(element, depth + 1);
        payload.insert(payload.end(), encoded.begin(), encoded.end());
    }
    return with_prefix(kList, payload);
}

tl::unexpected<Error> malformed(std::size_t at, const std::string& why) {
    return fail(Errc::decode, "RLP, byte " + std::to_string(at) + ": " + why);
}

/// Reads items off the front of a range of the data.
class Reader {
  public:
    explicit Reader(ByteView data) : data_(data) {}

    /// The item at `at`, which must end by `end`; moves `at` past it.
    Result<Item> item(std::size_t& at, std::size_t end, unsigned depth) {
        if (at >= end) return malformed(at, "an item is expected, but the data end");
        const std::size_t start = at;
        const std::uint8_t prefix = data_[at++];
        if (prefix < kString) return Item{Bytes{prefix}};
        const std::uint8_t kind = prefix < kList ? kString : kList;
        const std::size_t size = OR_TRY(length(static_cast<std::size_t>(prefix - kind), at, end));
        if (size > end - at) return malformed(start, "a length beyond the end of what contains it");
        const std::size_t stop = at + size;
        if (kind == kString) {
            if (size == 1 && data_[at] < kString) return malformed(start, "a small byte with a prefix");
            Item out{Bytes(data_.begin() + static_cast<std::ptrdiff_t>(at),
                           data_.begin() + static_cast<std::ptrdiff_t>(stop))};
            at = stop;
            return out;
        }
        if (depth >= kMaxDepth) return malformed(start, "lists nested too deep");
        std::vector<Item> elements;
        while (at < stop) elements.push_back(OR_TRY(item(at, stop, depth + 1)));
        return Item{std::move(elements)};
    }

  private:
    /// The payload's length: `code` itself when short, else in the next code - 55 bytes.
    Result<std::size_t> length(std::size_t code, std::size_t& at, std::size_t end) const {
        if (code <= kShort) return code;
        const std::size_t count = code - kShort;
        if (count > end - at) return malformed(at, "a length is cut off");
        const ByteView digits = data_.subspan(at, count);
        if (digits[0] == 0) return malformed(at, "a length with leading zeros");
        const U256 value = U256::from_be(digits);  // at most 8 bytes
        if (value <= kShort) return malformed(at, "a short length in the long form");
        at += count;
        return static_cast<std::size_t>(value.as_u64());
    }

    ByteView data_;
};

}  // namespace

Bytes encode_bytes(ByteView bytes) {
    if (bytes.size() == 1 && bytes[0] < kString) return {bytes[0]};
    return with_prefix(kString, bytes);
}

Bytes encode_uint(const U256& value) {
    return encode_bytes(minimal(value));
}

Bytes encode(const Item& item) {
    return encode_at(item, 0);
}

List& List::bytes(ByteView element) {
    const Bytes encoded = encode_bytes(element);
    payload_.insert(payload_.end(), encoded.begin(), encoded.end());
    return *this;
}

List& List::uint(const U256& element) {
    return bytes(minimal(element));
}

List& List::list(const List& element) {
    const Bytes encoded = element.encode();
    payload_.insert(payload_.end(), encoded.begin(), encoded.end());
    return *this;
}

Bytes List::encode() const {
    return with_prefix(kList, payload_);
}

Result<Item> decode(ByteView data) {
    std::size_t at = 0;
    auto item = OR_TRY(Reader(data).item(at, data.size(), 0));
    if (at != data.size()) return malformed(at, std::to_string(data.size() - at) + " bytes too many");
    return item;
}

Result<ByteView> bytes_of(const Item& item) {
    if (const auto* bytes = std::get_if<Bytes>(&item.value)) return ByteView(*bytes);
    return fail(Errc::decode, "RLP: a list where bytes are expected");
}

Result<std::span<const Item>> list_of(const Item& item) {
    if (const auto* list = std::get_if<std::vector<Item>>(&item.value)) return std::span<const Item>(*list);
    return fail(Errc::decode, "RLP: bytes where a list is expected");
}

Result<U256> uint_of(const Item& item) {
    const ByteView bytes = OR_TRY(bytes_of(item));
    if (bytes.size() > 32) return fail(Errc::decode, "RLP: a number of more than 256 bits");
    if (!bytes.empty() && bytes[0] == 0) return fail(Errc::decode, "RLP: a number with leading zeros");
    return U256::from_be(bytes);
}

Result<std::uint64_t> u64_of(const Item& item) {
    const U256 value = OR_TRY(uint_of(item));
    if (!value.fits_u64()) return fail(Errc::decode, "RLP: a number of more than 64 bits");
    return value.as_u64();
}

}  // namespace outrigger::rlp
