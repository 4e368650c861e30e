// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::tidy {

/// A function body found by counting braces.
struct FunctionBody {
    std::size_t first_line = 0;
    std::size_t lines = 0;
};

/// Every function body (test bodies too) of C++ text without comments and literals. A heuristic: a brace
/// outside any function that follows a parenthesis and is no namespace, class or initialiser opens one.
std::vector<FunctionBody> function_bodies(std::string_view code);

}  // namespace outrigger::tidy
