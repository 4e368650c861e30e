// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "chain/base/result.hpp"

namespace outrigger::cli {

/// The whole text of a file, decompressed when it is gzip (told by its first bytes, not by its name).
/// Errors: Errc::not_found when it cannot be opened; Errc::decode when it is damaged or larger than `most`
Result<std::string> read_text_file(const std::string& path, std::size_t most = std::size_t{2} << 30U);

}  // namespace outrigger::cli
