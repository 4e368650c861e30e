// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chain/base/bytes.hpp"

namespace outrigger::abi {

/// Why a call reverted, in words, from the bytes it returned: the text of Error(string), the meaning of
/// Panic(uint256), or the selector of a custom error. Printable ASCII, at most 200 characters, never empty:
/// the bytes come from a contract and end up in logs and terminals.
std::string revert_reason(ByteView returned);

}  // namespace outrigger::abi
