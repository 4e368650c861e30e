// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/local_chain.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace outrigger::cli {

namespace {

constexpr std::chrono::seconds kStartTimeout{180};  // the first start deploys every contract

/// Reads a pipe line by line until it ends or a line satisfies `done`.
class LineReader {
  public:
    explicit LineReader(int descriptor) : descriptor_(descriptor) {}

    /// False at the end of the pipe.
    bool read(const std::function<void(const std::string&)>& line) {
        std::array<char, 4096> buffer{};
        const ssize_t n = ::read(descriptor_, buffer.data(), buffer.size());
        if (n <= 0) return false;
        pending_.append(buffer.data(), static_cast<std::size_t>(n));
        for (std::size_t end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n')) {
            line(pending_.substr(0, end));
            pending_.erase(0, end + 1);
        }
        return true;
    }
    int descriptor() const { return descriptor_; }

  private:
    int descriptor_;
    std::string pending_;
};

struct Child {
    pid_t pid = -1;
    int out = -1;
    int err = -1;
};

/// Starts node with our pipes; a detached one gets a session of its own and its stderr in a file.
Outcome<Child> spawn_node(const std::string& directory, const std::vector<std::string>& arguments,
                          bool detached, const std::string& log_file) {
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
        return stop({Exit::error, "devnet.pipe", "cannot make a pipe", "", "", ""});
    std::vector<std::string> words{"node", directory + "/serve.mjs"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (auto& w : words) argv.push_back(w.data());
    argv.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid < 0) return stop({Exit::error, "devnet.fork", "cannot start a process", "", "", ""});
    if (pid == 0) {
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(err[1], STDERR_FILENO);
        if (detached) {
            ::setsid();
            const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
            if (log >= 0) ::dup2(log, STDERR_FILENO);
        }
        const int nothing = ::open("/dev/null", O_RDONLY);
        if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
        ::execvp("node", argv.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    return Child{pid, out[0], err[0]};
}

Outcome<LocalChainInfo> parse_ready(const std::string& line, pid_t pid) {
    const auto doc = nlohmann::json::parse(line, nullptr, false);
    if (!doc.is_object() || !doc.value("ready", false))
        return stop({Exit::error, "devnet.start", "the local chain did not start", "serve.mjs", line, ""});
    return LocalChainInfo{doc.value("rpc", ""), doc.value("control", ""), doc.value("world", ""),
                          doc.value("chain_id", std::uint64_t{0}), pid};
}

/// Waits for the ready line, passing on what is said meanwhile.
Outcome<LocalChainInfo> wait_until_ready(const Child& child,
                                         const std::function<void(const std::string&)>& progress) {
    LineReader out(child.out);
    LineReader err(child.err);
    std::string ready;
    std::string said;
    const auto give_up = std::chrono::steady_clock::now() + kStartTimeout;
    bool err_open = true;
    while (ready.empty() && std::chrono::steady_clock::now() < give_up) {
        std::array<pollfd, 2> wait{pollfd{out.descriptor(), POLLIN, 0},
                                   pollfd{err_open ? err.descriptor() : -1, POLLIN, 0}};
        if (::poll(wait.data(), wait.size(), 1000) <= 0) continue;
        if ((wait[1].revents & (POLLIN | POLLHUP)) != 0) {
            err_open = err.read([&](const std::string& line) {
                said = line;
                progress(line);
            });
        }
        if ((wait[0].revents & (POLLIN | POLLHUP)) != 0 &&
            !out.read([&](const std::string& line) { ready = line; }))
            break;
    }
    if (ready.empty()) {
        return stop({Exit::error, "devnet.start", "the local chain did not start", "devnet/serve.mjs",
                     said.empty() ? "is Node.js installed?" : said, "run: ./scripts/setup"});
    }
    return parse_ready(ready, child.pid);
}

}  // namespace

Outcome<std::string> find_devnet_directory() {
    std::error_code ignored;
    std::vector<std::filesystem::path> candidates;
    if (const char* named = std::getenv("OUTRIGGER_DEVNET"); named != nullptr && *named != '\0')
        candidates.emplace_back(named);
    const auto binary = std::filesystem::read_symlink("/proc/self/exe", ignored);
    for (auto up = binary.parent_path(); !up.empty() && up != up.root_path(); up = up.parent_path())
        candidates.push_back(up / "devnet");
    candidates.push_back(std::filesystem::current_path(ignored) / "devnet");
    for (const auto& candidate : candidates) {
        if (std::filesystem::exists(candidate / "serve.mjs", ignored)) return candidate.string();
    }
    return stop({Exit::error, "devnet.missing", "the local chain's files are not here", "devnet/serve.mjs",
                 "they are looked for above the binary and in the working directory",
                 "run it from a checkout of the repository"});
}

Result<nlohmann::json> ask_control(Transport& transport, const std::string& control, const std::string& path,
                                   const nlohmann::json& body) {
    HttpRequest request;
    request.url = control + path;
    request.body = body.is_null() ? "" : body.dump();
    request.method = body.is_null() ? HttpMethod::get : HttpMethod::post;
    request.timeout = std::chrono::seconds{60};
    const auto answers = transport.perform(std::span(&request, 1));
    if (!answers[0]) return tl::unexpected(answers[0].error());
    auto doc = nlohmann::json::parse(answers[0]->body, nullptr, false);
    if (doc.is_discarded()) return fail(Errc::decode, "the control server did not answer JSON");
    if (answers[0]->status != 200)
        return fail(Errc::rejected,
                    doc.is_object() ? doc.value("error", answers[0]->body) : answers[0]->body);
    return doc;
}

Outcome<std::unique_ptr<LocalChain>> LocalChain::start(
    const std::function<void(const std::string&)>& progress, int port, bool detached,
    const std::string& log_file) {
    const auto directory = find_devnet_directory();
    if (!directory) return stop(directory.error());
    std::vector<std::string> arguments{"--port", std::to_string(port), "--control-port", "0"};
    if (!detached) {
        arguments.emplace_back("--parent");
        arguments.push_back(std::to_string(::getpid()));
    }
    const auto child = spawn_node(*directory, arguments, detached, log_file);
    if (!child) return stop(child.error());
    auto info = wait_until_ready(*child, progress);
    if (!info) {
        ::kill(child->pid, SIGTERM);
        ::waitpid(child->pid, nullptr, 0);
        return stop(info.error());
    }
    return std::unique_ptr<LocalChain>(new LocalChain(*std::move(info), detached));
}

LocalChain::~LocalChain() {
    if (detached_) return;
    ::kill(info_.pid, SIGTERM);
    ::waitpid(info_.pid, nullptr, 0);
}

Result<nlohmann::json> LocalChain::control(const std::string& path, const nlohmann::json& body) {
    return ask_control(transport_, info_.control, path, body);
}

}  // namespace outrigger::cli
