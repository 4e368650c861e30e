// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "keeper/cli/failure.hpp"

namespace outrigger::cli {

/// What a signer that has started tells whoever started it.
inline constexpr const char* kSignerReady = "ready";

/// What one that has not started tells instead, and its reading.
std::string failure_for_starter(const Failure& failure);
std::optional<Failure> failure_from_signer(const std::string& text);

}  // namespace outrigger::cli
