// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/kill_switch.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace outrigger::cli {

namespace {

std::array<char, 4096> switch_path{};  // what a signal handler may read

void on_kill(int) {
    const int file = ::open(switch_path.data(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) ::close(file);
}

}  // namespace

void arm_kill_switch(const std::string& path) {
    const std::size_t size = path.copy(switch_path.data(), switch_path.size() - 1);
    switch_path[size] = '\0';
    struct sigaction action {};
    action.sa_handler = on_kill;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, nullptr);
}

}  // namespace outrigger::cli
