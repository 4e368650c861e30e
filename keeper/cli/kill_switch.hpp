// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace outrigger::cli {

/// From here on SIGUSR1 makes the kill switch's file: nothing but cancellations is signed until the file is
/// removed, across restarts.
void arm_kill_switch(const std::string& path);

}  // namespace outrigger::cli
