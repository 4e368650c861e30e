// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <string_view>

#include "tests/conformance/ops.hpp"

namespace {

constexpr std::size_t kLongestLine = std::size_t{256} << 20;

/// Writes everything; false when the reader is gone.
bool write_all(std::string_view text) {
    while (!text.empty()) {
        const auto n = ::write(STDOUT_FILENO, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

/// Answers lines until stdin ends. Answers are written whenever all lines read so far are answered, so that a
/// caller may wait for each answer or send everything at once.
int main() {
    const auto registry = outrigger::conformance::all_ops();
    std::string pending;
    std::string out;
    std::string chunk(std::size_t{1} << 16, '\0');
    const auto answer = [&](std::string_view line) {
        out += outrigger::conformance::answer_line(registry, line);
        out += '\n';
    };
    for (;;) {
        const auto n = ::read(STDIN_FILENO, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            std::perror("outrigger_conformance: reading stdin");
            return 1;
        }
        if (n == 0) break;
        std::size_t searched = pending.size();
        pending.append(chunk, 0, static_cast<std::size_t>(n));
        std::size_t begin = 0;
        for (std::size_t end; (end = pending.find('\n', searched)) != std::string::npos; searched = begin) {
            answer(std::string_view(pending).substr(begin, end - begin));
            begin = end + 1;
        }
        pending.erase(0, begin);
        if (pending.size() > kLongestLine) {
            std::fputs("outrigger_conformance: a line of more than 256 MiB\n", stderr);
            return 1;
        }
        if (!write_all(out)) return 1;
        out.clear();
    }
    if (!pending.empty()) answer(pending);
    return write_all(out) ? 0 : 1;
}
