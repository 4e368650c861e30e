// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "chain/abi/codec.hpp"
#include "chain/abi/types.hpp"
#include "chain/base/hex.hpp"
#include "chain/base/keccak.hpp"

/// Contract functions and events whose signature is derived from their C++ types: there is no second copy of
/// the types to drift, and arguments of the wrong type do not compile.
namespace outrigger::abi {

/// The first four bytes of the signature's hash.
constexpr Selector selector_of(std::string_view signature) {
    const auto h = keccak256(signature);
    return Selector{{h[0], h[1], h[2], h[3]}};
}

/// The selector a call starts with. Errors: Errc::decode when it is shorter than four bytes.
inline Result<Selector> selector_in(ByteView calldata) {
    if (calldata.size() < 4) return fail(Errc::decode, "calldata shorter than a selector");
    return Selector{{calldata[0], calldata[1], calldata[2], calldata[3]}};
}

namespace detail {
template <class... Args>
constexpr Signature make_signature(std::string_view name) {
    Signature s;
    s.add(name);
    TypeName<std::tuple<Args...>>::add(s);
    return s;
}
template <class R>
struct Returned {
    using Types = std::tuple<R>;
};
template <>
struct Returned<void> {
    using Types = std::tuple<>;
};
template <class... R>
struct Returned<std::tuple<R...>> {
    using Types = std::tuple<R...>;
};
/// The same error with the function's signature in front.
inline tl::unexpected<Error> in_function(std::string_view signature, const char* part, const Error& e) {
    return fail(e.code, std::string(part) + " of " + std::string(signature) + ": " + e.what);
}
}  // namespace detail

/// A contract function, e.g. Function<"transfer", bool(Address, U256)>.
///
/// Return is void, one type, or a std::tuple of several return values. A function that returns one struct
/// returns a tuple of a tuple when that struct is dynamic; for static structs both are the same bytes.
template <Name N, class Shape>
struct Function;

template <Name N, class R, class... Args>
struct Function<N, R(Args...)> {
    using Return = R;
    using Arguments = std::tuple<Args...>;
    static constexpr Signature kSignature = detail::make_signature<Args...>(N.view());
    // NOLINTBEGIN(readability-identifier-naming): Transfer::selector is the vocabulary of the domain
    /// "transfer(address,uint256)"
    static constexpr std::string_view signature = kSignature.view();
    static constexpr Selector selector = selector_of(kSignature.view());
    static constexpr Signature kReturns = [] {
        Signature s;
        TypeName<typename detail::Returned<R>::Types>::add(s);
        return s;
    }();
    /// "(bool)": the types of the return values
    static constexpr std::string_view returns = kReturns.view();
    // NOLINTEND(readability-identifier-naming)

    /// The calldata of a call.
    static Bytes encode(const Args&... args) {
        Bytes out(selector.data.begin(), selector.data.end());
        const Bytes body = abi::encode<Args...>(args...);
        out.insert(out.end(), body.begin(), body.end());
        return out;
    }

    /// What the function returned. Errors: Errc::decode unless it is canonical to the last byte.
    static Result<Return> decode(ByteView data) {
        auto values = decode_values(data);
        if (!values) return tl::unexpected(std::move(values).error());
        if constexpr (std::is_void_v<Return>) {
            return {};
        } else if constexpr (std::is_same_v<Return, Values>) {
            return values;
        } else {
            return std::get<0>(*std::move(values));
        }
    }

    /// The same, always as a tuple of the return values.
    using Values = typename detail::Returned<R>::Types;
    static Result<Values> decode_values(ByteView data) {
        auto values = abi::decode_tuple<Values>(data);
        if (!values) return detail::in_function(signature, "the answer", values.error());
        return values;
    }

    /// The arguments of a call to this function. Errors: Errc::decode when the selector is another one or the
    /// arguments are not canonical.
    static Result<Arguments> decode_call(ByteView calldata) {
        const Selector found = OR_TRY(selector_in(calldata));
        if (found != selector) {
            return fail(Errc::decode, "calldata starts with " + to_hex(found) + ", which is not " +
                                          std::string(signature) + " (" + to_hex(selector) + ")");
        }
        auto values = abi::decode_tuple<Arguments>(calldata.subspan(4));
        if (!values) return detail::in_function(signature, "the arguments", values.error());
        return values;
    }
};

/// A contract event, e.g. Event<"Transfer", Address, Address, U256>; indexed or not makes no difference here.
template <Name N, class... Args>
struct Event {
    static constexpr Signature kSignature = detail::make_signature<Args...>(N.view());
    // NOLINTBEGIN(readability-identifier-naming)
    static constexpr std::string_view signature = kSignature.view();
    /// The first topic of its logs.
    static constexpr Hash32 topic{keccak256(kSignature.view())};
    // NOLINTEND(readability-identifier-naming)
};

}  // namespace outrigger::abi
