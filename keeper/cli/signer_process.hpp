// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "keeper/cli/context.hpp"

namespace outrigger::cli {

/// What a signer that has started tells whoever started it; otherwise a failure as --json says it.
inline constexpr const char* kSignerReady = "ready";

/// The signer of a live run, in a process of its own: started from this very program and gone with us, or,
/// with key.signer = "service", the one that listens already. This process never sees the key. Errors:
/// Exit::key, or whatever kept the signer from starting
Outcome<std::unique_ptr<tx::Signer>> start_signer(const Globals& globals, const config::Settings& settings);

/// Where the signer of a live run listens.
std::string signer_socket(const config::Settings& settings);

}  // namespace outrigger::cli
