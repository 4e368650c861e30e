// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace outrigger::test {

struct ProcessOptions {
    std::vector<std::string> command;                // program (looked up in PATH) and its arguments
    std::map<std::string, std::string> environment;  // added to ours
    std::string directory;                           // empty: ours
};

/// A child process with its input and output in our hands. It is killed when this object goes, and by the
/// kernel when we die first.
class Process {
  public:
    explicit Process(const ProcessOptions& options);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// The next line of its standard output, without the newline; nothing when none comes in time, or it
    /// ended.
    std::optional<std::string> read_line(std::chrono::milliseconds deadline);
    /// Everything it has written so far and nobody has taken by read_line.
    std::string out() const;
    std::string err() const;
    void write(const std::string& input);
    void close_input();

    void signal(int number);
    /// The exit code, or 128 plus the signal that ended it; nothing when it is still running at the deadline.
    std::optional<int> wait(std::chrono::milliseconds deadline);
    bool running();
    pid_t pid() const { return pid_; }

  private:
    void pump(int out_fd, int err_fd);
    bool reap(bool block);

    pid_t pid_ = -1;
    int input_ = -1;
    std::optional<int> status_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string out_;
    std::string err_;
    bool out_ended_ = false;
    bool all_ended_ = false;
    int wake_read_ = -1;
    int wake_write_ = -1;
    std::thread pump_;
};

/// A finished command: its exit code and what it wrote. Nothing when it did not end in time (it is killed).
struct Finished {
    int code = 0;
    std::string out;
    std::string err;
};
std::optional<Finished> run_command(const ProcessOptions& options, std::chrono::milliseconds deadline,
                                    const std::string& input = {});

}  // namespace outrigger::test
