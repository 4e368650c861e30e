// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "keeper/base/pauses.hpp"
#include "keeper/cli/verbs.hpp"

namespace outrigger::cli {

namespace {

Outcome<config::Settings> settings_with(const Globals& globals, const std::string& position) {
    auto settings = load_settings(globals);
    if (!settings || position.empty()) return settings;
    std::vector<std::string> names;
    for (const auto& p : settings->positions) names.push_back(p.name);
    if (std::find(names.begin(), names.end(), position) != names.end()) return settings;
    return stop({Exit::usage, "usage.position", fmt::format("there is no position {}", position), "",
                 "the configuration knows other ones", fmt::format("one of: {}", fmt::join(names, ", "))});
}

int say(const Globals& globals, const std::string& position, bool paused, const std::string& text) {
    if (globals.out.json) {
        globals.out.document(
            {{"schema", 1}, {"position", position.empty() ? "all" : position}, {"paused", paused}});
    } else {
        globals.out.result(text);
    }
    return 0;
}

int storage_failed(const Globals& globals, const Error& error) {
    return globals.out.failed(failure_from(error, Exit::error, "storage", "the pause cannot be kept",
                                           "make storage.datadir writable for this user"));
}

}  // namespace

int pause(const Globals& globals, const PauseFlags& flags) {
    const auto settings = settings_with(globals, flags.position);
    if (!settings) return globals.out.failed(settings.error());
    if (const auto done = pause_position(*settings, flags.position, flags.reason); !done)
        return storage_failed(globals, done.error());
    return say(
        globals, flags.position, true,
        fmt::format(
            "{} paused: no new hedge from the next round on, also after a restart. What is in flight is "
            "finished.\nback:  outrigger resume{}",
            flags.position.empty() ? "all positions are" : flags.position + " is",
            flags.position.empty() ? "" : " " + flags.position));
}

int resume(const Globals& globals, const PauseFlags& flags) {
    const auto settings = settings_with(globals, flags.position);
    if (!settings) return globals.out.failed(settings.error());
    const auto was = resume_position(*settings, flags.position);
    if (!was) return storage_failed(globals, was.error());
    std::string text =
        *was ? "resumed: hedges again from the next round on" : "it was not paused by an operator";
    if (const auto why = why_paused(*settings, flags.position); why && !flags.position.empty())
        text += "\nall positions are still paused (" + *why + "): outrigger resume";
    text += "\nwhat a guard has latched is cleared by: outrigger run --resume";
    return say(globals, flags.position, false, text);
}

}  // namespace outrigger::cli
