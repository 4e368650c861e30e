// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "hedge/pipeline/pipeline.hpp"

namespace outrigger::store {

/// A hedge's memory as JSON, exactly.
std::string hedge_memory_json(const HedgeMemory& memory);

/// And back. A text of another version of the program is an empty memory: it is rebuilt from the price
/// history. Errors: Errc::storage when it is not what hedge_memory_json wrote
Result<HedgeMemory> hedge_memory_from(const std::string& json);

}  // namespace outrigger::store
