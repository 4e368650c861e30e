// SPDX-License-Identifier: Apache-2.0
#include "tests/support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "chain/base/assert.hpp"

namespace outrigger::test {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    int read = -1;
    int write = -1;
    /// A socket can be written to without SIGPIPE when the other side is gone.
    explicit Pipe(bool as_socket = false) {
        std::array<int, 2> ends{};
        const int rc = as_socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                                 : ::pipe2(ends.data(), O_CLOEXEC);
        OR_ASSERT(rc == 0);
        read = ends[0];
        write = ends[1];
    }
};

std::vector<std::string> full_environment(const std::map<std::string, std::string>& added) {
    std::vector<std::string> out;
    for (char** e = environ; *e != nullptr; ++e) {
        const std::string entry = *e;
        if (added.count(entry.substr(0, entry.find('='))) == 0) out.push_back(entry);
    }
    for (const auto& [name, value] : added) out.push_back(name + "=" + value);
    return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

}  // namespace

Process::Process(const ProcessOptions& options) {
    OR_ASSERT(!options.command.empty());
    // Everything the child needs is made before the fork: between fork and exec only plain system calls are
    // safe.
    std::vector<std::string> arguments = options.command;
    std::vector<std::string> environment = full_environment(options.environment);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(environment);
    Pipe in(true);
    Pipe out;
    Pipe err;
    Pipe wake;
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    OR_ASSERT(pid_ >= 0);
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(126);
        ::dup2(in.read, 0);
        ::dup2(out.write, 1);
        ::dup2(err.write, 2);
        if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0) ::_exit(126);
        ::execvpe(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(in.read);
    ::close(out.write);
    ::close(err.write);
    input_ = in.write;
    wake_read_ = wake.read;
    wake_write_ = wake.write;
    pump_ = std::thread([this, o = out.read, e = err.read] { pump(o, e); });
}

Process::~Process() {
    if (running()) {
        ::kill(pid_, SIGKILL);
        reap(true);
    }
    close_input();
    ::close(wake_write_);  // a grandchild may still hold the pipes open
    pump_.join();
    ::close(wake_read_);
}

/// Drains both pipes all the time, so that the child never blocks on a full one.
void Process::pump(int out_fd, int err_fd) {
    std::array<pollfd, 3> fds{{{out_fd, POLLIN, 0}, {err_fd, POLLIN, 0}, {wake_read_, POLLIN, 0}}};
    std::array<char, 65536> chunk{};
    while ((fds[0].fd >= 0 || fds[1].fd >= 0) && ::poll(fds.data(), fds.size(), -1) >= 0) {
        if (fds[2].revents != 0) break;
        for (std::size_t i = 0; i < 2; ++i) {
            if (fds[i].fd < 0 || fds[i].revents == 0) continue;
            const auto n = ::read(fds[i].fd, chunk.data(), chunk.size());
            const std::lock_guard lock(mutex_);
            if (n > 0) {
                (i == 0 ? out_ : err_).append(chunk.data(), static_cast<std::size_t>(n));
            } else {
                fds[i].fd = -1;
                if (i == 0) out_ended_ = true;
            }
            changed_.notify_all();
        }
    }
    ::close(out_fd);
    ::close(err_fd);
    const std::lock_guard lock(mutex_);
    out_ended_ = true;
    all_ended_ = true;
    changed_.notify_all();
}

std::optional<std::string> Process::read_line(std::chrono::milliseconds deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, deadline, [&] { return out_ended_ || out_.find('\n') != std::string::npos; });
    const auto end = out_.find('\n');
    if (end == std::string::npos) return std::nullopt;
    std::string line = out_.substr(0, end);
    out_.erase(0, end + 1);
    return line;
}

std::string Process::out() const {
    const std::lock_guard lock(mutex_);
    return out_;
}

std::string Process::err() const {
    const std::lock_guard lock(mutex_);
    return err_;
}

void Process::write(const std::string& input) {
    std::size_t done = 0;
    while (done < input.size()) {
        const auto n = ::send(input_, input.data() + done, input.size() - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;
        done += static_cast<std::size_t>(n);
    }
}

void Process::close_input() {
    if (input_ >= 0) ::close(input_);
    input_ = -1;
}

void Process::signal(int number) {
    if (running()) ::kill(pid_, number);
}

bool Process::reap(bool block) {
    if (status_) return true;
    int status = 0;
    if (::waitpid(pid_, &status, block ? 0 : WNOHANG) != pid_) return false;
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool Process::running() {
    return !reap(false);
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
    const auto until = Clock::now() + deadline;
    std::unique_lock lock(mutex_);
    // Its pipes close when it ends; a child that outlives its pipes is looked at every few milliseconds.
    while (!reap(false)) {
        if (Clock::now() >= until) return std::nullopt;
        changed_.wait_for(lock, std::chrono::milliseconds(5));
    }
    // What it wrote last may still be in the pipe; a grandchild may hold the pipe open for ever.
    changed_.wait_for(lock, std::chrono::milliseconds(500), [&] { return all_ended_; });
    return status_;
}

std::optional<Finished> run_command(const ProcessOptions& options, std::chrono::milliseconds deadline,
                                    const std::string& input) {
    Process process(options);
    process.write(input);
    process.close_input();
    const auto code = process.wait(deadline);
    if (!code) return std::nullopt;
    return Finished{*code, process.out(), process.err()};
}

}  // namespace outrigger::test
