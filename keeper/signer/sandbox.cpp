// SPDX-License-Identifier: Apache-2.0
#include "keeper/signer/sandbox.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace outrigger::signer {

namespace {

/// What a signer never does, and what code that has taken it over would do first. It answers on the
/// connections it accepts; it makes none, not even to a neighbour on this machine.
constexpr std::array kForbidden{"socket",
                                "connect",
                                "bind",
                                "listen",
                                "execve",
                                "execveat",
                                "fork",
                                "vfork",
                                "ptrace",
                                "setns",
                                "unshare",
                                "mount",
                                "umount2",
                                "pivot_root",
                                "bpf",
                                "keyctl",
                                "add_key",
                                "request_key",
                                "userfaultfd",
                                "io_uring_setup",
                                "process_vm_readv",
                                "kexec_load",
                                "init_module",
                                "finit_module",
                                "perf_event_open",
                                "open_by_handle_at",
                                "pidfd_getfd",
                                "process_vm_writev"};

Result<void> add_rules(scmp_filter_ctx filter) {
    for (const char* name : kForbidden) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR) continue;  // a kernel that has it not cannot be asked for it
        if (const int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0); rc != 0)
            return fail(Errc::unsupported,
                        fmt::format("{} cannot be forbidden: {}", name, std::strerror(-rc)));
    }
    // A thread is no process; clone3 hides its flags from a filter, and libraries do without it.
    int rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
    if (rc == 0) rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    if (rc != 0)
        return fail(Errc::unsupported,
                    fmt::format("new processes cannot be forbidden: {}", std::strerror(-rc)));
    return {};
}

}  // namespace

Result<void> enter_sandbox() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(Errc::unsupported,
                    fmt::format("the process cannot be closed to others: {}", std::strerror(errno)));
    // A network namespace without any network, where this user may have one; the filter holds either way. No
    // user namespace: in it every peer would look the same.
    static_cast<void>(::unshare(CLONE_NEWNET));
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
