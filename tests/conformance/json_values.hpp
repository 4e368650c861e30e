// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "chain/abi/types.hpp"
#include "chain/base/hex.hpp"
#include "tests/conformance/ops.hpp"

/// ABI values as JSON: integers of every width are decimal strings (JSON integers are accepted), bytes are
/// hex, addresses have their checksum, arrays and tuples are arrays.
namespace outrigger::conformance {

template <class T>
struct JsonValue;

inline tl::unexpected<Error> not_a(const Json& value, const std::string& what) {
    return fail(Errc::decode,
                value.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 90) + " is not " + what);
}

inline Result<std::string> text_of(const Json& value) {
    if (!value.is_string()) return not_a(value, "a text");
    return value.get<std::string>();
}

template <>
struct JsonValue<bool> {
    static Json put(bool v) { return v; }
    static Result<bool> get(const Json& j) {
        if (!j.is_boolean()) return not_a(j, "true or false");
        return j.get<bool>();
    }
};

template <>
struct JsonValue<U256> {
    static Json put(const U256& v) { return v.to_decimal(); }
    static Result<U256> get(const Json& j) { return unsigned_of(j); }
};

template <>
struct JsonValue<I256> {
    static Json put(const I256& v) { return v.to_decimal(); }
    static Result<I256> get(const Json& j) { return integer_of(j); }
};

template <unsigned Bits>
struct JsonValue<abi::UInt<Bits>> {
    static Json put(const abi::UInt<Bits>& v) { return v.u256().to_decimal(); }
    static Result<abi::UInt<Bits>> get(const Json& j) {
        const auto v = abi::UInt<Bits>::checked(OR_TRY(unsigned_of(j)));
        if (!v) return not_a(j, "a uint" + std::to_string(Bits));
        return *v;
    }
};

template <unsigned Bits>
struct JsonValue<abi::Int<Bits>> {
    static Json put(const abi::Int<Bits>& v) { return v.i256().to_decimal(); }
    static Result<abi::Int<Bits>> get(const Json& j) {
        const auto v = abi::Int<Bits>::checked(OR_TRY(integer_of(j)));
        if (!v) return not_a(j, "an int" + std::to_string(Bits));
        return *v;
    }
};

template <>
struct JsonValue<Address> {
    static Json put(const Address& v) { return checksum_address(v); }
    static Result<Address> get(const Json& j) { return parse_address(OR_TRY(text_of(j))); }
};

template <class Tag, std::size_t N>
struct JsonValue<FixedBytes<Tag, N>> {
    static Json put(const FixedBytes<Tag, N>& v) { return to_hex(v); }
    static Result<FixedBytes<Tag, N>> get(const Json& j) {
        return parse_fixed<FixedBytes<Tag, N>>(OR_TRY(text_of(j)));
    }
};

template <>
struct JsonValue<Bytes> {
    static Json put(const Bytes& v) { return to_hex(v); }
    static Result<Bytes> get(const Json& j) { return parse_hex(OR_TRY(text_of(j))); }
};

template <>
struct JsonValue<std::string> {
    static Json put(const std::string& v) { return v; }
    static Result<std::string> get(const Json& j) { return text_of(j); }
};

template <class T>
struct JsonValue<std::vector<T>> {
    static Json put(const std::vector<T>& v) {
        Json out = Json::array();
        for (const auto& e : v) out.push_back(JsonValue<T>::put(e));
        return out;
    }
    static Result<std::vector<T>> get(const Json& j) {
        if (!j.is_array()) return not_a(j, "an array");
        std::vector<T> out;
        for (const Json& e : j) out.push_back(OR_TRY(JsonValue<T>::get(e)));
        return out;
    }
};

template <class T, std::size_t N>
struct JsonValue<std::array<T, N>> {
    static Json put(const std::array<T, N>& v) {
        Json out = Json::array();
        for (const T& e : v) out.push_back(JsonValue<T>::put(e));
        return out;
    }
    static Result<std::array<T, N>> get(const Json& j) {
        if (!j.is_array() || j.size() != N) return not_a(j, "an array of " + std::to_string(N));
        std::array<T, N> out{};
        for (std::size_t i = 0; i < N; ++i) out[i] = OR_TRY(JsonValue<T>::get(j[i]));
        return out;
    }
};

template <class... T>
struct JsonValue<std::tuple<T...>> {
    static Json put(const std::tuple<T...>& v) {
        Json out = Json::array();
        std::apply([&](const T&... e) { (out.push_back(JsonValue<T>::put(e)), ...); }, v);
        return out;
    }
    static Result<std::tuple<T...>> get(const Json& j) {
        if (!j.is_array() || j.size() != sizeof...(T)) {
            return not_a(j, "an array of " + std::to_string(sizeof...(T)) + " values");
        }
        std::tuple<T...> out;
        Result<void> status;
        [[maybe_unused]] std::size_t i = 0;
        const auto one = [&](auto& e) {
            auto v = JsonValue<std::remove_reference_t<decltype(e)>>::get(j[i++]);
            if (v) {
                e = *std::move(v);
            } else {
                status = tl::unexpected(v.error());
            }
            return status.has_value();
        };
        static_cast<void>(std::apply([&](T&... e) { return (true && ... && one(e)); }, out));
        OR_TRY(status);
        return out;
    }
};

}  // namespace outrigger::conformance
