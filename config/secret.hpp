// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chain/base/result.hpp"

namespace outrigger::config {

/// The content of a file. Errors: Errc::not_found when there is none, another code when it cannot be read.
using ReadFile = std::function<Result<std::string>(const std::string& path)>;

/// Where a secret is; never the secret itself. Read it with read_secret, and only when it is needed.
struct SecretRef {
    std::string written;             // "${cred:keystore-password}", for messages
    std::vector<std::string> paths;  // the first that exists holds it
    friend bool operator==(const SecretRef&, const SecretRef&) = default;
};

/// The secret, without trailing line breaks. Errors: Errc::key, naming the places that were tried.
[[nodiscard]] Result<std::string> read_secret(const SecretRef& secret, const ReadFile& read_file);

}  // namespace outrigger::config
