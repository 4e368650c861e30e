// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "config/settings.hpp"
#include "config/value.hpp"

namespace outrigger::config {

/// A text after interpolation.
struct Interpolated {
    std::string text;
    std::string used;  // the references in it, "${ETH_RPC_URL}"; empty: none
};

/// The text with ${VAR}, ${VAR:-default}, ${file:PATH}, ${cred:NAME} and $$ replaced. Errors: what is unset
/// or malformed.
tl::expected<Interpolated, Problem> interpolate(std::string_view text, const Sources& sources);

/// A key that must not hold its secret: the text as a reference to it. Errors: a literal, or a malformed
/// reference.
tl::expected<SecretRef, Problem> parse_secret_ref(std::string_view key, std::string_view text,
                                                  const Sources& sources);

/// The path with ~/ replaced and, when `relative_to_file`, beginning at the file's directory. Errors: ~
/// without HOME.
tl::expected<std::string, Problem> resolve_path(std::string_view path, const Sources& sources,
                                                bool relative_to_file);

}  // namespace outrigger::config
