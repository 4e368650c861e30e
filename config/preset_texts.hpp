// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace outrigger::config {

struct PresetText {
    std::string_view name;
    std::string_view json;
};

/// The files of config/networks, compiled in by embed.cmake.
std::span<const PresetText> preset_texts();

}  // namespace outrigger::config
