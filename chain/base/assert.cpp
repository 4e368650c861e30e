// SPDX-License-Identifier: Apache-2.0
#include "chain/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace outrigger::detail {

void assert_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "outrigger: assertion failed: %s (%s:%d)\n", condition, file, line);
    std::fflush(stderr);
    std::abort();
}

}  // namespace outrigger::detail
