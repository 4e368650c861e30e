// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/settings.hpp"

/// Pauses by the operator: files beside the ledgers, so that they hold with and without a running keeper, for
/// dry and live runs alike, and across restarts.
namespace outrigger {

/// Stops new hedges of a position, or of all of them when it is empty. What is in flight is finished, and
/// collateral in danger is still topped up. Errors: Errc::storage.
Result<void> pause_position(const config::Settings& settings, const std::string& position,
                            const std::string& reason);
/// Takes that back. Whether there was anything to take back. Errors: Errc::storage.
Result<bool> resume_position(const config::Settings& settings, const std::string& position);

/// Why a position is paused, by itself or with all others; nothing when it is not. A pause that cannot be
/// read is one.
std::optional<std::string> why_paused(const config::Settings& settings, const std::string& position);

}  // namespace outrigger
