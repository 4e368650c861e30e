// SPDX-License-Identifier: Apache-2.0
#include "tests/support/devnet.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "chain/rpc/curl_transport.hpp"
#include "tests/support/process.hpp"

namespace outrigger::test {

using nlohmann::json;

struct Devnet::Impl {
    std::unique_ptr<Process> process;
    CurlTransport transport;
    std::string rpc;
    std::string control;
    std::string world_path;
    json world;
    int node_pid = 0;

    Result<json> send(HttpRequest request) {
        request.timeout = std::chrono::seconds{120};
        request.max_bytes = 64UL * 1024 * 1024;
        const HttpResponse answer = OR_TRY(std::move(transport.perform(std::span(&request, 1)).front()));
        json value = json::parse(answer.body, nullptr, false);
        if (value.is_discarded()) return fail(Errc::decode, fmt::format("{}: not JSON", request.url));
        if (answer.status == 200) return value;
        return fail(Errc::rejected, fmt::format("{}: HTTP {}: {}", request.url, answer.status, value.dump()));
    }
};

Devnet::Devnet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Devnet::~Devnet() {
    impl_->process->signal(SIGTERM);
    (void)impl_->process->wait(std::chrono::seconds{5});
}

Result<std::unique_ptr<Devnet>> Devnet::start(const DevnetOptions& options) {
    auto impl = std::make_unique<Impl>();
    ProcessOptions command;
    command.command = {"node",           OUTRIGGER_SOURCE_DIR "/devnet/serve.mjs",
                       "--port",         "0",
                       "--control-port", "0",
                       "--parent",       std::to_string(::getpid())};
    if (options.block_time_s > 0) {
        command.command.insert(command.command.end(), {"--block-time", std::to_string(options.block_time_s)});
    }
    impl->process = std::make_unique<Process>(command);
    const auto line = impl->process->read_line(options.ready_within);
    const json ready = line ? json::parse(*line, nullptr, false) : json();
    if (!ready.is_object() || !ready.value("ready", false)) {
        return fail(Errc::transport, fmt::format("the devnet did not start (node devnet/serve.mjs): {}",
                                                 impl->process->err()));
    }
    impl->rpc = ready.value("rpc", "");
    impl->control = ready.value("control", "");
    impl->world_path = ready.value("world", "");
    impl->node_pid = ready.value("pid", 0);
    std::ifstream file(impl->world_path);
    impl->world = json::parse(file, nullptr, false);
    if (!impl->world.is_object())
        return fail(Errc::transport, fmt::format("{} is not a world file", impl->world_path));
    return std::unique_ptr<Devnet>(new Devnet(std::move(impl)));
}

const std::string& Devnet::rpc_url() const {
    return impl_->rpc;
}
const std::string& Devnet::control_url() const {
    return impl_->control;
}
const std::string& Devnet::world_path() const {
    return impl_->world_path;
}
const json& Devnet::world() const {
    return impl_->world;
}
namespace {

/// Whether every thread of a process is stopped: a signal reaches them one after another.
bool all_stopped(int pid) {
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), gone)) {
        std::ifstream file(task.path() / "stat");
        const std::string stat{std::istreambuf_iterator<char>(file), {}};
        const auto state = stat.rfind(") ");  // the name before it may hold anything
        if (state == std::string::npos || stat.at(state + 2) != 'T') return false;
    }
    return true;
}

}  // namespace

void Devnet::suspend_node() {
    ::kill(impl_->node_pid, SIGSTOP);
    while (!all_stopped(impl_->node_pid)) ::sched_yield();
}

void Devnet::resume_node() {
    ::kill(impl_->node_pid, SIGCONT);
}

Result<json> Devnet::get(std::string_view path) {
    HttpRequest request;
    request.method = HttpMethod::get;
    request.url = impl_->control + std::string(path);
    return impl_->send(std::move(request));
}

Result<json> Devnet::post(std::string_view path, const json& body) {
    HttpRequest request;
    request.url = impl_->control + std::string(path);
    request.body = body.dump();
    return impl_->send(std::move(request));
}

Result<json> Devnet::rpc(std::string_view method, const json& params) {
    HttpRequest request;
    request.url = impl_->rpc;
    request.body = json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}.dump();
    json answer = OR_TRY(impl_->send(std::move(request)));
    if (answer.contains("error"))
        return fail(Errc::rejected, fmt::format("{}: {}", method, answer["error"].dump()));
    return answer["result"];
}

}  // namespace outrigger::test
