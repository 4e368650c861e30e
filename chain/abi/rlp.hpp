// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// Recursive Length Prefix, Ethereum's encoding of transactions. Source: Yellow Paper, appendix B.
namespace outrigger::rlp {

/// Lists nest no deeper than this, in and out.
inline constexpr unsigned kMaxDepth = 256;

/// Bytes, or a list of items.
struct Item {
    std::variant<Bytes, std::vector<Item>> value;
    bool is_list() const { return value.index() == 1; }
    friend bool operator==(const Item&, const Item&) = default;
};

/// The encoding of a byte string.
Bytes encode_bytes(ByteView bytes);
/// The encoding of a number: big-endian without leading zeros, zero is the empty string.
Bytes encode_uint(const U256& value);
/// The encoding of an item. Pre: lists nest at most kMaxDepth deep.
Bytes encode(const Item& item);

/// Builds a list element by element: List().uint(nonce).bytes(data).list(access).encode().
class List {
  public:
    List& bytes(ByteView element);
    template <class Tag, std::size_t N>
    List& bytes(const FixedBytes<Tag, N>& element) {
        return bytes(ByteView(element.data));
    }
    List& uint(const U256& element);
    List& list(const List& element);
    /// The encoding of the list with its length prefix.
    Bytes encode() const;

  private:
    Bytes payload_;
};

/// The one item these bytes encode. Errors: Errc::decode unless the encoding is canonical: shortest lengths,
/// single bytes below 0x80 unprefixed, nothing missing and nothing left over.
Result<Item> decode(ByteView data);

/// The bytes of an item. Errors: Errc::decode when it is a list.
Result<ByteView> bytes_of(const Item& item);
/// The elements of an item. Errors: Errc::decode when it is not a list.
Result<std::span<const Item>> list_of(const Item& item);
/// The number an item stands for. Errors: Errc::decode when it is a list, has leading zeros or over 256 bits.
Result<U256> uint_of(const Item& item);
/// The same, when it fits in 64 bits.
Result<std::uint64_t> u64_of(const Item& item);
/// An item of exactly the length of a Fixed. Errors: Errc::decode.
template <class Fixed>
Result<Fixed> fixed_of(const Item& item) {
    const ByteView bytes = OR_TRY(bytes_of(item));
    Fixed out;
    if (bytes.size() != out.data.size()) {
        return fail(Errc::decode, "RLP: " + std::to_string(bytes.size()) + " bytes where " +
                                      std::to_string(out.data.size()) + " are expected");
    }
    std::copy(bytes.begin(), bytes.end(), out.data.begin());
    return out;
}

}  // namespace outrigger::rlp
