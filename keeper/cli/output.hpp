// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "keeper/cli/failure.hpp"

namespace outrigger::cli {

enum class ColourMode { automatic, always, never };

/// The output contract: stdout is the command's result and nothing else, stderr is every other byte.
struct Output {
    bool json = false;
    bool quiet = false;
    bool colour_out = false;
    bool colour_err = false;

    /// One line of the result.
    void result(std::string_view text) const;
    /// The result as one JSON document.
    void document(const nlohmann::json& document) const;
    /// One line of talk; silent with --quiet.
    void talk(std::string_view text) const;
    /// A progress line that replaces itself on a terminal; plain lines elsewhere; silent with --quiet.
    void progress(std::string_view text) const;
    /// The failure on stderr in four parts, and as a JSON document on stdout with --json. Returns its exit
    /// code.
    int failed(const Failure& failure) const;

    std::string bold(std::string_view text) const;
    std::string good(std::string_view text) const;
    std::string warn(std::string_view text) const;
    std::string bad(std::string_view text) const;
    std::string dim(std::string_view text) const;
};

/// A failure as --json says it, and one read from such a document; nothing when it is none.
nlohmann::json failure_document(const Failure& failure);
std::optional<Failure> failure_in(const std::string& document);

/// How to print, from the flags and the environment (NO_COLOR, FORCE_COLOR, TERM, whether it is a terminal).
Output make_output(bool json, bool quiet, ColourMode colour);

struct Column {
    std::string title;
    bool right = false;
};

/// The rows as an aligned text table without a trailing blank; widths count characters, not bytes.
std::string table(const std::vector<Column>& columns, const std::vector<std::vector<std::string>>& rows);

/// "1,234.56": a number with thousands separators.
std::string grouped(double value, int decimals);
/// The same with a sign always shown.
std::string signed_grouped(double value, int decimals);

}  // namespace outrigger::cli
