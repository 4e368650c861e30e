// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace outrigger::config {

/// One thing wrong with the configuration, in the four parts a person needs to put it right.
struct ConfigError {
    std::string key;    // "defaults.thresholds.delta_band_ratio"; empty when no single key is to blame
    std::string where;  // "outrigger.toml:37:20", "environment OUTRIGGER__...", "--set guard.max_tx_usd"
    std::string what;   // what is wrong
    std::string why;    // why that is wrong
    std::string fix;    // the edit or command that puts it right
    int line = 0;       // of the file; 0: not in the file
    int column = 0;     // counted from 1, in characters

    friend bool operator==(const ConfigError&, const ConfigError&) = default;
};

/// Everything wrong with one configuration, in the order of the file.
using ConfigErrors = std::vector<ConfigError>;

/// The list as text for a terminal: a headline, then what, where, why and fix of each error.
std::string render(const ConfigErrors& errors);

/// The same list in the order of the file, without repetitions.
ConfigErrors in_file_order(ConfigErrors errors);

}  // namespace outrigger::config
