// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chain/abi/types.hpp"
#include "chain/base/bytes.hpp"
#include "chain/base/result.hpp"
#include "chain/base/u256.hpp"

/// ABI encoding and strict decoding.
///
/// Decoding accepts exactly what encoding produces: every padding byte clean, every offset the next free
/// place, nothing left over. All that Solidity and Vyper encode is of that form, and it leaves a reader of
/// calldata nothing to be deceived with: decode(x) succeeding means encode(decode(x)) == x. Work and memory
/// are bounded by the input's length.
///
/// Codec<T> has kDynamic, kHead (bytes in the head of the enclosing tuple), put (appends the encoding) and
/// get (reads the encoding that starts at `at` of `data` and answers where it ends).
namespace outrigger::abi {

inline constexpr std::size_t kWord = 32;

template <class T>
struct Codec;

namespace detail {

void put_word(Bytes& out, const U256& word);
void set_word(Bytes& out, std::size_t at, const U256& word);
/// Appends left-aligned bytes and pads them to whole words.
void put_padded(Bytes& out, ByteView bytes);

/// The word at `at`. Errors: Errc::decode when the data end before it does.
Result<U256> get_word(ByteView data, std::size_t at);
/// Copies a value of out.size() bytes out of the word at `at`, left- or right-aligned. Errors: Errc::decode
/// when the rest of the word is not zero.
Result<void> get_aligned(ByteView data, std::size_t at, bool left, const char* type,
                         std::span<std::uint8_t> out);
/// The word at `at` as a length. Errors: Errc::decode when that many units of `unit` bytes do not follow it.
Result<std::size_t> get_length(ByteView data, std::size_t at, std::size_t unit);
/// Checks the offset word at `at`: it must be `expected`. Errors: Errc::decode.
Result<void> check_offset(ByteView data, std::size_t at, std::size_t expected);
/// The bytes behind the length word at `at`, padding checked; moves `at` past them. Errors: Errc::decode.
Result<ByteView> get_padded(ByteView data, std::size_t& at);

/// "byte 36: an address with dirty upper bytes"
tl::unexpected<Error> fail_at(std::size_t at, const std::string& what);

template <class T>
constexpr std::size_t slot() {
    return Codec<T>::kDynamic ? kWord : Codec<T>::kHead;
}

/// Writes one element of a sequence whose head is already reserved: in the head itself, or an offset there
/// and the value at the end.
template <class T>
void put_element(Bytes& out, std::size_t base, std::size_t& head, const T& value) {
    if constexpr (Codec<T>::kDynamic) {
        set_word(out, head, out.size() - base);
        Codec<T>::put(out, value);
    } else {
        Bytes scratch;  // static values are whole words of known number
        scratch.reserve(Codec<T>::kHead);
        Codec<T>::put(scratch, value);
        std::copy(scratch.begin(), scratch.end(), out.begin() + static_cast<std::ptrdiff_t>(head));
    }
    head += slot<T>();
}

/// Reads one element of a sequence that starts at `base`: `head` is its place in the head, `tail` the next
/// free place behind it. Both move on.
template <class T>
Result<void> get_element(ByteView data, std::size_t base, std::size_t& head, std::size_t& tail, T& value) {
    if constexpr (Codec<T>::kDynamic) {
        OR_TRY(check_offset(data, head, tail - base));
        tail = OR_TRY(Codec<T>::get(data, tail, value));
    } else {
        OR_TRY(Codec<T>::get(data, head, value));
    }
    head += slot<T>();
    return {};
}

/// A value of one word.
struct OneWord {
    static constexpr bool kDynamic = false;
    static constexpr std::size_t kHead = kWord;
};

}  // namespace detail

template <>
struct Codec<U256> : detail::OneWord {
    static void put(Bytes& out, const U256& v) { detail::put_word(out, v); }
    static Result<std::size_t> get(ByteView data, std::size_t at, U256& v) {
        v = OR_TRY(detail::get_word(data, at));
        return at + kWord;
    }
};

template <>
struct Codec<I256> : detail::OneWord {
    static void put(Bytes& out, const I256& v) { detail::put_word(out, v.bits()); }
    static Result<std::size_t> get(ByteView data, std::size_t at, I256& v) {
        v = I256::from_bits(OR_TRY(detail::get_word(data, at)));
        return at + kWord;
    }
};

template <unsigned Bits>
struct Codec<UInt<Bits>> : detail::OneWord {
    static void put(Bytes& out, const UInt<Bits>& v) {
        OR_ASSERT(UInt<Bits>::fits(v.u256()));
        detail::put_word(out, v.u256());
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, UInt<Bits>& v) {
        const auto value = UInt<Bits>::checked(OR_TRY(detail::get_word(data, at)));
        if (!value) return detail::fail_at(at, "a uint" + std::to_string(Bits) + " with more bits than that");
        v = *value;
        return at + kWord;
    }
};

template <unsigned Bits>
struct Codec<Int<Bits>> : detail::OneWord {
    static void put(Bytes& out, const Int<Bits>& v) {
        OR_ASSERT(Int<Bits>::fits(v.i256()));
        detail::put_word(out, v.i256().bits());
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, Int<Bits>& v) {
        const auto value = Int<Bits>::checked(I256::from_bits(OR_TRY(detail::get_word(data, at))));
        if (!value) return detail::fail_at(at, "an int" + std::to_string(Bits) + " with more bits than that");
        v = *value;
        return at + kWord;
    }
};

template <>
struct Codec<bool> : detail::OneWord {
    static void put(Bytes& out, bool v) { detail::put_word(out, v ? 1 : 0); }
    static Result<std::size_t> get(ByteView data, std::size_t at, bool& v) {
        const U256 word = OR_TRY(detail::get_word(data, at));
        if (word > 1) return detail::fail_at(at, "a bool that is neither 0 nor 1");
        v = !word.is_zero();
        return at + kWord;
    }
};

template <>
struct Codec<Address> : detail::OneWord {
    static void put(Bytes& out, const Address& v) { detail::put_word(out, U256::from_be(v.data)); }
    static Result<std::size_t> get(ByteView data, std::size_t at, Address& v) {
        OR_TRY(detail::get_aligned(data, at, false, "address", v.data));
        return at + kWord;
    }
};

template <class Tag, std::size_t N>
struct Codec<FixedBytes<Tag, N>> : detail::OneWord {
    static_assert(N >= 1 && N <= 32);
    static void put(Bytes& out, const FixedBytes<Tag, N>& v) { detail::put_padded(out, v.data); }
    static Result<std::size_t> get(ByteView data, std::size_t at, FixedBytes<Tag, N>& v) {
        OR_TRY(detail::get_aligned(data, at, true, "bytesN", v.data));
        return at + kWord;
    }
};

template <>
struct Codec<Bytes> {
    static constexpr bool kDynamic = true;
    static constexpr std::size_t kHead = kWord;
    static void put(Bytes& out, const Bytes& v) {
        detail::put_word(out, v.size());
        detail::put_padded(out, v);
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, Bytes& v) {
        const ByteView body = OR_TRY(detail::get_padded(data, at));
        v.assign(body.begin(), body.end());
        return at;
    }
};

template <>
struct Codec<std::string> {
    static constexpr bool kDynamic = true;
    static constexpr std::size_t kHead = kWord;
    static void put(Bytes& out, const std::string& v) { Codec<Bytes>::put(out, Bytes(v.begin(), v.end())); }
    static Result<std::size_t> get(ByteView data, std::size_t at, std::string& v) {
        const ByteView body = OR_TRY(detail::get_padded(data, at));
        v.assign(body.begin(), body.end());
        return at;
    }
};

template <class T>
struct Codec<std::vector<T>> {
    static constexpr bool kDynamic = true;
    static constexpr std::size_t kHead = kWord;
    static_assert(Codec<T>::kHead > 0, "an array of nothing could claim any length");

