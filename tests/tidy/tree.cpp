// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/tree.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace outrigger::tidy {

namespace fs = std::filesystem;

namespace {

bool is_product(const fs::path& relative) {
    const auto name = relative.filename().string();
    return name == ".git" || name == "node_modules" || name == "build" || relative == "devnet/out";
}

std::vector<std::string> walked() {
    std::vector<std::string> out;
    for (auto it = fs::recursive_directory_iterator(root()); it != fs::recursive_directory_iterator(); ++it) {
        const auto relative = it->path().lexically_relative(root());
        if (it->is_directory() && is_product(relative)) it.disable_recursion_pending();
        if (it->is_regular_file()) out.push_back(relative.generic_string());
    }
    return out;
}

std::vector<std::string> listed() {
    const auto git =
        run("git -C '" + root().string() + "' ls-files --cached --others --exclude-standard 2>/dev/null");
    if (git.exit != 0 || git.output.empty()) return walked();
    return lines_of(git.output);
}

bool is_identifier(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Walks C++ text; blanks what is not code.
class Blanker {
  public:
    explicit Blanker(std::string_view text) : text_(text), out_(text) {}

    std::string run() {
        while (i_ < text_.size()) {
            if (starts("//")) {
                blank_until("\n", 0);
            } else if (starts("/*")) {
                blank_until("*/", 2);
            } else if (starts("R\"") && (i_ == 0 || !is_identifier(text_[i_ - 1]))) {
                raw_string();
            } else if (text_[i_] == '"' || (text_[i_] == '\'' && !is_separator())) {
                literal(text_[i_]);
            } else {
                ++i_;
            }
        }
        return out_;
    }

  private:
    bool starts(std::string_view what) const { return text_.substr(i_).starts_with(what); }
    bool is_separator() const {
        return i_ > 0 && std::isalnum(static_cast<unsigned char>(text_[i_ - 1])) != 0;
    }
    void blank(std::size_t end) {
        for (; i_ < std::min(end, text_.size()); ++i_) {
            if (text_[i_] != '\n') out_[i_] = ' ';
        }
    }
    void blank_until(std::string_view stop, std::size_t extra) {
        const auto at = text_.find(stop, i_);
        blank(at == std::string_view::npos ? text_.size() : at + extra);
    }
    void raw_string() {
        const auto open = text_.find('(', i_);
        if (open == std::string_view::npos) return blank(text_.size());
        const std::string stop = ")" + std::string(text_.substr(i_ + 2, open - i_ - 2)) + "\"";
        blank_until(stop, stop.size());
    }
    void literal(char quote) {
        if (quote == '"' && is_include()) {  // an include's path stays
            i_ = std::min(text_.find('\n', i_), text_.size());
            return;
        }
        ++i_;
        while (i_ < text_.size() && text_[i_] != quote && text_[i_] != '\n') {
            blank(i_ + (text_[i_] == '\\' ? 2 : 1));
        }
        ++i_;
    }
    bool is_include() const {
        const auto begin = text_.rfind('\n', i_) + 1;  // npos + 1 is 0
        return text_.substr(begin).starts_with("#include");
    }

    std::string_view text_;
    std::string out_;
    std::size_t i_ = 0;
};

}  // namespace

const fs::path& root() {
    static const fs::path path(OUTRIGGER_SOURCE_DIR);
    return path;
}

const std::vector<File>& tree() {
    static const std::vector<File> files = [] {
        std::vector<File> out;
        auto paths = listed();
        std::sort(paths.begin(), paths.end());
        for (const auto& path : paths) {
            std::ifstream in(root() / path, std::ios::binary);
            if (!in) continue;  // listed by git, deleted on disk
            out.push_back({path, std::string(std::istreambuf_iterator<char>(in), {})});
        }
        return out;
    }();
    return files;
}

const File* find(std::string_view path) {
    const auto it = std::find_if(tree().begin(), tree().end(), [&](const File& f) { return f.path == path; });
    return it == tree().end() ? nullptr : &*it;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> out;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

std::string code_only(std::string_view cpp) {
    return Blanker(cpp).run();
}

std::string offences(const File& file, std::string_view text,
                     const std::function<bool(const std::string&)>& found) {
    std::string out;
    std::size_t number = 0;
    for (const auto& line : lines_of(text)) {
        ++number;
        if (found(line)) out += file.path + ":" + std::to_string(number) + ": " + line.substr(0, 100) + "\n";
    }
    return out;
}

bool has_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const auto end = at + word.size();
        const bool left = at == 0 || !is_identifier(text[at - 1]) || !is_identifier(word.front());
        const bool right = end == text.size() || !is_identifier(text[end]) || !is_identifier(word.back());
        if (left && right) return true;
    }
    return false;
}

Ran run(const std::string& command) {
    Ran out;
    std::FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
    if (pipe == nullptr) return out;
    std::array<char, 4096> chunk{};
    for (std::size_t n = 0; (n = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
        out.output.append(chunk.data(), n);
    }
    const int status = ::pclose(pipe);
    out.exit = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return out;
}

}  // namespace outrigger::tidy
