// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/signer_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "keeper/signer/client.hpp"

namespace outrigger::cli {

namespace {

using signer::Descriptor;

/// Deriving a key from a password takes seconds by design.
constexpr std::chrono::seconds kPatience{120};

struct Started {
    pid_t pid = 0;
    Descriptor ready;  // what it says once it has started, or why it has not
};

std::vector<std::string> arguments_of(const Globals& globals, const std::string& file, int ready) {
    std::vector<std::string> out{"outrigger",           "signer",   "--once", "--ready-fd",
                                 std::to_string(ready), "--config", file};
    for (const auto& one : globals.set) {
        out.emplace_back("--set");
        out.push_back(one);
    }
    return out;
}

Outcome<Started> launch(const Globals& globals, const std::string& file) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return stop(
            {Exit::error, "signer.pipe", "the signer cannot be started", "", "no pipe can be made", ""});
    Started out{0, Descriptor(ends[0])};
    const Descriptor theirs(ends[1]);
    auto words = arguments_of(globals, file, theirs.get());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    out.pid = ::fork();
    if (out.pid < 0)
        return stop(
            {Exit::error, "signer.fork", "the signer cannot be started", "", "no process can be made", ""});
    if (out.pid == 0) {
        ::fcntl(theirs.get(), F_SETFD, 0);
        ::execv("/proc/self/exe", argv.data());
        ::_exit(127);
    }
    return out;
}

/// Everything the new process says on its pipe, until it closes it or patience ends.
std::string listen_to(const Descriptor& ready) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    std::string text;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd one{ready.get(), POLLIN, 0};
        if (left.count() <= 0 || ::poll(&one, 1, static_cast<int>(left.count())) <= 0) return text;
        std::array<char, 4096> buffer{};
        const auto n = ::read(ready.get(), buffer.data(), buffer.size());
        if (n <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

Outcome<std::unique_ptr<tx::Signer>> connected(const config::Settings& settings, const std::string& fix) {
    auto out = signer::ProcessSigner::connect(signer_socket(settings), settings.chain.network.chain_id);
    if (!out)
        return stop(
            failure_from(out.error(), Exit::key, "signer.unreachable", "the signer does not answer", fix));
    return std::unique_ptr<tx::Signer>(*std::move(out));
}

}  // namespace

std::string signer_socket(const config::Settings& settings) {
    return ledger_directory(settings, Mode::live) + "/signer.sock";
}

Outcome<std::unique_ptr<tx::Signer>> start_signer(const Globals& globals, const config::Settings& settings) {
    if (settings.key.signer == config::SignerPlace::service)
        return connected(settings, "start it: outrigger signer");
    const auto file = find_config(globals);
    if (!file) return stop(file.error());
    auto started = launch(globals, *file);
    if (!started) return stop(started.error());
    const std::string said = listen_to(started->ready);
    if (said == kSignerReady) return connected(settings, "start the keeper again");
    ::waitpid(started->pid, nullptr, WNOHANG);
    if (auto failure = failure_in(said)) return stop(*std::move(failure));
    return stop({Exit::key, "signer.silent", "the signer did not start", "",
                 "it ended, or said nothing for two minutes",
                 "run it by itself to see why: outrigger signer"});
}

}  // namespace outrigger::cli
