// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/functions.hpp"

#include "tests/tidy/tree.hpp"

namespace outrigger::tidy {

namespace {

/// Text without preprocessor lines: their braces need not match.
std::string without_directives(std::string_view code) {
    std::string out;
    bool continued = false;
    for (const auto& line : lines_of(code)) {
        const auto first = line.find_first_not_of(' ');
        const bool directive = continued || (first != std::string::npos && line[first] == '#');
        continued = directive && line.ends_with('\\');
        out += (directive ? std::string(line.size(), ' ') : line) + "\n";
    }
    return out;
}

bool opens_function(std::string_view head) {
    for (const char* scope : {"namespace", "class", "struct", "union", "enum", "concept"}) {
        if (has_word(head, scope) && head.find('(') == std::string_view::npos) return false;
    }
    const auto close = head.rfind(')');
    if (close == std::string_view::npos) return false;
    const auto assigned = head.find(" = ");  // a variable's initialiser, unless it is a default argument
    return assigned == std::string_view::npos || assigned > head.find('(');
}

}  // namespace

std::vector<FunctionBody> function_bodies(std::string_view code) {
    const auto text = without_directives(code);
    std::vector<FunctionBody> out;
    std::size_t line = 1;
    std::size_t head = 0;   // where the text before the next brace begins
    std::size_t depth = 0;  // braces open inside the current function
    std::size_t first = 0;  // its first line
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') ++line;
        if (depth > 0) {
            if (c == '{') ++depth;
            if (c == '}' && --depth == 0) {
                out.push_back({first, line - first + 1});
                head = i + 1;
            }
        } else if (c == '{') {
            if (opens_function(std::string_view(text).substr(head, i - head))) {
                depth = 1;
                first = line;
            }
            head = i + 1;
        } else if (c == ';' || c == '}') {
            head = i + 1;
        }
    }
    return out;
}

}  // namespace outrigger::tidy
