// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>

namespace outrigger::signer {
namespace {

/// Exit code of a process that shuts itself in and then answers a question; 0 is yes.
int inside(const std::function<bool()>& question) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!enter_sandbox()) ::_exit(2);
        ::_exit(question() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

bool refused(long result) {
    return result < 0 && (errno == EPERM || errno == ENOSYS);
}

TEST(Sandbox, HasNoWayOut) {
    EXPECT_EQ(inside([] { return refused(::socket(AF_INET, SOCK_STREAM, 0)); }), 0);
    EXPECT_EQ(inside([] { return refused(::socket(AF_INET6, SOCK_DGRAM, 0)); }), 0);
    EXPECT_EQ(inside([] { return refused(::socket(AF_NETLINK, SOCK_RAW, 0)); }), 0);
    EXPECT_EQ(inside([] { return refused(::socket(AF_UNIX, SOCK_STREAM, 0)); }), 0) << "docker.sock, for one";
    EXPECT_EQ(inside([] { return refused(::fork()); }), 0);
    EXPECT_EQ(inside([] {
                  std::array<char*, 1> none{nullptr};
                  return refused(::execve("/bin/true", none.data(), none.data()));
              }),
              0);
    EXPECT_EQ(inside([] { return refused(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }), 0);
}

TEST(Sandbox, LeavesNothingBehindAndGainsNothing) {
    EXPECT_EQ(inside([] { return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0; }), 0);
    EXPECT_EQ(inside([] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1; }), 0);
    EXPECT_EQ(inside([] {
                  rlimit core{};
                  return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
              }),
              0);
}

TEST(Sandbox, StillDoesItsWork) {
    std::array<int, 2> pair{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    EXPECT_EQ(inside([&] { return ::write(pair[0], "x", 1) == 1; }), 0) << "what is open stays open";
    EXPECT_EQ(inside([] {
                  const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
                  return file >= 0;
              }),
              0);
    EXPECT_EQ(inside([] {
                  bool ran = false;
                  std::thread([&] { ran = true; }).join();
                  return ran;
              }),
              0);
    ::close(pair[0]);
    ::close(pair[1]);
}

}  // namespace
}  // namespace outrigger::signer
