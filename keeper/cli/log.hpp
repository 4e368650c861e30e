// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/settings.hpp"

namespace outrigger::cli {

/// Sends every log line to stderr: text on a terminal, JSON lines elsewhere, or as configured. The mode is
/// the first field after the time, on every line.
void configure_logging(const config::LogSettings& log, const std::string& mode);

enum class Level { info, warn, error };

/// One event: its subject (a position or "keeper"), its name, a sentence for people and fields for programs.
/// Text: "10:31:55Z DRY-RUN eth-usdc   hedge      sell 0.603 ETH ..."; JSON: one object with all of it.
void log_event(Level level, const std::string& subject, const std::string& event, const std::string& sentence,
               const std::vector<std::pair<std::string, std::string>>& fields = {});

}  // namespace outrigger::cli
