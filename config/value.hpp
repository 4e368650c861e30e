// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tl/expected.hpp>

#include "chain/base/bytes.hpp"
#include "config/document.hpp"
#include "config/secret.hpp"

namespace outrigger::config {

struct Field;

/// A duration, or the field's special word ("never", "auto"), which is an empty one.
struct Span {
    std::optional<std::chrono::milliseconds> length;
};

/// A ratio's special word ("auto").
struct Unset {};

/// A choice by its place in the field's list.
struct Choice {
    std::size_t index = 0;
};

/// A value that its field's checks have accepted.
struct Value {
    std::variant<bool, std::int64_t, double, std::string, Span, Unset, Choice, Address, SecretRef,
                 std::vector<std::string>, std::vector<Address>>
        held;
    std::string shown;  // as a person would write it
};

/// What is wrong with a value.
struct Problem {
    std::string what;
    std::string why;
    std::string fix;
};

/// The node as the field's value. Errors: what is wrong, and the edit that puts it right.
tl::expected<Value, Problem> check(const Field& field, const Node& node);

/// The text of an environment variable, of --set or of a default, as the node the file would have had.
Node node_of_text(const Field& field, std::string_view text);

/// Milliseconds in "1h30m". Nothing unless digits with a unit each: ms, s, m, h, d.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace outrigger::config
