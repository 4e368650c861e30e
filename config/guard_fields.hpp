// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/fields.hpp"

namespace outrigger::config {

/// The keys under [guard] that say what is believed.
[[nodiscard]] std::vector<Field> believing_fields();
/// Those that say what may be spent.
[[nodiscard]] std::vector<Field> spending_fields();

}  // namespace outrigger::config
