// SPDX-License-Identifier: Apache-2.0
#include "keeper/base/pauses.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "keeper/base/files.hpp"

namespace outrigger {

namespace {

/// Position names are letters, digits, - and _: this is none.
const std::string kAll = "all.";

std::filesystem::path folder(const config::Settings& settings) {
    return std::filesystem::path(expand_home(settings.storage.datadir)) / settings.chain.preset / "paused";
}

std::string file(const config::Settings& settings, const std::string& position) {
    return (folder(settings) / (position.empty() ? kAll : position)).string();
}

}  // namespace

Result<void> pause_position(const config::Settings& settings, const std::string& position,
                            const std::string& reason) {
    OR_TRY(make_private_directory(folder(settings).string()));
    return write_file(file(settings, position), reason);
}

Result<bool> resume_position(const config::Settings& settings, const std::string& position) {
    std::error_code problem;
    const bool was = std::filesystem::remove(file(settings, position), problem);
    if (problem)
        return fail(Errc::storage,
                    fmt::format("cannot remove {}: {}", file(settings, position), problem.message()));
    return was;
}

std::optional<std::string> why_paused(const config::Settings& settings, const std::string& position) {
    for (const auto& name : {std::string(), position}) {
        std::error_code problem;
        const auto path = file(settings, name);
        const bool there = std::filesystem::exists(path, problem);
        if (!there && !problem) continue;
        const auto reason = read_file(path, 4096);
        return reason && !reason->empty() ? *reason : "by the operator";
    }
    return std::nullopt;
}

}  // namespace outrigger
