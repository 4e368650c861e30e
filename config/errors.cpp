// SPDX-License-Identifier: Apache-2.0
#include "config/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace outrigger::config {

std::string render(const ConfigErrors& errors) {
    if (errors.empty()) return "The configuration is valid.\n";
    std::string text =
        errors.size() == 1
            ? "The configuration has 1 error. Nothing was started.\n"
            : fmt::format("The configuration has {} errors. Nothing was started.\n", errors.size());
    for (const auto& e : errors) {
        text += fmt::format("\nerror: {}\n  where  {}\n  why    {}\n  fix    {}\n", e.what, e.where, e.why,
                            e.fix);
    }
    return text;
}

ConfigErrors in_file_order(ConfigErrors errors) {
    const auto rank = [](const ConfigError& e) { return std::tuple(e.line == 0, e.line, e.column); };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const ConfigError& a, const ConfigError& b) { return rank(a) < rank(b); });
    ConfigErrors unique;
    for (auto& e : errors) {
        const bool seen = std::any_of(unique.begin(), unique.end(), [&](const ConfigError& other) {
            return other.where == e.where && other.what == e.what;
        });
        if (!seen) unique.push_back(std::move(e));
    }
    return unique;
}

}  // namespace outrigger::config
