// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/errors.hpp"

namespace outrigger::config {

/// A place in the file; lines and columns count from 1, line 0 is "not in the file".
struct Place {
    int line = 0;
    int column = 0;
    friend bool operator==(const Place&, const Place&) = default;
};

/// A value of the configuration file with its place: the one form TOML and JSON are read into.
struct Node {
    enum class Kind : std::uint8_t { boolean, integer, number, text, list, table, other };

    Kind kind = Kind::table;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;  // of a text; of `other`, what it is ("a date")
    Place place;       // of the value
    std::string key;   // in the parent table
    Place key_place;
    std::vector<Node> children;  // of a list or table, in the order of the file

    /// The child of that key, or null. Pre: a table.
    const Node* find(std::string_view name) const;
};

/// "a whole number", "text", "a table": what the value is, for an error message.
std::string_view kind_name(Node::Kind kind);

/// A parsed file. Syntax errors do not stop the reading where the rest can still be understood.
struct Document {
    Node root;
    ConfigErrors errors;
    bool usable = true;  // false: the root does not show what the author meant
};

/// The document in `text`. Errors: in Document::errors, with file, line and column.
Document parse_toml(std::string_view file, std::string_view text);
/// The same for JSON, strict but for comments. Errors: as above; a key given twice is one.
Document parse_json(std::string_view file, std::string_view text);
/// The document, by the file's ending: .json is JSON, .yaml is refused, everything else is TOML.
Document parse_document(std::string_view file, std::string_view text);

}  // namespace outrigger::config
