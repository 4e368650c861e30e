// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

namespace outrigger {

/// Why something failed, in the words the code acts on. People read Error::what.
enum class Errc : std::uint8_t {
    timeout,      // no answer in time
    transport,    // no connection, or it broke
    rpc,          // the node answered with an error
    decode,       // the answer is not what the question asks for
    stale,        // too old, or too little of it
    reorged,      // the pinned block is no longer canonical
    not_found,    // asked for by name, and not there
    rejected,     // our own policy said no
    reverted,     // the contract said no
    config,       // the configuration is wrong
    key,          // keystore or password
    storage,      // the journal cannot be written or read
    unsupported,  // understood, and deliberately not handled
};

/// The lower-case name of a code, as it appears in logs, the journal and --json.
std::string_view to_string(Errc code);

/// Why an operation failed. `what` is for people; code decides what happens next.
struct [[nodiscard]] Error {
    Errc code = Errc::decode;
    std::string what;

    friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;  // one line to change when std::expected is available

inline tl::unexpected<Error> fail(Errc code, std::string what) {
    return tl::unexpected<Error>(Error{code, std::move(what)});
}

namespace detail {
template <class T>
T take(Result<T>&& r) {
    return *std::move(r);
}
inline void take(Result<void>&&) {}
}  // namespace detail

}  // namespace outrigger

#define OR_CONCAT_(a, b) a##b
#define OR_CONCAT(a, b) OR_CONCAT_(a, b)
#define OR_TRY_AS(name, expr)                                      \
    __extension__({                                                \
        auto name = (expr);                                        \
        if (!name) return tl::unexpected(std::move(name).error()); \
        ::outrigger::detail::take(std::move(name));                \
    })
/// Value of a Result, or return its error from the enclosing function. May be nested.
#define OR_TRY(expr) OR_TRY_AS(OR_CONCAT(or_try_, __COUNTER__), expr)
