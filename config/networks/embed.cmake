# SPDX-License-Identifier: Apache-2.0
# Sets OUTRIGGER_PRESETS_CPP to a generated source that holds the network files as text.
set(OUTRIGGER_PRESETS_CPP ${PROJECT_BINARY_DIR}/config/preset_texts.cpp)
set(entries "")
foreach(name mainnet arbitrum sepolia devnet)
  set(file ${CMAKE_CURRENT_LIST_DIR}/${name}.json)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  string(APPEND entries "        {\"${name}\", R\"preset(${text})preset\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${OUTRIGGER_PRESETS_CPP} @ONLY CONTENT [[
// SPDX-License-Identifier: Apache-2.0
// Generated from config/networks/*.json.
#include "config/preset_texts.hpp"

namespace outrigger::config {

std::span<const PresetText> preset_texts() {
    static constexpr PresetText kTexts[] = {
@entries@    };
    return kTexts;
}

}  // namespace outrigger::config
]])
