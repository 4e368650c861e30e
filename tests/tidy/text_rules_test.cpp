// SPDX-License-Identifier: Apache-2.0
// What every file of the tree looks like. Each test names the offenders.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <regex>

#include "tests/tidy/functions.hpp"
#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {
namespace {

namespace fs = std::filesystem;

/// A word in two halves, so that this file does not contain what it forbids.
std::string joined(const char* a, const char* b) {
    return std::string(a) + b;
}

TEST(Tree, IsTheWholeRepository) {
    for (const char* path :
         {"CMakeLists.txt", "README.md", "LICENSE", "chain/base/u256.hpp", "scripts/test"}) {
        EXPECT_NE(find(path), nullptr) << path;
    }
    EXPECT_GT(tree().size(), 150U);
    for (const auto& f : tree()) EXPECT_EQ(f.path.find("node_modules"), std::string::npos) << f.path;
}

TEST(Text, SourcesSayTheirLicenceFirst) {
    for (const auto& f : tree()) {
        if (!f.is_source()) continue;
        const auto lines = lines_of(f.text);
        const std::size_t at = !lines.empty() && lines[0].starts_with("#!") ? 1 : 0;
        const std::string mark = f.is_cpp() || f.ends_with(".mjs") ? "//" : "#";
        ASSERT_GT(lines.size(), at) << f.path << " is empty";
        EXPECT_EQ(lines[at], mark + " SPDX-License-Identifier: Apache-2.0") << f.path << ":" << at + 1;
    }
}

TEST(Text, HeadersGuardThemselves) {
    for (const auto& f : tree()) {
        if (f.ends_with(".hpp")) {
            EXPECT_NE(f.text.find("\n#pragma once\n"), std::string::npos) << f.path;
        }
    }
}

TEST(Text, LinesAreAtMost120Wide) {
    std::string bad;
    for (const auto& f : tree()) {
        if (!f.is_source()) continue;
        // JavaScript's literals of addresses and signatures are tables; breaking them helps nobody.
        const std::size_t limit = f.ends_with(".mjs") ? 180 : 120;
        bad += offences(f, f.text, [&](const std::string& line) {
            const auto wide =
                std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; });
            return static_cast<std::size_t>(wide) > limit;
        });
    }
    EXPECT_TRUE(bad.empty()) << bad;
}

TEST(Text, LinesEndCleanly) {
    std::string bad;
    for (const auto& f : tree()) {
        if (!f.is_source() && !f.ends_with(".md")) continue;
        EXPECT_EQ(f.text.find('\r'), std::string::npos) << f.path << " has carriage returns";
        EXPECT_TRUE(f.text.ends_with('\n')) << f.path << " does not end in a newline";
        const auto trailing = [](const std::string& line) {
            return line.ends_with(' ') || line.ends_with('\t');
        };
        bad += offences(f, f.text, trailing);
    }
    EXPECT_TRUE(bad.empty()) << bad;
}

TEST(Text, FilesAreAtMost700Lines) {
    for (const auto& f : tree()) {
        if (f.is_source()) {
            EXPECT_LE(lines_of(f.text).size(), 700U) << f.path;
        }
    }
}

TEST(Text, FunctionsAreAtMost80Lines) {
    for (const auto& f : tree()) {
        if (!f.is_cpp()) continue;
        for (const auto& body : function_bodies(code_only(f.text))) {
            EXPECT_LE(body.lines, 80U) << f.path << ":" << body.first_line;
        }
    }
}

TEST(Text, NamesAreSnakeCase) {
    const std::regex program("[a-z0-9_]+(\\.[a-z0-9_]+)*");
    const std::regex other("\\.?[a-z0-9_-]+(\\.[a-z0-9_]+)*");
    const std::array customary{"CMakeLists.txt", "CMakePresets.json", "LICENSE",    "README.md",
                               "Dockerfile",     "SECURITY.md",       ".gitignore", "CHANGELOG.md"};
    for (const auto& f : tree()) {
        const auto name = f.name();
        if (std::find(customary.begin(), customary.end(), name) != customary.end()) continue;
        if (f.in("tests/fixtures/reference/")) continue;  // named by whoever computed them
        EXPECT_TRUE(std::regex_match(name, f.is_source() ? program : other)) << f.path;
    }
}

TEST(Text, NamesNoMachineAndNoRegistry) {
    std::string bad;
    const std::array forbidden{
        joined("/wo", "rk/"),         joined("/tm", "p/"),          joined("/ho", "me/"),
        joined("/ro", "ot/"),         joined("registry.np", "mjs"), joined("registry.ya", "rnpkg"),
        joined("deb.deb", "ian.org"), joined("pypi", ".org"),       joined("pythonhos", "ted"),
        joined("crates", ".io"),      joined("proxy.gol", "ang"),
    };
    for (const auto& f : tree()) {
        const auto found = [&](const std::string& line) {
            return std::any_of(forbidden.begin(), forbidden.end(), [&](const std::string& word) {
                const auto at = line.find(word);
                // A path starts where nothing that could be part of one stands before it.
                return at != std::string::npos && (word.front() != '/' || at == 0 ||
                                                   (!std::isalnum(static_cast<unsigned char>(line[at - 1])) &&
                                                    line[at - 1] != '.' && line[at - 1] != '}'));
            });
        };
        bad += offences(f, f.text, found);
    }
    EXPECT_TRUE(bad.empty()) << bad;
}

TEST(Text, NothingIsVendored) {
    for (const auto& f : tree()) {
        EXPECT_EQ(f.text.find('\0'), std::string::npos) << f.path << " is binary";
        EXPECT_LE(f.text.size(), f.ends_with(".json") ? 500'000U : 1'000'000U) << f.path;
    }
}

TEST(Text, LockFilesNameNoRegistry) {
    std::size_t seen = 0;
    for (const auto& f : tree()) {
        if (f.name() != "package-lock.json") continue;
        ++seen;
        const auto resolved = [](const std::string& line) {
            return line.find("\"resolved\"") != std::string::npos;
        };
        EXPECT_EQ(offences(f, f.text, resolved), "");
    }
    EXPECT_GE(seen, 1U);
}

TEST(Text, ScriptsRunAsTheyAre) {
    std::size_t seen = 0;
    for (const auto& f : tree()) {
        if ((!f.in("scripts/") && !f.in(".ci/")) || f.ends_with(".sh")) continue;
        ++seen;
        EXPECT_TRUE(f.text.starts_with("#!/")) << f.path << " has no interpreter line";
        const auto permissions = fs::status(root() / f.path).permissions();
        EXPECT_NE(permissions & fs::perms::owner_exec, fs::perms::none) << "chmod +x " << f.path;
    }
    EXPECT_GE(seen, 5U);
}

TEST(Text, PointsOnlyToFilesThatExist) {
    const std::regex link("\\]\\(([^)#: ]+)(#[^)]*)?\\)");
    for (const auto& f : tree()) {
        if (!f.ends_with(".md")) continue;
        for (std::sregex_iterator it(f.text.begin(), f.text.end(), link), end; it != end; ++it) {
            const auto target = (root() / f.path).parent_path() / (*it)[1].str();
            EXPECT_TRUE(fs::exists(target)) << f.path << " points to " << (*it)[1].str();
        }
    }
}

}  // namespace
}  // namespace outrigger::tidy
