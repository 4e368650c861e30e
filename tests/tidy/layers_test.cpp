// SPDX-License-Identifier: Apache-2.0
// Includes and links go down only, and the configure step really refuses the other direction.
#include "tests/tidy/layers.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, Library>& libraries() {
    static const auto all = parse_libraries(find("CMakeLists.txt")->text);
    return all;
}

TEST(Layers, AreThoseOfTheArchitecture) {
    // The shape of the program, said a second time on purpose: moving a library to another level is a
    // decision.
    const std::map<std::string, int> agreed{
        {"base", 0},   {"abi", 1},         {"crypto", 1}, {"config", 1}, {"hedge", 1}, {"pool", 2},
        {"decide", 2}, {"study", 2},       {"oracle", 3}, {"venue", 3},  {"tx", 3},    {"rpc", 4},
        {"store", 4},  {"keeper_base", 4}, {"signer", 5}, {"shell", 6},  {"cli", 7},
    };
    for (const auto& [name, level] : agreed) {
        ASSERT_TRUE(libraries().count(name)) << name;
        EXPECT_EQ(libraries().at(name).level, level) << name;
    }
    for (const auto& [name, library] : libraries()) {
        if (library.level < 8) {
            EXPECT_TRUE(agreed.count(name)) << name << " is new: agree on its level here";
        }
    }
}

TEST(Layers, EveryFolderBelongsToOneLibrary) {
    std::vector<std::string> conflicts;
    folders_of(libraries(), conflicts);
    EXPECT_EQ(conflicts, std::vector<std::string>{});
}

TEST(Layers, IncludesGoDownAndWhatIsIncludedIsLinked) {
    std::vector<std::string> ignored;
    const auto folders = folders_of(libraries(), ignored);
    std::size_t seen = 0;
    for (const auto& f : tree()) {
        if (!f.is_cpp()) continue;
        const auto user = owner_of(folders, f.path);
        for (const auto& path : quoted_includes(f.text)) {
            ++seen;
            EXPECT_TRUE(find(path) != nullptr)
                << f.path << " includes " << path << ", which is not in the tree";
            EXPECT_EQ(include_fault(libraries(), user, owner_of(folders, path)), "")
                << f.path << " includes " << path;
        }
    }
    EXPECT_GT(seen, 200U);
}

TEST(Layers, EverySourceIsBuilt) {
    const auto& cmake = find("CMakeLists.txt")->text;
    for (const auto& f : tree()) {
        if (f.ends_with(".cpp")) {
            EXPECT_TRUE(has_word(cmake, f.path)) << f.path << " is in no target";
        }
    }
}

TEST(Layers, TheProgramsOwnFoldersAreInALibrary) {
    std::vector<std::string> ignored;
    const auto folders = folders_of(libraries(), ignored);
    for (const auto& f : tree()) {
        const bool ours =
            f.in("chain/") || f.in("oracle/") || f.in("hedge/") || f.in("config/") || f.in("keeper/");
        if (!f.is_cpp() || !ours || f.path == "keeper/main.cpp") continue;
        EXPECT_NE(owner_of(folders, f.path), "") << f.path;
    }
}

// ---- the rules can see
// ---------------------------------------------------------------------------------------

TEST(LayerRules, FaultsAreFound) {
    const auto made_up = parse_libraries(
        "# outrigger_library(no LEVEL 9 SOURCES x/no.cpp)\n"
        "outrigger_library(low LEVEL 0\n  SOURCES low/a.cpp ${GENERATED})\n"
        "outrigger_library(side LEVEL 1 SOURCES side/a.cpp)\n"
        "outrigger_library(mid LEVEL 1\n  SOURCES mid/a.cpp mid/b.cpp\n  PUBLIC outrigger::low fmt::fmt)\n"
        "outrigger_library(top LEVEL 2 SOURCES top/a.cpp PRIVATE outrigger::mid)\n");
    ASSERT_EQ(made_up.size(), 4U);
    EXPECT_EQ(made_up.at("mid").sources.size(), 2U);
    EXPECT_EQ(made_up.at("low").sources.size(), 1U);
    EXPECT_EQ(include_fault(made_up, "top", "low"), "");
    EXPECT_EQ(include_fault(made_up, "mid", "mid"), "");
    EXPECT_NE(include_fault(made_up, "low", "mid"), "");   // upward
    EXPECT_NE(include_fault(made_up, "mid", "side"), "");  // sideways
    EXPECT_NE(include_fault(made_up, "top", "side"), "");  // down, but not linked
    EXPECT_NE(include_fault(made_up, "top", ""), "");      // a file of nobody
    EXPECT_EQ(include_fault(made_up, "", "top"), "");      // programs and tests include what they like

    std::vector<std::string> conflicts;
    folders_of(parse_libraries("outrigger_library(a LEVEL 0 SOURCES x/a.cpp)\n"
                               "outrigger_library(b LEVEL 0 SOURCES x/b.cpp)\n"),
               conflicts);
    EXPECT_EQ(conflicts.size(), 1U);
}

/// What configuring a project of two libraries answers, `low` at level 1 and `other` at `level`, low linking
/// other.
Ran configured(int level) {
    auto pattern = (fs::temp_directory_path() / "outrigger-tidy-XXXXXX").string();
    const fs::path dir = ::mkdtemp(pattern.data());
    std::ofstream(dir / "a.cpp") << "int a();\nint a() { return 1; }\n";
    std::ofstream(dir / "CMakeLists.txt")
        << "cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES CXX)\ninclude(" << root().string()
        << "/cmake/outrigger.cmake)\noutrigger_library(other LEVEL " << level << " SOURCES a.cpp)\n"
        << "outrigger_library(low LEVEL 1 SOURCES a.cpp PUBLIC outrigger::other)\n";
    auto out = run("cmake -G Ninja -S '" + dir.string() + "' -B '" + (dir / "build").string() + "'");
    fs::remove_all(dir);
    // CMake wraps its messages; unwrap them.
    std::string flat;
    for (const char c : out.output) {
        if (c != '\n' && (c != ' ' || flat.empty() || flat.back() != ' ')) flat += c;
        if (c == '\n' && !flat.empty() && flat.back() != ' ') flat += ' ';
    }
    out.output = flat;
    return out;
}

TEST(LayerRules, ConfiguringALinkDownWorks) {
    const auto ran = configured(0);
    EXPECT_EQ(ran.exit, 0) << ran.output;
}

TEST(LayerRules, ConfiguringALinkUpOrSidewaysFailsWithTheReason) {
    for (const int level : {1, 2}) {
        const auto ran = configured(level);
        EXPECT_NE(ran.exit, 0);
        const auto why = "low (level 1) must not link outrigger::other (level " + std::to_string(level) + ")";
        EXPECT_NE(ran.output.find(why), std::string::npos) << ran.output;
    }
}

}  // namespace
}  // namespace outrigger::tidy
