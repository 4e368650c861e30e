// SPDX-License-Identifier: Apache-2.0
// What the README and the presets promise exists, and the C++ is formatted.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {
namespace {

namespace fs = std::filesystem;

std::set<std::string> matches(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::set<std::string> out;
    for (std::sregex_iterator it(text.begin(), text.end(), expression), end; it != end; ++it)
        out.insert((*it)[1].str());
    return out;
}

/// The README and every page under docs/: what people copy commands from.
std::string documentation() {
    std::string out;
    for (const auto& f : tree()) {
        if (f.path == "README.md" || (f.in("docs/") && f.ends_with(".md"))) out += f.text + "\n";
    }
    return out;
}

TEST(Readme, NamesOnlyScriptsThatExist) {
    const auto named = matches(documentation(), "\\./((?:scripts|\\.ci)/[a-z0-9_-]+)");
    EXPECT_TRUE(named.count("scripts/demo"));
    EXPECT_TRUE(named.count("scripts/test"));
    for (const auto& script : named) {
        ASSERT_TRUE(fs::exists(root() / script)) << script;
        EXPECT_NE(fs::status(root() / script).permissions() & fs::perms::owner_exec, fs::perms::none)
            << script;
    }
}

TEST(Readme, NamesOnlyVerbsThatExist) {
    const std::set<std::string> verbs{"run",   "check",  "status",  "explain", "positions",
                                      "demo",  "devnet", "version", "history", "stress",
                                      "study", "signer", "pause",   "resume"};
    // Commands stand in backticks or at the start of a line of a code block.
    auto named = matches(documentation(), "(?:^|\\n|`|/|\\$ )outrigger +([a-z]+)");
    for (const auto& verb : named) EXPECT_TRUE(verbs.count(verb)) << "outrigger " << verb;
    EXPECT_TRUE(named.count("run"));
    EXPECT_TRUE(named.count("check"));
    const auto program = fs::path(OUTRIGGER_BINARY_DIR) / "outrigger";
    if (!fs::exists(program)) GTEST_SKIP() << "the program is not built here";
    const auto help = run("'" + program.string() + "' --help");
    EXPECT_EQ(help.exit, 0);
    for (const auto& verb : verbs) EXPECT_TRUE(has_word(help.output, verb)) << verb;
}

TEST(Presets, AreThereToConfigureAndBuild) {
    const auto presets = nlohmann::json::parse(find("CMakePresets.json")->text, nullptr, false);
    ASSERT_TRUE(presets.is_object());
    for (const char* section : {"configurePresets", "buildPresets"}) {
        std::set<std::string> names;
        for (const auto& p : presets[section]) names.insert(p.value("name", ""));
        for (const char* wanted : {"dev", "release", "tsan", "fuzz", "coverage"}) {
            EXPECT_TRUE(names.count(wanted)) << section << " " << wanted;
        }
    }
}

TEST(Format, IsWhatClangFormat14Makes) {
    std::string formatter;
    for (const char* name : {"clang-format-14", "clang-format"}) {
        const auto version = run(std::string(name) + " --version");
        if (version.exit == 0 && version.output.find("version 14.") != std::string::npos) {
            formatter = name;
            break;
        }
    }
    ASSERT_NE(formatter, "") << "clang-format 14 is missing: run ./scripts/setup";
    std::string files;
    for (const auto& f : tree()) {
        if (f.is_cpp()) files += " '" + f.path + "'";
    }
    const auto ran = run("cd '" + root().string() + "' && " + formatter + " --dry-run --Werror" + files);
    std::set<std::string> offenders;
    for (const auto& line : lines_of(ran.output)) {
        if (line.find(": error:") != std::string::npos) offenders.insert(line.substr(0, line.find(':')));
    }
    std::string list;
    for (const auto& path : offenders) list += path + "\n";
    EXPECT_EQ(ran.exit, 0) << "run ./scripts/format; it changes:\n" << list;
}

}  // namespace
}  // namespace outrigger::tidy
