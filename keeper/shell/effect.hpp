// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "keeper/shell/market.hpp"
#include "keeper/shell/settle.hpp"
#include "keeper/store/journal.hpp"

namespace outrigger {

/// What hedging does, kept in the journal: once a bar, and whenever the hedge has changed, each group's
/// profit and loss since then, taken apart. The first position of a group speaks for it. An interval in which
/// the position itself changed, or that could not be read, is left out, never filled.
///
/// Errors:  Errc::storage
Result<void> keep_effects(Journal& journal, const Market& market, const Snapshot& seen,
                          const Decision& decision, Mode mode);

}  // namespace outrigger
