// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/sandbox.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace outrigger::signer {

namespace {

/// What a signer never does, and what code that has taken it over would do first.
constexpr std::array kForbidden{"execve",
                                "execveat",
                                "fork",
                                "vfork",
                                "ptrace",
                                "process_vm_readv",
                                "process_vm_writev",
                                "unshare",
                                "setns",
                                "mount",
                                "umount2",
                                "pivot_root",
                                "bpf",
                                "keyctl",
                                "add_key",
                                "request_key",
                                "userfaultfd",
                                "io_uring_setup",
                                "kexec_load",
                                "init_module",
                                "finit_module",
                                "perf_event_open",
                                "open_by_handle_at",
                                "pidfd_getfd"};

Result<void> add_rules(scmp_filter_ctx filter) {
    for (const char* name : kForbidden) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR) continue;  // a kernel that has it not cannot be asked for it
        if (const int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0); rc != 0)
            return fail(Errc::unsupported,
                        fmt::format("{} cannot be forbidden: {}", name, std::strerror(-rc)));
    }
    // Unix sockets exist already; nothing else speaks to anybody.
    const int rc =
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_NE, AF_UNIX));
    if (rc != 0)
        return fail(Errc::unsupported, fmt::format("sockets cannot be forbidden: {}", std::strerror(-rc)));
    return {};
}

}  // namespace

Result<void> enter_sandbox() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(Errc::unsupported,
                    fmt::format("the process cannot be closed to others: {}", std::strerror(errno)));
    // A network namespace without any network, where this user may have one; the filter holds either way.
    static_cast<void>(::unshare(CLONE_NEWUSER | CLONE_NEWNET));
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ALLOW),
                                                                  seccomp_release);
    if (!filter) return fail(Errc::unsupported, "no system call filter can be made");
    OR_TRY(add_rules(filter.get()));
    if (const int rc = seccomp_load(filter.get()); rc != 0)
        return fail(Errc::unsupported,
                    fmt::format("the kernel takes no system call filter: {}", std::strerror(-rc)));
    return {};
}

}  // namespace outrigger::signer
