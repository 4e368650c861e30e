// SPDX-License-Identifier: Apache-2.0
// A node that stumbles as told: for dry runs against the faults of docs/faults.md.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/faultproxy/catalogue.hpp"
#include "tests/faultproxy/exchange.hpp"

namespace {

using namespace outrigger;

struct Flags {
    std::string upstream;
    std::uint16_t port = 0;
    std::vector<std::string> faults;
    std::size_t every = 1;
    bool list = false;
};

void print_list() {
    for (const auto& f : test::fault_catalogue()) {
        const std::string name = f.argument.empty() ? f.name : f.name + ":ARG";
        fmt::print("{:<20} {}\n", name, f.help);
    }
}

Result<test::Fault> combined(const Flags& flags) {
    test::Fault all;
    for (const auto& name : flags.faults) {
        auto one = OR_TRY(test::named_fault(name));
        all = all ? test::faults::both(all, one) : one;
    }
    if (all && flags.every > 1) all = test::faults::every(flags.every, all);
    return all;
}

/// Serves until it is told to end.
void serve(const Flags& flags, test::Fault fault) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);  // before the server's threads, which inherit it
    test::FaultProxy proxy(flags.upstream, flags.port);
    proxy.set(std::move(fault));
    fmt::print("{}\n", proxy.url());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&ends, &signal);
}

}  // namespace

int main(int argc, char** argv) {
    Flags flags;
    CLI::App app{"A JSON-RPC proxy in front of a real node that lies, stalls and stumbles as told."};
    app.add_option("--upstream", flags.upstream, "the node's URL");
    app.add_option("--port", flags.port, "port on 127.0.0.1; 0: a free one");
    app.add_option("--fault", flags.faults, "NAME[:ARG]; may be given several times");
    app.add_option("--every", flags.every, "only every so many requests");
    app.add_flag("--list", flags.list, "name the faults and end");
    CLI11_PARSE(app, argc, argv);
    if (flags.list) {
        print_list();
        return 0;
    }
    if (flags.upstream.empty()) {
        fmt::print(stderr, "outrigger_faultproxy: no node to stand before; give --upstream URL\n");
        return 2;
    }
    auto fault = combined(flags);
    if (!fault) {
        fmt::print(stderr, "outrigger_faultproxy: {}\n", fault.error().what);
        return 2;
    }
    serve(flags, *std::move(fault));
    return 0;
}
