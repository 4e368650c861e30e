// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "chain/base/result.hpp"

namespace outrigger::signer {

/// From here on this process has no network and starts no other: sockets but Unix ones cannot be made,
/// nothing can be executed, no other process looked into, and none looks into this one; it leaves no core.
/// Cannot be undone. What is open stays open. Errors:  Errc::unsupported when the kernel refuses a filter
[[nodiscard]] Result<void> enter_sandbox();

}  // namespace outrigger::signer
