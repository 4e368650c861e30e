// SPDX-License-Identifier: Apache-2.0
#include "keeper/shell/crash_point.hpp"

namespace outrigger {

namespace {
CrashHook hook_now = nullptr;
}  // namespace

void set_crash_hook(CrashHook hook) {
    hook_now = hook;
}
void crash_point(const char* point) {
    if (hook_now != nullptr) hook_now(point);
}

}  // namespace outrigger
