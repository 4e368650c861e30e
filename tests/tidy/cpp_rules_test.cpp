// SPDX-License-Identifier: Apache-2.0
// What our C++ does not do, and that the rules themselves can see it.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/tidy/functions.hpp"
#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {
namespace {

struct Ban {
    std::string word;
    std::string why;
    std::vector<std::string> allowed;  // folders
};

const std::vector<Ban>& bans() {
    static const std::vector<std::string> clocks{"keeper/shell/", "keeper/signer/", "keeper/cli/",
                                                 "chain/rpc/",    "tests/",         "bench/"};
    static const std::vector<Ban> all{
        {"#include <ranges>", "clang 14 cannot compile its views", {}},
        {"source_location", "clang 14 does not have it", {}},
        {"std::format", "neither compiler has it: fmt", {}},
        {"std::expected", "neither compiler has it in C++20: Result", {}},
        {"system_clock::now", "time comes in through the shell", clocks},
        {"steady_clock::now", "time comes in through the shell", clocks},
        {"time(nullptr)", "time comes in through the shell", clocks},
        {"sleep_for", "nothing waits but the shell and the network", clocks},
        {"rand(", "decisions replay", {}},
        {"random_device", "decisions replay", {"tests/"}},
        {"std::cout", "stdout is the command's result: keeper/cli/output", {}},
        {"#include <iostream>",
         "stdout is the command's result: keeper/cli/output",
         {"tests/conformance/", "bench/"}},
        {"throw", "expected failures are Results, programmer errors OR_ASSERT", {}},
        {"float", "double or an integer", {}},
        {"using namespace std;", "names say where they are from", {}},
        {"assert(", "OR_ASSERT, which release builds keep", {}},
    };
    return all;
}

bool breaks(const Ban& ban, const std::string& code) {
    return has_word(code, ban.word);
}

TEST(Cpp, DoesNothingBanned) {
    for (const auto& f : tree()) {
        if (!f.is_cpp()) continue;
        const auto code = code_only(f.text);
        for (const auto& ban : bans()) {
            const bool allowed =
                std::any_of(ban.allowed.begin(), ban.allowed.end(), [&](const auto& d) { return f.in(d); });
            if (allowed) continue;
            const auto bad = offences(f, code, [&](const std::string& line) { return breaks(ban, line); });
            EXPECT_TRUE(bad.empty()) << bad << "'" << ban.word << "': " << ban.why;
        }
    }
}

TEST(Cpp, KeepsHeavyHeadersOutOfHeaders) {
    for (const auto& f : tree()) {
        if (!f.ends_with(".hpp") || f.in("tests/") || f.in("bench/")) continue;
        for (const char* heavy :
             {"<nlohmann/json.hpp>", "<toml++/", "<CLI/", "<curl/curl.h>", "<sqlite3.h>", "<boost/"}) {
            EXPECT_EQ(f.text.find(heavy), std::string::npos) << f.path << " includes " << heavy;
        }
        if (!f.in("keeper/store/")) {
            EXPECT_EQ(f.text.find("<SQLiteCpp/"), std::string::npos) << f.path;
        }
    }
}

TEST(Cpp, OnlyTheEdgesDoInputAndOutput) {
    for (const auto& f : tree()) {
        const bool pure = f.in("chain/") || f.in("hedge/") || f.in("oracle/") || f.in("keeper/decide/");
        if (!f.is_cpp() || !pure || f.in("chain/rpc/")) continue;
        for (const char* header :
             {"<spdlog/", "<curl/", "<fstream>", "<SQLiteCpp/", "<sys/socket.h>", "<thread>"}) {
            EXPECT_EQ(f.text.find(header), std::string::npos) << f.path << " includes " << header;
        }
    }
}

// ---- the rules can see
// ---------------------------------------------------------------------------------------

TEST(Rules, CodeOnlyKeepsCodeAndLineNumbers) {
    EXPECT_EQ(code_only("a // throw\nb"), "a         \nb");
    EXPECT_EQ(code_only("a /* x\ny */ b"), "a     \n     b");
    EXPECT_EQ(code_only(R"(f("throw \" now") + g)"), R"(f("            ") + g)");
    EXPECT_EQ(code_only("'\"' + x"), "' ' + x");
    EXPECT_EQ(code_only("1'000'000 + throw_"), "1'000'000 + throw_");
    EXPECT_EQ(code_only("R\"x(a\n) throw )x\" b"), "     \n            b");
    EXPECT_EQ(code_only("#include \"a/b.hpp\"\n"), "#include \"a/b.hpp\"\n");
}

TEST(Rules, BannedWordsAreFoundAsWordsOnly) {
    const auto seen = [](const std::string& code) {
        std::vector<std::string> out;
        for (const auto& ban : bans()) {
            if (breaks(ban, code)) out.push_back(ban.word);
        }
        return out;
    };
    EXPECT_EQ(seen("throw Bad();"), std::vector<std::string>{"throw"});
    EXPECT_EQ(seen("throw;"), std::vector<std::string>{"throw"});
    EXPECT_EQ(seen("new (std::nothrow) X; EXPECT_THROW(f(), E); float_like;"), std::vector<std::string>{});
    EXPECT_EQ(seen("x = std::rand();"), std::vector<std::string>{"rand("});
    EXPECT_EQ(seen("operand(x); static_assert(1); OR_ASSERT(x);"), std::vector<std::string>{});
    EXPECT_EQ(seen("auto t = std::chrono::system_clock::now();"),
              std::vector<std::string>{"system_clock::now"});
    EXPECT_EQ(seen("static_cast<float>(x)"), std::vector<std::string>{"float"});
}

TEST(Rules, FunctionBodiesAreMeasured) {
    const std::string code =
        "namespace a {\nstruct S {\n  int x = 0;\n  int f() const {\n    if (x) {\n    }\n    return 1;\n  "
        "}\n};\n"
        "constexpr int k[] = {1, 2};\n#define M(x) \\\n  {\nint g(int y) {\n  return y;\n}\n"
        "TEST(A, B) {\n  auto l = [] {\n  };\n}\n}\n";
    const auto bodies = function_bodies(code);
    ASSERT_EQ(bodies.size(), 3U);
    EXPECT_EQ(bodies[0].first_line, 4U);
    EXPECT_EQ(bodies[0].lines, 5U);
    EXPECT_EQ(bodies[1].first_line, 13U);
    EXPECT_EQ(bodies[1].lines, 3U);
    EXPECT_EQ(bodies[2].lines, 4U);
}

}  // namespace
}  // namespace outrigger::tidy
