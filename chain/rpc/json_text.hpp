// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "chain/base/result.hpp"

namespace outrigger {

struct JsonLimits {
    std::size_t depth = 32;
    std::size_t values = 65536;  // every number, string, member and so on counts one
};

/// The value of a JSON text that comes from outside. Limits hold while parsing, not after it.
/// Errors: Errc::decode for anything but exactly one UTF-8 JSON value: a byte order mark, control characters,
/// trailing text, a key that occurs twice in one object, more depth or values than allowed.
Result<nlohmann::json> parse_json(std::string_view text, const JsonLimits& limits = {});

/// A text from outside, fit to be shown or logged: printable ASCII, everything else as \xNN, cut after
/// `max` characters. It stays untrusted: never an instruction, never more than a hint.
std::string shown(std::string_view text, std::size_t max = 200);

}  // namespace outrigger