    static void put(Bytes& out, const std::vector<T>& v) {
        detail::put_word(out, v.size());
        const std::size_t base = out.size();
        std::size_t head = base;
        out.resize(base + v.size() * detail::slot<T>());
        for (const auto& e : v) detail::put_element<T>(out, base, head, e);
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, std::vector<T>& v) {
        const std::size_t count = OR_TRY(detail::get_length(data, at, detail::slot<T>()));
        const std::size_t base = at + kWord;
        std::size_t head = base;
        std::size_t tail = base + count * detail::slot<T>();
        v.clear();
        for (std::size_t i = 0; i < count; ++i) {
            T e{};
            OR_TRY(detail::get_element<T>(data, base, head, tail, e));
            v.push_back(std::move(e));
        }
        return tail;
    }
};

template <class T, std::size_t N>
struct Codec<std::array<T, N>> {
    static_assert(N > 0);
    static constexpr bool kDynamic = Codec<T>::kDynamic;
    static constexpr std::size_t kHead = N * detail::slot<T>();  // of its own frame

    static void put(Bytes& out, const std::array<T, N>& v) {
        const std::size_t base = out.size();
        std::size_t head = base;
        out.resize(base + kHead);
        for (const auto& e : v) detail::put_element<T>(out, base, head, e);
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, std::array<T, N>& v) {
        std::size_t head = at;
        std::size_t tail = at + kHead;
        for (auto& e : v) OR_TRY(detail::get_element<T>(data, at, head, tail, e));
        return tail;
    }
};

template <class... T>
struct Codec<std::tuple<T...>> {
    static constexpr bool kDynamic = (false || ... || Codec<T>::kDynamic);
    static constexpr std::size_t kHead = (std::size_t{0} + ... + detail::slot<T>());  // of its own frame

    static void put(Bytes& out, const std::tuple<T...>& v) {
        const std::size_t base = out.size();
        [[maybe_unused]] std::size_t head = base;
        out.resize(base + kHead);
        std::apply([&](const T&... e) { (detail::put_element<T>(out, base, head, e), ...); }, v);
    }
    static Result<std::size_t> get(ByteView data, std::size_t at, std::tuple<T...>& v) {
        [[maybe_unused]] std::size_t head = at;
        std::size_t tail = at + kHead;
        Result<void> status;
        const auto read = [&](auto& e) {
            status = detail::get_element(data, at, head, tail, e);
            return status.has_value();
        };
        static_cast<void>(std::apply([&](T&... e) { return (true && ... && read(e)); }, v));
        OR_TRY(status);
        return tail;
    }
};

/// The encoding of several values, one after the other, as in calldata behind the selector.
template <class... T>
Bytes encode(const T&... values) {
    using Frame = std::tuple<T...>;
    Bytes out;
    out.reserve(Codec<Frame>::kHead);
    Codec<Frame>::put(out, Frame(values...));
    return out;
}

/// The values of an encoding as a tuple. Errors: Errc::decode, with the place, unless it is exactly what
/// encode produces.
template <class Tuple>
Result<Tuple> decode_tuple(ByteView data) {
    Tuple values;
    const std::size_t end = OR_TRY(Codec<Tuple>::get(data, 0, values));
    if (end != data.size()) {
        return detail::fail_at(end, std::to_string(data.size() - end) + " bytes too many");
    }
    return values;
}
template <class... T>
Result<std::tuple<T...>> decode(ByteView data) {
    return decode_tuple<std::tuple<T...>>(data);
}

}  // namespace outrigger::abi
