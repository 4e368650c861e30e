// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/result.hpp"

namespace outrigger::signer {

/// From here on this process makes no connection, to the network or to a neighbour, and starts no other
/// process; it looks into none, none looks into it, and it leaves no core. Cannot be undone. What is open
/// stays open, and what listens still accepts.
///
/// Errors:  Errc::unsupported when the kernel refuses a filter
[[nodiscard]] Result<void> enter_sandbox();

}  // namespace outrigger::signer
