// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "keeper/cli/local_chain.hpp"

namespace outrigger::cli {

/// A complete outrigger.toml for a local chain: both LP positions, both venues, the built-in test key.
/// Errors: Errc::decode when the world file is not one.
Result<std::string> devnet_config(const LocalChainInfo& chain, const std::string& datadir);

}  // namespace outrigger::cli
