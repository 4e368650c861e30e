// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/output.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

namespace outrigger::cli {
namespace {

/// An environment variable for the length of a test, and as it was afterwards.
class Variable {
  public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* before = std::getenv(name)) before_ = before;
        if (value != nullptr) {
            setenv(name, value, 1);
        } else {
            unsetenv(name);
        }
    }
    ~Variable() {
        if (before_) {
            setenv(name_, before_->c_str(), 1);
        } else {
            unsetenv(name_);
        }
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

  private:
    const char* name_;
    std::optional<std::string> before_;
};

TEST(Table, AlignsLeftAndRightWithoutTrailingBlanks) {
    EXPECT_EQ(table({{"name"}, {"USD", true}, {"note"}}, {{"eth", "1", "x"}, {"arb-usdc", "12,345", ""}}),
              "name         USD  note\n"
              "eth            1  x\n"
              "arb-usdc  12,345");
    EXPECT_EQ(table({{"a"}, {"b", true}}, {}), "a  b");
    EXPECT_EQ(table({{"a"}, {"b"}}, {{"1"}}), "a  b\n1") << "a short row is filled";
    EXPECT_EQ(table({{"a"}}, {{"1", "surplus"}}), "a\n1");
}

TEST(Table, CountsCharactersNotBytes) {
    EXPECT_EQ(table({{"a"}, {"b"}}, {{"\u2212\u221e", "x"}, {"abc", "y"}}),
              "a    b\n\u2212\u221e   x\nabc  y");
    EXPECT_EQ(table({{"a", true}, {"b"}}, {{"\u0394", "x"}, {"abc", "y"}}), "  a  b\n  \u0394  x\nabc  y");
}

TEST(Table, ColourTakesNoRoom) {
    EXPECT_EQ(table({{"a"}, {"b"}}, {{"\x1b[32mok\x1b[0m", "x"}, {"abc", "y"}}),
              "a    b\n\x1b[32mok\x1b[0m   x\nabc  y");
}

TEST(Numbers, AreGroupedByThousands) {
    EXPECT_EQ(grouped(0, 0), "0");
    EXPECT_EQ(grouped(999, 0), "999");
    EXPECT_EQ(grouped(1000, 0), "1,000");
    EXPECT_EQ(grouped(19020, 2), "19,020.00");
    EXPECT_EQ(grouped(1234567.891, 2), "1,234,567.89");
    EXPECT_EQ(grouped(-1234.5, 1), "-1,234.5");
    EXPECT_EQ(grouped(-123, 0), "-123");
    EXPECT_EQ(grouped(999.999, 2), "1,000.00") << "rounding may add a group";
    EXPECT_EQ(grouped(123456.789, 6), "123,456.789000") << "no groups after the point";
}

TEST(Numbers, ThatRoundToZeroHaveNoMinus) {
    EXPECT_EQ(grouped(-0.0, 2), "0.00");
    EXPECT_EQ(grouped(-0.004, 2), "0.00");
    EXPECT_EQ(grouped(-0.006, 2), "-0.01");
    EXPECT_EQ(signed_grouped(-0.004, 2), "+0.00");
}

TEST(Numbers, ThatAreNoneSaySo) {
    EXPECT_EQ(grouped(std::numeric_limits<double>::quiet_NaN(), 2), "?");
    EXPECT_EQ(grouped(std::numeric_limits<double>::infinity(), 2), "\u221e");
    EXPECT_EQ(grouped(-std::numeric_limits<double>::infinity(), 2), "-\u221e");
    EXPECT_EQ(signed_grouped(std::numeric_limits<double>::quiet_NaN(), 2), "?") << "unknown has no sign";
    EXPECT_EQ(signed_grouped(std::numeric_limits<double>::infinity(), 2), "+\u221e");
}

TEST(Numbers, ShowTheirSignOnRequest) {
    EXPECT_EQ(signed_grouped(2.871, 3), "+2.871");
    EXPECT_EQ(signed_grouped(-688.2, 2), "-688.20");
    EXPECT_EQ(signed_grouped(0, 1), "+0.0");
}

TEST(Colour, FollowsTheFlagThenTheEnvironment) {
    const Variable term("TERM", "xterm");
    {
        const Variable no("NO_COLOR", nullptr), force("FORCE_COLOR", nullptr);
        EXPECT_TRUE(make_output(false, false, ColourMode::always).colour_out);
        EXPECT_FALSE(make_output(false, false, ColourMode::never).colour_out);
    }
    {
        const Variable no("NO_COLOR", nullptr), force("FORCE_COLOR", "1");
        EXPECT_TRUE(make_output(false, false, ColourMode::automatic).colour_out);
        EXPECT_TRUE(make_output(false, false, ColourMode::automatic).colour_err);
        EXPECT_FALSE(make_output(false, false, ColourMode::never).colour_out);
        EXPECT_FALSE(make_output(true, false, ColourMode::automatic).colour_out) << "never inside a document";
    }
    {
        const Variable no("NO_COLOR", "1"), force("FORCE_COLOR", "1");
        EXPECT_FALSE(make_output(false, false, ColourMode::automatic).colour_out)
            << "the reader's no outweighs";
        EXPECT_TRUE(make_output(false, false, ColourMode::always).colour_out) << "but not the flag";
    }
    {
        const Variable no("NO_COLOR", ""), force("FORCE_COLOR", "1");
        EXPECT_TRUE(make_output(false, false, ColourMode::automatic).colour_out) << "empty is not set";
    }
}

TEST(Colour, IsOnlyThereWhenOn) {
    EXPECT_EQ((Output{false, false, false, false}.good("ok")), "ok");
    EXPECT_EQ((Output{false, false, true, false}.good("ok")), "\x1b[32mok\x1b[0m");
    EXPECT_EQ((Output{false, false, true, false}.bad("no")), "no") << "errors are told on stderr";
    EXPECT_EQ((Output{false, false, false, true}.bad("no")), "\x1b[31mno\x1b[0m");
}

TEST(Failed, SaysFourPartsOnStderrAndReturnsTheExitCode) {
    const Failure failure{Exit::config,       "config.unknown_key", "no such key",
                          "outrigger.toml:7", "it is not known",    "delete it"};
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ(Output{}.failed(failure), 3);
    EXPECT_EQ(
        testing::internal::GetCapturedStderr(),
        "error: no such key\n  where: outrigger.toml:7\n  why:   it is not known\n  fix:   delete it\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

TEST(Failed, LeavesOutWhatIsNotKnown) {
    testing::internal::CaptureStderr();
    EXPECT_EQ((Output{.quiet = true}.failed({Exit::network, "network", "no node answers", "", "", ""})), 5);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "error: no node answers\n")
        << "quiet hides talk, not errors";
}

TEST(Failed, IsOneDocumentWithJson) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    EXPECT_EQ((Output{.json = true}.failed(
                  {Exit::key, "key.missing", "no key", "k.json", "not there", "make one"})),
              4);
    const auto text = testing::internal::GetCapturedStdout();
    EXPECT_NE(testing::internal::GetCapturedStderr(), "");
    ASSERT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
    const auto doc = nlohmann::json::parse(text);
    EXPECT_EQ(doc,
              nlohmann::json::parse(R"({"schema":1,"error":{"code":"key.missing","exit":4,"message":"no key",
        "where":"k.json","why":"not there","hint":"make one"}})"));
}

TEST(Failed, SurvivesBytesThatAreNotText) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Output{.json = true}.failed({Exit::error, "x", "bad byte \xff", "", "", ""});
    testing::internal::GetCapturedStderr();
    EXPECT_FALSE(
        nlohmann::json::parse(testing::internal::GetCapturedStdout(), nullptr, false).is_discarded());
}

TEST(Exits, AreTheDocumentedNumbers) {
    const std::vector<Exit> all{Exit::ok,    Exit::error,       Exit::usage,    Exit::config,
                                Exit::key,   Exit::network,     Exit::position, Exit::oracle_or_venue,
                                Exit::guard, Exit::not_running, Exit::busy,     Exit::timeout};
    for (std::size_t i = 0; i < all.size(); ++i) {
        testing::internal::CaptureStderr();
        EXPECT_EQ(Output{}.failed({all[i], "", "x", "", "", ""}), static_cast<int>(i));
        testing::internal::GetCapturedStderr();
    }
}

TEST(Talk, GoesToStderrUnlessQuiet) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    Output{}.talk("one");
    Output{.quiet = true}.talk("two");
    Output{.quiet = true}.progress("three");
    Output{.quiet = true}.result("four");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "one\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "four\n");
}

}  // namespace
}  // namespace outrigger::cli
