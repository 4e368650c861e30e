// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "config/document.hpp"
#include "config/settings.hpp"

namespace outrigger::config {

/// Where the value that counts was said.
struct Said {
    std::string where;
    Place place;
};
using SaidAt = std::map<std::string, Said>;  // by path

/// Appends what is wrong between keys that are each right by themselves.
void cross_check(const Settings& settings, const SaidAt& said, ConfigErrors& errors);

}  // namespace outrigger::config
