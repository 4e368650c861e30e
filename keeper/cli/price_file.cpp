// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/price_file.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace outrigger::cli {

Result<std::string> read_text_file(const std::string& path, std::size_t most) {
    errno = 0;
    const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose_r);
    if (!file) return fail(Errc::not_found, fmt::format("{}: {}", path, std::strerror(errno)));
    std::string out;
    std::array<char, 1U << 16U> buffer{};
    for (;;) {
        const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
        int code = Z_OK;
        const char* what = gzerror(file.get(), &code);
        // A stream that ends early reads as a short one, and only the error says so.
        if (got < 0 || code == Z_BUF_ERROR) {
            return fail(
                Errc::decode,
                fmt::format("{}: {}", path, code == Z_ERRNO ? std::strerror(errno) : std::string_view(what)));
        }
        if (got == 0) return out;
        out.append(buffer.data(), static_cast<std::size_t>(got));
        if (out.size() > most) return fail(Errc::decode, fmt::format("{}: more than {} bytes", path, most));
    }
}

}  // namespace outrigger::cli
