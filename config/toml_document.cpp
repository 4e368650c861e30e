// SPDX-License-Identifier: Apache-2.0
// The only file that knows toml++. It throws; nothing thrown leaves this file.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>
#include <regex>

#include "config/document.hpp"

namespace outrigger::config {
namespace {

constexpr int kMaxSyntaxErrors = 20;

Place place_of(const toml::source_region& region) {
    return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

Node convert(const toml::node& from);

void convert_children(const toml::node& from, Node& to) {
    if (const auto* list = from.as_array()) {
        for (const auto& item : *list) to.children.push_back(convert(item));
        return;
    }
    for (const auto& [key, value] : *from.as_table()) {
        Node child = convert(value);
        child.key = std::string(key.str());
        child.key_place = place_of(key.source());
        if (child.place.line == 0) child.place = child.key_place;
        to.children.push_back(std::move(child));
    }
    // toml++ sorts by name; people read in the order of the file.
    std::stable_sort(to.children.begin(), to.children.end(), [](const Node& a, const Node& b) {
        return std::tie(a.key_place.line, a.key_place.column) <
               std::tie(b.key_place.line, b.key_place.column);
    });
}

Node convert(const toml::node& from) {
    Node to;
    to.place = place_of(from.source());
    if (from.is_table() || from.is_array()) {
        to.kind = from.is_table() ? Node::Kind::table : Node::Kind::list;
        convert_children(from, to);
    } else if (const auto* text = from.as_string()) {
        to.kind = Node::Kind::text;
        to.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
        to.kind = Node::Kind::integer;
        to.integer = integer->get();
    } else if (const auto* number = from.as_floating_point()) {
        to.kind = Node::Kind::number;
        to.number = number->get();
    } else if (const auto* boolean = from.as_boolean()) {
        to.kind = Node::Kind::boolean;
        to.boolean = boolean->get();
    } else {
        to.kind = Node::Kind::other;
        to.text = "a date or time";
    }
    return to;
}

std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

std::string join_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + '\n';
    return text;
}

/// The key a line assigns to, when the line is a complete `key = value`.
std::optional<std::string> assigned_key(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos || line.size() > 2000) return std::nullopt;
    const std::size_t end =
        line.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.", begin);
    if (end == std::string::npos || end == begin) return std::nullopt;
    const std::size_t equals = line.find_first_not_of(" \t", end);
    if (equals == std::string::npos || line[equals] != '=') return std::nullopt;
    return line.substr(begin, end - begin);
}

/// Whether the line can be left out without changing how its neighbours read: no open bracket or long string.
bool stands_alone(const std::string& line) {
    const auto count = [&](char c) { return std::count(line.begin(), line.end(), c); };
    return assigned_key(line) && count('[') == count(']') && count('{') == count('}') &&
           line.find("\"\"\"") == std::string::npos && line.find("'''") == std::string::npos;
}

/// The line on which the key was first given, when it is in the same table; 0 otherwise.
int first_given(const std::vector<std::string>& lines, std::size_t again) {
    const auto key = assigned_key(lines[again]);
    for (std::size_t i = again; key && i-- > 0;) {
        if (lines[i].find_first_not_of(" \t") != std::string::npos &&
            lines[i][lines[i].find_first_not_of(" \t")] == '[')
            break;
        if (assigned_key(lines[i]) == key) return static_cast<int>(i) + 1;
    }
    return 0;
}

void explain_duplicate(ConfigError& e, const std::vector<std::string>& lines, std::size_t index) {
    const auto key = assigned_key(lines[index]);
    const int first = first_given(lines, index);
    e.key = key.value_or("");
    if (key) e.column = static_cast<int>(lines[index].find_first_not_of(" \t")) + 1;
    e.what = key ? fmt::format("{} is given twice", *key) : "this table is given twice";
    e.why = first > 0
                ? fmt::format("line {} gives it already; which of the two counts would be a guess", first)
                : "it was given before; which of the two counts would be a guess";
    e.fix = "delete one of the two";
}

void explain_syntax(ConfigError& e, const std::string& line, std::string_view description) {
    static const std::regex bare_address(R"(=\s*0[xX][0-9a-fA-F]{10,})");
    static const std::regex colon(R"(^\s*[A-Za-z0-9_-]+\s*:(\s|$))");
    static const std::regex bare_word(R"(=\s*[A-Za-z])");
    static const std::regex comma(R"(=\s*[0-9._]+\s*,)");
    e.key = assigned_key(line).value_or("");
    e.what = "this line is not TOML";
    e.why = std::string(description);
    if (line.size() > 2000) {
        e.fix = "shorten the line";
    } else if (std::regex_search(line, bare_address)) {
        e.fix = "put the address in quotes: \"0x...\"";
    } else if (std::regex_search(line, colon)) {
        e.fix = "TOML writes  key = value";
    } else if (std::regex_search(line, comma)) {
        e.fix = "no comma here: a decimal point is written \".\", and lines do not end in a comma";
    } else if (std::regex_search(line, bare_word)) {
        e.fix = "put the text in quotes: key = \"value\"";
    } else {
        e.fix = "compare the line with config/outrigger.example.toml";
    }
}

ConfigError syntax_error(std::string_view file, const toml::parse_error& thrown,
                         const std::vector<std::string>& lines) {
    ConfigError e;
    const Place at = place_of(thrown.source());
    e.line = std::clamp(at.line, 1, static_cast<int>(lines.size()));
    e.column = std::max(at.column, 1);
    const auto index = static_cast<std::size_t>(e.line) - 1;
    const std::string_view description = thrown.description();
    if (description.find("redefine") != std::string_view::npos) {
        explain_duplicate(e, lines, index);
    } else {
        explain_syntax(e, lines[index], description);
    }
    e.where = fmt::format("{}:{}:{}", file, e.line, e.column);
    return e;
}

}  // namespace

Document parse_toml(std::string_view file, std::string_view text) {
    Document document;
    std::vector<std::string> lines = split_lines(text);
    // A line that cannot be read is left out and the rest is read again, so that all errors are listed at
    // once.
    for (int round = 0; round < kMaxSyntaxErrors; ++round) {
        try {
            document.root = convert(toml::parse(join_lines(lines), file));
            document.root.place = {1, 1};
            return document;
        } catch (const toml::parse_error& thrown) {
            ConfigError e = syntax_error(file, thrown, lines);
            const auto index = static_cast<std::size_t>(e.line) - 1;
            document.errors.push_back(std::move(e));
            if (!stands_alone(lines[index])) break;
            lines[index].clear();
        } catch (const std::exception& thrown) {
            document.errors.push_back({.key = "",
                                       .where = std::string(file),
                                       .what = "the file cannot be read as TOML",
                                       .why = thrown.what(),
                                       .fix = "compare it with config/outrigger.example.toml"});
            break;
        }
    }
    document.usable = false;
    return document;
}

}  // namespace outrigger::config
