// SPDX-License-Identifier: Apache-2.0
#include "config/document.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace outrigger::config {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

Document refused(std::string_view file, std::string what, std::string why, std::string fix) {
    Document d;
    d.usable = false;
    d.errors.push_back({.key = "",
                        .where = fmt::format("{}:1:1", file),
                        .what = std::move(what),
                        .why = std::move(why),
                        .fix = std::move(fix),
                        .line = 1,
                        .column = 1});
    return d;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
    const auto it =
        std::find_if(children.begin(), children.end(), [&](const Node& n) { return n.key == name; });
    return kind == Kind::table && it != children.end() ? &*it : nullptr;
}

std::string_view kind_name(Node::Kind kind) {
    switch (kind) {
        case Node::Kind::boolean: return "true or false";
        case Node::Kind::integer: return "a whole number";
        case Node::Kind::number: return "a number";
        case Node::Kind::text: return "text";
        case Node::Kind::list: return "a list";
        case Node::Kind::table: return "a table";
        case Node::Kind::other: return "another kind of value";
    }
    return "another kind of value";
}

Document parse_document(std::string_view file, std::string_view text) {
    if (text.size() > kMaxBytes) {
        return refused(file, fmt::format("{} is larger than 1 MiB", file), "no configuration is that long",
                       "check that this is the right file");
    }
    if (file.ends_with(".yaml") || file.ends_with(".yml")) {
        return refused(file, fmt::format("{} is YAML, which is not read", file),
                       "YAML turns an unquoted address into a number and NO into false, without a word",
                       "write the file as TOML; config/outrigger.example.toml shows every key");
    }
    return file.ends_with(".json") ? parse_json(file, text) : parse_toml(file, text);
}

}  // namespace outrigger::config
