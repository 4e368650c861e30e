// SPDX-License-Identifier: Apache-2.0
// Every fault of docs/faults.md and docs/faults_prices.md has a test, and every test they name exists.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {
namespace {

/// The tests a page names, by row; a row is a line of a table that begins with its letter and number.
std::map<std::string, std::set<std::string>> named_tests(const std::string& page) {
    static const std::regex row(R"(^\| ([A-Z]\d+) \|)");
    static const std::regex test(R"(`([A-Z]\w*(?:/\w+)?\.[A-Z]\w*)`)");
    std::map<std::string, std::set<std::string>> out;
    for (const auto& line : lines_of(page)) {
        std::smatch found;
        if (!std::regex_search(line, found, row)) continue;
        auto& tests = out[found[1].str()];
        for (std::sregex_iterator it(line.begin(), line.end(), test), end; it != end; ++it)
            tests.insert((*it)[1].str());
    }
    return out;
}

/// "Suite.Name" of every test in the tree.
const std::set<std::string>& all_tests() {
    static const std::set<std::string> all = [] {
        const std::regex test(R"((?:TEST|TEST_F|TEST_P|RC_GTEST_PROP)\(\s*(\w+)\s*,\s*(\w+))");
        std::set<std::string> out;
        for (const auto& f : tree()) {
            if (!f.is_cpp() || !f.in("tests/")) continue;
            for (std::sregex_iterator it(f.text.begin(), f.text.end(), test), end; it != end; ++it)
                out.insert((*it)[1].str() + "." + (*it)[2].str());
        }
        return out;
    }();
    return all;
}

void expect_rows(const std::string& path, const std::map<char, int>& wanted) {
    const auto* page = find(path);
    if (page == nullptr) return;
    const auto rows = named_tests(page->text);
    for (const auto& [letter, count] : wanted) {
        for (int i = 1; i <= count; ++i) {
            const std::string row = letter + std::to_string(i);
            EXPECT_TRUE(rows.count(row)) << path << " has no row " << row;
        }
    }
    for (const auto& [row, tests] : rows) {
        EXPECT_FALSE(tests.empty()) << path << ": no test shows " << row;
        for (const auto& test : tests)
            EXPECT_TRUE(all_tests().count(test)) << path << ": " << row << " names " << test;
    }
}

TEST(Faults, EachHasATestThatExists) {
    ASSERT_NE(find("docs/faults.md"), nullptr);
    expect_rows("docs/faults.md", {{'E', 13}, {'F', 15}});
    expect_rows("docs/faults_prices.md", {{'G', 12}, {'H', 9}});
}

TEST(Faults, ThePagesReaderSees) {
    const auto rows =
        named_tests("| E1 | words `no_test` | `A.B` and `Suite.Name` |\n| Row | `C.D` |\n| E2 | |\n");
    const std::map<std::string, std::set<std::string>> expected{{"E1", {"A.B", "Suite.Name"}}, {"E2", {}}};
    EXPECT_EQ(rows, expected);
    EXPECT_TRUE(all_tests().count("Faults.ThePagesReaderSees"));
}

}  // namespace
}  // namespace outrigger::tidy
