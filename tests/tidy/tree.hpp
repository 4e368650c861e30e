// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::tidy {

/// One file of the tree: its path from the root, and its bytes.
struct File {
    std::string path;
    std::string text;

    std::string name() const { return std::filesystem::path(path).filename().string(); }
    bool ends_with(std::string_view suffix) const { return std::string_view(path).ends_with(suffix); }
    bool in(std::string_view folder) const { return std::string_view(path).starts_with(folder); }
    bool is_cpp() const { return ends_with(".cpp") || ends_with(".hpp"); }
    bool is_cmake() const { return ends_with(".cmake") || name() == "CMakeLists.txt"; }
    /// A file without extension that starts with "#!", or a shell library.
    bool is_script() const {
        return ends_with(".sh") || (name().find('.') == std::string::npos && text.starts_with("#!"));
    }
    /// Anything we write as program text.
    bool is_source() const { return is_cpp() || is_cmake() || is_script() || ends_with(".mjs"); }
};

/// The root of the source tree.
const std::filesystem::path& root();

/// Every file that is or would be committed: what git lists when it can, else a walk past build products.
const std::vector<File>& tree();

/// The committed file, or nullptr.
const File* find(std::string_view path);

/// The text cut at newlines, without them.
std::vector<std::string> lines_of(std::string_view text);

/// C++ text with comments and the contents of literals turned to spaces; line numbers stay the same.
std::string code_only(std::string_view cpp);

/// Line (from 1) and its text wherever `found` says yes, as "path:line: text" each on a line of its own.
std::string offences(const File& file, std::string_view text,
                     const std::function<bool(const std::string&)>& found);

/// Whether the word stands in the text with no identifier character on either side.
bool has_word(std::string_view text, std::string_view word);

struct Ran {
    int exit = -1;
    std::string output;  // stdout and stderr
};
/// What a shell command printed and how it ended.
Ran run(const std::string& command);

}  // namespace outrigger::tidy
