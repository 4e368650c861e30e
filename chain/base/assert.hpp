// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace outrigger::detail {
/// Prints the failed condition and its place to stderr and aborts.
[[noreturn]] void assert_failed(const char* condition, const char* file, int line);
}  // namespace outrigger::detail

/// Always on, in every build: a broken assumption stops the process before it can act on it.
/// Never used to check data from outside; that is an Error.
#define OR_ASSERT(condition) \
    ((condition) ? static_cast<void>(0) : ::outrigger::detail::assert_failed(#condition, __FILE__, __LINE__))
