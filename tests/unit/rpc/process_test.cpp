// SPDX-License-Identifier: Apache-2.0
// The test kit's own subprocess helper: what it reports must be believable, because other tests stand on it.
#include "tests/support/process.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace outrigger::test {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{10000};

TEST(Process, RunsToItsEndAndGivesEverythingBack) {
    const auto done = run_command({{"sh", "-c", "cat; echo err >&2; exit 3"}, {}, {}}, kLong, "in\nput");
    ASSERT_TRUE(done);
    EXPECT_EQ(done->code, 3);
    EXPECT_EQ(done->out, "in\nput");
    EXPECT_EQ(done->err, "err\n");
}

TEST(Process, ReadsLinesOneByOneAndNotPastTheEnd) {
    Process p({{"sh", "-c", "echo one; echo two; printf rest"}, {}, {}});
    EXPECT_EQ(p.read_line(kLong), "one");
    EXPECT_EQ(p.read_line(kLong), "two");
    EXPECT_EQ(p.read_line(kLong), std::nullopt);
    EXPECT_EQ(p.wait(kLong), 0);
    EXPECT_EQ(p.out(), "rest");
}

TEST(Process, ADeadlinePassesWithoutALine) {
    Process p({{"cat"}, {}, {}});
    EXPECT_EQ(p.read_line(milliseconds{20}), std::nullopt);
    EXPECT_EQ(p.wait(milliseconds{20}), std::nullopt);
    EXPECT_TRUE(p.running());
    p.write("late\n");
    EXPECT_EQ(p.read_line(kLong), "late");
    p.close_input();
    EXPECT_EQ(p.wait(kLong), 0);
}

TEST(Process, WritingToOneThatHasEndedIsHarmless) {
    Process p({{"true"}, {}, {}});
    ASSERT_EQ(p.wait(kLong), 0);
    p.write(std::string(1'000'000, 'x'));
}

TEST(Process, SignalsEndIt) {
    Process p({{"cat"}, {}, {}});
    p.signal(SIGTERM);
    EXPECT_EQ(p.wait(kLong), 128 + SIGTERM);
    EXPECT_FALSE(p.running());
}

TEST(Process, MuchOutputNeitherBlocksNorIsLost) {
    const auto done = run_command(
        {{"sh", "-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"}, {}, {}}, kLong);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out.size(), 3'000'000U);
    EXPECT_EQ(done->err.size(), 3'000'000U);
}

TEST(Process, EnvironmentAndDirectoryAreItsOwn) {
    const auto done = run_command(
        {{"sh", "-c", "echo $OUTRIGGER_TEST_WORD; pwd"}, {{"OUTRIGGER_TEST_WORD", "hi"}}, "/"}, kLong);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->out, "hi\n/\n");
}

TEST(Process, AProgramThatDoesNotExistIs127) {
    const auto done = run_command({{"no-such-program-anywhere"}, {}, {}}, kLong);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->code, 127);
}

TEST(Process, OneThatDoesNotEndIsKilled) {
    EXPECT_FALSE(run_command({{"tail", "-f", "/dev/null"}, {}, {}}, milliseconds{50}));
}

}  // namespace
}  // namespace outrigger::test
