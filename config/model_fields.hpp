// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "config/fields.hpp"

namespace outrigger::config {

/// The keys of the minimum-variance estimate.
[[nodiscard]] std::vector<Field> model_fields();
/// Those of what follows when a cross hedge's relationship changes.
[[nodiscard]] std::vector<Field> stability_fields();

}  // namespace outrigger::config
