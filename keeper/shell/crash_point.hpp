// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger {

/// Called at every border between two steps of a transaction's life. Does nothing unless a test has set the
/// hook; tests end the process there, as a power cut would.
using CrashHook = void (*)(const char* point);
void set_crash_hook(CrashHook hook);
void crash_point(const char* point);

}  // namespace outrigger
